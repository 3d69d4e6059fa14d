package tui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"simplecap/analyze/result"
	"simplecap/report"
)

// column is a column of the list.
type column struct {
	title  string
	width  int
	right  bool
	styled bool // takes the style of the row's state
	cell   func(r *Row, l *list, width int) string
}

// Sets of columns, one after the other by a key.
const (
	people = iota
	hosts
	identifiers
	columnSets
)

// columnsFor lays a set of columns out for a terminal.
func columnsFor(by View, set, width int) []column {
	list := []column{{title: "", width: 2, cell: signCell, styled: true}, {title: "#", width: 6, right: true, cell: numberCell}}
	if width >= 76 {
		list = append(list, column{title: "time", width: 12, cell: timeCell})
	}
	if by == ByText {
		list = append(list, column{title: "text", width: min(max(width/6, 10), 17), cell: kindCell})
	}
	if width >= 90 {
		list = append(list, column{title: [views]string{"took", "after", "RTT"}[by], width: 9, right: true, cell: tookCell})
	}
	switch {
	case width >= 110 && by == ByDelivery:
		list = append(list, column{title: "hops", width: 4, right: true, cell: hopsCell})
	case width >= 110 && by == ByTransaction:
		list = append(list, column{title: "retr", width: 4, right: true, cell: againCell}, column{title: "delivery", width: 8, right: true, cell: deliveryCell})
	}
	used := 0
	for _, c := range list {
		used += c.width + 1
	}
	rest := max(width-used-3, 24)
	result := min(max(rest*40/100, 16), 60)
	rest -= result
	list = append(list, column{title: [views]string{"result", "end", "result"}[by], width: result, cell: resultCell, styled: true})
	if by == ByTransaction && set != identifiers {
		set = (set + 1) % identifiers // what tells transactions of a delivery apart are its hosts
	}
	switch set {
	case hosts:
		return append(list, column{title: "sent from → to", width: rest, cell: hostsCell})
	case identifiers:
		return append(list, column{title: "Call-ID", width: rest, cell: callCell})
	}
	const call = 30
	if rest > 110 {
		rest -= call + 1
		return append(list, column{title: "from", width: rest / 2, cell: fromCell}, column{title: "to", width: rest - rest/2, cell: toCell},
			column{title: "Call-ID", width: call, cell: callCell})
	}
	return append(list, column{title: "from", width: rest / 2, cell: fromCell}, column{title: "to", width: rest - rest/2, cell: toCell})
}

// titles is the line above the rows. It says which domain is left out where an address
// does not fit.
func (l *list) titles() string {
	var b strings.Builder
	for _, c := range l.layout {
		if l.domain != "" && c.width < wholeAddress && (c.title == "from" || c.title == "to") {
			c.title += " @" + report.Clean(l.domain, 0)
		}
		if c.right {
			b.WriteString(right(c.title, c.width) + " ")
			continue
		}
		b.WriteString(fit(c.title, c.width) + " ")
	}
	return b.String()
}

// drawRow draws a row.
func drawRow(layout []column, r *Row, l *list) string {
	_, style := r.sign()
	var b strings.Builder
	for _, c := range layout {
		text := c.cell(r, l, c.width)
		if c.right {
			text = right(text, c.width)
		} else {
			text = fit(text, c.width)
		}
		if c.styled {
			text = paint(text, style)
		}
		b.WriteString(text + " ")
	}
	return b.String()
}

func signCell(r *Row, l *list, _ int) string {
	sign, _ := r.sign()
	if l.marks[uint32(r.ID)] {
		return sign + "•"
	}
	return sign
}

// sign is that of the state; what waits in vain has failed so far.
func (r *Row) sign() (sign, style string) {
	if r.State == waitsState && slices.ContainsFunc(r.Transactions, func(t result.Transaction) bool { return t.Outcome == result.Unreachable }) {
		return "✗", red
	}
	return r.State.sign()
}

func numberCell(r *Row, _ *list, _ int) string { return strconv.FormatUint(r.ID, 10) }

func timeCell(r *Row, l *list, _ int) string {
	if !r.HasTime {
		return ""
	}
	return time.Unix(0, r.FirstRequest).In(l.m.options.Zone).Format("15:04:05.000")
}

func tookCell(r *Row, _ *list, _ int) string {
	if !r.HasTotal {
		return ""
	}
	return report.Human(r.Total)
}

// kindCell is what a text is.
func kindCell(r *Row, _ *list, _ int) string { return r.Text.Kind.String() }

// againCell is how often the request was sent again, "" for never.
func againCell(r *Row, _ *list, _ int) string {
	if n := r.Transactions[0].Retransmissions; n > 0 {
		return strconv.Itoa(n)
	}
	return ""
}

func deliveryCell(r *Row, _ *list, _ int) string {
	if d := r.Transactions[0].Delivery; d != 0 {
		return strconv.FormatUint(d, 10)
	}
	return ""
}

func hopsCell(r *Row, _ *list, _ int) string { return strconv.Itoa(len(r.Hops)) }

// resultCell says what became of it, or how long it waits.
func resultCell(r *Row, _ *list, _ int) string {
	switch _, _, _, of := r.State.split(); {
	case r.Text != nil:
		if r.State == waitsState {
			return "waits for a receipt"
		}
		return report.TextEndWords(r.Text)
	case of == ByTransaction:
		return report.ShortOutcome(&r.Transactions[0])
	case r.State != waitsState:
		return report.ShortVerdict(&r.Delivery)
	}
	for i := range r.Transactions {
		if t := &r.Transactions[i]; t.Status == 0 {
			if t.Cause != "" && t.Outcome.Missing() {
				return report.Clean(t.Cause, 0)
			}
			return "waits, sent " + strconv.Itoa(1+t.Retransmissions) + "×"
		}
	}
	return "waits"
}

func fromCell(r *Row, l *list, width int) string { return address(r.Sender, l.domain, width) }
func toCell(r *Row, l *list, width int) string   { return address(r.Recipient, l.domain, width) }

// wholeAddress is how wide a column has to be for addresses with the domain that all share.
const wholeAddress = 30

// address shortens an address as tables do. Rows are drawn by themselves, and so is what
// keeps them apart.
func address(uri, domain string, width int) string {
	whole := report.Address(uri)
	if user, host, found := strings.Cut(whole, "@"); found && domain != "" && width < wholeAddress && strings.EqualFold(host, domain) {
		whole = user
	}
	return new(report.Cutter).URI(whole, width)
}

func hostsCell(r *Row, _ *list, _ int) string {
	if len(r.Hops) == 0 {
		return ""
	}
	text := r.Hops[0].Src.String() + " → " + r.Hops[0].Dst.String()
	for _, h := range r.Hops[1:] {
		text += " → " + h.Dst.String()
	}
	return text
}

func callCell(r *Row, _ *list, _ int) string {
	if len(r.CallIDs) == 0 {
		return ""
	}
	return report.Clean(r.CallIDs[0], 0)
}
