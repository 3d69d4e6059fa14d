package tls

import (
	"crypto"
	"fmt"
	"slices"
	"sync"
)

// Versions of the protocol as they stand in records and hellos.
const (
	VersionSSL30 = 0x0300
	VersionTLS10 = 0x0301
	VersionTLS11 = 0x0302
	VersionTLS12 = 0x0303
	VersionTLS13 = 0x0304
)

// cipherKind says how records are protected.
type cipherKind uint8

const (
	kindNone   cipherKind = iota // integrity only (RFC 4785, RFC 5246 6.2.3.1)
	kindRC4                      // RFC 5246 6.2.3.1
	kindCBC                      // RFC 5246 6.2.3.2, RFC 7366
	kind3DES                     // the same with Triple DES
	kindGCM                      // RFC 5288
	kindCCM                      // RFC 6655
	kindCCM8                     // the same with a tag of 8 bytes
	kindChaCha                   // RFC 7905
)

// suite is what a cipher suite says about reading: lengths in bytes and hashes.
type suite struct {
	kind  cipherKind
	key   int         // of the cipher
	mac   crypto.Hash // of the HMAC of each record, 0 in AEAD suites
	prf   crypto.Hash // of the pseudorandom function from TLS 1.2 on
	rsa   bool        // the premaster secret is encrypted with the server's RSA key
	tls13 bool
}

// family is a set of suites that differ in nothing but the key exchange.
type family struct {
	suite
	numbers []uint16
}

// families are the suites that can be read (IANA TLS parameters). In the lists the
// ones with RSA key exchange are named again in rsaSuites.
var families = []family{
	{suite{kind: kindNone, mac: crypto.MD5, prf: crypto.SHA256}, []uint16{0x0001}},
	{suite{kind: kindNone, mac: crypto.SHA1, prf: crypto.SHA256}, []uint16{0x0002, 0x002c, 0x002d, 0x002e, 0xc001, 0xc006, 0xc00b, 0xc010, 0xc015, 0xc039}},
	{suite{kind: kindNone, mac: crypto.SHA256, prf: crypto.SHA256}, []uint16{0x003b, 0x00b0, 0x00b4, 0x00b8, 0xc03a}},
	{suite{kind: kindNone, mac: crypto.SHA384, prf: crypto.SHA384}, []uint16{0x00b1, 0x00b5, 0x00b9, 0xc03b}},
	{suite{kind: kindRC4, key: 16, mac: crypto.MD5, prf: crypto.SHA256}, []uint16{0x0004, 0x0018}},
	{suite{kind: kindRC4, key: 16, mac: crypto.SHA1, prf: crypto.SHA256}, []uint16{0x0005, 0x008a, 0x008e, 0x0092, 0xc002, 0xc007, 0xc00c, 0xc011, 0xc016, 0xc033}},
	{suite{kind: kind3DES, key: 24, mac: crypto.SHA1, prf: crypto.SHA256}, []uint16{0x000a, 0x000d, 0x0010, 0x0013, 0x0016, 0x001b, 0x008b, 0x008f, 0x0093, 0xc003, 0xc008, 0xc00d, 0xc012, 0xc017, 0xc034}},
	{suite{kind: kindCBC, key: 16, mac: crypto.SHA1, prf: crypto.SHA256}, []uint16{0x002f, 0x0030, 0x0031, 0x0032, 0x0033, 0x0034, 0x008c, 0x0090, 0x0094, 0xc004, 0xc009, 0xc00e, 0xc013, 0xc018, 0xc035}},
	{suite{kind: kindCBC, key: 32, mac: crypto.SHA1, prf: crypto.SHA256}, []uint16{0x0035, 0x0036, 0x0037, 0x0038, 0x0039, 0x003a, 0x008d, 0x0091, 0x0095, 0xc005, 0xc00a, 0xc00f, 0xc014, 0xc019, 0xc036}},
	{suite{kind: kindCBC, key: 16, mac: crypto.SHA256, prf: crypto.SHA256}, []uint16{0x003c, 0x003e, 0x003f, 0x0040, 0x0067, 0x006c, 0x00ae, 0x00b2, 0x00b6, 0xc023, 0xc025, 0xc027, 0xc029, 0xc037}},
	{suite{kind: kindCBC, key: 32, mac: crypto.SHA256, prf: crypto.SHA256}, []uint16{0x003d, 0x0068, 0x0069, 0x006a, 0x006b, 0x006d}},
	{suite{kind: kindCBC, key: 32, mac: crypto.SHA384, prf: crypto.SHA384}, []uint16{0x00af, 0x00b3, 0x00b7, 0xc024, 0xc026, 0xc028, 0xc02a, 0xc038}},
	{suite{kind: kindGCM, key: 16, prf: crypto.SHA256}, []uint16{0x009c, 0x009e, 0x00a0, 0x00a2, 0x00a4, 0x00a6, 0x00a8, 0x00aa, 0x00ac, 0xc02b, 0xc02d, 0xc02f, 0xc031, 0xd001}},
	{suite{kind: kindGCM, key: 32, prf: crypto.SHA384}, []uint16{0x009d, 0x009f, 0x00a1, 0x00a3, 0x00a5, 0x00a7, 0x00a9, 0x00ab, 0x00ad, 0xc02c, 0xc02e, 0xc030, 0xc032, 0xd002}},
	{suite{kind: kindCCM, key: 16, prf: crypto.SHA256}, []uint16{0xc09c, 0xc09e, 0xc0a4, 0xc0a6, 0xc0ac, 0xd005}},
	{suite{kind: kindCCM, key: 32, prf: crypto.SHA256}, []uint16{0xc09d, 0xc09f, 0xc0a5, 0xc0a7, 0xc0ad}},
	{suite{kind: kindCCM8, key: 16, prf: crypto.SHA256}, []uint16{0xc0a0, 0xc0a2, 0xc0a8, 0xc0aa, 0xc0ae, 0xd003}},
	{suite{kind: kindCCM8, key: 32, prf: crypto.SHA256}, []uint16{0xc0a1, 0xc0a3, 0xc0a9, 0xc0ab, 0xc0af}},
	{suite{kind: kindChaCha, key: 32, prf: crypto.SHA256}, []uint16{0xcca8, 0xcca9, 0xccaa, 0xccab, 0xccac, 0xccad, 0xccae}},
	{suite{kind: kindGCM, key: 16, prf: crypto.SHA256, tls13: true}, []uint16{0x1301}},
	{suite{kind: kindGCM, key: 32, prf: crypto.SHA384, tls13: true}, []uint16{0x1302}},
	{suite{kind: kindChaCha, key: 32, prf: crypto.SHA256, tls13: true}, []uint16{0x1303}},
	{suite{kind: kindCCM, key: 16, prf: crypto.SHA256, tls13: true}, []uint16{0x1304}},
	{suite{kind: kindCCM8, key: 16, prf: crypto.SHA256, tls13: true}, []uint16{0x1305}},
}

// rsaSuites are the suites whose premaster secret the server's private RSA key opens.
var rsaSuites = []uint16{
	0x0001, 0x0002, 0x0004, 0x0005, 0x000a, 0x002f, 0x0035, 0x003b, 0x003c, 0x003d, 0x009c, 0x009d,
	0xc09c, 0xc09d, 0xc0a0, 0xc0a1,
}

// KeyOpens reports whether the server's private RSA key opens the sessions of a suite.
func KeyOpens(number uint16) bool { return slices.Contains(rsaSuites, number) }

// suites finds a suite by its number.
var suites = sync.OnceValue(makeSuites)

func makeSuites() map[uint16]*suite {
	all := make(map[uint16]*suite)
	for _, f := range families {
		for _, n := range f.numbers {
			s := f.suite
			all[n] = &s
		}
	}
	for _, n := range rsaSuites {
		all[n].rsa = true
	}
	return all
}

// suites13 are the numbers of the suites of TLS 1.3, the usual ones first.
var suites13 = []uint16{0x1301, 0x1302, 0x1303, 0x1304, 0x1305}

// foreign names suites by ranges of their numbers which cannot be read, because
// no library at hand has their ciphers.
var foreign = []struct {
	low, high uint16
	name      string
}{
	{0x0003, 0x0003, "RC4 of 40 bits"}, {0x0006, 0x0006, "RC2"}, {0x0007, 0x0007, "IDEA"},
	{0x0008, 0x0009, "DES"}, {0x000b, 0x000c, "DES"}, {0x000e, 0x000f, "DES"}, {0x0011, 0x0012, "DES"}, {0x0014, 0x0015, "DES"},
	{0x0041, 0x0046, "Camellia"}, {0x0081, 0x0083, "GOST"}, {0x0084, 0x0089, "Camellia"}, {0x0096, 0x009b, "SEED"},
	{0x00ba, 0x00c5, "Camellia"}, {0x00c6, 0x00c7, "SM4"}, {0xc03c, 0xc071, "ARIA"}, {0xc072, 0xc09b, "Camellia"},
	{0xc100, 0xc106, "GOST"}, {0x1306, 0x1307, "AEGIS"},
}

// SuiteName names a cipher suite as far as it matters for reading: its cipher and
// its number.
func SuiteName(number uint16) string {
	name := "cipher suite"
	if s := suites()[number]; s != nil {
		name = s.cipher()
	}
	for _, f := range foreign {
		if f.low <= number && number <= f.high {
			name = f.name
		}
	}
	return fmt.Sprintf("%s (0x%04x)", name, number)
}

// cipher names the cipher of a suite.
func (s *suite) cipher() string {
	switch s.kind {
	case kindNone:
		return "no encryption"
	case kindRC4:
		return "RC4"
	case kind3DES:
		return "3DES-CBC"
	case kindChaCha:
		return "ChaCha20-Poly1305"
	}
	modes := map[cipherKind]string{kindCBC: "CBC", kindGCM: "GCM", kindCCM: "CCM", kindCCM8: "CCM-8"}
	return fmt.Sprintf("AES-%d-%s", s.key*8, modes[s.kind])
}

// block is the block size of the cipher in bytes, 0 for one without.
func (s *suite) block() int {
	switch s.kind {
	case kindCBC:
		return 16
	case kind3DES:
		return 8
	}
	return 0
}

// fixedIV is how many bytes of initialisation vector the key block of TLS 1.2 and
// before holds for each side.
func (s *suite) fixedIV(version uint16) int {
	switch s.kind {
	case kindGCM, kindCCM, kindCCM8:
		return 4
	case kindChaCha:
		return 12
	case kindCBC, kind3DES:
		if version <= VersionTLS10 {
			return s.block()
		}
	}
	return 0
}
