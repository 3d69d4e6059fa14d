package content

import (
	"bytes"
	"encoding/xml"
	"io"
	"strconv"
	"strings"
)

// Notification is an IMDN (RFC 5438 7.2): what became of a message.
type Notification struct {
	MessageID         string
	Notification      string // delivery, processing or display
	Status            string // delivered, failed, processed, stored, displayed, forbidden, error, or another element's name
	DateTime          string
	Recipient         string // recipient-uri
	OriginalRecipient string // original-recipient-uri
}

// State is what an is-composing document says (RFC 3994). State is "" where there is none.
type State struct {
	State       string // active or idle
	ContentType string
	Refresh     int // seconds, 0 for none
}

// Reference tells what request a GB/T 28181 body belongs to: a Query or Control
// and the Response to it have the same command and number.
type Reference struct {
	Root    string // Notify, Query, Control or Response; "" where the body is none
	Command string // CmdType
	Number  string // SN
}

// elements reads XML and calls f with each element that holds text: its local name,
// that of what it stands in, and the text. It stops at a bound of depth and size.
// Namespaces do not matter: prefixes differ, and so does what they stand for.
func (r *reader) elements(body []byte, f func(parent string, start xml.StartElement, text string)) {
	if len(body) > r.limits.XML {
		r.defect(r.limits.XML, "more XML than "+number(r.limits.XML)+" bytes")
		body = body[:r.limits.XML]
	}
	d := xml.NewDecoder(bytes.NewReader(body))
	d.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		if e := encodingOf(strings.ToLower(charset)); e != nil {
			return e.NewDecoder().Reader(in), nil
		}
		return in, nil
	}
	const deepest = 32
	open, text := make([]xml.StartElement, 0, 8), []byte(nil)
	for {
		token, err := d.Token()
		if err != nil {
			if err != io.EOF {
				r.defect(int(d.InputOffset()), "the XML is broken")
			}
			return
		}
		switch t := token.(type) {
		case xml.StartElement:
			if len(open) == deepest {
				r.defect(int(d.InputOffset()), "XML more than "+number(deepest)+" deep")
				return
			}
			open, text = append(open, t.Copy()), text[:0]
		case xml.CharData:
			text = append(text, t...) // it comes in as many pieces as there are comments in it
		case xml.EndElement:
			if len(open) == 0 {
				return
			}
			last := len(open) - 1
			parent := ""
			if last > 0 {
				parent = open[last-1].Name.Local
			}
			f(parent, open[last], string(bytes.TrimSpace(text)))
			open, text = open[:last], text[:0]
			if last == 0 {
				return
			}
		}
	}
}

// imdn reads a notification. Several of one body are aggregated (RFC 5438 8.1).
func (r *reader) imdn(media string, body []byte) {
	r.take(IMDN, media)
	if len(r.c.IMDNs) >= r.limits.Parts {
		return
	}
	var n Notification
	r.elements(body, func(parent string, start xml.StartElement, text string) { n.element(parent, start.Name.Local, text) })
	if n.MessageID == "" || n.Status == "" {
		r.defect(0, "an IMDN without message-id or status")
	}
	r.c.IMDNs = append(r.c.IMDNs, n)
}

func (n *Notification) element(parent, name, text string) {
	switch {
	case name == "message-id" && n.MessageID == "":
		n.MessageID = text
	case name == "datetime":
		n.DateTime = text
	case name == "recipient-uri":
		n.Recipient = text
	case name == "original-recipient-uri":
		n.OriginalRecipient = text
	case parent == "status":
		n.Status = name
	case strings.HasSuffix(name, "-notification"):
		n.Notification = strings.TrimSuffix(name, "-notification")
	}
}

func (r *reader) composing(media string, body []byte) {
	if !r.take(Composing, media) {
		return
	}
	s := &r.c.Composing
	r.elements(body, func(_ string, start xml.StartElement, text string) {
		switch start.Name.Local {
		case "state":
			s.State = strings.ToLower(text)
		case "contenttype":
			s.ContentType = strings.ToLower(text)
		case "refresh":
			s.Refresh, _ = strconv.Atoi(text)
		}
	})
	if s.State == "" {
		r.defect(0, "an is-composing document without state")
	}
}

// list reads a recipient list (RFC 5365). A text beside it is the content.
func (r *reader) list(media string, body []byte) {
	r.elements(body, func(_ string, start xml.StartElement, _ string) {
		for _, a := range start.Attr {
			if start.Name.Local == "entry" && a.Name.Local == "uri" && len(r.c.Recipients) < r.limits.Recipients {
				r.c.Recipients = append(r.c.Recipients, a.Value)
			}
		}
	})
	if r.parts == 0 {
		r.take(Other, media)
	}
}

// manscdp reads a body of GB/T 28181 (MANSCDP).
func (r *reader) manscdp(body []byte) {
	e := &r.c.Exchange
	r.elements(body, func(parent string, start xml.StartElement, text string) {
		switch name := start.Name.Local; {
		case parent == "":
			e.Root = name
		case name == "CmdType" && e.Command == "":
			e.Command = text
		case name == "SN" && e.Number == "":
			e.Number = text
		}
	})
	if e.Command != "" {
		r.c.Service = "GB/T 28181 " + e.Command
	}
}
