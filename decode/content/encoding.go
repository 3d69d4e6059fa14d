package content

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"io"
	"mime/quotedprintable"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// decode takes the encodings that the header names off a body.
func (r *reader) decode(h Header, body []byte) []byte {
	switch transfer := strings.ToLower(strings.TrimSpace(h.TransferEncoding)); transfer {
	case "", "binary", "7bit", "8bit":
	case "base64":
		r.c.TransferEncoding = transfer
		body = r.base64(body)
	case "quoted-printable":
		r.c.TransferEncoding = transfer
		body = r.quotedPrintable(body)
	default:
		r.defect(0, "unknown Content-Transfer-Encoding")
	}
	switch e := mediaType(h.Encoding); e {
	case "", "identity":
	case "gzip", "x-gzip", "deflate":
		r.c.Encoding = e
		body = r.inflate(e, body)
	default:
		r.c.Encoding, r.c.Opaque = e, true
		r.defect(0, "Content-Encoding that cannot be read")
	}
	return body
}

// base64 decodes what it can: white space does not count, and padding may be missing.
func (r *reader) base64(body []byte) []byte {
	clean := bytes.Map(func(c rune) rune {
		if c == ' ' || c == '\r' || c == '\n' || c == '\t' {
			return -1
		}
		return c
	}, body)
	clean = bytes.TrimRight(clean, "=")
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(clean)))
	n, err := base64.RawStdEncoding.Decode(out, clean)
	if err != nil {
		r.defect(0, "the body is no base64")
		if n == 0 {
			return body
		}
	}
	return out[:n]
}

func (r *reader) quotedPrintable(body []byte) []byte {
	out, err := io.ReadAll(io.LimitReader(quotedprintable.NewReader(bytes.NewReader(body)), int64(len(body))))
	if err != nil {
		r.defect(0, "the body is no quoted-printable")
	}
	return out
}

// inflate unpacks gzip and deflate, which RFC 1950 wraps and some do not.
func (r *reader) inflate(name string, body []byte) []byte {
	most := r.limits.Inflated - r.grown
	if most <= 0 {
		r.defect(0, "the body becomes more than "+number(r.limits.Inflated)+" bytes")
		return nil
	}
	var in io.ReadCloser
	var err error
	if name == "deflate" {
		if in, err = zlib.NewReader(bytes.NewReader(body)); err != nil {
			in, err = flate.NewReader(bytes.NewReader(body)), nil
		}
	} else {
		in, err = gzip.NewReader(bytes.NewReader(body))
	}
	if err != nil {
		r.defect(0, "the body is no "+name)
		return body
	}
	defer in.Close()
	out, err := io.ReadAll(io.LimitReader(in, int64(most)+1))
	r.grown += min(len(out), most)
	switch {
	case len(out) > most:
		r.defect(0, "the body becomes more than "+number(r.limits.Inflated)+" bytes")
		out = out[:most]
	case err != nil && len(out) == 0:
		r.defect(0, "the body is no "+name)
		return body
	case err != nil:
		r.defect(0, "the "+name+" data end early")
	}
	return out
}

// decodeText turns a text into UTF-8. It reports false where the charset is not known.
func (r *reader) decodeText(charset string, body []byte) (string, bool) {
	if len(body) > r.limits.Text {
		r.defect(r.limits.Text, "the text is longer than "+number(r.limits.Text)+" bytes")
		body = body[:r.limits.Text]
	}
	if isUTF8(charset) {
		body = bytes.TrimPrefix(body, []byte(byteOrderMark))
		if !utf8.Valid(body) {
			r.defect(invalid(body), "the octets are not UTF-8")
		}
		return strings.ToValidUTF8(string(body), "\ufffd"), true
	}
	e := encodingOf(charset)
	if e == nil {
		r.defect(0, "unknown charset")
		return "", false
	}
	out, err := e.NewDecoder().Bytes(body)
	if err != nil {
		r.defect(0, "the octets are not "+charset)
	}
	return strings.ToValidUTF8(string(out), "\ufffd"), true
}

// invalid is the offset of the first octet that is not UTF-8.
func invalid(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(b)
}

// encodingOf finds a charset by its name, nil where it is not known.
func encodingOf(charset string) encoding.Encoding {
	switch charset {
	case "utf-16":
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case "gb2312":
		return simplifiedchinese.GBK // whose first half it is
	}
	if e, err := ianaindex.MIME.Encoding(charset); err == nil && e != nil {
		return e
	}
	e, err := htmlindex.Get(charset)
	if err != nil {
		return nil
	}
	return e
}

// undeclared decodes an SMS that is written as base64 or hexadecimal though
// nothing says so, as some test tools do. An RP message begins with an octet
// below 8, which is no character of either.
func undeclared(body []byte) (decoded []byte, name string) {
	text := bytes.TrimSpace(body)
	if len(text) < 4 || text[0] < 8 {
		return nil, ""
	}
	if out := make([]byte, len(text)/2); len(text)%2 == 0 {
		if _, err := hex.Decode(out, text); err == nil && out[0] < 8 {
			return out, "hex"
		}
	}
	out, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(string(bytes.ReplaceAll(text, []byte("\r\n"), nil)), "="))
	if err == nil && len(out) > 1 && out[0] < 8 {
		return out, "base64"
	}
	return nil, ""
}
