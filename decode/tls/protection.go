package tls

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/hmac"
	"crypto/rc4"
	"crypto/subtle"
	"encoding/binary"
	"hash"

	"golang.org/x/crypto/chacha20poly1305"
)

// protection opens the records of one direction under one set of keys.
type protection struct {
	suite   *suite
	version uint16
	etm     bool // encrypt-then-MAC (RFC 7366)

	aead   cipher.AEAD
	block  cipher.Block
	stream *rc4.Cipher
	mac    hash.Hash
	iv     []byte // the fixed part of the nonce; in TLS 1.0 CBC the last block of the record before

	secret []byte // of TLS 1.3: what the next secret follows from

	nonce [12]byte // scratch: what is handed to an interface would be allocated
	extra [13]byte
}

// keyBlock cuts the key block of TLS 1.2 and before (RFC 5246 6.3) for the client
// and the server.
func keyBlock(s *suite, version uint16, master, clientRandom, serverRandom []byte, etm bool) (sides [2]*protection) {
	macLen, ivLen := 0, s.fixedIV(version)
	if s.mac != 0 {
		macLen = s.mac.Size()
	}
	block := prf(version, s.prf, master, "key expansion", join(serverRandom, clientRandom), 2*(macLen+s.key+ivLen))
	take := func(n int) (b []byte) {
		b, block = block[:n:n], block[n:]
		return b
	}
	macs := [2][]byte{take(macLen), take(macLen)}
	keys := [2][]byte{take(s.key), take(s.key)}
	ivs := [2][]byte{take(ivLen), take(ivLen)}
	for i := range sides {
		p := &protection{suite: s, version: version, iv: ivs[i], etm: etm && s.block() > 0}
		if s.mac != 0 {
			p.mac = hmac.New(s.mac.New, macs[i])
		}
		if p.setKey(keys[i]) != nil {
			return [2]*protection{}
		}
		sides[i] = p
	}
	return sides
}

// newProtection13 derives the keys of a traffic secret (RFC 8446 7.3), nil where the
// secret cannot be one of the suite.
func newProtection13(s *suite, secret []byte) *protection {
	if len(secret) != s.prf.Size() {
		return nil
	}
	p := &protection{suite: s, version: VersionTLS13, secret: secret}
	key, err := expandLabel(s.prf, secret, "key", s.key)
	if err != nil || p.setKey(key) != nil {
		return nil
	}
	if p.iv, err = expandLabel(s.prf, secret, "iv", 12); err != nil {
		return nil
	}
	return p
}

// next is what follows after a KeyUpdate (RFC 8446 7.2).
func (p *protection) next() *protection {
	secret, err := expandLabel(p.suite.prf, p.secret, "traffic upd", p.suite.prf.Size())
	if err != nil {
		return nil
	}
	return newProtection13(p.suite, secret)
}

// setKey makes the cipher.
func (p *protection) setKey(key []byte) (err error) {
	switch p.suite.kind {
	case kindNone:
		return nil
	case kindRC4:
		p.stream, err = rc4.NewCipher(key)
		return err
	case kind3DES:
		p.block, err = des.NewTripleDESCipher(key)
		return err
	case kindChaCha:
		p.aead, err = chacha20poly1305.New(key)
		return err
	}
	if p.block, err = aes.NewCipher(key); err != nil {
		return err
	}
	switch p.suite.kind {
	case kindGCM:
		p.aead, err = cipher.NewGCM(p.block)
	case kindCCM:
		p.aead = &ccm{p.block, 16}
	case kindCCM8:
		p.aead = &ccm{p.block, 8}
	}
	return err
}

// record is one record as it stands on the wire (RFC 8446 5.1).
type record struct {
	kind    byte // content type
	version uint16
	body    []byte
}

// open opens a record as number seq of its keys into dst. It changes nothing but
// scratch, so that several numbers can be tried; accept takes note of the record
// that fits. kind is the content type, which TLS 1.3 has inside.
func (p *protection) open(dst []byte, r *record, seq uint64) (plain []byte, kind byte, ok bool) {
	switch {
	case p.version >= VersionTLS13:
		return p.open13(dst, r, seq)
	case p.aead != nil:
		plain, ok = p.openAEAD(dst, r, seq)
	case p.block != nil:
		plain, ok = p.openCBC(dst, r, seq)
	default:
		plain, ok = p.openStream(dst, r, seq)
	}
	return plain, r.kind, ok
}

// accept takes note of a record that was opened, or passed over.
func (p *protection) accept(r *record) {
	switch {
	case p.version >= VersionTLS13 || p.aead != nil:
	case p.block != nil && p.version <= VersionTLS10 && len(r.body) >= p.block.BlockSize():
		body := r.body
		if p.etm && len(body) >= p.mac.Size()+p.block.BlockSize() {
			body = body[:len(body)-p.mac.Size()]
		}
		p.iv = append(p.iv[:0], body[len(body)-p.block.BlockSize():]...)
	case p.stream != nil:
		p.stream.XORKeyStream(make([]byte, len(r.body)), r.body)
	}
}

// open13 opens a record of TLS 1.3 and takes off its padding (RFC 8446 5.2 to 5.4).
func (p *protection) open13(dst []byte, r *record, seq uint64) ([]byte, byte, bool) {
	p.sequenceNonce(seq)
	p.extra = [13]byte{r.kind, byte(r.version >> 8), byte(r.version), byte(len(r.body) >> 8), byte(len(r.body))}
	plain, err := p.aead.Open(dst, p.nonce[:], r.body, p.extra[:5])
	if err != nil {
		return nil, 0, false
	}
	n := len(plain)
	for n > 0 && plain[n-1] == 0 {
		n--
	}
	if n == 0 {
		return nil, 0, false
	}
	return plain[:n-1], plain[n-1], true
}

// sequenceNonce makes the nonce of ChaCha20 and TLS 1.3 (RFC 8446 5.3, RFC 7905 2).
func (p *protection) sequenceNonce(seq uint64) {
	copy(p.nonce[:], p.iv)
	tail := p.nonce[4:]
	binary.BigEndian.PutUint64(tail, binary.BigEndian.Uint64(tail)^seq)
}

// additional makes the additional data of AEAD and the head of what a MAC covers
// (RFC 5246 6.2.3.1 and 6.2.3.3).
func (p *protection) additional(r *record, seq uint64, n int) []byte {
	binary.BigEndian.PutUint64(p.extra[:], seq)
	p.extra[8] = r.kind
	binary.BigEndian.PutUint16(p.extra[9:], r.version)
	binary.BigEndian.PutUint16(p.extra[11:], uint16(n))
	return p.extra[:]
}

func (p *protection) openAEAD(dst []byte, r *record, seq uint64) ([]byte, bool) {
	const explicit = 8
	body := r.body
	if p.suite.kind == kindChaCha {
		p.sequenceNonce(seq)
	} else {
		if len(body) < explicit {
			return nil, false
		}
		copy(p.nonce[:], p.iv)
		copy(p.nonce[4:], body[:explicit])
		body = body[explicit:]
	}
	n := len(body) - p.aead.Overhead()
	if n < 0 {
		return nil, false
	}
	plain, err := p.aead.Open(dst, p.nonce[:], body, p.additional(r, seq, n))
	return plain, err == nil
}

// checkMAC compares the MAC of a record whose content, or whose ciphertext with
// encrypt-then-MAC, is content.
func (p *protection) checkMAC(r *record, seq uint64, content, mac []byte) bool {
	p.mac.Reset()
	p.mac.Write(p.additional(r, seq, len(content)))
	p.mac.Write(content)
	return subtle.ConstantTimeCompare(p.mac.Sum(nil), mac) == 1
}

// openCBC opens a record of a block cipher (RFC 5246 6.2.3.2). From TLS 1.1 on it
// begins with its initialisation vector.
func (p *protection) openCBC(dst []byte, r *record, seq uint64) ([]byte, bool) {
	size, macLen, body := p.block.BlockSize(), p.mac.Size(), r.body
	if p.etm {
		n := len(body) - macLen
		if n < 0 || !p.checkMAC(r, seq, body[:n], body[n:]) {
			return nil, false
		}
		body = body[:n]
	}
	iv := p.iv
	if p.version > VersionTLS10 {
		if len(body) < size {
			return nil, false
		}
		iv, body = body[:size], body[size:]
	}
	if len(body) == 0 || len(body)%size != 0 || len(iv) != size {
		return nil, false
	}
	start := len(dst)
	dst = append(dst, body...)
	plain := dst[start:]
	cipher.NewCBCDecrypter(p.block, iv).CryptBlocks(plain, plain)
	return p.unpad(dst, start, r, seq)
}

// unpad takes off padding and, without encrypt-then-MAC, the MAC before it.
func (p *protection) unpad(dst []byte, start int, r *record, seq uint64) ([]byte, bool) {
	plain := dst[start:]
	pad := plain[len(plain)-1]
	n := len(plain) - 1 - int(pad)
	if n < 0 {
		return nil, false
	}
	for _, b := range plain[n:] {
		if b != pad {
			return nil, false
		}
	}
	if p.etm {
		return dst[:start+n], true
	}
	content := n - p.mac.Size()
	if content < 0 || !p.checkMAC(r, seq, plain[:content], plain[content:n]) {
		return nil, false
	}
	return dst[:start+content], true
}

// openStream opens a record of RC4 or of no cipher at all.
func (p *protection) openStream(dst []byte, r *record, seq uint64) ([]byte, bool) {
	start := len(dst)
	dst = append(dst, r.body...)
	plain := dst[start:]
	if p.stream != nil {
		trial := *p.stream
		trial.XORKeyStream(plain, plain)
	}
	n := len(plain) - p.mac.Size()
	if n < 0 || !p.checkMAC(r, seq, plain[:n], plain[n:]) {
		return nil, false
	}
	return dst[:start+n], true
}
