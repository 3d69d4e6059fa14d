package tls

import (
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"errors"
)

// ccm opens what AES-CCM sealed (RFC 3610, NIST SP 800-38C) with a nonce of 12
// bytes, so that lengths have 3. It only reads.
type ccm struct {
	block cipher.Block
	tag   int // bytes of tag
}

const ccmNonce = 12

var errCCM = errors.New("tls: message authentication failed")

func (c *ccm) NonceSize() int { return ccmNonce }
func (c *ccm) Overhead() int  { return c.tag }

// Seal is not needed to read.
func (c *ccm) Seal(_, _, _, _ []byte) []byte { panic("tls: only reads") }

// Open decrypts and checks a message; additional holds at most 65,279 bytes.
func (c *ccm) Open(dst, nonce, sealed, additional []byte) ([]byte, error) {
	n := len(sealed) - c.tag
	if n < 0 || n >= 1<<24 || len(nonce) != ccmNonce || len(additional) >= 0xff00 {
		return nil, errCCM
	}
	var counter [16]byte
	counter[0] = 2
	copy(counter[1:], nonce)
	stream := cipher.NewCTR(c.block, counter[:])
	var first [16]byte
	stream.XORKeyStream(first[:], first[:])
	start := len(dst)
	dst = append(dst, sealed[:n]...)
	stream.XORKeyStream(dst[start:], dst[start:])
	mac := c.mac(nonce, dst[start:], additional)
	subtle.XORBytes(mac[:], mac[:], first[:])
	if subtle.ConstantTimeCompare(mac[:c.tag], sealed[n:]) != 1 {
		clear(dst[start:])
		return nil, errCCM
	}
	return dst, nil
}

// mac is CBC-MAC over the nonce, the lengths, the additional data and the message
// (RFC 3610 2.2).
func (c *ccm) mac(nonce, message, additional []byte) (x [16]byte) {
	flags := byte((c.tag-2)/2<<3 | 2)
	if len(additional) > 0 {
		flags |= 0x40
	}
	x[0] = flags
	copy(x[1:], nonce)
	binary.BigEndian.PutUint16(x[14:], uint16(len(message)))
	x[13] = byte(len(message) >> 16)
	c.block.Encrypt(x[:], x[:])
	if len(additional) > 0 {
		head := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(additional)), uint16(len(additional)))
		c.chain(&x, append(head, additional...))
	}
	c.chain(&x, message)
	return x
}

// chain goes on with CBC-MAC over data, padded with zeros.
func (c *ccm) chain(x *[16]byte, data []byte) {
	for len(data) > 0 {
		n := subtle.XORBytes(x[:], x[:], data[:min(16, len(data))])
		data = data[n:]
		c.block.Encrypt(x[:], x[:])
	}
}
