package tls

import (
	"bytes"
	"crypto/aes"
	"encoding/hex"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestRFC8448 derives keys from the traffic secrets of RFC 8448 section 3 and
// opens the records of application data under them.
func TestRFC8448(t *testing.T) {
	for _, v := range []struct{ name, secret, key, iv string }{
		{"server handshake", "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38", "3fce516009c21727d0f2e4e86ee403bc", "5d313eb2671276ee13000b30"},
		{"client application", "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5", "17422dda596ed5d9acd890e3c63f5051", "5b78923dee08579033e523d9"},
		{"server application", "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643", "9f02283b6c9c07efc26bb9f2ac92e356", "cf782b88dd83549aadf1e984"},
	} {
		p := newProtection13(suites()[0x1301], unhex(t, v.secret))
		key, err := expandLabel(p.suite.prf, p.secret, "key", 16)
		if err != nil || !bytes.Equal(key, unhex(t, v.key)) || !bytes.Equal(p.iv, unhex(t, v.iv)) {
			t.Errorf("%s: key %x, iv %x, %v", v.name, key, p.iv, err)
		}
	}
	p := newProtection13(suites()[0x1301], unhex(t, "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5"))
	wire := unhex(t, `17 03 03 00 43 a2 3f 70 54 b6 2c 94 d0 af fa fe 82 28 ba 55 cb ef ac ea 42 f9 14 aa 66 bc ab 3f 2b
		98 19 a8 a5 b4 6b 39 5b d5 4a 9a 20 44 1e 2b 62 97 4e 1f 5a 62 92 a2 97 70 14 bd 1e 3d ea e6 3a ee bb 21 69 49 15 e4`)
	r := parseRecord(wire, len(wire))
	plain, kind, ok := p.open(nil, &r, 0)
	if !ok || kind != recordData || len(plain) != 50 || plain[49] != 49 {
		t.Errorf("application data: %x, kind %d, %v", plain, kind, ok)
	}
	if _, _, ok := p.open(nil, &r, 1); ok {
		t.Error("it opens as record 1 too")
	}
}

// TestCCMVector is example 3 of NIST SP 800-38C.
func TestCCMVector(t *testing.T) {
	block, err := aes.NewCipher(unhex(t, "404142434445464748494a4b4c4d4e4f"))
	if err != nil {
		t.Fatal(err)
	}
	c := &ccm{block, 8}
	sealed := unhex(t, "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5 484392fbc1b09951")
	nonce, extra := unhex(t, "101112131415161718191a1b"), unhex(t, "000102030405060708090a0b0c0d0e0f10111213")
	plain, err := c.Open(nil, nonce, sealed, extra)
	if want := unhex(t, "202122232425262728292a2b2c2d2e2f3031323334353637"); err != nil || !bytes.Equal(plain, want) {
		t.Errorf("opened %x, %v", plain, err)
	}
	for i := range sealed {
		sealed[i] ^= 1
		if _, err := c.Open(nil, nonce, sealed, extra); err == nil {
			t.Errorf("opens with byte %d changed", i)
		}
		sealed[i] ^= 1
	}
}

// TestPRF is the vector of TLS 1.2 with SHA-256 that was published on the IETF's TLS
// mailing list.
func TestPRF(t *testing.T) {
	got := prf(VersionTLS12, suites()[0x009c].prf, unhex(t, "9bbe436ba940f017b17652849a71db35"), "test label",
		unhex(t, "a0ba9f936cda311827a6f796ffd5198c"), 100)
	want := unhex(t, `e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af
		0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66`)
	if !bytes.Equal(got, want) {
		t.Errorf("%x", got)
	}
}

const random = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

func TestKeyLog(t *testing.T) {
	master := strings.Repeat("ab", 48)
	lines := "\ufeff# comment\r\n\r\n" +
		"CLIENT_RANDOM " + random + " " + master + "\r\n" +
		"  CLIENT_TRAFFIC_SECRET_0\t" + strings.ToUpper(random) + "  " + master[:64] + " \n" +
		"CLIENT_RANDOM " + random + " " + master + "\n" + // again
		"EXPORTER_SECRET " + random + " " + master[:64] + "\n" +
		"CLIENT_RANDOM " + random[:20] + "\n" + // cut
		"CLIENT_RANDOM " + random + " " + master[:40] + "\n" +
		"FOO " + random + " " + master + "\n" +
		"CLIENT_RANDOM " + random + " " + master + " more\n" +
		strings.Repeat("x", 3*maxLine) + "\n" +
		"RSA 0011223344556677 " + master + "\n" +
		"RSA Session-ID:0102 Master-Key:" + master + "\n" +
		"PMS_CLIENT_RANDOM " + random + " " + master // no end
	for _, cut := range []int{1, 3, 100, len(lines)} {
		s := NewSecrets(Limits{})
		log := KeyLog{Add: s.Add}
		for rest := []byte(lines); len(rest) > 0; {
			n := min(cut, len(rest))
			log.Write(rest[:n])
			rest = rest[n:]
		}
		if s.has(Premaster, (*[32]byte)(unhex(t, random))) {
			t.Error("a line without an end is read before Flush")
		}
		log.Flush()
		if want := (LogStats{Lines: 13, Secrets: 6, Junk: 5}); log.Stats != want {
			t.Errorf("cut %d: %+v, want %+v", cut, log.Stats, want)
		}
		if s.Len() != 5 {
			t.Errorf("cut %d: %d secrets, one of which stands twice", cut, s.Len())
		}
	}
}

func TestSecretsBound(t *testing.T) {
	s := NewSecrets(Limits{Secrets: 10})
	for i := range 1000 {
		s.Add(Secret{Label: MasterSecret, ID: [32]byte{byte(i), byte(i >> 8)}, Value: make([]byte, 48)})
	}
	for i := range 20 {
		s.Add(Secret{Label: MasterSecret, ID: [32]byte{1, 2}, Value: []byte{byte(i)}})
	}
	values := 0
	s.find(MasterSecret, &[32]byte{1, 2}, func([]byte) { values++ })
	if s.Len() != 10 || s.Evicted() < 990 || values != DefaultLimits.Values {
		t.Errorf("%d secrets, %d evicted, %d values", s.Len(), s.Evicted(), values)
	}
}
