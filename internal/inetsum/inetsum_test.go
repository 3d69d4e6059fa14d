package inetsum

import "testing"

// The example of RFC 1071 3, whole and in odd and even parts.
func TestSum(t *testing.T) {
	b := []byte{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7}
	if got := Fold(Add(0, b)); got != 0xddf2 {
		t.Errorf("sum %04x, want ddf2", got)
	}
	for n := 0; n <= len(b); n += 2 {
		if got := Fold(Add(Add(0, b[:n]), b[n:])); got != 0xddf2 {
			t.Errorf("sum of %d and %d bytes %04x, want ddf2", n, len(b)-n, got)
		}
	}
	if got := Fold(Add(0, b[:3])); got != 0xf201 {
		t.Errorf("sum of three bytes %04x, want f201", got)
	}
	if got := Fold(Add(0, append(b, 0x22, 0x0d))); got != 0xffff {
		t.Errorf("sum with its checksum %04x, want ffff", got)
	}
}
