package html

import (
	"slices"
	"strings"
	"sync"

	"simplecap/analyze/result"
	"simplecap/decode"
)

// shownField is a field of a transaction that the page shows. Where a field's value
// follows from the row of the delivery and its hop, which is so for most, the page has ""
// in its place: rows are half as long. The rules stand again in detail.js (implied).
type shownField struct {
	*result.Field
	implied func(r *row, h *result.Hop, t *result.Transaction) bool // nil: never
}

// shownFields are the fields of a transaction that the page shows.
var shownFields = sync.OnceValue(chosenFields)

func chosenFields() (list []shownField) {
	fields := result.Fields()
	for i := range fields {
		if f := &fields[i]; f.Shown && f.Name != "closed" {
			list = append(list, shownField{f, implications[f.Name]})
		}
	}
	return slices.Clip(list)
}

var implications = map[string]func(r *row, h *result.Hop, t *result.Transaction) bool{
	"id":       func(_ *row, h *result.Hop, t *result.Transaction) bool { return t.ID == h.Transaction },
	"delivery": func(r *row, _ *result.Hop, t *result.Transaction) bool { return r.Key == rowKey{'d', t.Delivery} },
	"call_id":  func(r *row, _ *result.Hop, t *result.Transaction) bool { return t.CallID == r.Call },
	"from":     func(r *row, _ *result.Hop, t *result.Transaction) bool { return isSIP(t.From, r.From) },
	"to":       func(r *row, _ *result.Hop, t *result.Transaction) bool { return isSIP(t.To, r.To) },
	"request_uri": func(r *row, _ *result.Hop, t *result.Transaction) bool {
		return isSIP(t.RequestURI, r.To)
	},
	"transport": func(r *row, _ *result.Hop, t *result.Transaction) bool { return t.Transport.String() == r.Over },
	"src":       func(_ *row, h *result.Hop, t *result.Transaction) bool { return isUsual(t.Src, h.Src) },
	"dst":       func(_ *row, h *result.Hop, t *result.Transaction) bool { return isUsual(t.Dst, h.Dst) },
	"first_request": func(r *row, _ *result.Hop, t *result.Transaction) bool {
		return r.HasTime && micros(t.FirstRequest) == r.Time
	},
	"last_request": func(_ *row, _ *result.Hop, t *result.Transaction) bool {
		return micros(t.LastRequest) == micros(t.FirstRequest)
	},
	"final": func(_ *row, _ *result.Hop, t *result.Transaction) bool {
		return t.HasRTT && micros(t.Final) == micros(t.FirstRequest)+t.RTT.Microseconds()
	},
	"rtt_last_ms": func(_ *row, _ *result.Hop, t *result.Transaction) bool { return t.RTTLast == t.RTT },
	"outcome":     func(_ *row, h *result.Hop, t *result.Transaction) bool { return t.Outcome == h.Outcome },
}

// isSIP reports whether a URI is what a row shows of it with its scheme.
func isSIP(uri, shown string) bool {
	rest, cut := strings.CutPrefix(uri, "sip:")
	return cut && shown != "" && rest == shown
}

// isUsual reports whether an end of a transaction is that of its hop, which is written
// without its port.
func isUsual(e, hop decode.Endpoint) bool { return e == hop && e.Port == 5060 }

// micros is a time in ns since 1970 in µs.
func micros(ns int64) int64 { return floorDiv(ns, 1000) }
