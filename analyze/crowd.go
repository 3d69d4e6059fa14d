package analyze

import (
	"encoding/binary"

	"simplecap/decode"
)

// A branch should be that of one message. Where many share it, a chain of all of them
// would cost each further message as many comparisons: beyond Limits.Candidates they
// are found by Call-ID, CSeq number and addresses too, in a table that is empty as
// long as nobody does so.

// crowdKey is the key of a transaction in that table.
func crowdKey(branch, call []byte, cseq uint64, f *path) uint64 {
	var number [8]byte
	binary.BigEndian.PutUint64(number[:], cseq)
	return hashOf(branch, call, number[:], f[:])
}

// pushOut puts a transaction that will soon be out of reach into the table.
func (tab *table) pushOut(h handle) {
	tx := tab.at(h)
	f := makePath(tx.ends())
	tab.crowd.put(crowdKey(tx.get(tx.branch), tx.get(tx.callID), tx.cseqNumber(), &f), deadline{id: tx.id(), h: h})
}

// inCrowd returns the transaction of m in the table, or 0; src and dst are those of its request.
func (tab *table) inCrowd(m *decode.Message, src, dst decode.Endpoint) handle {
	if len(tab.crowd.entries) == 0 {
		return 0
	}
	f := makePath(src, dst)
	d, ok := tab.crowd.get(crowdKey(cut(m.Branch.In(m.Raw)), cut(m.CallID.In(m.Raw)), m.CSeqNumber, &f))
	if !ok || !tab.holds(d.h, d.id) {
		return 0
	}
	return d.h
}
