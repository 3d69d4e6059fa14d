package bus

import (
	"maps"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// Heart is a heartbeat: how far an agent has come, and how good its capture was.
type Heart struct {
	Sent  int64  // when it was sent, by the agent's own clock, ns since 1970 UTC; 0 where a file is read
	Clock int64  // the capture's clock: every change before it is on the bus
	Low   int64  // every transaction that began before it is on the bus
	Ended bool   // the agent has ended: nothing more comes
	Lost  uint64 // batches that its spool has dropped, or that it had no room for
	Input Input
}

// Input is what an agent has read.
type Input struct {
	Name                                                                    string
	First, Last                                                             int64 // ns since 1970 UTC
	Packets, Bytes, KernelDrops, OutOfOrder, TCPGaps, Fragments, SnaplenCut uint64
	Malformed, Evicted, Checksums, WebSocketLost, Messages, Mentions        uint64
	Contradictions, SCTPGaps, Unread, BrokenHeaders                         uint64
	Requests, Responses                                                     map[string]uint64 // by method and by status
}

const (
	heartSent protowire.Number = iota + 1
	heartClock
	heartLow
	heartEnded
	heartLost
	heartName
	heartFirst
	heartLast
	heartRequest  // repeated, a count
	heartResponse // likewise
	heartCounts   // the first number of Input's counts
)

// counts are the numbers of an input, in the order of their fields.
func (i *Input) counts() []*uint64 {
	return []*uint64{&i.Packets, &i.Bytes, &i.KernelDrops, &i.OutOfOrder, &i.TCPGaps, &i.Fragments, &i.SnaplenCut,
		&i.Malformed, &i.Evicted, &i.Checksums, &i.WebSocketLost, &i.Messages, &i.Mentions, &i.Contradictions, &i.SCTPGaps,
		&i.Unread, &i.BrokenHeaders}
}

func appendHeart(dst []byte, h *Heart) []byte {
	dst = appendSigned(dst, heartSent, h.Sent)
	dst = appendSigned(dst, heartClock, h.Clock)
	dst = appendSigned(dst, heartLow, h.Low)
	dst = appendFlag(dst, heartEnded, h.Ended)
	dst = appendNumber(dst, heartLost, h.Lost)
	in := &h.Input
	dst = appendText(dst, heartName, in.Name)
	dst = appendSigned(dst, heartFirst, in.First)
	dst = appendSigned(dst, heartLast, in.Last)
	for i, n := range in.counts() {
		dst = appendNumber(dst, heartCounts+protowire.Number(i), *n)
	}
	dst = appendCounts(dst, heartRequest, in.Requests)
	return appendCounts(dst, heartResponse, in.Responses)
}

func appendCounts(dst []byte, number protowire.Number, counts map[string]uint64) []byte {
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		one := appendNumber(appendText(nil, 1, name), 2, counts[name])
		dst = protowire.AppendBytes(protowire.AppendTag(dst, number, protowire.BytesType), one)
	}
	return dst
}

// heart reads a heartbeat.
func (d *Decoder) heart(b []byte) (*Heart, bool) {
	h := &Heart{}
	in := &h.Input
	counts := in.counts()
	err := eachField(b, func(f *field) bool {
		switch f.number {
		case heartSent:
			h.Sent = f.signed()
		case heartClock:
			h.Clock = f.signed()
		case heartLow:
			h.Low = f.signed()
		case heartEnded:
			h.Ended = f.flag()
		case heartLost:
			h.Lost = f.value
		case heartName:
			in.Name = f.text()
		case heartFirst:
			in.First = f.signed()
		case heartLast:
			in.Last = f.signed()
		case heartRequest:
			return d.count(&in.Requests, f.bytes)
		case heartResponse:
			return d.count(&in.Responses, f.bytes)
		default:
			if i := int(f.number - heartCounts); i >= 0 && i < len(counts) {
				*counts[i] = f.value
			}
		}
		return true
	})
	return h, err == nil
}

// count reads a name and how often it came.
func (d *Decoder) count(counts *map[string]uint64, b []byte) bool {
	name, n := "", uint64(0)
	err := eachField(b, func(f *field) bool {
		switch f.number {
		case 1:
			name = f.text()
		case 2:
			n = f.value
		}
		return true
	})
	if *counts == nil {
		*counts = make(map[string]uint64)
	}
	(*counts)[name] = n
	return err == nil && len(*counts) <= d.limits.Counts
}
