package esp

import (
	"bytes"
	"crypto/cipher"
	"crypto/hmac"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/netip"
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

func prepared(t testing.TB, sa *SA) *SA {
	t.Helper()
	if err := sa.prepare(); err != nil {
		t.Fatal(err)
	}
	return sa
}

// TestRFC3602 is case 5 of RFC 3602 section 4: a ping in transport mode.
func TestRFC3602(t *testing.T) {
	sa := prepared(t, &SA{SPI: 0x4321, Cipher: AESCBC, Key: unhex(t, "90d382b410eeba7ad938c46cec1a82bf")})
	b := unhex(t, `00004321 00000001 e96e8c08 ab465763 fd098d45 dd3ff893
		f663c25d 325c18c6 a9453e19 4e120849 a4870b66 cc6b9965 330013b4 898dc856
		a4699e52 3a55db08 0b59ec3a 8e4b7e52 775b07d1 db34ed9c 538ab50c 551b874a
		a269add0 47ad2d59 13ac19b7 cfbad4a6`)
	r := NewReader(Limits{})
	r.Add([]*SA{sa})
	next, payload, result := r.Open(netip.MustParseAddr("192.168.123.3"), netip.MustParseAddr("192.168.123.100"), b)
	if result != Opened || next != protoICMP || len(payload) != 64 || payload[0] != 8 {
		t.Errorf("%d %x, result %d", next, payload, result)
	}
}

// TestGCMVector is the first packet of the test cases that the authors of RFC 4106
// published: a DNS query in tunnel mode with extended sequence numbers.
func TestGCMVector(t *testing.T) {
	sa := prepared(t, &SA{Cipher: AESGCM, ESN: true, high: 0x87654321, Key: unhex(t, "4c80cdefbb5d10da906ac73c3613a634 2e443b68")})
	b := unhex(t, `00004321 00000000 4956ed7e3b244cfe
		fecf537e729d5b07dc30df528dd22b768d1b98736696a6fd348509fa13ceac34cfa2436f14a3f3cf65925bf1f4a13c5d
		15b21e1884f5ff6247aeabb786b93bce61bc17d768fd9732459018148f6cbe722fd04796562dfdb4`)
	plain, ok := sa.open(nil, b)
	next, payload, ok2 := trailer(plain)
	if !ok || !ok2 || next != 1 || !bytes.Contains(payload, []byte("\x04_sip\x04_udp")) {
		t.Errorf("%x %v", plain, ok)
	}
	b[len(b)-1]++
	if _, ok := sa.open(nil, b); ok {
		t.Error("opens with a wrong check value")
	}
}

// TestRFC4231 is case 1 of RFC 4231 and of RFC 2202, as a packet without payload.
func TestRFC4231(t *testing.T) {
	key := bytes.Repeat([]byte{11}, 20)
	for _, v := range []struct {
		auth Auth
		icv  int
		key  []byte
		sum  string
	}{
		{MD5, 12, key[:16], "9294727a3638bb1c13f48ef8158bfc9d"},
		{SHA1, 12, key, "b617318655057264e28bc0b6fb378c8ef146be00"},
		{SHA256, 16, key, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
		{SHA384, 24, key, "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6"},
		{SHA512, 32, key, "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
	} {
		sa := prepared(t, &SA{Auth: v.auth, AuthKey: v.key, ICV: v.icv})
		b := append([]byte("Hi There"), unhex(t, v.sum)[:v.icv]...)
		if !sa.checkMAC(b) {
			t.Errorf("algorithm %d: wrong", v.auth)
		}
		if b[3]++; sa.checkMAC(b) {
			t.Errorf("algorithm %d: right with another byte", v.auth)
		}
	}
}

var (
	hostA = netip.MustParseAddr("192.0.2.1")
	hostB = netip.MustParseAddr("192.0.2.2")
	six   = netip.MustParseAddr("2001:db8::1")
)

// udp makes a UDP datagram with a right checksum.
func udp(src, dst netip.Addr, text string) []byte {
	b := make([]byte, 8, 8+len(text))
	binary.BigEndian.PutUint16(b, 5060)
	binary.BigEndian.PutUint16(b[2:], 5061)
	binary.BigEndian.PutUint16(b[4:], uint16(8+len(text)))
	b = append(b, text...)
	binary.BigEndian.PutUint16(b[6:], ^checksum(src, dst, protoUDP, b))
	return b
}

// tcp makes a segment with a right checksum.
func tcp(src, dst netip.Addr, text string) []byte {
	b := append([]byte{0x13, 0xc4, 0x13, 0xc5, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 1, 0, 0, 0, 0, 0}, text...)
	binary.BigEndian.PutUint16(b[16:], ^checksum(src, dst, protoTCP, b))
	return b
}

// seal makes a packet as the SA says.
func seal(t testing.TB, sa *SA, seq uint32, next uint8, payload []byte, more int) []byte {
	block := 4
	if sa.block != nil && (sa.Cipher == AESCBC || sa.Cipher == TripleDES) {
		block = sa.block.BlockSize()
	}
	plain := bytes.Clone(payload)
	pad := (block-(len(plain)+2)%block)%block + more*block
	for i := range pad {
		plain = append(plain, byte(i+1))
	}
	plain = append(plain, byte(pad), next)
	b := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, sa.SPI), seq)
	iv := binary.BigEndian.AppendUint64(nil, uint64(seq)+77)
	nonce := append(bytes.Clone(sa.salt), iv...)
	switch sa.Cipher {
	case Null:
		b = append(b, plain...)
	case AESCBC, TripleDES:
		key := bytes.Repeat([]byte{byte(seq)}, block)
		b = append(b, key...)
		cipher.NewCBCEncrypter(sa.block, key).CryptBlocks(plain, plain)
		b = append(b, plain...)
	case AESCTR:
		cipher.NewCTR(sa.block, append(nonce, 0, 0, 0, 1)).XORKeyStream(plain, plain)
		b = append(append(b, iv...), plain...)
	case AESGMAC:
		whole := append(append(bytes.Clone(b), iv...), plain...)
		b = append(whole, sa.aead.Seal(nil, nonce, nil, whole)...)
	default:
		b = append(append(b, iv...), sa.aead.Seal(nil, nonce, plain, b)...)
	}
	if sa.mac != nil {
		mac := hmac.New(hashes[sa.Auth], sa.AuthKey)
		mac.Write(b)
		b = append(b, mac.Sum(nil)[:sa.ICV]...)
	}
	return b
}

func kinds(t testing.TB) map[string]*SA {
	key := bytes.Repeat([]byte{7, 9}, 32)
	return map[string]*SA{
		"null md5":    prepared(t, &SA{Auth: MD5, AuthKey: key[:16], ICV: 12}),
		"null sha1":   prepared(t, &SA{Auth: SHA1, AuthKey: key[:20], ICV: 12}),
		"null sha256": prepared(t, &SA{Auth: SHA256, AuthKey: key[:32], ICV: 16}),
		"null sha384": prepared(t, &SA{Auth: SHA384, AuthKey: key[:48], ICV: 24}),
		"null sha512": prepared(t, &SA{Auth: SHA512, AuthKey: key, ICV: 32}),
		"null none":   prepared(t, &SA{}),
		"gmac":        prepared(t, &SA{Cipher: AESGMAC, Key: key[:20]}),
		"cbc sha1":    prepared(t, &SA{Cipher: AESCBC, Key: key[:16], Auth: SHA1, AuthKey: key[:20], ICV: 12}),
		"cbc 256":     prepared(t, &SA{Cipher: AESCBC, Key: key[:32], Auth: SHA256, AuthKey: key[:32], ICV: 16}),
		"cbc no auth": prepared(t, &SA{Cipher: AESCBC, Key: key[:16]}),
		"ctr":         prepared(t, &SA{Cipher: AESCTR, Key: key[:20], Auth: SHA1, AuthKey: key[:20], ICV: 12}),
		"3des":        prepared(t, &SA{Cipher: TripleDES, Key: append(bytes.Repeat([]byte{1}, 8), key[:16]...), Auth: MD5, AuthKey: key[:16], ICV: 12}),
		"gcm":         prepared(t, &SA{Cipher: AESGCM, Key: key[:20]}),
		"gcm 256 12":  prepared(t, &SA{Cipher: AESGCM, Key: key[:36], ICV: 12}),
		"chacha":      prepared(t, &SA{Cipher: ChaCha20, Key: key[:36]}),
	}
}

// TestNullAndKeys reads packets of each kind, with keys and, where nothing is
// encrypted, without.
func TestNullAndKeys(t *testing.T) {
	for name, sa := range kinds(t) {
		for _, keys := range []bool{true, false} {
			r := NewReader(Limits{})
			if sa.SPI = 0x10000002; keys {
				r.Add([]*SA{sa})
			}
			open := strings.HasPrefix(name, "null") || name == "gmac" || keys
			for seq := range uint32(12) {
				next, payload := uint8(protoUDP), udp(hostA, hostB, strings.Repeat("MESSAGE ", int(seq)*7+1)[:seq*11+3])
				if seq%3 == 2 {
					next, payload = protoTCP, tcp(hostA, hostB, string(payload))
				}
				n, p, result := r.Open(hostA, hostB, seal(t, sa, seq, next, payload, int(seq%2)))
				if read := result == Opened && n == next && bytes.Equal(p, payload); read != open {
					t.Errorf("%s, keys %v, packet %d: read %v, %d %q, result %d", name, keys, seq, read, n, p, result)
				}
			}
		}
	}
}

// TestEncryptedStaysClosed feeds random bytes.
func TestEncryptedStaysClosed(t *testing.T) {
	r := NewReader(Limits{})
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range 200000 {
		b := make([]byte, 8+16+rnd.IntN(400))
		for j := range b {
			b[j] = byte(rnd.Uint32())
		}
		binary.BigEndian.PutUint32(b, uint32(i%500))
		if n, p, result := r.Open(hostA, hostB, b); result == Opened {
			t.Fatalf("packet %d is read: %d %x", i, n, p)
		}
	}
}

func TestWrongKeys(t *testing.T) {
	sa := kinds(t)["cbc sha1"]
	b := seal(t, sa, 1, protoUDP, udp(hostA, hostB, "MESSAGE"), 0)
	other := prepared(t, &SA{Cipher: AESCBC, Key: sa.Key, Auth: SHA1, AuthKey: bytes.Repeat([]byte{1}, 20), ICV: 12})
	r := NewReader(Limits{})
	r.Add([]*SA{other})
	if _, _, result := r.Open(hostA, hostB, b); result != Wrong || r.Stats.Wrong != 1 {
		t.Errorf("result %d", result)
	}
	r.Add([]*SA{sa}) // several for one SPI
	if _, _, result := r.Open(hostA, hostB, b); result != Opened {
		t.Errorf("result %d", result)
	}
}

// What is not encrypted is readable with any key, and only a key can tell that its
// receiver drops it.
func TestNullVerified(t *testing.T) {
	sa := kinds(t)["null sha1"]
	sa.SPI = 0x4321
	good := seal(t, sa, 1, protoUDP, udp(hostA, hostB, "MESSAGE sip:"), 0)
	forged := bytes.Clone(good)
	forged[len(forged)-1]++
	for _, test := range []struct {
		name   string
		keys   []*SA
		packet []byte
		want   Result
	}{
		{"right", []*SA{sa}, good, Opened},
		{"forged", []*SA{sa}, forged, Wrong},
		{"forged, no key", nil, forged, Opened},
		{"a key of another association", []*SA{prepared(t, &SA{SPI: 0x99, Auth: SHA1, AuthKey: sa.AuthKey, ICV: 12})}, forged, Opened},
	} {
		r := NewReader(Limits{})
		r.Add(test.keys)
		if _, _, result := r.Open(hostA, hostB, test.packet); result != test.want {
			t.Errorf("%s: result %d, want %d", test.name, result, test.want)
		}
	}
}

// TestTranslated reads a packet whose addresses are not those of the keys.
func TestTranslated(t *testing.T) {
	sa := kinds(t)["cbc sha1"]
	sa.Src, sa.Dst = netip.MustParsePrefix("198.51.100.1/32"), netip.MustParsePrefix("198.51.100.2/32")
	r := NewReader(Limits{})
	r.Add([]*SA{sa})
	if _, _, result := r.Open(hostA, hostB, seal(t, sa, 1, protoUDP, udp(hostA, hostB, "MESSAGE"), 0)); result != Opened {
		t.Errorf("result %d", result)
	}
	// TCP with a checksum that an address translator has made wrong.
	null := kinds(t)["null sha1"]
	for seq := range uint32(4) {
		_, _, result := r.Open(hostA, hostB, seal(t, null, seq, protoTCP, tcp(six, hostB, "MESSAGE sip:"), 0))
		if (result == Opened) != (seq >= 2) {
			t.Errorf("packet %d: result %d", seq, result)
		}
	}
}

func TestParseKeys(t *testing.T) {
	text := `# comment
"IPv4","203.0.113.10","203.0.113.20","0x10000002","AES-CBC [RFC3602]","0x80b1d5fe4a7c0ee503c8963955bd0eee","HMAC-SHA-1-96 [RFC2404]","0xf4077546794efcf69cc8b4ee8a1cd3e506adbec1"
"IPv6","*","2001:db8::/32","*","AES-GCM [RFC4106]","0x80b1d5fe4a7c0ee503c8963955bd0eee01020304","NULL",""
"IPv4","*","*","7","AES-CBC [RFC3602]","0x80","NULL",""
"IPv4","*","*","8","TWOFISH-CBC","0x80","NULL",""
src 198.51.100.1 dst 198.51.100.2
	proto esp spi 0xc0ffee01 reqid 1 mode transport
	replay-window 32 flag esn
	auth-trunc hmac(sha256) 0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 128
	enc cbc(aes) 0x000102030405060708090a0b0c0d0e0f
	anti-replay context: seq 0x0, oseq 0x0, bitmap 0x00000000
	sel src 0.0.0.0/0 dst 0.0.0.0/0
src 198.51.100.2 dst 198.51.100.1
	proto ah spi 0xc0ffee02 reqid 1 mode transport
	auth-trunc hmac(sha1) 0x00 96
src 2001:db8::1 dst 2001:db8::2
	proto esp spi 0xc0ffee03 reqid 1 mode tunnel
	aead rfc4106(gcm(aes)) 0x000102030405060708090a0b0c0d0e0f10111213 96
src 198.51.100.1 dst 198.51.100.2
	proto esp spi 0x5 reqid 1 mode transport
	auth hmac(sha1) 0x000102030405060708090a0b0c0d0e0f10111213
	enc ecb(cipher_null) 
src 198.51.100.1 dst 198.51.100.2
	proto esp spi 0x6 reqid 1 mode transport
	enc cbc(aes) <<Keys hidden>>
`
	all, err := ParseKeys([]byte(strings.ReplaceAll(text, "\n", "\r\n")))
	var got []string
	for _, sa := range all {
		got = append(got, fmt.Sprintf("%v>%v %x/%v c%d a%d/%d k%d,%d esn%v", sa.Src, sa.Dst, sa.SPI, sa.AnySPI, sa.Cipher, sa.Auth, sa.ICV, len(sa.Key), len(sa.AuthKey), sa.ESN))
	}
	want := []string{
		"203.0.113.10/32>203.0.113.20/32 10000002/false c1 a2/12 k16,20 esnfalse",
		"invalid Prefix>2001:db8::/32 0/true c3 a0/16 k20,0 esnfalse",
		"198.51.100.1/32>198.51.100.2/32 c0ffee01/false c1 a3/16 k16,32 esntrue",
		"2001:db8::1/128>2001:db8::2/128 c0ffee03/false c3 a0/12 k20,0 esnfalse",
		"198.51.100.1/32>198.51.100.2/32 5/false c0 a2/12 k0,20 esnfalse",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	for _, word := range []string{"line 4: the key has no length", `line 5: cipher "TWOFISH-CBC"`, "line 23: it was printed without its keys"} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%v does not say %q", err, word)
		}
	}
	if _, err := ParseKeys([]byte("hello\n")); err == nil {
		t.Error("no error")
	}
}

func TestAssociationsBound(t *testing.T) {
	r := NewReader(Limits{Associations: 10})
	for i := range 100 {
		r.Open(hostA, hostB, binary.BigEndian.AppendUint32(nil, uint32(i))) // too short
		r.Open(hostA, hostB, append(binary.BigEndian.AppendUint32(nil, uint32(i)), make([]byte, 40)...))
	}
	n := 0
	r.Each(func(s *Seen) {
		if s.SPI != uint32(90+n) {
			t.Errorf("%d: SPI %d", n, s.SPI)
		}
		n++
	})
	if n != 10 || r.Stats.Evicted != 90 || r.Stats.Broken != 100 {
		t.Errorf("%d, %+v", n, r.Stats)
	}
}

// FuzzOpen reads any bytes, under each kind of keys, and finds what is sealed.
func FuzzOpen(f *testing.F) {
	f.Add([]byte("0000000000000000000000000000"), "MESSAGE sip:bob@example.com SIP/2.0", uint8(3))
	all := kinds(f)
	f.Fuzz(func(t *testing.T, b []byte, text string, more uint8) {
		if len(text) > 1400 {
			return
		}
		for name, sa := range all {
			r := NewReader(Limits{})
			r.Add([]*SA{sa})
			r.Open(hostA, hostB, b)
			payload := udp(hostA, hostB, text)
			next, p, result := r.Open(hostA, hostB, seal(t, sa, 5, protoUDP, payload, int(more%10)))
			if result != Opened || next != protoUDP || !bytes.Equal(p, payload) {
				t.Errorf("%s: %d %q, result %d", name, next, p, result)
			}
		}
		ParseKeys(b)
		ParseKeys([]byte(text))
	})
}
