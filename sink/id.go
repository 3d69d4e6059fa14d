package sink

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"slices"

	"simplecap/analyze/result"
)

// ID names a row for good: 128 bits of a hash. It is written as 32 hexadecimal digits,
// and is the trace id of a delivery as it is.
type ID [16]byte

// String returns the ID as rows hold it, "" for the zero ID.
func (id ID) String() string {
	if id == (ID{}) {
		return ""
	}
	return hex.EncodeToString(id[:])
}

// hasher makes IDs of what the capture shows.
type hasher struct{ hash.Hash }

func newHasher(kind string) hasher {
	h := hasher{sha256.New()}
	h.text(kind)
	return h
}

// text adds s, so that two texts are told from one that is both.
func (h hasher) text(s string) {
	h.number(int64(len(s)))
	h.Write([]byte(s))
}

func (h hasher) number(n int64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	h.Write(b[:])
}

func (h hasher) id() (id ID) {
	copy(id[:], h.Sum(nil))
	return id
}

// micros is a time, in ns, as exact as stores keep it.
func micros(ns int64) int64 { return ns / 1000 }

// deliveryID is made of a Call-ID, the time and the ends of the first leg seen. Without
// times it holds only within the run.
func deliveryID(d *result.Delivery) ID {
	h := newHasher("delivery")
	if len(d.CallIDs) > 0 {
		h.text(slices.Min(d.CallIDs)) // in whatever order they came
	}
	if d.HasTime {
		h.number(micros(d.FirstRequest))
	} else {
		h.number(-int64(d.ID))
	}
	if len(d.Hops) > 0 {
		h.text(d.Hops[0].Src.String())
		h.text(d.Hops[0].Dst.String())
	}
	return h.id()
}

func transactionID(delivery ID, t *result.Transaction) ID {
	h := newHasher("transaction")
	h.Write(delivery[:])
	for _, s := range []string{t.CallID, t.Branch, t.Method, t.Src.String(), t.Dst.String()} {
		h.text(s)
	}
	h.number(int64(t.CSeq))
	h.number(micros(t.FirstRequest))
	h.number(micros(t.Final))
	if !t.HasTime {
		h.number(int64(t.ID))
	}
	return h.id()
}

func textID(t *result.Text) ID {
	h := newHasher("text")
	for _, s := range []string{t.CallID, t.Kind.String(), t.From, t.To, t.Src.String(), t.Dst.String()} {
		h.text(s)
	}
	if t.MSRP != nil {
		h.text(t.MSRP.MessageID)
	}
	if h.number(micros(t.First)); !t.HasTime {
		h.number(int64(t.ID))
	}
	return h.id()
}
