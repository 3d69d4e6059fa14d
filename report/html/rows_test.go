package html_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/internal/wire"
	"simplecap/report/html"
)

// unlike is deliveries whose fields follow from their rows in part, or not at all.
const unlike = proxied + `
91.000  alice:5062 > bob:5070  MESSAGE #4
	From: <sips:alice@example.com>;tag=1
	To: "Bob" <tel:+4930123456>
91.0041239  bob:5070 > alice:5062  202 Accepted #4
92.000  alice > carol  MESSAGE #5 tcp
92.300  carol > alice  100 Trying #5 tcp
93.000  carol > alice  404 Not Found #5 tcp
94.000  bob > alice  200 OK #6
95.000  alice > bob  MESSAGE #7
95.500  alice > bob  MESSAGE #7
96.001  bob > alice  200 OK #7
200     end
`

// The page has each field of each transaction, also those that it has only by their row.
func TestFieldsOfHops(t *testing.T) {
	frames, err := wire.Parse(unlike)
	if err != nil {
		t.Fatal(err)
	}
	var all []result.Transaction
	keep := keeper(func(t *result.Transaction) { all = append(all, t.Clone()) })
	if _, err := analyze.Run(context.Background(), &wire.Memory{Frames: frames}, analyze.Options{}, keep); err != nil {
		t.Fatal(err)
	}
	p := open(t, page(t, &wire.Memory{Frames: frames}, html.Options{}), "")
	shown := eval[map[string]map[string]any](t, p, `(async () => {
		const all = {};
		for (let i = 0; i < rows.length; i++) for (const hop of (await details.get(rows.block[i]))[rows.place[i]]) all[hop.t] = fieldsOf(hop, i);
		return all;
	})()`)
	if len(all) != 8 {
		t.Fatalf("%d transactions", len(all))
	}
	for i := range all {
		x := &all[i]
		for _, f := range result.Fields() {
			if !f.Shown || f.Name == "closed" {
				continue
			}
			if got, want := fmt.Sprint(shown[fmt.Sprint(x.ID)][f.Name]), fieldOf(&f, x); got != want {
				t.Errorf("transaction %d: %s is %s, want %s", x.ID, f.Name, got, want)
			}
		}
	}
}

// keeper is an analyze.Handler.
type keeper func(*result.Transaction)

func (k keeper) Transaction(t *result.Transaction) { k(t) }
func (keeper) Finding(*result.Finding)             {}

// fieldOf is a field's value as fmt prints what the browser returned.
func fieldOf(f *result.Field, t *result.Transaction) string {
	value := f.Get(t)
	switch v := value.(type) {
	case time.Time:
		value = v.UnixMicro()
	case []capture.Ref:
		names := []string{}
		for _, frame := range v {
			names = append(names, fmt.Sprint(frame.Number()))
		}
		value = names
	case nil:
	}
	text, _ := json.Marshal(value)
	var back any
	json.Unmarshal(text, &back)
	if list, isList := back.([]any); f.Has != nil && !f.Has(t) || back == nil || back == "" || isList && len(list) == 0 {
		return "<nil>"
	}
	return fmt.Sprint(back)
}

// A delivery costs the page few allocations, however many there are.
func TestAllocations(t *testing.T) {
	w := html.New(nil, html.Options{Limits: html.Limits{HeldBytes: 1, Stories: 1}})
	x := result.Transaction{
		ID: 1, Delivery: 1, Method: "MESSAGE", CallID: "a@b", From: "sip:alice@example.com", To: "sip:bob@example.com", RequestURI: "sip:bob@example.com", Closed: true,
		Transport: decode.UDP, Src: endpoint("10.0.0.1:5060"), Dst: endpoint("10.0.0.2:5062"), Status: 200, Reason: "OK", HasTime: true, HasRTT: true, RTT: time.Millisecond, RequestFrames: []capture.Ref{1}, ResponseFrames: []capture.Ref{2},
	}
	d := result.Delivery{ID: 1, Verdict: result.Delivered, Sender: x.From, Recipient: x.To, CallIDs: []string{"a@b"}, Closed: true, HasTime: true, Hops: []result.Hop{{Src: x.Src, Dst: x.Dst}}}
	took := testing.AllocsPerRun(5000, func() {
		x.ID++
		d.ID++
		x.Delivery, d.Hops[0].Transaction = d.ID, x.ID
		w.Transaction(&x)
		w.Delivery(&d)
	})
	if took > 4 { // of the map of hosts, and of what is printed of Dst
		t.Errorf("%v allocations a delivery", took)
	}
}

func endpoint(s string) decode.Endpoint {
	a := netip.MustParseAddrPort(s)
	return decode.Endpoint{IP: decode.AddrFrom16(a.Addr().As16()), Port: a.Port()}
}

// What cannot be written is said, wherever in the page it happens.
func TestWriteFails(t *testing.T) {
	whole := exchange(t, manyDeliveries(200), html.Options{Limits: html.Limits{Block: 1 << 12}})
	for _, room := range []int{0, len(whole) / 2, len(whole) * 9 / 10, len(whole) - 1} {
		frames, err := wire.Parse(manyDeliveries(200))
		if err != nil {
			t.Fatal(err)
		}
		w := html.New(&full{room}, html.Options{Limits: html.Limits{Block: 1 << 12}})
		r, err := analyze.Run(context.Background(), &wire.Memory{Frames: frames}, analyze.Options{Joined: w.Joined}, w)
		if err == nil {
			err = w.Close(r)
		}
		if !errors.Is(err, errFull) {
			t.Errorf("with room for %d of %d bytes: %v", room, len(whole), err)
		}
	}
}

var errFull = errors.New("the disk is full")

// full is a Writer with room for so many bytes.
type full struct{ room int }

func (f *full) Write(b []byte) (int, error) {
	if len(b) > f.room {
		return 0, errFull
	}
	f.room -= len(b)
	return len(b), nil
}
