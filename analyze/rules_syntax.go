package analyze

import (
	"bytes"
	"strconv"
	"strings"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/sip"
)

// missingHeaders are the defects that stand for a mandatory header field.
const missingHeaders = sip.DefectNoVia | sip.DefectNoFrom | sip.DefectNoTo |
	sip.DefectNoCallID | sip.DefectNoCSeq | sip.DefectNoMaxForwards

// syntaxRules are about what every SIP message must have.
var syntaxRules = []Rule{
	mandatoryHeaderMissing,
	{
		ID:        "max-forwards",
		Title:     "an odd Max-Forwards",
		Doc:       "70 is the usual start. 0 means that no proxy may pass the request on: where it has passed proxies before, it probably went round in a loop. More than 255, or no number, makes strict peers refuse it; between 70 and 255 a loop only takes longer to end.",
		Reference: "RFC 3261 8.1.1.6, 16.3 and 20.22", Words: "with a value that SHOULD be 70", Severity: result.Note, Since: "0.1",
		Trap:   "a B2BUA, which begins at 70 again",
		Scope:  EachMessage,
		Kind:   sip.Request,
		Header: sip.HeaderMaxForwards,
		Check: func(x *Exchange) bool {
			n, ok := maxForwards(x)
			return (!ok || n == 0 || n > usualMaxForwards) && x.wholeHead()
		},
		Level: func(x *Exchange) result.Severity {
			n, ok := maxForwards(x)
			if !ok || n > 255 || n == 0 && x.Message.ViaCount > 1 {
				return result.Warning
			}
			return result.Note
		},
		Places: []Place{atField(sip.HeaderMaxForwards)},
		Say: func(x *Exchange) string {
			value, _ := x.header(sip.HeaderMaxForwards)
			if n, ok := maxForwards(x); ok && n == 0 {
				return "sends " + x.noun() + " with Max-Forwards 0: no proxy may pass it on"
			}
			return "sends " + x.noun() + " with the Max-Forwards " + quoted(value)
		},
	},
	{
		ID:        "branch-cookie",
		Title:     "a branch that is not unique by its form",
		Doc:       "The branch of the top Via does not begin with z9hG4bK, so that peers match the request by the rules of RFC 2543, from several header fields. That is slower, and goes wrong where an element on the way changes one of them.",
		Reference: "RFC 3261 8.1.1.7", Words: "The branch ID inserted by an element compliant with this specification MUST always begin with the characters \"z9hG4bK\"", Severity: result.Warning, Since: "0.1",
		Trap:   "peers that follow RFC 2543, which shows in a request without From tag or Max-Forwards: info",
		Scope:  EachMessage,
		Kind:   sip.Request,
		Header: sip.HeaderVia,
		Check: func(x *Exchange) bool {
			return !uniqueBranch(x.text(x.Message.Branch)) && x.Message.ViaCount > 0 && x.wholeHead()
		},
		Level: func(x *Exchange) result.Severity {
			if x.Message.FromTag.Len == 0 || x.Message.Defects.Any(sip.DefectNoMaxForwards) {
				return result.Info
			}
			return result.Warning
		},
		Places: []Place{atBranch},
		Say: func(x *Exchange) string {
			if x.Message.Branch.Len == 0 {
				return "sends " + x.noun() + " without a branch in its top Via"
			}
			return "sends " + x.noun() + " with the branch " + quoted(x.text(x.Message.Branch))
		},
	},
	{
		ID:        "line-ends",
		Title:     "lines that do not end in CR LF",
		Doc:       "Some lines of the start line and header fields end in LF or CR alone. Tolerant stacks read them, others drop the message without a word: it works with one peer and not with the next. Correct the sender: scripts and templates are the usual cause.",
		Reference: "RFC 3261 7", Words: "The start-line, each message-header line, and the empty line MUST be terminated by a carriage-return line-feed sequence (CRLF)", Severity: result.Error, Since: "0.1",
		Trap:    "the lines of the body, which may end in anything",
		Scope:   EachMessage,
		Defects: sip.DefectLineEnds,
		Say: func(x *Exchange) string {
			return "sends " + x.noun() + " with lines that do not end in CR LF"
		},
	},
	{
		ID:        "headers-not-terminated",
		Title:     "no empty line behind the header fields",
		Doc:       "The message ends inside its header fields. Whatever cut it, a buffer that is too small or a broken client, peers drop it or answer 400.",
		Reference: "RFC 3261 7", Words: "Note that the empty line MUST be present even if the message-body is not", Severity: result.Error, Since: "0.1",
		Trap:    "a message that the snapshot length cut",
		Scope:   EachMessage,
		Defects: sip.DefectNotTerminated,
		Check:   func(x *Exchange) bool { return !x.isCut() },
		Say: func(x *Exchange) string {
			return "sends " + x.noun() + " that ends inside its header fields"
		},
	},
	{
		ID:        "start-line",
		Title:     "a start line that breaks the grammar",
		Doc:       "The start line has further spaces or a tab, a URI in angle brackets, or another version than SIP/2.0, the status is of no class or has not three digits, or a NUL, a blank or a byte-order mark stands before it. Strict stacks refuse it. A version in lower case, and a response whose line ends with its status, are notes: they are read almost everywhere. Correct the sender.",
		Reference: "RFC 3261 7.1 and 7.2", Words: "The Request-URI MUST NOT contain unescaped spaces or control characters and MUST NOT be enclosed in \"<>\"", Severity: result.Error, Since: "0.1",
		Trap:    "an empty reason phrase, which is legal",
		Scope:   EachMessage,
		Defects: sip.DefectStartLine | sip.DefectVersionCase,
		Check:   func(x *Exchange) bool { return !x.isCut() || len(startLine(x.Message)) < len(x.Message.Raw) },
		Level: func(x *Exchange) result.Severity {
			if x.Message.Defects.Any(sip.DefectStartLine) && !endsWithStatus(x.Message) {
				return result.Error
			}
			return result.Note
		},
		Places: []Place{atStartLine},
		Say: func(x *Exchange) string {
			return "sends " + x.noun() + " with the start line " + quoted(startLine(x.Message)) + startLineFault(x.Message)
		},
	},
	{
		ID:        "from-tag-missing",
		Title:     "From without a tag",
		Doc:       "The tag of From is a part of what a dialog and a merged request are known by. Servers that insist on it answer 400. Correct the client.",
		Reference: "RFC 3261 8.1.1.3", Words: "The From field MUST contain a new \"tag\" parameter, chosen by the UAC", Severity: result.Error, Since: "0.1",
		Trap:     "a parameter \"tag\" of the URI in angle brackets is none of From; a From that is missing is mandatory-header-missing",
		Scope:    EachMessage,
		Kind:     sip.Request,
		Header:   sip.HeaderFrom,
		Check:    func(x *Exchange) bool { return x.Message.FromTag.Len == 0 && x.wholeHead() },
		EndToEnd: true,
		Places:   []Place{atField(sip.HeaderFrom)},
		Say: func(x *Exchange) string {
			return "sends " + x.noun() + " without a tag in From"
		},
	},
	{
		ID:        "header-repeated",
		Title:     "a header field that may be there only once",
		Doc:       "Two From, To, Call-ID, CSeq, Content-Type, Content-Length or Max-Forwards: elements that take the first and elements that take the last see different messages. Correct the sender, and let border elements refuse such messages.",
		Reference: "RFC 3261 7.3.1", Words: "It MUST be possible to combine the multiple header field rows into one \"field-name: field-value\" pair, without changing the semantics of the message", Severity: result.Error, Since: "0.1",
		Trap:     "lists such as Via and Route, which may be spread over several lines",
		Scope:    EachMessage,
		Defects:  sip.DefectRepeatedHeader,
		EndToEnd: true,
		Places:   []Place{atRepeatedFields},
		Say: func(x *Exchange) string {
			return "sends " + x.noun() + " with more than one " + repeatedHeader(x.Message)
		},
	},
}

// usualMaxForwards is the value that RFC 3261 8.1.1.6 recommends.
const usualMaxForwards = 70

// maxForwards reads Max-Forwards.
func maxForwards(x *Exchange) (n int, ok bool) {
	value, _ := x.header(sip.HeaderMaxForwards)
	if len(value) == 0 || len(value) > 9 {
		return 0, false
	}
	for _, c := range value {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// uniqueBranch reports whether a branch has the magic cookie and something
// behind it. Tokens are compared without case (RFC 3261 7.3.1).
func uniqueBranch(branch []byte) bool {
	if len(branch) <= len(magicCookie) {
		return false
	}
	cookie := branch[:len(magicCookie)]
	return string(cookie) == magicCookie || sameFold(cookie, "Z9HG4BK")
}

// namesOfMissing lists the mandatory header fields that defects say are missing.
func namesOfMissing(d sip.Defects) (names []string) {
	for _, h := range [...]struct {
		defect sip.Defects
		id     sip.HeaderID
	}{
		{sip.DefectNoVia, sip.HeaderVia}, {sip.DefectNoFrom, sip.HeaderFrom}, {sip.DefectNoTo, sip.HeaderTo},
		{sip.DefectNoCallID, sip.HeaderCallID}, {sip.DefectNoCSeq, sip.HeaderCSeq},
		{sip.DefectNoMaxForwards, sip.HeaderMaxForwards},
	} {
		if d.Any(h.defect) {
			names = append(names, h.id.String())
		}
	}
	return names
}

// onceOnly are the header fields that the scanner counts for DefectRepeatedHeader.
var onceOnly = []sip.HeaderID{sip.HeaderFrom, sip.HeaderTo, sip.HeaderCallID, sip.HeaderCSeq,
	sip.HeaderContentType, sip.HeaderContentLength, sip.HeaderMaxForwards}

// repeatedHeader names a header field that is there twice.
func repeatedHeader(m *decode.Message) string {
	for _, id := range onceOnly {
		n := 0
		for range m.All(id) {
			n++
		}
		if n > 1 {
			return id.String()
		}
	}
	return "of a header field that may be there once"
}

// startLine is the start line of a message, without its end, and with all of its
// parts where line ends break it.
func startLine(m *decode.Message) []byte {
	last := m.Version
	if m.Kind == sip.Response && m.Reason.Len > 0 {
		last = m.Reason
	}
	if end := int(last.Off + last.Len); last.Len > 0 && bytes.ContainsAny(m.Raw[:end], "\r\n") {
		return m.Raw[:end]
	}
	if end := bytes.IndexAny(m.Raw, "\r\n"); end >= 0 {
		return m.Raw[:end]
	}
	return m.Raw
}

// endsWithStatus reports whether the start line of a response is in order but
// for the space and reason phrase behind its status.
func endsWithStatus(m *decode.Message) bool {
	return m.Kind == sip.Response && string(startLine(m)) == "SIP/2.0 "+strconv.Itoa(m.Status)
}

// startLineFault says of a start line what nobody sees who only reads it: the rest of a
// sentence, "" for nothing.
func startLineFault(m *decode.Message) string {
	line := startLine(m)
	inOrder := string(line) == m.Text(m.Method)+" "+m.Text(m.URI)+" SIP/2.0"
	if m.Kind == sip.Response {
		inOrder = string(line) == "SIP/2.0 "+strconv.Itoa(m.Status)+" "+m.Text(m.Reason)
	}
	switch {
	case bytes.ContainsAny(line, "\r\n"):
		return ", which a line end breaks: its receiver cannot read it"
	case bytes.IndexByte(line, '\t') >= 0:
		return ", where a tab stands in place of a space"
	case inOrder:
		return " behind what must not stand before it: a NUL, a blank or a byte-order mark"
	}
	return ""
}

var mandatoryHeaderMissing = Rule{
	ID:        "mandatory-header-missing",
	Title:     "a mandatory header field is missing",
	Doc:       "Without To, From, CSeq, Call-ID and Via a request cannot be answered or its answer not matched; servers reply 400 or drop it. Max-Forwards alone is a warning: a proxy adds it. Correct the sender.",
	Reference: "RFC 3261 8.1.1", Words: "A valid SIP request formulated by a UAC MUST, at a minimum, contain the following header fields: To, From, CSeq, Call-ID, Max-Forwards, and Via", Severity: result.Error, Since: "0.1",
	Trap:    "compact forms, folded lines, white space before the colon, and what the snapshot length cut away",
	Scope:   EachMessage,
	Defects: missingHeaders,
	Check:   func(x *Exchange) bool { return x.wholeHead() },
	Level: func(x *Exchange) result.Severity {
		if x.Message.Defects&missingHeaders == sip.DefectNoMaxForwards {
			return result.Warning
		}
		return result.Error
	},
	EndToEnd: true,
	Say: func(x *Exchange) string {
		what := "sends " + x.noun() + " without " + strings.Join(namesOfMissing(x.Message.Defects), ", ")
		if unidentified(x.Message) {
			what += ": nothing in it says which request it belongs to"
		}
		return what
	},
}
