package analyze

import "simplecap/decode/sip"

// warm reads what the messages of a batch will be looked up in, before the first of them is.
// Each message needs its places in two indexes and in what rules remember, and a response
// a record; all of these lie anywhere in some megabytes. Read one after the other, each
// waits for memory alone; read here, where none depends on another, they come together.
func (a *analyzer) warm(events []event) {
	var found [batchEvents]handle
	n, sum := 0, uint32(0)
	for i := range events {
		e := &events[i]
		if e.kind != eventMessage || e.hashes.whole == 0 {
			continue
		}
		s := &e.hashes
		head := a.table.byBranch.at(s.branch).head
		if e.message.Kind == sip.Response {
			found[n] = head
			n++
			continue
		}
		sum += uint32(head) + uint32(a.table.byCall.at(s.call).head) + a.watch.warm(s)
	}
	for _, h := range found[:n] {
		if h != 0 {
			sum += a.table.touch(h)
		}
	}
	a.warmed = sum
}
