package bus

import (
	"google.golang.org/protobuf/encoding/protowire"

	"simplecap/decode"
)

// EncodeBatch returns what goes over the bus of a batch.
func EncodeBatch(b *Batch) ([]byte, error) {
	plain := appendHead(nil, b)
	if b.Handed != nil {
		plain = appendNumber(appendMessage(plain, batchHanded, appendHanded(nil, b.Handed)), batchTimes, uint64(b.Times))
	}
	for _, a := range b.Aliases {
		plain = appendMessage(plain, batchAlias, appendAlias(nil, a))
	}
	var head decode.Message
	of := ""
	for i, l := range b.Legs {
		if i < len(b.Of) && b.Of[i] != of {
			of = b.Of[i]
			plain = appendMessage(plain, batchOf, []byte(of))
		}
		plain = appendMessage(plain, batchLeg, appendLeg(nil, l, &head))
	}
	if b.Heart != nil {
		plain = appendMessage(plain, batchHeart, appendHeart(nil, b.Heart))
	}
	for i := range b.Promises {
		plain = appendMessage(plain, batchPromise, appendPromise(nil, &b.Promises[i]))
	}
	return seal(appendFlag(plain, batchTick, b.Tick))
}

// EncodePromises returns what goes over the bus of promises, of at most Calls of them.
func EncodePromises(all []Promise) ([]byte, error) { return EncodeBatch(&Batch{Promises: all}) }

func appendMessage(dst []byte, number protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(dst, number, protowire.BytesType), message)
}

func appendHanded(dst []byte, h *Handed) []byte {
	dst = appendNumber(dst, 1, uint64(h.From))
	dst = appendNumber(dst, 2, h.Seq)
	dst = appendNumber(dst, 3, uint64(h.Count))
	return appendSigned(dst, 4, h.At)
}

func readHanded(b []byte) (*Handed, bool) {
	h := &Handed{}
	err := eachField(b, func(f *field) bool {
		switch f.number {
		case 1:
			h.From = int(min(f.value, Calls))
		case 2:
			h.Seq = f.value
		case 3:
			h.Count = int(min(f.value, 1<<31))
		case 4:
			h.At = f.signed()
		}
		return true
	})
	return h, err == nil && h.From < Calls
}

func appendPromise(dst []byte, p *Promise) []byte {
	dst = appendNumber(dst, 1, uint64(p.Partition))
	dst = appendSigned(dst, 2, p.Time)
	dst = appendNumber(dst, 3, uint64(p.Round))
	return appendFlag(dst, 4, p.Given)
}

func readPromise(b []byte) (p Promise, ok bool) {
	err := eachField(b, func(f *field) bool {
		switch f.number {
		case 1:
			p.Partition = int(min(f.value, Calls))
		case 2:
			p.Time = min(max(f.signed(), 0), 1<<62)
		case 3:
			p.Round = int(min(f.value, mostRounds))
		case 4:
			p.Given = f.flag()
		}
		return true
	})
	return p, err == nil && p.Partition < Calls
}
