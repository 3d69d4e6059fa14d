package esp

import (
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// ParseKeys reads security associations from a file: lines of Wireshark's esp_sa
// table, or what `ip xfrm state` prints. A line that cannot be used is an error that
// names it; the others are returned all the same.
func ParseKeys(data []byte) (all []*SA, err error) {
	if len(data) > 16<<20 {
		return nil, errors.New("more than 16 MiB of keys")
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	var problems []error
	add := func(number int, sa *SA, err error) {
		if err == nil && sa != nil {
			err = sa.prepare()
		}
		switch {
		case err != nil && len(problems) == maxProblems:
			problems = append(problems, errors.New("and more lines"))
		case err != nil && len(problems) < maxProblems:
			problems = append(problems, fmt.Errorf("line %d: %w", number, err))
		case err == nil && sa != nil:
			all = append(all, sa)
		}
	}
	var state *xfrm
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, "\r\n ")
		switch {
		case strings.TrimSpace(line) == "" || strings.HasPrefix(strings.TrimSpace(line), "#"):
		case strings.HasPrefix(line, `"`):
			sa, err := parseTable(line)
			add(number, sa, err)
		case strings.HasPrefix(line, "src "):
			if state != nil {
				sa, err := state.done()
				add(state.line, sa, err)
			}
			state = &xfrm{line: number}
			state.words(line)
		case state != nil:
			state.words(line)
		default:
			add(number, nil, errors.New("no line of esp_sa or of ip xfrm state"))
		}
	}
	if state != nil {
		sa, err := state.done()
		add(state.line, sa, err)
	}
	if len(all) == 0 && len(problems) == 0 {
		problems = append(problems, errors.New("no security associations"))
	}
	return all, errors.Join(problems...)
}

// maxProblems bounds the lines that an error names.
const maxProblems = 4

// tableCiphers and tableAuths are the names of Wireshark, up to the first blank that
// is not part of them.
var tableCiphers = []struct {
	name   string
	cipher Cipher
	icv    int
}{
	{"NULL", Null, 0}, {"AES-CBC", AESCBC, 0}, {"AES-CTR", AESCTR, 0}, {"TripleDES-CBC", TripleDES, 0}, {"DES-CBC", DES, 0},
	{"AES-GCM with 8 octet", AESGCM, 8}, {"AES-GCM with 12 octet", AESGCM, 12}, {"AES-GCM with 16 octet", AESGCM, 16},
	{"AES-GCM", AESGCM, 0}, {"ChaCha20 with Poly1305", ChaCha20, 16},
}

var tableAuths = []struct {
	name string
	auth Auth
	icv  int
}{
	{"NULL", NoAuth, 0}, {"HMAC-MD5-96", MD5, 12}, {"HMAC-SHA-1-96", SHA1, 12}, {"HMAC-SHA-256-96", SHA256, 12},
	{"HMAC-SHA-256-128", SHA256, 16}, {"HMAC-SHA-384-192", SHA384, 24}, {"HMAC-SHA-512-256", SHA512, 32},
	{"AES-GMAC", AnyCheck, 16}, {"MAC-RIPEMD-160-96", AnyCheck, 12},
	{"ANY 64 bit", AnyCheck, 8}, {"ANY 96 bit", AnyCheck, 12}, {"ANY 128 bit", AnyCheck, 16},
	{"ANY 192 bit", AnyCheck, 24}, {"ANY 256 bit", AnyCheck, 32},
}

// parseTable reads a line of esp_sa: protocol, source, destination, SPI, cipher, key,
// authentication, key and, in later versions, the size of sequence numbers.
func parseTable(line string) (*SA, error) {
	r := csv.NewReader(strings.NewReader(line))
	r.LazyQuotes = true
	fields, err := r.Read()
	if err != nil {
		return nil, errors.New("not comma-separated")
	}
	if len(fields) < 8 {
		return nil, fmt.Errorf("%d fields, want 8", len(fields))
	}
	sa := new(SA)
	sa.ESN = len(fields) > 8 && strings.HasPrefix(fields[8], "64")
	if err := sa.setCipher(fields[4]); err != nil {
		return nil, err
	}
	if err := sa.setAuth(fields[6]); err != nil {
		return nil, err
	}
	if sa.Src, err = address(fields[1]); err == nil {
		sa.Dst, err = address(fields[2])
	}
	if err == nil {
		sa.SPI, sa.AnySPI, err = spi(fields[3])
	}
	if err == nil {
		sa.Key, err = key(fields[5])
	}
	if err == nil {
		sa.AuthKey, err = key(fields[7])
	}
	return sa, err
}

func (s *SA) setCipher(name string) error {
	for _, c := range tableCiphers {
		if strings.HasPrefix(name, c.name) {
			s.Cipher, s.ICV = c.cipher, c.icv
			return nil
		}
	}
	return fmt.Errorf("cipher %.40q cannot be read", name)
}

func (s *SA) setAuth(name string) error {
	for _, a := range tableAuths {
		if strings.HasPrefix(name, a.name) {
			s.Auth = a.auth
			if a.icv > 0 {
				s.ICV = a.icv
			}
			return nil
		}
	}
	return fmt.Errorf("authentication %.40q cannot be read", name)
}

// address reads an address, a prefix, or "*" and "Any" for any.
func address(s string) (netip.Prefix, error) {
	s = strings.TrimSpace(s)
	if s == "" || s == "*" || strings.EqualFold(s, "any") {
		return netip.Prefix{}, nil
	}
	if p, err := netip.ParsePrefix(s); err == nil {
		return p, nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("address %.40q", s)
	}
	a = a.Unmap().WithZone("")
	return netip.PrefixFrom(a, a.BitLen()), nil
}

// spi reads an SPI, hexadecimal with 0x or decimal, or "*" for any.
func spi(s string) (n uint32, any bool, err error) {
	if s = strings.TrimSpace(s); s == "*" || s == "" {
		return 0, true, nil
	}
	v, err := strconv.ParseUint(s, 0, 32)
	if err != nil {
		return 0, false, fmt.Errorf("SPI %.20q", s)
	}
	return uint32(v), false, nil
}

// key reads a key, hexadecimal with 0x, or the characters themselves.
func key(s string) ([]byte, error) {
	text, isHex := strings.CutPrefix(strings.ToLower(s), "0x")
	if !isHex {
		return []byte(s), nil
	}
	b, err := hex.DecodeString(text)
	if err != nil {
		return nil, errors.New("a key that is not hexadecimal") // never say the key
	}
	return b, nil
}
