package html

import (
	"strconv"
	"time"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/internal/jsontext"
	"simplecap/report"
)

// names remembers how addresses are written: many rows have the same ones.
type names struct {
	limit   int
	parties map[decode.Endpoint]string
	paths   map[[2]decode.Endpoint]string
}

func newNames(limit int) names {
	return names{limit, make(map[decode.Endpoint]string), make(map[[2]decode.Endpoint]string)}
}

// party is report.Party.
func (n *names) party(e decode.Endpoint) string {
	return remembered(n.parties, n.limit, e, func() string { return report.Party(e) })
}

// path is the way of a delivery of one hop.
func (n *names) path(src, dst decode.Endpoint) string {
	return remembered(n.paths, n.limit, [2]decode.Endpoint{src, dst}, func() string { return n.party(src) + arrow + n.party(dst) })
}

// remembered is what a map has for a key, or what is made for it; a map that is full
// begins again.
func remembered[K comparable, V any](known map[K]V, limit int, key K, make func() V) V {
	v, ok := known[key]
	if !ok {
		if len(known) >= limit {
			clear(known)
		}
		v = make()
		known[key] = v
	}
	return v
}

// appendRow appends a line of the table as JSON, an array that rows.js reads by position.
func appendRow(b []byte, r *row) []byte {
	b = append(r.Key.append(append(b, `["`...)), `",`...)
	if r.HasTime {
		b = strconv.AppendInt(b, r.Time, 10)
	} else {
		b = append(b, "null"...)
	}
	for _, s := range [...]string{r.From, r.To, r.Path, r.Over, r.Verdict, r.Words} {
		b = jsontext.AppendString(append(b, ','), s)
	}
	for _, n := range [...]int64{int64(r.Status), r.Took, int64(r.Again)} {
		b = strconv.AppendInt(append(b, ','), n, 10)
	}
	b = jsontext.AppendList(append(b, ','), r.Rules, jsontext.AppendString)
	b = jsontext.AppendString(append(b, ','), r.Call)
	b = append(appendFrameList(append(b, `,"`...), r.frames), '"')
	b = jsontext.AppendString(append(b, ','), r.Peer)
	return append(strconv.AppendUint(append(b, ','), uint64(r.Class), 10), ']')
}

// textRow is what the table says of a text beside its delivery, or as a row of its own.
type textRow struct {
	Key, Delivery  string
	Kind, End, Why string
	From, To, Path string
	Time           int64 // µs since 1970, 0 where it is not known
	Frame          string
	Failed         bool
	Rules          []string
	Text           string
}

// appendTextRow appends a text: what the table says of it, then all that is known.
func appendTextRow(b []byte, r *textRow, all []byte) []byte {
	b = append(b, '[', '{')
	for _, f := range [...]struct{ key, value string }{
		{`"Key":`, r.Key}, {`,"Delivery":`, r.Delivery}, {`,"Kind":`, r.Kind}, {`,"End":`, r.End}, {`,"Why":`, r.Why}, {`,"From":`, r.From},
		{`,"To":`, r.To}, {`,"Path":`, r.Path}, {`,"Frame":`, r.Frame}, {`,"Text":`, r.Text},
	} {
		b = jsontext.AppendString(append(b, f.key...), f.value)
	}
	if len(r.Rules) > 0 {
		b = jsontext.AppendList(append(b, `,"Rules":`...), r.Rules, jsontext.AppendString)
	}
	b = strconv.AppendInt(append(b, `,"Time":`...), r.Time, 10)
	b = strconv.AppendBool(append(b, `,"Failed":`...), r.Failed)
	return append(append(append(b, '}', ','), all...), ']')
}

// fieldNames are the names of those, and what they mean.
func fieldNames() (names [][2]string) {
	for _, f := range shownFields() {
		names = append(names, [2]string{f.Name, f.Doc})
	}
	return names
}

// appendFields appends the fields of a transaction in the order of fieldNames, without
// those at the end that it does not have. What its row and hop say already is "".
func appendFields(b []byte, r *row, h *result.Hop, t *result.Transaction) []byte {
	b = append(b, '[')
	end := len(b)
	fields := shownFields()
	for i := range fields {
		if i > 0 {
			b = append(b, ',')
		}
		before := len(b)
		switch f := &fields[i]; {
		case f.Has != nil && !f.Has(t):
		case f.implied != nil && f.implied(r, h, t):
			b = append(b, `""`...)
		default:
			b = appendField(b, f.Field, t)
		}
		if len(b) == before {
			b = append(b, "null"...)
			continue
		}
		end = len(b)
	}
	return append(b[:end], ']')
}

// appendField appends a field's value as the page shows it, and nothing where there is none.
func appendField(b []byte, f *result.Field, t *result.Transaction) []byte {
	switch f.Type {
	case result.TextField:
		return appendKnown(b, f.Text(t))
	case result.BytesField:
		return appendKnown(b, string(f.Bytes(t)))
	case result.EndpointField:
		return append(f.Endpoint(t).AddrPort().AppendTo(append(b, '"')), '"')
	case result.MillisField:
		return jsontext.AppendMillis(b, time.Duration(f.Number(t)))
	case result.TimeField:
		return strconv.AppendInt(b, micros(f.Number(t)), 10)
	case result.BoolField:
		return strconv.AppendBool(b, f.Number(t) != 0)
	case result.NumbersField:
		return appendSome(b, f.Numbers(t), jsontext.AppendInt[int])
	case result.IDsField:
		return appendSome(b, f.IDs(t), jsontext.AppendUint)
	case result.TextsField:
		return appendSome(b, f.Texts(t), jsontext.AppendString)
	case result.FramesField:
		return appendSome(b, f.Frames(t), appendFrame)
	}
	return strconv.AppendInt(b, f.Number(t), 10)
}

// appendKnown appends a text, and nothing for an empty one.
func appendKnown(b []byte, s string) []byte {
	if s == "" {
		return b
	}
	return jsontext.AppendString(b, cleanTo(s, bodyWidth))
}

// appendSome appends a list, and nothing for an empty one.
func appendSome[T any](b []byte, values []T, appendValue func([]byte, T) []byte) []byte {
	if len(values) == 0 {
		return b
	}
	return jsontext.AppendList(b, values, appendValue)
}

// appendFrame appends the name of a frame as a JSON string.
func appendFrame(b []byte, f capture.Ref) []byte {
	return append(appendFrameName(append(b, '"'), f), '"')
}

// appendDetail appends what there is to know of a delivery: its hops, see detail.js. A
// hop has its transaction (t), the one that it forwards (p), the ends (a, b), the outcome
// (o), in µs how long the proxy before it took to forward the request (f) and to pass the
// answer back (r), and the fields of the transaction (v).
func (n *names) appendDetail(b []byte, r *row, d *result.Delivery, of *legs) []byte {
	b = append(b, '[')
	for i := range d.Hops {
		h := &d.Hops[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = n.appendHop(b, h)
		if t := of.find(h.Transaction); t != nil {
			b = appendFields(append(b, `,"v":`...), r, h, t)
		}
		b = append(b, '}')
	}
	return append(b, ']')
}

func (n *names) appendHop(b []byte, h *result.Hop) []byte {
	b = strconv.AppendUint(append(b, `{"t":`...), h.Transaction, 10)
	if h.Parent != 0 {
		b = strconv.AppendUint(append(b, `,"p":`...), h.Parent, 10)
	}
	b = jsontext.AppendString(append(b, `,"a":`...), n.party(h.Src))
	b = jsontext.AppendString(append(b, `,"b":`...), n.party(h.Dst))
	b = jsontext.AppendString(append(b, `,"o":`...), h.Outcome.String())
	if h.HasForward {
		b = strconv.AppendInt(append(b, `,"f":`...), h.Forward.Microseconds(), 10)
	}
	if h.HasRelay {
		b = strconv.AppendInt(append(b, `,"r":`...), h.Relay.Microseconds(), 10)
	}
	return b
}

// appendAlone appends what there is to know of a transaction without a delivery.
func (n *names) appendAlone(b []byte, r *row, t *result.Transaction) []byte {
	h := &result.Hop{Transaction: t.ID, Src: t.Src, Dst: t.Dst, Outcome: t.Outcome}
	b = n.appendHop(append(b, '['), h)
	return append(appendFields(append(b, `,"v":`...), r, h, t), '}', ']')
}
