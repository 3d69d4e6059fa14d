package tls

import (
	"crypto"
	"crypto/hkdf"
	"crypto/hmac"
	_ "crypto/md5" // the hashes of all versions
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"hash"
)

// pHash fills out with P_hash (RFC 5246 5), which it XORs into what is there.
func pHash(out []byte, h crypto.Hash, secret, seed []byte) {
	mac := hmac.New(h.New, secret)
	mac.Write(seed)
	a := mac.Sum(nil)
	for len(out) > 0 {
		mac.Reset()
		mac.Write(a)
		mac.Write(seed)
		n := 0
		for _, b := range mac.Sum(nil) {
			if n == len(out) {
				break
			}
			out[n] ^= b
			n++
		}
		out = out[n:]
		mac.Reset()
		mac.Write(a)
		a = mac.Sum(nil)
	}
}

// prf is the pseudorandom function of TLS 1.2 (RFC 5246 5) and, before that, the
// one of MD5 and SHA-1 together (RFC 2246 5). It returns n bytes.
func prf(version uint16, h crypto.Hash, secret []byte, label string, seed []byte, n int) []byte {
	out := make([]byte, n)
	seed = append([]byte(label), seed...)
	if version >= VersionTLS12 {
		pHash(out, h, secret, seed)
		return out
	}
	half := (len(secret) + 1) / 2
	pHash(out, crypto.MD5, secret[:half], seed)
	pHash(out, crypto.SHA1, secret[len(secret)-half:], seed)
	return out
}

// masterSecret derives the master secret (RFC 5246 8.1); with a session hash the
// extended one (RFC 7627 4).
func masterSecret(version uint16, h crypto.Hash, premaster, clientRandom, serverRandom, session []byte) []byte {
	const size = 48
	if session != nil {
		return prf(version, h, premaster, "extended master secret", session, size)
	}
	return prf(version, h, premaster, "master secret", join(clientRandom, serverRandom), size)
}

// sessionHash is the hash of the handshake messages up to ClientKeyExchange (RFC 7627 3).
func sessionHash(version uint16, h crypto.Hash, transcript []byte) []byte {
	if version >= VersionTLS12 {
		return sum(h.New(), transcript)
	}
	return append(sum(crypto.MD5.New(), transcript), sum(crypto.SHA1.New(), transcript)...)
}

func sum(h hash.Hash, data []byte) []byte {
	h.Write(data)
	return h.Sum(nil)
}

func join(a, b []byte) []byte { return append(append(make([]byte, 0, len(a)+len(b)), a...), b...) }

// expandLabel is HKDF-Expand-Label without a context (RFC 8446 7.1).
func expandLabel(h crypto.Hash, secret []byte, label string, n int) ([]byte, error) {
	const prefix = "tls13 "
	info := make([]byte, 0, 32)
	info = append(info, byte(n>>8), byte(n), byte(len(prefix)+len(label)))
	info = append(append(info, prefix...), label...)
	info = append(info, 0)
	return hkdf.Expand(h.New, secret, string(info), n)
}
