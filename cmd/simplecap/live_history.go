package main

import (
	"time"

	"simplecap/capture"
)

// history holds the latest frames until it is known whether they matter, up to a
// number of bytes and an age by the capture's clock. Each frame may have keys, by
// which the frames of one exchange are found again.
type history struct {
	bytes  int64         // most that is held
	age    time.Duration // and for how long
	frames []pastFrame   // the oldest first, from head on
	head   int
	first  uint64 // how many frames went before frames[head]
	held   int64
	byKey  map[uint64][]uint64 // which frames have a key, counted as first counts
	early  uint64              // frames that went for lack of room, before their time
}

// pastFrame is a frame in the history. Without Data it has been taken out.
type pastFrame struct {
	heldFrame
	keys []uint64
	at   int64 // when it came; Time is that of an agent, where one reported it
}

// frameCost is what a frame costs beside its bytes, and keyCost a key of it.
const (
	frameCost = 128
	keyCost   = 64
)

func newHistory(bytes int64, age time.Duration) *history {
	return &history{bytes: bytes, age: age, byKey: make(map[uint64][]uint64)}
}

func (p *pastFrame) cost() int64 { return int64(frameCost + len(p.Data) + keyCost*len(p.keys)) }

// add copies a frame that came at a time, and forgets what is too old then.
func (h *history) add(f *capture.Frame, from origin, keys []uint64, at int64) {
	p := pastFrame{heldFrame{*f, from}, append([]uint64(nil), keys...), at}
	p.Data = append([]byte(nil), f.Data...)
	number := h.first + uint64(len(h.frames)-h.head)
	h.frames = append(h.frames, p)
	h.held += p.cost()
	for _, k := range p.keys {
		h.byKey[k] = append(h.byKey[k], number)
	}
	h.bound(at)
}

// bound forgets what is too old at a time, and what there is no room for.
func (h *history) bound(now int64) {
	for h.head < len(h.frames) {
		p := &h.frames[h.head]
		old := p.at < now-int64(h.age)
		if !old && h.held <= h.bytes {
			break
		}
		if !old && p.Data != nil {
			h.early++
		}
		h.forget(p)
	}
	if h.head > len(h.frames)/2 {
		kept := copy(h.frames, h.frames[h.head:])
		clear(h.frames[kept:])
		h.frames, h.head = h.frames[:kept], 0
	}
}

// forget removes the oldest frame.
func (h *history) forget(p *pastFrame) {
	h.held -= p.cost()
	for _, k := range p.keys {
		if numbers := h.byKey[k]; len(numbers) > 1 && numbers[0] == h.first {
			h.byKey[k] = numbers[1:]
		} else if len(numbers) == 1 && numbers[0] == h.first {
			delete(h.byKey, k)
		}
	}
	*p = pastFrame{}
	h.head++
	h.first++
}

// latest returns the latest frame with a key, nil if none is held.
func (h *history) latest(key uint64) *pastFrame {
	numbers := h.byKey[key]
	if len(numbers) == 0 {
		return nil
	}
	return &h.frames[h.head+int(numbers[len(numbers)-1]-h.first)]
}

// take appends the numbers of the frames with a key, and forgets the key.
func (h *history) take(numbers []uint64, key uint64) []uint64 {
	numbers = append(numbers, h.byKey[key]...)
	delete(h.byKey, key)
	return numbers
}

// out takes a frame out of the history that take has named; it returns nil for
// one that was taken out before.
func (h *history) out(number uint64) *heldFrame {
	p := &h.frames[h.head+int(number-h.first)]
	if p.Data == nil {
		return nil
	}
	before := p.cost()
	f := p.heldFrame
	p.Data = nil
	h.held += p.cost() - before
	return &f
}
