package report

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"simplecap/analyze"
	"simplecap/decode"
)

// step is one message on the ladder.
type step struct {
	m           *decode.Message
	transaction *analyze.Transaction // nil where it belongs to none
	role        role
	like        int // index of the first step with the same bytes on the same hop; its own where it is that one
}

// role is what a message is in its transaction.
type role uint8

const (
	otherRole     role = iota // of no transaction: an ACK, a CANCEL, a response that cannot be matched
	firstRequest              // first transmission
	repeated                  // retransmission of the request
	provisional               // 1xx
	firstFinal                // the response that decides
	furtherAnswer             // a final response after that
	captureCopy               // made by the capture, not by the sender
)

// stepsOf finds out what each message is. Messages of other exchanges are left
// out.
func stepsOf(d *Detail) []step {
	foreign := foreignBranches(d)
	var steps []step
	for _, m := range d.Messages {
		t := transactionOf(d, m)
		if t == nil && !isRelated(d, m, foreign) {
			continue
		}
		steps = append(steps, step{m: m, transaction: t})
	}
	slices.SortStableFunc(steps, func(a, b step) int {
		if !a.m.HasTime || !b.m.HasTime || a.m.Time == b.m.Time {
			return 0
		}
		return cmp.Compare(a.m.Time, b.m.Time)
	})
	for i := range steps {
		steps[i].like = i
		for j := range i {
			if sameBytes(&steps[j], &steps[i]) {
				steps[i].like = j
				break
			}
		}
		steps[i].role = roleOf(steps, i)
	}
	return steps
}

func sameBytes(a, b *step) bool {
	return a.transaction == b.transaction && a.m.Src == b.m.Src && a.m.Dst == b.m.Dst && bytes.Equal(a.m.Raw, b.m.Raw)
}

// transactionOf returns the transaction that a message belongs to, or nil.
func transactionOf(d *Detail, m *decode.Message) *analyze.Transaction {
	for i := range d.Transactions {
		if t := &d.Transactions[i]; belongs(t, m) {
			return t
		}
	}
	return nil
}

// belongs reports whether a message is of a transaction: the identity is the
// same, and the way is.
func belongs(t *analyze.Transaction, m *decode.Message) bool {
	if !sameText(t.CallID, m.Text(m.CallID)) || !sameText(t.Branch, m.Text(m.Branch)) || t.CSeq != m.CSeqNumber {
		return false
	}
	if m.Kind == decode.Request {
		return t.Method == m.Text(m.Method) && m.Src.IP == t.Src.IP && m.Dst.IP == t.Dst.IP
	}
	return m.Dst.IP == t.Src.IP && m.Src.IP == t.Dst.IP && m.Src.Port == t.Dst.Port || slices.Contains(t.ResponseFrames, m.Frame)
}

// longText is the length from which the analyzer may have shortened a string.
const longText = 4096

func sameText(kept, wire string) bool {
	return kept == wire || len(kept) >= longText && strings.HasPrefix(wire, kept)
}

// foreignBranches are the branches of requests that belong to other exchanges
// with the same Call-ID.
func foreignBranches(d *Detail) map[string]bool {
	foreign := make(map[string]bool)
	for _, m := range d.Messages {
		if m.Kind == decode.Request && transactionOf(d, m) == nil {
			foreign[m.Text(m.Branch)] = true
		}
	}
	return foreign
}

// isRelated reports whether a message of no transaction is worth showing: one
// about the same request, such as an ACK, or a response that no request of the
// capture explains.
func isRelated(d *Detail, m *decode.Message, foreign map[string]bool) bool {
	same := slices.ContainsFunc(d.Transactions, func(t analyze.Transaction) bool {
		return t.CSeq == m.CSeqNumber && sameText(t.CallID, m.Text(m.CallID))
	})
	if !same {
		return false
	}
	if m.Kind == decode.Request {
		return m.MethodIs("ACK") || m.MethodIs("CANCEL")
	}
	return !foreign[m.Text(m.Branch)]
}

// roleOf says what the step at index i is. What the analyzer did not take into
// the transaction is a copy that the capture made, if it is one, or else cannot
// be matched.
func roleOf(steps []step, i int) role {
	s := &steps[i]
	if s.transaction == nil {
		return otherRole
	}
	found := requestRole(s.transaction, s.m)
	if s.m.Kind == decode.Response {
		found = responseRole(s.transaction, s.m)
	}
	if found == captureCopy && s.like == i {
		return otherRole
	}
	return found
}

// fullList is how many frames the analyzer lists of a transaction.
const fullList = 100

func responseRole(t *analyze.Transaction, m *decode.Message) role {
	i := slices.Index(t.ResponseFrames, m.Frame)
	if i < 0 && len(t.ResponseFrames) < fullList {
		return captureCopy
	}
	switch {
	case m.Status < 200:
		return provisional
	case m.Status == t.Status && (!m.HasTime && i == 0 || m.HasTime && m.Time == t.Final):
		return firstFinal
	}
	return furtherAnswer
}

func requestRole(t *analyze.Transaction, m *decode.Message) role {
	switch i := slices.Index(t.RequestFrames, m.Frame); {
	case i == 0:
		return firstRequest
	case i > 0 || len(t.RequestFrames) >= fullList:
		return repeated
	}
	return captureCopy
}

// labels say in a few words what the message is, the longest first.
func (s *step) labels() []string {
	remark := s.remark()
	labels := []string{startLabel(s.m) + remark}
	if s.m.Kind == decode.Response {
		status := nonZero(uint64(s.m.Status))
		labels = append(labels, status+remark, status)
	}
	if s.role == captureCopy {
		labels = append(labels, "copy")
	}
	return labels
}

// remark is what the label says behind the start line.
func (s *step) remark() string {
	switch s.role {
	case repeated:
		return " again"
	case captureCopy:
		if s.m.Agent != 0 {
			return ", copy by HEP"
		}
		return ", copy by the capture"
	case furtherAnswer:
		if s.m.Status != s.transaction.Status {
			return ", a second final"
		}
		return " again"
	case firstFinal:
		if s.transaction.HasRTT {
			return ", " + human(s.transaction.RTT)
		}
	case otherRole:
		if s.m.Kind == decode.Response {
			return ", unmatched"
		}
	}
	return ""
}

// label is the longest one that fits.
func (s *step) label(width int) string {
	labels := s.labels()
	for _, l := range labels {
		if displayWidth(l) <= width {
			return l
		}
	}
	return cut(labels[len(labels)-1], max(width, 1))
}

// startLabel is the method or the status with its reason.
func startLabel(m *decode.Message) string {
	if m.Kind == decode.Request {
		return Clean(m.Text(m.Method), 24)
	}
	return Clean(strings.TrimSpace(nonZero(uint64(m.Status))+" "+m.Text(m.Reason)), 32)
}

// color is that of the message on the ladder.
func (s *step) color() string {
	switch {
	case s.role == repeated || s.role == otherRole:
		return yellow
	case s.role == captureCopy || s.role == provisional:
		return dim
	case s.m.Kind == decode.Request:
		return ""
	case s.m.Status/100 == 2:
		return green
	}
	return red
}
