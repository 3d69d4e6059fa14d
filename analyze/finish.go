package analyze

import (
	"simplecap/analyze/result"
	"simplecap/capture"
)

// finish closes everything at the end of the capture. That may be all of it, where
// the capture is shorter than transactions may take, and nothing else is left to be
// done by then: so another goroutine views the records of the next chunk while this
// one judges those of the last, which it alone may change.
func (cl *closer) finish() {
	cl.table.drain()
	if cl.table.open <= chunkRecords {
		for h := cl.table.oldest(); h != 0; h = cl.table.oldest() {
			cl.close(h)
		}
		return
	}
	free, ready := make(chan *viewed, 2), make(chan *viewed, 2)
	free <- newViewed()
	free <- newViewed()
	go cl.viewAll(cl.table.list(), free, ready)
	for v := range ready {
		for i, h := range v.handles {
			cl.closeViewed(h, &v.transactions[i])
		}
		free <- v
	}
}

// viewed are the open transactions of a chunk.
type viewed struct {
	handles      []handle
	transactions []result.Transaction // as many as a chunk may have
}

// newViewed has room for one frame of request and response each, which most have.
func newViewed() *viewed {
	v := &viewed{handles: make([]handle, 0, chunkRecords), transactions: make([]result.Transaction, chunkRecords)}
	frames := make([]capture.Ref, 2*chunkRecords)
	for i := range v.transactions {
		t := &v.transactions[i]
		t.RequestFrames, t.ResponseFrames = frames[2*i:2*i:2*i+1], frames[2*i+1:2*i+1:2*i+2]
	}
	return v
}

// viewAll views the chunks in turn and closes ready.
func (cl *closer) viewAll(chunks []*chunk, free <-chan *viewed, ready chan<- *viewed) {
	defer close(ready)
	var scratch []byte
	for _, c := range chunks {
		v := <-free
		cl.table.awake(c)
		v.handles = v.handles[:0]
		for i := range c.records[:c.used] {
			r := &c.records[i]
			if r.is(isOpen) {
				scratch = cl.viewer.viewInto(&v.transactions[len(v.handles)], txn{c, r}, scratch)
				v.handles = append(v.handles, c.handle(i))
			}
		}
		ready <- v
	}
}
