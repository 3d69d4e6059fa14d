package analyze

import (
	"bytes"
	"slices"
	"strings"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/msrp"
	"simplecap/decode/sip"
	"simplecap/redact"
)

// chats knows message sessions: by the Call-ID of their INVITE, and by the URIs of
// their paths.
type chats struct {
	*run
	table    *table
	teller   *textTeller
	judge    *textJudge
	open     *openTexts
	receipts *receipts

	sessions []*result.MessageSession
	bytes    int64 // that they take
	room     int64 // that they may take
	byCall   map[uint64]*result.MessageSession
	byURI    map[string]chatEnd
	replies  *recent[uint64, lostReply]       // responses without their request, which the capture may have later
	awaited  *recent[uint64, awaitedChunk]    // by connection, transaction id and who is to answer
	chunks   uint64                           // SENDs with a body, each on the hop that was seen first
	rates    samples                          // from them to their responses
	texts    *recent[uint64, *openText]       // by Message-ID and ends
	sent     *recent[uint64, *openText]       // by Message-ID and the end that sent them
	reports  *recent[uint64, uint64]          // reports seen, and the connection
	unknown  *recent[uint64, []sessionReport] // by sentKey, those without their text, which the capture may have later
}

// awaitedChunk is a chunk that is not answered.
type awaitedChunk struct {
	text    *openText
	time    int64
	hasTime bool
	further bool // on a later hop than the one whose chunks are counted
}

// chatEnd is one end of a session.
type chatEnd struct {
	session *result.MessageSession
	offered bool // it is the one that sent the INVITE
}

// restart forgets what another capture that follows must not be joined with; the
// sessions stay in the list.
func (cs *chats) restart() {
	cs.byCall, cs.byURI = make(map[uint64]*result.MessageSession), make(map[string]chatEnd)
	cs.replies = newRecent[uint64, lostReply](cs.limits.Unmatched)
	cs.awaited = newRecent[uint64, awaitedChunk](cs.limits.Texts)
	cs.texts = newRecent[uint64, *openText](cs.limits.Texts)
	cs.sent = newRecent[uint64, *openText](cs.limits.Texts)
	cs.reports = newRecent[uint64, uint64](cs.limits.Unmatched)
	cs.unknown = newRecent[uint64, []sessionReport](cs.limits.Unmatched)
}

// media is what an SDP says of MSRP.
type media struct{ transport, path, accept string }

var messageMedia = []byte("m=message ")

// mediaOf reads the message media of an SDP body (RFC 4975 8.2); ok is false without any.
func mediaOf(body []byte) (m media, ok bool) {
	at := bytes.Index(body, messageMedia)
	if at < 0 || at > 0 && body[at-1] != '\n' {
		return m, false
	}
	first := true
	for line := range bytes.SplitSeq(body[at:], []byte("\n")) {
		text := string(bytes.TrimSpace(line))
		switch {
		case first:
			first = false
			if words := strings.Fields(text); len(words) > 2 {
				m.transport = words[2]
			}
		case strings.HasPrefix(text, "m="):
			return m, strings.Contains(m.transport, "MSRP")
		case strings.HasPrefix(text, "a=path:"):
			m.path = strings.TrimSpace(text[len("a=path:"):])
		case strings.HasPrefix(text, "a=accept-types:"):
			m.accept = strings.TrimSpace(text[len("a=accept-types:"):])
		}
	}
	return m, strings.Contains(m.transport, "MSRP")
}

// dialog looks at INVITEs and their answers for message sessions.
func (cs *chats) dialog(m *decode.Message) {
	if m.Body.Len == 0 && m.Status < 300 || string(m.CSeqMethod.In(m.Raw)) != "INVITE" || m.Kind == sip.Request && !m.MethodIs("INVITE") {
		return
	}
	key := hashOf(m.CallID.In(m.Raw))
	session := cs.byCall[key]
	body, offers := mediaOf(m.Body.In(m.Raw))
	switch {
	case m.Kind == sip.Request && offers && session == nil:
		cs.offer(m, key, body)
		cs.judge.breaks(&sessionMode, nil, m, "")
	case session == nil:
	case m.Kind == sip.Response && m.Status >= 200:
		if session.Status == 0 {
			session.Status = m.Status
		}
		if offers && m.Status < 300 {
			cs.answer(session, m, body)
		}
	case offers:
		cs.moves(session, body.path, m.Text(m.FromURI) == session.From)
	}
}

// offer begins a session.
func (cs *chats) offer(m *decode.Message, key uint64, body media) {
	s := &result.MessageSession{Number: len(cs.sessions) + 1, CallID: m.Text(m.CallID), From: m.Text(m.FromURI), To: m.Text(m.ToURI), OfferPath: body.path,
		Transport: body.transport, AcceptTypes: body.accept, Readable: !strings.Contains(body.transport, "TLS"), HasTime: m.HasTime, First: m.Time, Frame: m.Frame}
	if len(cs.sessions) >= cs.limits.Sessions || !cs.fits(len(s.CallID)+len(s.From)+len(s.To)+len(s.OfferPath)+len(s.Transport)+len(s.AcceptTypes)) {
		cs.evicted++
		return
	}
	cs.sessions, cs.byCall[key] = append(cs.sessions, s), s
	cs.known(s, body.path, true)
}

// fits reports whether there is room for strings of a session, and counts them.
func (cs *chats) fits(bytes int) bool {
	bytes += sessionBytes
	if cs.bytes+int64(bytes) > cs.room {
		return false
	}
	cs.bytes += int64(bytes)
	return true
}

// sessionBytes is about what a session or one of its paths takes beside its strings.
const sessionBytes = 1 << 8

func (cs *chats) answer(s *result.MessageSession, m *decode.Message, body media) {
	switch {
	case s.AnswerPath != "":
		cs.moves(s, body.path, m.Text(m.FromURI) != s.From)
	case cs.fits(len(body.path)):
		s.AnswerPath = body.path
		cs.known(s, body.path, false)
	default:
		cs.evicted++
	}
}

// moves takes the path of a later offer or answer.
func (cs *chats) moves(s *result.MessageSession, path string, offered bool) {
	if path == "" || path == s.OfferPath || path == s.AnswerPath || slices.Contains(s.MovedTo, path) {
		return
	}
	if len(s.MovedTo) >= cs.limits.TextHosts || !cs.fits(len(path)) {
		cs.evicted++
		return
	}
	s.MovedTo = append(s.MovedTo, path)
	cs.known(s, path, offered)
}

// known makes a session known by the URI of one of its ends.
func (cs *chats) known(s *result.MessageSession, path string, offered bool) {
	end := msrp.End(path)
	if _, again := cs.byURI[end]; !again && len(cs.byURI) >= 4*cs.limits.Sessions {
		cs.evicted++
		return
	}
	cs.byURI[end] = chatEnd{s, offered}
}

// list returns the sessions, with pseudonyms where they are asked for.
func (cs *chats) list(r *redact.Redactor) (all []result.MessageSession) {
	for _, s := range cs.sessions {
		one := *s
		one.CallID, one.From, one.To = r.CallID(s.CallID), r.URI(s.From), r.URI(s.To)
		one.OfferPath, one.AnswerPath = r.Unknown(s.OfferPath), r.Unknown(s.AnswerPath)
		one.Transport, one.AcceptTypes = harmless(r, s.Transport), r.Media(s.AcceptTypes)
		one.MovedTo = nil
		for _, path := range s.MovedTo {
			one.MovedTo = append(one.MovedTo, r.Unknown(path))
		}
		all = append(all, one)
	}
	return all
}
