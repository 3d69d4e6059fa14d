package report

import (
	"strings"
)

// Cutter shortens the cells of one column so that rows stay apart: of two cells that
// differ no two look the same where that can be helped. The zero value is ready.
type Cutter struct {
	domain string            // left out of URIs where a cell does not fit; it is said once above
	seen   map[string]string // whole cells by what was made of them
}

// maxSeen is how many cells a Cutter remembers; then it begins anew.
const maxSeen = 4096

// URI shortens an address without its scheme: first its parameters go, then the domain
// that all rows share, then the middle of what is left.
func (c *Cutter) URI(s string, width int) string {
	if displayWidth(s) <= width {
		return s
	}
	user, host, found := cutLast(s, "@")
	if !found {
		user, host = "", s
	}
	host = withoutParams(host)
	if found && c.domain != "" && strings.EqualFold(host, c.domain) {
		return c.Middle(user, width)
	}
	whole := host
	if found {
		whole = user + "@" + host
	}
	room := width - displayWidth(user) - 1
	switch {
	case displayWidth(whole) <= width || !found:
		return c.Middle(whole, width)
	case room >= minHost:
		return c.apart(s, user+"@"+keepEnd(host, room))
	}
	return c.Middle(user, width)
}

// minHost is the narrowest part of a domain that is of use.
const minHost = 4

// withoutParams leaves out what stands behind the host of a URI.
func withoutParams(host string) string {
	if i := strings.IndexAny(host, ";?"); i >= 0 {
		return host[:i]
	}
	return host
}

// cutLast cuts s around the last sep.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// Middle shortens s in its middle, but never at its end: that is where numbers differ.
// Where another cell has come to look the same, the place where the two differ is shown.
func (c *Cutter) Middle(s string, width int) string {
	if displayWidth(s) <= width {
		return c.apart(s, s)
	}
	short := keepEnd(s, width)
	other, known := c.seen[short]
	if !known || other == s {
		return c.apart(s, short)
	}
	return c.apart(s, around(s, sharedPrefix(s, other), width))
}

// apart remembers what was made of a cell.
func (c *Cutter) apart(s, short string) string {
	if c.seen == nil || len(c.seen) >= maxSeen {
		c.seen = make(map[string]string)
	}
	if _, known := c.seen[short]; !known {
		c.seen[short] = s
	}
	return short
}

// sharedPrefix is how many bytes two strings have in common at their beginning.
func sharedPrefix(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// keepEnd shortens s to width columns and keeps more of its end than of its beginning.
func keepEnd(s string, width int) string {
	if displayWidth(s) <= width {
		return s
	}
	if width <= 1 {
		return suffix(s, max(width, 0))
	}
	head := prefix(s, (width-1)/3)
	return head + ellipsis + suffix(s, width-1-displayWidth(head))
}

// around shortens s to width columns: its beginning, what stands at a byte, its end.
func around(s string, at, width int) string {
	part := (width - 2) / 3
	if part < 2 {
		return keepEnd(s, width)
	}
	head, tail := prefix(s, part), suffix(s, part)
	start := len(prefix(s[:min(at, len(s))], displayWidth(s[:min(at, len(s))])-1))
	window := prefix(s[start:], width-2-displayWidth(head)-displayWidth(tail))
	return head + ellipsis + window + ellipsis + tail
}

// pathFitter shortens "from → to" and "src → dst" with a Cutter for each end.
type pathFitter struct{ left, right Cutter }

// parties shortens two addresses.
func (p *pathFitter) parties(s string, width int) string {
	if displayWidth(s) <= width {
		return s
	}
	from, to, _ := strings.Cut(s, arrow)
	if short := p.left.local(from) + arrow + p.right.local(to); displayWidth(short) <= width {
		return short
	}
	return p.halves(s, width, p.left.URI, p.right.URI)
}

// local is an address without its parameters and the domain that all share.
func (c *Cutter) local(s string) string {
	user, host, found := cutLast(s, "@")
	switch host = withoutParams(host); {
	case !found:
		return withoutParams(s)
	case c.domain != "" && strings.EqualFold(host, c.domain):
		return user
	}
	return user + "@" + host
}

// hop shortens two addresses of hosts: first the usual port goes.
func (p *pathFitter) hop(s string, width int) string {
	if displayWidth(s) <= width {
		return s
	}
	return p.halves(dropPorts(s), width, p.left.Middle, p.right.Middle)
}

// halves gives each end its share: what the shorter one does not need, the longer gets.
func (p *pathFitter) halves(s string, width int, left, right func(string, int) string) string {
	if displayWidth(s) <= width {
		return s
	}
	src, dst, found := strings.Cut(s, arrow)
	if !found {
		return left(s, width)
	}
	room := max(width-displayWidth(arrow), 2)
	half := room / 2
	if w := displayWidth(src); w < half {
		return src + arrow + right(dst, room-w)
	}
	if w := displayWidth(dst); w < room-half {
		return left(src, room-w) + arrow + dst
	}
	return left(src, half) + arrow + right(dst, room-half)
}

// Domains finds the domain that all addresses of a list share.
type Domains struct {
	name string
	many bool
}

// Add notes an address as Address makes it.
func (d *Domains) Add(uri string) {
	if uri == "" || d.many {
		return
	}
	_, host, found := cutLast(uri, "@")
	host = withoutParams(host)
	switch {
	case !found:
		d.many = true
	case d.name == "":
		d.name = host
	default:
		d.many = !strings.EqualFold(d.name, host)
	}
}

// Shared is the domain of all addresses, "" where there is none.
func (d *Domains) Shared() string {
	if d.many {
		return ""
	}
	return d.name
}

// path shortens the line of a delivery, or what is behind the indent of a hop.
func (p *pathFitter) path(s string, width int) string {
	path := strings.TrimLeft(s, " ")
	indent := s[:len(s)-len(path)]
	if indent == "" {
		return p.parties(path, width)
	}
	return indent + p.hop(path, width-len(indent))
}

// text shortens who a text went to, or what a receipt is.
func (p *pathFitter) text(s string, width int) string {
	if strings.Contains(s, arrow) {
		return p.path(s, width)
	}
	return cut(s, width)
}
