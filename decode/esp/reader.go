package esp

import (
	"encoding/binary"
	"net/netip"

	"simplecap/internal/preset"
)

// Result says what became of a packet.
type Result uint8

// The results.
const (
	Opened  Result = iota // read
	Closed                // encrypted, and no keys are known
	Wrong                 // keys are known, and do not fit: the integrity check value is wrong
	Broken                // too short to be ESP
	Nothing               // a dummy packet (RFC 4303 2.6)
)

// Protocol numbers that stand in Next Header.
const (
	protoICMP   = 1
	protoIPv4   = 4
	protoTCP    = 6
	protoUDP    = 17
	protoIPv6   = 41
	protoICMPv6 = 58
	protoNoNext = 59
	protoSCTP   = 132
)

// Limits are the bounds of a Reader. A zero field means the default.
type Limits struct {
	Associations int // security associations seen that are remembered (default 4096)
	Tried        int // packets of one tried for null encryption; then only every 64th is (default 64)
}

// DefaultLimits are the bounds used where Limits are zero.
var DefaultLimits = Limits{Associations: 4096, Tried: 64}

// Stats counts packets of ESP.
type Stats struct {
	Opened, Closed, Wrong, Broken uint64
	Evicted                       uint64 // associations forgotten because of Limits.Associations
}

// Reader opens packets. It is used by one goroutine.
type Reader struct {
	Stats Stats

	keys    map[uint32][]*SA
	wild    []*SA // of any SPI
	seen    map[saKey]*Seen
	order   []*Seen // a ring by age
	oldest  int
	limits  Limits
	scratch []byte
	latest  *Seen
	changed bool
}

// saKey finds an association: an SPI is the choice of the destination, and two
// hosts may choose the same.
type saKey struct {
	src, dst netip.Addr
	spi      uint32
}

// Seen is an association that packets were seen of.
type Seen struct {
	Src, Dst netip.Addr
	SPI      uint32
	Packets  uint64
	Bytes    uint64
	Opened   uint64 // packets read
	Wrong    uint64 // packets that the keys for it do not open

	Closed bool // the latest packet could not be read
	SIP    bool // the two hosts speak SIP to each other; set by the owner of the Reader

	form    form // of null encryption, once found
	known   bool
	refused int // packets in a row that had no form of null encryption
	alike   int // packets that looked a little like form
}

// form is how a packet with null encryption is laid out.
type form struct{ iv, icv int }

// forms are tried in this order: the check values of RFC 2403 and 2404 that TS 33.203
// names (12 bytes), of RFC 4868 (16, 24 and 32) and none, and AES-GMAC (RFC 4543).
var forms = [...]form{{0, 12}, {0, 16}, {0, 24}, {0, 32}, {0, 0}, {8, 16}, {0, 8}, {8, 12}}

// NewReader returns a Reader without keys.
func NewReader(limits Limits) *Reader {
	preset.Numbers(&limits, DefaultLimits)
	return &Reader{keys: make(map[uint32][]*SA), seen: make(map[saKey]*Seen), limits: limits}
}

// Add adds keys, from ParseKeys.
func (r *Reader) Add(all []*SA) {
	for _, sa := range all {
		if sa.AnySPI {
			r.wild = append(r.wild, sa)
		} else {
			r.keys[sa.SPI] = append(r.keys[sa.SPI], sa)
		}
	}
}

// Each calls use with every association that is remembered, in the order in which
// they were first seen.
func (r *Reader) Each(use func(*Seen)) {
	for i := range r.order {
		use(r.order[(r.oldest+i)%len(r.order)])
	}
}

// Open opens the packet b, which begins with the SPI, between two addresses. next is
// the protocol of payload, which may point into b or into memory that the next call uses again.
func (r *Reader) Open(src, dst netip.Addr, b []byte) (next uint8, payload []byte, result Result) {
	src, dst = src.Unmap(), dst.Unmap()
	r.latest, r.changed = nil, false
	if len(b) < header+4 {
		r.Stats.Broken++
		return 0, nil, Broken
	}
	s := r.see(saKey{src, dst, binary.BigEndian.Uint32(b)})
	s.Packets++
	s.Bytes += uint64(len(b))
	next, payload, result = r.withKeys(s, b)
	if result != Opened && result != Nothing && !r.mustVerify(s) {
		if n, p, ok := s.withoutKeys(b, r.limits.Tried); ok {
			next, payload, result = n, p, Opened
		}
	}
	if next == protoNoNext && result == Opened {
		result = Nothing
	}
	r.count(s, result)
	closed := result == Closed || result == Wrong
	r.latest, r.changed = s, closed != s.Closed
	s.Closed = closed
	return next, payload, result
}

// Latest is the association of the latest packet, nil before one, and whether that packet is
// the first that cannot be read, or that can be again.
func (r *Reader) Latest() (s *Seen, changed bool) { return r.latest, r.changed }

func (r *Reader) count(s *Seen, result Result) {
	switch result {
	case Opened, Nothing:
		s.Opened++
		r.Stats.Opened++
	case Closed:
		r.Stats.Closed++
	case Wrong:
		s.Wrong++
		r.Stats.Wrong++
	}
}

// see finds an association, or remembers it.
func (r *Reader) see(k saKey) *Seen {
	if s := r.seen[k]; s != nil {
		return s
	}
	s := &Seen{Src: k.src, Dst: k.dst, SPI: k.spi}
	if len(r.order) < r.limits.Associations {
		r.order = append(r.order, s)
	} else {
		gone := r.order[r.oldest]
		delete(r.seen, saKey{gone.Src, gone.Dst, gone.SPI})
		r.Stats.Evicted++
		r.order[r.oldest] = s
		r.oldest = (r.oldest + 1) % r.limits.Associations
	}
	r.seen[k] = s
	return s
}

// withKeys opens a packet with the keys that are for it. Where none are for its
// addresses, those of its SPI are tried if they can be checked: an address translator
// may stand between (RFC 3948).
func (r *Reader) withKeys(s *Seen, b []byte) (next uint8, payload []byte, result Result) {
	result = Closed
	for pass := range 2 {
		for _, list := range [2][]*SA{r.keys[s.SPI], r.wild} {
			for _, sa := range list {
				if sa.matches(s.Src, s.Dst, s.SPI) == (pass == 1) || pass == 1 && !sa.checks() {
					continue
				}
				if pass == 0 {
					result = Wrong
				}
				plain, ok := sa.open(r.scratch[:0], b)
				if !ok {
					continue
				}
				if sa.Cipher != Null && cap(plain) > cap(r.scratch) {
					r.scratch = plain[:0]
				}
				if next, payload, ok = trailer(plain); ok && (sa.checks() || plausible(s.Src, s.Dst, next, payload) > unlikely) {
					return next, payload, Opened
				}
			}
		}
	}
	return 0, nil, result
}

// mustVerify reports whether a key that can be checked is given for just this association:
// its receiver drops what does not fit that key, however readable it is.
func (r *Reader) mustVerify(s *Seen) bool {
	for _, sa := range r.keys[s.SPI] {
		if sa.checks() && sa.matches(s.Src, s.Dst, s.SPI) {
			return true
		}
	}
	return false
}

// trailer takes padding, pad length and next header off (RFC 4303 2.4 to 2.6).
func trailer(plain []byte) (next uint8, payload []byte, ok bool) {
	n := len(plain) - 2
	if n < 0 {
		return 0, nil, false
	}
	next = plain[n+1]
	pad := int(plain[n])
	if pad > n {
		return 0, nil, false
	}
	return next, plain[: n-pad : n-pad], true
}

// withoutKeys opens a packet with null encryption: its trailer stands where the
// length of the check value says, and what is before it must be a packet.
func (s *Seen) withoutKeys(b []byte, tried int) (next uint8, payload []byte, ok bool) {
	if s.known {
		if next, payload, sure := tryForm(s, b, s.form); sure >= unlikely {
			return next, payload, true
		}
	} else if s.refused >= tried && s.Packets%64 != 0 {
		return 0, nil, false
	}
	best, found := impossible, form{}
	for _, f := range forms {
		if n, p, sure := tryForm(s, b, f); sure > best {
			next, payload, best, found = n, p, sure, f
		}
	}
	if best < unlikely || best == unlikely && !s.again(found) {
		s.refused++
		return 0, nil, false
	}
	s.form, s.known, s.refused = found, true, 0
	return next, payload, true
}

// again reports whether packets in a row have looked a little like one form, which
// is what TCP behind an address translator does.
func (s *Seen) again(f form) bool {
	if f != s.form {
		s.form, s.alike = f, 0
	}
	s.alike++
	return s.alike > 2
}

// tryForm opens a packet as if it were laid out so, and says how sure that is.
func tryForm(s *Seen, b []byte, f form) (next uint8, payload []byte, sure confidence) {
	end := len(b) - f.icv
	if end < header+f.iv+4 || (end-header-f.iv)%4 != 0 {
		return 0, nil, impossible
	}
	plain := b[header+f.iv : end]
	next, payload, ok := trailer(plain)
	if !ok {
		return 0, nil, impossible
	}
	for i, c := range plain[len(payload) : len(plain)-2] { // RFC 4303 2.4: 1, 2, 3, ...
		if int(c) != i+1 {
			return 0, nil, impossible
		}
	}
	return next, payload, plausible(s.Src, s.Dst, next, payload)
}
