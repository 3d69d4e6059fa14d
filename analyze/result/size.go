package result

import "unsafe"

// What hands on many rows at once counts by Size what whoever wrote the messages has made
// them take: any string of them may be as long as he likes.

// Size is about how many bytes the strings and lists of a transaction take, with the room
// that they have: who uses the memory of a copy again lets go of one that holds much.
func (t *Transaction) Size() int {
	return cap(t.Body) + 8*(cap(t.RequestFrames)+cap(t.ResponseFrames)+cap(t.Provisional)) + len(t.Method) + len(t.CallID) + len(t.Branch) + len(t.SentBy) +
		len(t.From) + len(t.To) + len(t.RequestURI) + len(t.ContentType) + len(t.Reason) + len(t.Cause)
}

// Size is about how many bytes the strings and lists of a delivery take.
func (d *Delivery) Size() int {
	n := len(d.Sender) + len(d.Recipient) + len(d.Unseen) + len(d.Hops)*int(unsafe.Sizeof(Hop{}))
	for _, id := range d.CallIDs {
		n += len(id)
	}
	return n
}

// Size is about how many bytes the strings, the content and the receipts of a text take.
func (t *Text) Size() int {
	n := len(t.CallID) + len(t.From) + len(t.To) + len(t.Receipts)*int(unsafe.Sizeof(Receipt{}))
	if c := t.Content; c != nil {
		n += len(c.Text) + t.Bytes // which the rest of it stands in
	}
	if m := t.MSRP; m != nil {
		n += len(m.MessageID) + len(m.ToPath) + len(m.FromPath)
	}
	for i := range t.Receipts {
		n += t.Receipts[i].Size()
	}
	return n
}

// Size is about how many bytes the strings of a receipt take.
func (r *Receipt) Size() int { return len(r.MessageID) + len(r.Recipient) + len(r.Name) }
