package esp

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"net/netip"

	"golang.org/x/crypto/chacha20poly1305"
)

// Cipher is an encryption algorithm of ESP.
type Cipher uint8

// The ciphers that can be read.
const (
	Null      Cipher = iota // RFC 2410
	AESCBC                  // RFC 3602
	AESCTR                  // RFC 3686; the key ends with a nonce of 4 bytes
	AESGCM                  // RFC 4106; the key ends with a salt of 4 bytes
	AESGMAC                 // RFC 4543, which encrypts nothing; likewise
	ChaCha20                // RFC 7634; likewise
	TripleDES               // RFC 2451
	DES                     // RFC 2405
)

// Auth is an algorithm that makes integrity check values.
type Auth uint8

// The algorithms that can be checked, and what only has a length.
const (
	NoAuth   Auth = iota
	MD5           // RFC 2403
	SHA1          // RFC 2404
	SHA256        // RFC 4868
	SHA384        // RFC 4868
	SHA512        // RFC 4868
	AnyCheck      // a length that is not checked
)

// hashes makes the hash of each algorithm, at its number.
var hashes = [...]func() hash.Hash{MD5: md5.New, SHA1: sha1.New, SHA256: sha256.New, SHA384: sha512.New384, SHA512: sha512.New}

// SA is a security association in one direction, as a key file describes it. Its
// keys belong to it.
type SA struct {
	Src, Dst netip.Prefix // the addresses it is for; invalid for any
	SPI      uint32
	AnySPI   bool
	Cipher   Cipher
	Key      []byte
	Auth     Auth
	AuthKey  []byte
	ICV      int  // bytes of the integrity check value
	ESN      bool // extended sequence numbers (RFC 4303 2.2.1)

	block cipher.Block
	aead  cipher.AEAD
	salt  []byte
	mac   hash.Hash
	high  uint32 // the upper half of the sequence number that fitted last
}

var errKey = errors.New("the key has no length of its cipher")

// prepare makes the ciphers of an SA.
func (s *SA) prepare() (err error) {
	key := s.Key
	switch s.Cipher {
	case AESCTR, AESGCM, AESGMAC, ChaCha20:
		if len(key) <= 4 {
			return errKey
		}
		key, s.salt = key[:len(key)-4], key[len(key)-4:]
	}
	switch s.Cipher {
	case AESCBC, AESCTR, AESGCM, AESGMAC:
		s.block, err = aes.NewCipher(key)
	case TripleDES:
		s.block, err = des.NewTripleDESCipher(key)
	case DES:
		s.block, err = des.NewCipher(key)
	case ChaCha20:
		s.aead, err = chacha20poly1305.New(key)
		s.ICV = 16
	}
	if err != nil {
		return errKey
	}
	if s.Cipher == AESGCM || s.Cipher == AESGMAC {
		if s.ICV == 0 {
			s.ICV = 16
		}
		if s.ICV >= 12 {
			s.aead, err = cipher.NewGCMWithTagSize(s.block, s.ICV)
		}
	}
	if int(s.Auth) < len(hashes) && hashes[s.Auth] != nil && len(s.AuthKey) > 0 {
		s.mac = hmac.New(hashes[s.Auth], s.AuthKey)
	}
	if err != nil {
		return fmt.Errorf("an integrity check value of %d bytes", s.ICV)
	}
	return nil
}

// matches reports whether an SA is for a packet.
func (s *SA) matches(src, dst netip.Addr, spi uint32) bool {
	return (s.AnySPI || s.SPI == spi) && (!s.Src.IsValid() || s.Src.Contains(src)) && (!s.Dst.IsValid() || s.Dst.Contains(dst))
}

// header is what precedes the payload: SPI and sequence number.
const header = 8

// checks reports whether a wrong key cannot go unnoticed.
func (s *SA) checks() bool { return s.mac != nil || s.aead != nil }

// open decrypts a packet into dst: everything up to the trailer. It reports
// whether the integrity check value, if it can be checked, is right.
func (s *SA) open(dst, b []byte) (plain []byte, ok bool) {
	if len(b) < header+s.ICV {
		return nil, false
	}
	if s.aead != nil {
		return s.openAEAD(dst, b)
	}
	if s.mac != nil && !s.checkMAC(b) {
		return nil, false
	}
	return s.decrypt(dst, b[header:len(b)-s.ICV])
}

// checkMAC compares the integrity check value. With extended sequence numbers the
// upper half is covered too (RFC 4303 2.2.1).
func (s *SA) checkMAC(b []byte) bool {
	end := len(b) - s.ICV
	for try := range uint32(2) {
		s.mac.Reset()
		s.mac.Write(b[:end])
		if s.ESN {
			s.mac.Write(binary.BigEndian.AppendUint32(nil, s.high+try))
		}
		sum := s.mac.Sum(nil)
		if s.ICV <= len(sum) && hmac.Equal(sum[:s.ICV], b[end:]) {
			s.high += try
			return true
		}
		if !s.ESN {
			break
		}
	}
	return false
}

// openAEAD opens AES-GCM, AES-GMAC and ChaCha20-Poly1305 (RFC 4106 5, RFC 4543 3.3).
func (s *SA) openAEAD(dst, b []byte) ([]byte, bool) {
	const iv = 8
	if len(b) < header+iv+s.ICV {
		return nil, false
	}
	nonce := append(append(make([]byte, 0, 12), s.salt...), b[header:header+iv]...)
	for try := range uint32(2) {
		extra := append(make([]byte, 0, 12+iv), b[:header]...)
		if s.ESN {
			extra = append(extra[:4], byte((s.high+try)>>24), byte((s.high+try)>>16), byte((s.high+try)>>8), byte(s.high+try))
			extra = append(extra, b[4:8]...)
		}
		sealed := b[header+iv:]
		if s.Cipher == AESGMAC {
			end := len(b) - s.ICV
			if _, err := s.aead.Open(nil, nonce, b[end:], append(extra, b[header:end]...)); err == nil {
				s.high += try
				return b[header+iv : end], true
			}
		} else if plain, err := s.aead.Open(dst, nonce, sealed, extra); err == nil {
			s.high += try
			return plain, true
		}
		if !s.ESN {
			break
		}
	}
	return nil, false
}

// decrypt takes the encryption off, without checking anything.
func (s *SA) decrypt(dst, body []byte) ([]byte, bool) {
	switch s.Cipher {
	case Null:
		return body, true
	case AESCTR, AESGCM:
		if len(body) < 8 {
			return nil, false
		}
		counter := append(append(make([]byte, 0, 16), s.salt...), body[:8]...)
		counter = append(counter, 0, 0, 0, 1) // RFC 3686 4
		if s.Cipher == AESGCM {
			counter[15] = 2 // the first block is for the tag
		}
		dst = append(dst, body[8:]...)
		cipher.NewCTR(s.block, counter).XORKeyStream(dst, dst)
		return dst, true
	}
	size := s.block.BlockSize()
	if len(body) < 2*size || len(body)%size != 0 {
		return nil, false
	}
	dst = append(dst, body[size:]...)
	cipher.NewCBCDecrypter(s.block, body[:size]).CryptBlocks(dst, dst)
	return dst, true
}
