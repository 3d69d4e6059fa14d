package html

import (
	"encoding/json"
	"time"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/report"
)

// encoder writes rows and what there is to know of them as JSON. Rows are arrays, which
// rows.js reads by position.
type encoder struct {
	values []any
}

// marshal encodes what cannot fail: strings, numbers and lists of them.
func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// row encodes a line of the table.
func (e *encoder) row(r *row) []byte {
	var when any
	if r.HasTime {
		when = r.Time
	}
	return marshal([]any{
		r.Key, when, r.From, r.To, r.Path, r.Over, r.Verdict, r.Words, r.Status, r.Took, r.Again, r.Rules, r.Call, r.Frames, r.Peer, r.Class,
	})
}

// textRow is what the table says of a text beside its delivery, or as a row of its own.
type textRow struct {
	Key, Delivery  string
	Kind, End, Why string
	From, To, Path string
	Time           int64
	Frame          string
	Failed         bool
	Text           string `json:",omitempty"`
}

// text encodes a text: what the table says of it, then all that is known.
func (e *encoder) text(r *textRow, all []byte) []byte {
	return marshal([]any{r, json.RawMessage(all)})
}

// shownFields are the fields of a transaction that the page shows.
var shownFields = result.Fields()

// fieldNames are the names of those, and what they mean.
func fieldNames() (names [][2]string) {
	for _, f := range shownFields {
		if f.Shown && f.Name != "closed" {
			names = append(names, [2]string{f.Name, f.Doc})
		}
	}
	return names
}

// transaction encodes the fields of a transaction in the order of fieldNames.
func (e *encoder) transaction(t *result.Transaction) []byte {
	e.values = e.values[:0]
	for _, f := range shownFields {
		if !f.Shown || f.Name == "closed" {
			continue
		}
		if f.Has != nil && !f.Has(t) {
			e.values = append(e.values, nil)
			continue
		}
		e.values = append(e.values, fieldValue(f.Get(t)))
	}
	last := len(e.values)
	for last > 0 && e.values[last-1] == nil {
		last--
	}
	return marshal(e.values[:last])
}

// fieldValue is a field's value as the page shows it; null for what is not there.
func fieldValue(v any) any {
	switch v := v.(type) {
	case string:
		if v == "" {
			return nil
		}
		return cleanTo(v, bodyWidth)
	case time.Time:
		return v.UnixMicro()
	case []string:
		if len(v) == 0 {
			return nil
		}
		return v
	case []int:
		if len(v) == 0 {
			return nil
		}
		return v
	case []capture.Ref:
		return frames(v)
	}
	return v
}

// frames are the names of frames.
func frames(refs []capture.Ref) any {
	if len(refs) == 0 {
		return nil
	}
	names := make([]string, len(refs))
	for i, f := range refs {
		names[i] = frameName(f)
	}
	return names
}

// hopObject is a hop of a delivery: the transaction that it forwards, and how long the
// proxy before it took to forward the request and to pass the answer back, in µs.
type hopObject struct {
	Transaction uint64          `json:"t"`
	Parent      uint64          `json:"p,omitempty"`
	Src         string          `json:"a"`
	Dst         string          `json:"b"`
	Outcome     string          `json:"o"`
	Forward     *int64          `json:"f,omitempty"`
	Relay       *int64          `json:"r,omitempty"`
	Fields      json.RawMessage `json:"v,omitempty"`
}

// detail encodes what there is to know of a delivery.
func (e *encoder) detail(d *result.Delivery, legs map[uint64]*leg) []byte {
	hops := make([]hopObject, len(d.Hops))
	for i := range d.Hops {
		h := &d.Hops[i]
		hops[i] = hopObject{
			Transaction: h.Transaction, Parent: h.Parent, Src: report.Party(h.Src), Dst: report.Party(h.Dst), Outcome: h.Outcome.String(),
			Forward: micros(h.Forward, h.HasForward), Relay: micros(h.Relay, h.HasRelay),
		}
		if x := legs[h.Transaction]; x != nil {
			hops[i].Fields = x.fields
		}
	}
	return marshal(hops)
}

// alone encodes what there is to know of a transaction without a delivery.
func (e *encoder) alone(x *leg) []byte {
	return marshal([]hopObject{{
		Transaction: x.ID, Src: report.Party(x.Src), Dst: report.Party(x.Dst), Outcome: x.Outcome.String(), Fields: x.fields,
	}})
}

func micros(d time.Duration, known bool) *int64 {
	if !known {
		return nil
	}
	n := d.Microseconds()
	return &n
}
