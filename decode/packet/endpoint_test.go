package packet

import (
	"bytes"
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

// An Addr is its 16 bytes: they come back, they order as bytes do, and the standard
// library's form is what it makes of them.
func TestAddr(t *testing.T) {
	address := rapid.Custom(func(t *rapid.T) (b [16]byte) {
		copy(b[:], rapid.SliceOfN(rapid.ByteRange(0, 255), 16, 16).Draw(t, "bytes"))
		if rapid.Bool().Draw(t, "IPv4") {
			copy(b[:], []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})
		}
		return b
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := address.Draw(t, "a"), address.Draw(t, "b")
		one, other := AddrFrom16(a), AddrFrom16(b)
		if got := one.As16(); got != a {
			t.Fatalf("%v came back as %v", a, got)
		}
		if got, want := one.Compare(other), bytes.Compare(a[:], b[:]); got != want {
			t.Fatalf("%v against %v: %d, want %d", a, b, got, want)
		}
		if got, want := one.NetIP(), netip.AddrFrom16(a).Unmap(); got != want {
			t.Fatalf("%v is %v, want %v", a, got, want)
		}
		if got := addrFrom4(a[12:]).NetIP(); got != netip.AddrFrom4([4]byte(a[12:])) {
			t.Fatalf("%v is IPv4 %v", a[12:], got)
		}
	})
}
