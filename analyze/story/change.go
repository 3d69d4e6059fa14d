package story

import (
	"bytes"
	"slices"
	"strings"

	"simplecap/decode"
	"simplecap/decode/sip"
)

// Change is one difference between two messages, as on the wire. Before is empty
// where something was added, After where it was removed.
type Change struct {
	Field         string // the long name of a header field, "request line", or BodyChanged
	Before, After string
}

// BodyChanged is the Field of a change of the body, whose text a Change never has.
const BodyChanged = "body"

// Alteration is what became of a request between a hop and the next one, or
// between two attempts of the sender.
type Alteration struct {
	Before, After *decode.Message
	Who           Changer
	Changes       []Change
}

// Changer is who changed a request.
type Changer uint8

// Who may change a request.
const (
	ByProxy  Changer = iota // Before.Dst
	ByNAT                   // After.Src
	BySender                // After.Src, which tries again
)

// Alterations returns what each proxy changed between a hop and the next one, and the
// sender between its attempts.
func (s *Story) Alterations() (all []Alteration) {
	if s.Delivery == nil {
		return nil
	}
	attempt := uint64(0)
	for i := range s.Delivery.Hops {
		hop := &s.Delivery.Hops[i]
		from, who := hop.Parent, ByProxy
		switch {
		case s.hop(hop.Parent) == nil:
			from, who, attempt = attempt, BySender, hop.Transaction
		case s.translates(hop):
			who = ByNAT
		}
		if before, after := s.request(from), s.request(hop.Transaction); before != nil && after != nil {
			all = append(all, Alteration{before, after, who, Diff(before, after)})
		}
	}
	return all
}

// Diff compares two requests: the request line, then each header field in the
// order of after, then what was removed, then the body.
func Diff(before, after *decode.Message) (changes []Change) {
	if a, b := firstLine(before), firstLine(after); a != b {
		changes = append(changes, Change{"request line", a, b})
	}
	names, old, new := fieldValues(before, after)
	for _, name := range names {
		changes = append(changes, fieldChanges(name, old[name], new[name])...)
	}
	if !bytes.Equal(before.Bytes(before.Body), after.Bytes(after.Body)) {
		changes = append(changes, Change{Field: BodyChanged})
	}
	return changes
}

// firstLine is a message up to its first line end.
func firstLine(m *decode.Message) string {
	head := m.Raw
	if n := bytes.IndexAny(head, "\r\n"); n >= 0 {
		head = head[:n]
	}
	return string(head)
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
			value := string(side.m.Unfold(nil, h.Value))
			side.values[name] = append(side.values[name], value)
		}
	}
	return names, old, new
}

// fieldName is the long name of a header field, or its own in lower case.
func fieldName(m *decode.Message, h sip.Header) string {
	if h.ID != sip.HeaderOther {
		return h.ID.String()
	}
	return strings.ToLower(m.Text(h.Name))
}

// fieldChanges compares the values of one header field. A value that is gone and
// one that is new are one change where they share half of their parts, or where
// there is only one of each.
func fieldChanges(name string, old, new []string) (changes []Change) {
	gone, added := without(old, new), without(new, old)
	single := len(gone) == 1 && len(added) == 1
	for _, value := range added {
		i, share := mostAlike(value, gone)
		if i < 0 || share < 0.5 && !single {
			changes = append(changes, Change{Field: name, After: value})
			continue
		}
		changes = append(changes, Change{name, gone[i], value})
		gone = append(gone[:i:i], gone[i+1:]...)
	}
	for _, value := range gone {
		changes = append(changes, Change{Field: name, Before: value})
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
