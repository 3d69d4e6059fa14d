package main

import (
	"hash/maphash"
	"slices"
	"sync"
	"time"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/capture/live"
	"simplecap/capture/made"
	"simplecap/decode"
)

// evidence chooses the frames of a live capture that are written to files: it
// looks on while frames are decoded and deliveries judged. A nil one writes nothing.
type evidence struct {
	filter string
	queue  *frameQueue
	files  *captureFiles
	name   func(number int) string // of an interface
	pieces pieces                  // takes what is chosen in place of the files; nil without --publish-evidence
	live   bool                    // for pieces: time goes on by the capture's clock
	made   *plainFrames            // of messages that other programs cannot read, with --redact of more; nil without --decrypted

	// Of the goroutine that decodes.
	recent  *history      // frames that may be a part of a message
	pending []capture.Ref // the frames of the messages that the frame at hand completed
	keys    []uint64      // of those messages
	clock   int64         // largest time of a frame
	alone   bool          // the frame at hand is a datagram with one of them, and a part of nothing else
	calls   keySet        // Call-IDs and pairs of addresses of MESSAGE exchanges

	written keySet // frames, by capture.Ref; with writeFindings guarded by mu
	unwrap  live.HEPUnwrapper
	single  [1]capture.Frame // scratch of unwrap

	mu     sync.Mutex // the decoder's goroutine fills the history, the analyzer's empties it
	past   *history
	last   heldFrame // the latest frame, without its bytes
	failed keySet    // deliveries that broke a rule
	errors map[string]bool
}

// evidenceLimits bound what is held of packets on their way to a file.
type evidenceLimits struct {
	Queue       int           // bytes that wait for the disk (default 64 MiB)
	Block       int           // bytes that are handed over at once (default 256 KiB)
	Recent      int64         // bytes of frames that may be a part of a message (default 8 MiB)
	RecentTime  time.Duration // and for how long (default 30 s, as fragments are waited for)
	History     int64         // bytes of MESSAGE exchanges until they are judged (default 64 MiB; --history)
	HistoryTime time.Duration // and for how long (default 1 min longer than twice Timer F)
	Keys        int           // exchanges remembered (default 65,536)
}

var defaultEvidenceLimits = evidenceLimits{
	Queue: 64 << 20, Block: 256 << 10, Recent: 8 << 20, RecentTime: 30 * time.Second, History: 64 << 20, Keys: 65536,
}

// keySeed makes keys that nobody outside can choose.
var keySeed = maphash.MakeSeed()

func callKey(callID []byte) uint64 { return maphash.Bytes(keySeed, callID) }

// pairKey is the same for both directions.
func pairKey(a, b decode.Endpoint) uint64 {
	return maphash.Comparable(keySeed, a) + maphash.Comparable(keySeed, b)
}

// keySet remembers the latest keys, at least limit and at most twice as many.
type keySet struct {
	limit       int
	now, before map[uint64]struct{}
}

func (s *keySet) put(key uint64) {
	if s.now == nil || len(s.now) >= s.limit {
		s.now, s.before = make(map[uint64]struct{}), s.now
	}
	s.now[key] = struct{}{}
}

func (s *keySet) has(key uint64) bool {
	if _, ok := s.now[key]; ok {
		return true
	}
	_, ok := s.before[key]
	return ok
}

func newEvidence(filter string, limits evidenceLimits, files *captureFiles, name func(int) string) *evidence {
	e := chooser(filter, limits, name)
	e.queue, e.files = newFrameQueue(limits), files
	return e
}

// chooser chooses frames, and has no place for them yet.
func chooser(filter string, limits evidenceLimits, name func(int) string) *evidence {
	e := &evidence{filter: filter, name: name}
	e.calls.limit, e.failed.limit, e.written.limit = limits.Keys, limits.Keys, limits.Keys
	e.recent = newHistory(limits.Recent, limits.RecentTime)
	e.past = newHistory(limits.History, limits.HistoryTime)
	e.errors = make(map[string]bool)
	for _, rule := range analyze.Catalogue() {
		e.errors[rule.ID] = rule.Severity == result.Error
	}
	return e
}

// Message implements decode.Handler.
func (e *evidence) Message(m *decode.Message) {
	if e.writesAll() {
		return
	}
	e.alone = !m.Transport.Reliable() && len(m.Parts) == 0
	call := callKey(m.CallID.In(m.Raw))
	if e.filter == writeAll || analyze.OfMessage(m) {
		e.calls.put(call)
		e.calls.put(pairKey(m.Src, m.Dst))
	} else if !e.calls.has(call) {
		return
	}
	if e.made.makes(m, e.alone) {
		e.takeMade(e.made.message(m), e.made.comment, call)
		return
	}
	e.pending = append(append(e.pending, m.Parts...), m.Frame)
	e.keys = append(e.keys, call)
}

// writesAll reports whether every packet is written as it came.
func (e *evidence) writesAll() bool { return e.filter == writeAll && e.made == nil }

// hides reports whether nothing that was captured is written as it came.
func (e *evidence) hides() bool { return e.made != nil && e.made.names != nil }

// takeMade takes frames that were made of something with a key.
func (e *evidence) takeMade(frames []capture.Frame, comment string, key uint64) {
	for i := range frames {
		e.take(&frames[i], origin{made.InterfaceName, comment}, []uint64{key}, e.clock)
	}
}

// MSRP implements decode.MSRPHandler. All of it is made anew where messages are, also what
// no transport hides: which segments it came in is not known.
func (e *evidence) MSRP(m *decode.MSRP) {
	if e.made == nil || e.filter != writeAll || m.Frame == 0 { // 0: the capture has no end of it
		return
	}
	e.takeMade(e.made.msrp(m), e.made.comment, m.Conn)
}

// ICMP implements decode.ICMPHandler.
func (e *evidence) ICMP(i *decode.ICMPError) { e.happened(i.Src, i.Dst, i.Frame) }

// Connection implements decode.ConnHandler.
func (e *evidence) Connection(c *decode.ConnEvent) {
	if !c.Kind.Explains() {
		return
	}
	if frames := e.made.end(c); len(frames) > 0 {
		e.takeMade(frames, e.made.comment, pairKey(c.Src, c.Dst))
		return
	}
	e.happened(c.Src, c.Dst, c.Frame)
}

// happened notes a frame that tells why a request between two addresses got no
// answer.
func (e *evidence) happened(src, dst decode.Endpoint, frame capture.Ref) {
	if key := pairKey(src, dst); !e.writesAll() && e.calls.has(key) {
		e.pending = append(e.pending, frame)
		e.keys = append(e.keys, key)
	}
}

// Frame implements analyze.Tap.
func (e *evidence) Frame(f *capture.Frame, carries bool) {
	e.clock = max(e.clock, f.Time)
	switch {
	case e.writesAll():
		if carries {
			e.queue.put(e.plain(f), e.from(f))
		}
		return
	case carries && !e.alone && !e.hides():
		e.recent.add(e.plain(f), e.from(f), []uint64{refKey(f)}, f.Time)
	}
	if len(e.pending) > 0 {
		e.choose(f)
	}
	e.pending, e.keys, e.alone = e.pending[:0], e.keys[:0], false
	if e.filter == writeFindings {
		e.mu.Lock()
		before := e.last.Time
		e.last = heldFrame{*f, e.from(f)}
		e.last.Data, e.last.Time = nil, max(f.Time, before)
		e.mu.Unlock()
	}
}

// plain is the frame as other programs read it: what came by HEP as it was where the
// agent saw it.
func (e *evidence) plain(f *capture.Frame) *capture.Frame {
	e.single[0] = *f
	return &e.unwrap.Frames(e.single[:])[0]
}

func (e *evidence) from(f *capture.Frame) origin { return origin{name: e.name(f.Interface)} }

func refKey(f *capture.Frame) uint64 { return uint64(capture.MakeRef(f.File, f.Number)) }

// choose takes the frames that belong to what the frame at hand completed.
func (e *evidence) choose(f *capture.Frame) {
	slices.Sort(e.pending)
	for _, ref := range slices.Compact(e.pending) {
		if p := e.recent.latest(uint64(ref)); p != nil {
			e.chosen(&p.Frame, p.origin, p.at)
		} else if uint64(ref) == refKey(f) {
			e.chosen(e.made.captured(e.plain(f)), e.from(f), f.Time)
		}
	}
}

// chosen takes one frame of a MESSAGE exchange.
func (e *evidence) chosen(f *capture.Frame, from origin, at int64) {
	if e.filter == writeFindings || e.alone || e.once(f) {
		e.take(f, from, e.keys, at)
	}
}

// take writes a frame that came at a time, or keeps it until it is known what became of
// the exchanges with its keys.
func (e *evidence) take(f *capture.Frame, from origin, keys []uint64, at int64) {
	if e.filter != writeFindings {
		e.queue.put(f, from)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.past.add(f, from, keys, at)
}

// once reports whether it is asked for a frame for the first time: a TCP segment
// may hold parts of several messages.
func (e *evidence) once(f *capture.Frame) bool {
	if e.written.has(refKey(f)) {
		return false
	}
	e.written.put(refKey(f))
	return true
}

// Transaction implements analyze.Handler.
func (e *evidence) Transaction(t *result.Transaction) {
	if slices.ContainsFunc(t.Findings, func(id string) bool { return e.errors[id] }) {
		e.failed.put(t.Delivery)
	}
}

// Finding implements analyze.Handler.
func (e *evidence) Finding(*result.Finding) {}

// Delivery implements analyze.DeliveryHandler: the exchange of a delivery that
// failed is written.
func (e *evidence) Delivery(d *result.Delivery) {
	if e.filter != writeFindings || !d.Closed || !failing(d.Verdict) && !e.failed.has(d.ID) {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	var numbers []uint64
	for _, id := range d.CallIDs {
		numbers = e.past.take(numbers, callKey([]byte(id)))
	}
	for i := range d.Hops {
		numbers = e.past.take(numbers, pairKey(d.Hops[i].Src, d.Hops[i].Dst))
	}
	slices.Sort(numbers)
	var frames []heldFrame
	for _, n := range slices.Compact(numbers) {
		if f := e.past.out(n); f != nil && (f.comment != "" || e.once(&f.Frame)) {
			frames = append(frames, *f)
		}
	}
	if len(frames) > 0 && slices.ContainsFunc(d.Hops, func(h result.Hop) bool { return h.Outcome == result.Timeout }) {
		frames = append(frames, e.last) // shows how long nothing came, whatever it was
	}
	e.found(d, frames)
}

// found hands on the frames of a delivery that failed.
func (e *evidence) found(d *result.Delivery, frames []heldFrame) {
	if e.pieces != nil {
		e.publish(d, frames)
		return
	}
	for i := range frames {
		e.queue.put(&frames[i].Frame, frames[i].origin)
	}
}

// failing reports whether a verdict says that a MESSAGE did not arrive.
func failing(v result.Verdict) bool {
	return v != result.Delivered && v != result.Accepted && v != result.Unknown
}

// lost returns how many frames were not written: those that the disk was too slow
// for or refused, and those that the history had no room for.
func (e *evidence) lost() (queue, disk, early uint64) {
	if e == nil {
		return 0, 0, 0
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.queue.lost.Load(), e.files.lost.Load(), e.past.early
}

// handOver lets what was chosen be written. inputs say what the kernel dropped so
// far. It is called at least every 100 ms, by the goroutine that reads.
func (e *evidence) handOver(inputs []capture.Input) {
	if e == nil {
		return
	}
	e.files.seen(inputs)
	e.queue.handOver()
}

// idle notes that no frame came before a time, and before the analysis knows it.
func (e *evidence) idle(clock int64) {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.last.Time = max(e.last.Time, clock)
}

// close writes what is left and ends the last file.
func (e *evidence) close(inputs []capture.Input) {
	if e == nil {
		return
	}
	e.files.seen(inputs)
	e.queue.close()
	e.files.wait()
	e.sayLost()
}
