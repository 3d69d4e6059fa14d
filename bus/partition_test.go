package bus_test

import (
	"fmt"
	"testing"

	"simplecap/analyze"
	"simplecap/bus"
)

// TestPartition wants the legs of a call in one partition, the leg of a B2BUA where the
// one that it names is, and what receipts are matched with in the one of texts.
func TestPartition(t *testing.T) {
	leg := func(call, media, fields string) *analyze.Leg {
		l := &analyze.Leg{Head: []byte("MESSAGE sip:b SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\n" + fields + "\r\nX-Call-ID: a body\r\n")}
		l.Transaction.CallID, l.Transaction.ContentType = call, media
		return l
	}
	related := []string{"X-Call-ID", "X-CID"}
	first := bus.PartitionOf(leg("call-1", "text/plain", ""), related)
	if other := bus.PartitionOf(leg("call-2", "text/plain", "x-cid: call-1\r\n"), related); other != first {
		t.Errorf("the other leg is in %d, not in %d", other, first)
	}
	if other := bus.PartitionOf(leg("call-2", "text/plain", ""), related); other == first || other >= bus.Calls {
		t.Errorf("another call is in %d", other)
	}
	for call := range 10 { // receipts have Call-IDs of their own
		l := leg(fmt.Sprint("call-", call), "application/vnd.3gpp.sms", "")
		if l.About = 64*7 + 5; bus.PartitionOf(l, related) != 5 {
			t.Errorf("an SMS is in %d", bus.PartitionOf(l, related))
		}
	}
}
