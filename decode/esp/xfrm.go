package esp

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// xfrm is one state in the output of `ip xfrm state`.
type xfrm struct {
	line   int
	sa     SA
	isESP  bool
	hidden bool // it was printed without keys
	err    error
}

// words reads the words of a line that matter.
func (x *xfrm) words(line string) {
	w := strings.Fields(line)
	if strings.Contains(line, "<<Keys hidden>>") {
		x.hidden = true
	}
	for i := 0; i+1 < len(w); i++ {
		switch w[i] {
		case "sel":
			return // addresses of a selector, not of the state
		case "src":
			x.set(&i, func(v string) (err error) { x.sa.Src, err = address(v); return err }, w)
		case "dst":
			x.set(&i, func(v string) (err error) { x.sa.Dst, err = address(v); return err }, w)
		case "proto":
			x.isESP = w[i+1] == "esp"
		case "spi":
			x.set(&i, func(v string) (err error) { x.sa.SPI, _, err = spi(v); return err }, w)
		case "enc":
			x.fail(x.encryption(w[i+1:]))
			return
		case "auth", "auth-trunc":
			x.fail(x.authentication(w[i+1:]))
			return
		case "aead":
			x.fail(x.combined(w[i+1:]))
			return
		case "flag":
			x.sa.ESN = x.sa.ESN || strings.Contains(line, " esn")
		}
	}
}

// set gives the word behind the i-th to a function.
func (x *xfrm) set(i *int, use func(string) error, w []string) {
	*i++
	x.fail(use(w[*i]))
}

func (x *xfrm) fail(err error) {
	if x.err == nil {
		x.err = err
	}
}

// encryption reads the words behind enc: the kernel's name and a key.
func (x *xfrm) encryption(w []string) (err error) {
	ciphers := map[string]Cipher{
		"ecb(cipher_null)": Null, "cipher_null": Null, "cbc(aes)": AESCBC, "aes": AESCBC, "rfc3686(ctr(aes))": AESCTR,
		"cbc(des3_ede)": TripleDES, "des3_ede": TripleDES, "cbc(des)": DES, "des": DES,
	}
	c, ok := ciphers[w[0]]
	if !ok {
		return fmt.Errorf("cipher %.40q cannot be read", w[0])
	}
	x.sa.Cipher = c
	if c != Null && len(w) > 1 {
		x.sa.Key, err = key(w[1])
	}
	return err
}

// authentication reads the words behind auth and auth-trunc: name, key, bits.
func (x *xfrm) authentication(w []string) (err error) {
	auths := map[string]struct {
		auth Auth
		icv  int
	}{
		"hmac(md5)": {MD5, 12}, "hmac(sha1)": {SHA1, 12}, "hmac(sha256)": {SHA256, 12}, "hmac(sha384)": {SHA384, 24},
		"hmac(sha512)": {SHA512, 32}, "xcbc(aes)": {AnyCheck, 12}, "cmac(aes)": {AnyCheck, 12}, "hmac(rmd160)": {AnyCheck, 12},
		"digest_null": {NoAuth, 0},
	}
	a, ok := auths[w[0]]
	if !ok {
		return fmt.Errorf("authentication %.40q cannot be read", w[0])
	}
	x.sa.Auth, x.sa.ICV = a.auth, a.icv
	if len(w) > 1 {
		x.sa.AuthKey, err = key(w[1])
	}
	return errors.Join(err, x.bits(w))
}

// bits reads the length of the integrity check value.
func (x *xfrm) bits(w []string) error {
	if len(w) < 3 || x.sa.Auth == NoAuth && x.sa.ICV == 0 && w[0] == "digest_null" {
		return nil
	}
	n, err := strconv.Atoi(w[2])
	if err != nil || n < 0 || n > 512 {
		return errors.New("length of the integrity check value")
	}
	x.sa.ICV = n / 8
	return nil
}

// combined reads the words behind aead: name, key with salt, bits.
func (x *xfrm) combined(w []string) (err error) {
	ciphers := map[string]Cipher{
		"rfc4106(gcm(aes))": AESGCM, "rfc4543(gcm(aes))": AESGMAC, "rfc7539esp(chacha20,poly1305)": ChaCha20,
	}
	c, ok := ciphers[w[0]]
	if !ok {
		return fmt.Errorf("cipher %.40q cannot be read", w[0])
	}
	x.sa.Cipher = c
	if len(w) > 1 {
		x.sa.Key, err = key(w[1])
	}
	return errors.Join(err, x.bits(w))
}

// done is the state as an SA; nil where it is not of ESP.
func (x *xfrm) done() (*SA, error) {
	switch {
	case !x.isESP:
		return nil, nil
	case x.hidden:
		return nil, errors.New("it was printed without its keys; run ip xfrm state as root")
	case x.err != nil:
		return nil, x.err
	}
	return &x.sa, nil
}
