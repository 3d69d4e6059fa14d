package msrp

import "bytes"

// Parser cuts one direction of a connection into messages. The zero value is ready;
// Bytes bounds what it holds.
type Parser struct {
	Bytes int // of a message that is held until its end comes (default 64 KiB)

	held     []byte
	searched int    // bytes of held that have no end-line in them
	skipping []byte // the end-line of a message that was too long and has been handed on
	lost     bool   // the next message begins nobody knows where
	midLine  bool   // and not here: this is in the middle of a line
}

const defaultBytes = 64 << 10

// Waiting reports whether a part of a message is held.
func (p *Parser) Waiting() bool { return len(p.held) > 0 }

// Held returns the memory in bytes that is held.
func (p *Parser) Held() int { return cap(p.held) }

// Feed takes the next bytes and hands on each message that they complete. The
// message is valid until f returns.
func (p *Parser) Feed(b []byte, f func(*Message)) {
	if len(p.held) > 0 {
		p.held = append(p.held, b...)
		b = p.held
	}
	rest := p.messages(b, f)
	p.keep(rest)
}

// keep holds bytes until more come.
func (p *Parser) keep(rest []byte) {
	if len(rest) == len(p.held) {
		return // they are what is held
	}
	p.held = append(p.held[:0], rest...)
	if cap(p.held) > 4*defaultBytes && len(p.held) < defaultBytes {
		p.held = append([]byte(nil), p.held...)
	}
}

// Lose says that bytes are missing: what is held ends there.
func (p *Parser) Lose(f func(*Message)) {
	p.End(f)
	p.lost, p.midLine = true, false // it may go on with a whole message
}

// End hands on what is held at the end of the stream, as a message without its end.
func (p *Parser) End(f func(*Message)) {
	if len(p.held) > 0 && p.skipping == nil && Start(p.held) && bytes.Contains(p.held, []byte("\r\n")) {
		m := parse(p.held, p.held, 0)
		f(&m)
	}
	p.held, p.searched, p.skipping = p.held[:0], 0, nil
}

func (p *Parser) messages(b []byte, f func(*Message)) (rest []byte) {
	for len(b) > 0 {
		var again bool
		if b, again = p.one(b, f); !again {
			return b
		}
	}
	return nil
}

// one takes a message off the front, if it is whole.
func (p *Parser) one(b []byte, f func(*Message)) (rest []byte, again bool) {
	if p.skipping != nil {
		return p.skip(b)
	}
	if p.lost || !Start(b) {
		return p.find(b)
	}
	line := bytes.IndexByte(b, '\n')
	if line < 0 {
		return b, false
	}
	id := transactionOf(b[:line])
	at, after, flag := endLine(b, id, max(p.searched, line))
	if at < 0 {
		if limit := p.limit(); len(b) > limit {
			return p.tooLong(b, id, f)
		}
		p.searched = max(line, len(b)-len(id)-12)
		return b, false
	}
	p.searched = 0
	m := parse(b[:after], b[:at], flag)
	f(&m)
	return b[after:], true
}

func (p *Parser) limit() int {
	if p.Bytes > 0 {
		return p.Bytes
	}
	return defaultBytes
}

// tooLong hands on a message that is longer than the bound without its end, and
// passes over the rest of it.
func (p *Parser) tooLong(b, id []byte, f func(*Message)) (rest []byte, again bool) {
	m := parse(b, b, 0)
	m.defect(len(b), "more than the bound of a message")
	f(&m)
	p.searched, p.skipping = 0, append([]byte(nil), id...)
	return p.skip(b)
}

func (p *Parser) skip(b []byte) (rest []byte, again bool) {
	at, after, _ := endLine(b, p.skipping, 0)
	if at < 0 {
		keep := min(len(b), len(p.skipping)+12)
		return b[len(b)-keep:], false
	}
	p.skipping = nil
	return b[after:], true
}

// find passes over lines up to one that is a start line, or may become one.
func (p *Parser) find(b []byte) (rest []byte, again bool) {
	p.searched = 0 // what was held is no message after all
	for len(b) > 0 {
		if may, does := begins(b); may && !p.midLine {
			p.lost = !does
			return b, does
		}
		end := bytes.IndexByte(b, '\n') + 1
		if p.midLine = end == 0; p.midLine {
			end = len(b)
		}
		b = b[end:]
	}
	p.lost = true
	return nil, false
}

// toPath and fromPath are the names of the header fields that a message begins with, To-Path
// first (RFC 4975 9).
const (
	toPath   = "to-path:"
	fromPath = "from-path:"
)

// begins is Start for a place that nobody knows: a text may have such a line in it, but none
// with a path behind it. It reports whether there may be one, and whether there is.
func begins(b []byte) (may, does bool) {
	if !Start(b) {
		return false, false
	}
	fields := fieldsOf(b)
	for _, name := range []string{toPath, fromPath} {
		if n := min(len(fields), len(name)); bytes.EqualFold(fields[:n], []byte(name[:n])) {
			return true, n == len(name)
		}
	}
	return false, false
}

// fieldsOf is what stands behind a start line.
func fieldsOf(b []byte) []byte {
	if end := bytes.IndexByte(b, '\n'); end >= 0 {
		return b[end+1:]
	}
	return nil
}

// transactionOf is the transaction id of a start line.
func transactionOf(line []byte) []byte {
	id, _, _ := bytes.Cut(line[5:], []byte(" "))
	return id
}

// endLine finds "\r\n-------ID" and a flag. It returns where the end-line begins,
// where the next message begins, and the flag; at is -1 where there is none.
func endLine(b, id []byte, from int) (at, after int, flag byte) {
	const dashes = "-------"
	for i := max(from-1, 0); ; {
		n := bytes.Index(b[i:], []byte(dashes))
		if n < 0 {
			return -1, 0, 0
		}
		i += n
		end := i + len(dashes) + len(id)
		if end+3 > len(b) {
			return -1, 0, 0
		}
		if c := b[end]; i >= 2 && b[i-1] == '\n' && string(b[i+len(dashes):end]) == string(id) && (c == '$' || c == '+' || c == '#') &&
			b[end+1] == '\r' && b[end+2] == '\n' {
			return i, end + 3, c
		}
		i++
	}
}
