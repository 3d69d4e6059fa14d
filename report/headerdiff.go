package report

import (
	"bytes"
	"slices"
	"strings"

	"simplecap/analyze"
	"simplecap/decode"
)

// change is one difference between two messages. Before is empty where
// something was added, after where it was removed.
type change struct {
	field         string
	before, after string
}

// changes prints what each proxy changed between a hop and the next one, and the
// sender between its attempts.
func (p *detailPage) changes() {
	if p.detail.Delivery == nil {
		return
	}
	attempt := uint64(0)
	for i := range p.detail.Delivery.Hops {
		hop := &p.detail.Delivery.Hops[i]
		if hopOf(p.detail.Delivery, hop.Parent) != nil {
			p.changed(hop, hop.Parent)
			continue
		}
		p.changed(hop, attempt)
		attempt = hop.Transaction
	}
}

// changed compares the request of a hop with the one of an earlier transaction,
// 0 for none.
func (p *detailPage) changed(hop *analyze.Hop, from uint64) {
	before, after := p.requestOf(from), p.requestOf(hop.Transaction)
	if before == nil || after == nil {
		return
	}
	who := party(before.Dst)
	switch {
	case p.detail.translates(hop):
		who = "the NAT " + after.Src.Host()
	case from != hop.Parent:
		who = "the sender " + party(after.Src)
	}
	several := len(p.detail.Inputs) > 1
	p.section("What " + who + " changed, frame " + frameName(before.Frame, several) + p.arrow() + frameName(after.Frame, several))
	if p.detail.translates(hop) {
		p.text(rawIndent, "the source: "+party(before.Src)+arrow+party(after.Src))
	}
	p.diff(diff(before, after))
}

// requestOf returns the first transmission of a transaction's request, or nil.
func (p *detailPage) requestOf(transaction uint64) *decode.Message {
	for i := range p.steps {
		s := &p.steps[i]
		if s.transaction != nil && s.transaction.ID == transaction && s.role == firstRequest {
			return s.m
		}
	}
	return nil
}

func (p *detailPage) diff(changes []change) {
	if len(changes) == 0 {
		p.line("  no header field, and not the body")
	}
	for _, c := range changes {
		switch {
		case c.before == "":
			p.changedLine("+ "+c.field+": "+c.after, green)
		case c.after == "":
			p.changedLine("- "+c.field+": "+c.before, red)
		default:
			p.changedLine("- "+c.field+": "+c.before, red)
			p.changedLine("+ "+c.field+": "+c.after, green)
		}
	}
}

// changedLine prints a line of the difference, on several lines where it is long.
func (p *detailPage) changedLine(text, color string) {
	for i, part := range chunks(text, p.options.Width-len(rawIndent)) {
		indent := rawIndent
		if i > 0 {
			indent += continued
		}
		p.line(indent + p.paint(part, color))
	}
}

// diff compares two requests: the request line, then each header field in the
// order of after, then what was removed, then the body.
func diff(before, after *decode.Message) (changes []change) {
	if a, b := firstLine(before), firstLine(after); a != b {
		changes = append(changes, change{"request line", a, b})
	}
	names, old, new := fieldValues(before, after)
	for _, name := range names {
		changes = append(changes, fieldChanges(name, old[name], new[name])...)
	}
	if !bytes.Equal(before.Bytes(before.Body), after.Bytes(after.Body)) {
		changes = append(changes, change{"body", count(uint64(before.Body.Len), "byte"), count(uint64(after.Body.Len), "byte") + ", other text"})
	}
	return changes
}

func firstLine(m *decode.Message) string {
	for _, s := range startLine(m) {
		return Clean(m.Text(s), 0)
	}
	return ""
}

// fieldValues collects the header fields of both messages by name, the names in
// the order of the second one.
func fieldValues(before, after *decode.Message) (names []string, old, new map[string][]string) {
	old, new = make(map[string][]string), make(map[string][]string)
	for _, side := range []struct {
		m      *decode.Message
		values map[string][]string
	}{{after, new}, {before, old}} {
		for _, h := range side.m.Headers {
			name := fieldName(side.m, h)
			if len(old[name]) == 0 && len(new[name]) == 0 {
				names = append(names, name)
			}
			value := Clean(string(side.m.Unfold(nil, h.Value)), 0)
			side.values[name] = append(side.values[name], value)
		}
	}
	return names, old, new
}

// fieldName is the long name of a header field, or its own in lower case.
func fieldName(m *decode.Message, h decode.Header) string {
	if h.ID != decode.HeaderOther {
		return h.ID.String()
	}
	return strings.ToLower(Clean(m.Text(h.Name), 60))
}

// fieldChanges compares the values of one header field. A value that is gone and
// one that is new are one change where they share half of their parts, or where
// there is only one of each.
func fieldChanges(name string, old, new []string) (changes []change) {
	gone, added := without(old, new), without(new, old)
	single := len(gone) == 1 && len(added) == 1
	for _, value := range added {
		i, share := mostAlike(value, gone)
		if i < 0 || share < 0.5 && !single {
			changes = append(changes, change{field: name, after: value})
			continue
		}
		changes = append(changes, change{name, gone[i], value})
		gone = append(gone[:i:i], gone[i+1:]...)
	}
	for _, value := range gone {
		changes = append(changes, change{field: name, before: value})
	}
	return changes
}

// without returns the values that are not among others, each counted.
func without(values, others []string) (rest []string) {
	left := make(map[string]int)
	for _, v := range others {
		left[v]++
	}
	for _, v := range values {
		if left[v] > 0 {
			left[v]--
			continue
		}
		rest = append(rest, v)
	}
	return rest
}

// mostAlike returns the index of the value that shares most of its parts with
// the given one, and the share; -1 where there is none.
func mostAlike(value string, among []string) (best int, share float64) {
	best = -1
	parts := strings.Split(value, ";")
	for i, other := range among {
		same, all := 0, strings.Split(other, ";")
		for _, part := range all {
			if slices.Contains(parts, part) {
				same++
			}
		}
		if s := float64(same) / float64(len(all)); best < 0 || s > share {
			best, share = i, s
		}
	}
	return best, share
}
