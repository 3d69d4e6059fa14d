package wire

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// message is a SIP message in the making.
type message struct {
	start   string
	headers []string
	body    []string
	raw     string
}

// newMessage makes the message that the words of a packet's line ask for, with
// all header fields that RFC 3261 8.1.1 wants.
func newMessage(p *Packet, what []string) (*message, error) {
	number, branch := "1", ""
	words := what[:0:0]
	for _, w := range what {
		switch {
		case w[0] == '#':
			number = w[1:]
		case w[0] == '@':
			branch = "." + w[1:]
		default:
			words = append(words, w)
		}
	}
	if len(words) == 0 {
		return nil, fmt.Errorf("%q: want a method or a status", strings.Join(what, " "))
	}
	via := "SIP/2.0/" + map[byte]string{UDP: "UDP ", TCP: "TCP "}[p.Protocol]
	m := &message{}
	method, sentBy, toTag := words[0], p.Src, ""
	if status, err := strconv.Atoi(words[0]); err == nil {
		m.start = "SIP/2.0 " + strings.Join(words, " ")
		method, sentBy = "MESSAGE", p.Dst
		if status > 100 {
			toTag = ";tag=b" + number
		}
	} else {
		m.start = words[0] + " sip:bob@example.com SIP/2.0"
	}
	m.headers = []string{
		"Via: " + via + sentBy.String() + ";branch=z9hG4bK-" + number + branch,
		"From: <sip:alice@example.com>;tag=a" + number,
		"To: <sip:bob@example.com>" + toTag,
		"Call-ID: call-" + number + "@example.com",
		"CSeq: 1 " + method,
	}
	if sentBy == p.Src {
		m.headers = append(m.headers, "Max-Forwards: 70")
		if method == "MESSAGE" {
			m.headers = append(m.headers, "Content-Type: text/plain")
			m.body = []string{"Hello " + number}
		}
	}
	return m, nil
}

// change applies the indented lines.
func (m *message) change(lines []string) error {
	ownBody := false
	for _, line := range lines {
		line = strings.TrimSpace(line)
		rest := strings.TrimPrefix(line[1:], " ")
		switch line[0] {
		case '|', '=', '*':
			if !ownBody {
				m.body, ownBody = nil, true
			}
			text, err := bodyLine(line[0], rest)
			if err != nil {
				return fmt.Errorf("%q: %w", line, err)
			}
			m.body = append(m.body, text)
		case '!':
			m.start = rest
		case '~':
			raw, err := unescape(rest)
			if err != nil {
				return fmt.Errorf("%q: %w", line, err)
			}
			m.raw += raw
		case '-':
			m.remove(line[1:])
		case '+':
			m.headers = slices.Insert(m.headers, 0, strings.TrimSpace(line[1:]))
		default:
			m.set(line)
		}
	}
	return nil
}

// bodyLine reads a line of the body behind its mark.
func bodyLine(mark byte, text string) (string, error) {
	switch mark {
	case '=':
		return unescape(text)
	case '*':
		times, text, _ := strings.Cut(text, " ")
		n, err := strconv.Atoi(times)
		if err != nil || n < 0 {
			return "", fmt.Errorf("%q: want how many times", times)
		}
		return strings.Repeat(text, n), nil
	}
	return text, nil
}

// unescape resolves \r, \n and \x00.
func unescape(text string) (string, error) {
	return strconv.Unquote(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`)
}

func name(header string) string {
	n, _, _ := strings.Cut(header, ":")
	return strings.ToLower(strings.TrimSpace(n))
}

func (m *message) remove(header string) {
	if name(header) == "body" {
		m.body = nil
		return
	}
	m.headers = slices.DeleteFunc(m.headers, func(h string) bool { return name(h) == name(header) })
}

func (m *message) set(header string) {
	for i, h := range m.headers {
		if name(h) == name(header) {
			m.headers[i] = header
			return
		}
	}
	m.headers = append(m.headers, header)
}

func (m *message) bytes() []byte {
	if m.raw != "" {
		return []byte(m.raw)
	}
	body := strings.Join(m.body, "\r\n")
	length := "Content-Length: " + strconv.Itoa(len(body))
	if !slices.ContainsFunc(m.headers, func(h string) bool { return name(h) == "content-length" || name(h) == "l" }) {
		m.headers = append(m.headers, length)
	}
	m.headers = slices.DeleteFunc(m.headers, func(h string) bool { return h == "Content-Length: none" })
	return []byte(m.start + "\r\n" + strings.Join(m.headers, "\r\n") + "\r\n\r\n" + body)
}
