package analyze

import (
	"time"

	"simplecap/decode/content"
)

// In GB/T 28181 a request (Query, Control, Notify of an alarm) and the Response to it are
// MESSAGEs of their own: the command, the number and the two users are the same.

// isAsking reports whether a text is a request that a Response is to come to.
func (t *openText) isAsking() bool {
	e := &t.Content.Exchange
	return e.Number != "" && (e.Root == "Query" || e.Root == "Control")
}

func exchangeKey(e *content.Reference, from, to string) uint64 {
	return textKey(keyOfExchange, []byte(e.Command), []byte(e.Number), []byte(userOf(from)), []byte(userOf(to)))
}

// exchange joins a Response to its request: the latest one with its number.
func (rc *receipts) exchange(t *openText) {
	e := &t.Content.Exchange
	if e.Command == "" || e.Number == "" {
		return
	}
	if e.Root != "Response" {
		rc.keys.link(t, exchangeKey(e, t.From, t.To))
		return
	}
	for asked := range rc.keys.known(exchangeKey(e, t.To, t.From)) {
		if a := &asked.Content.Exchange; a.Command == e.Command && a.Number == e.Number && sameUser(asked.From, t.To) && sameUser(asked.To, t.From) {
			rc.answersIt(t, asked)
			return
		}
	}
}

func (rc *receipts) answersIt(t, asked *openText) {
	t.Answers = asked.ID
	if len(asked.AnsweredBy) == 0 && t.HasTime && asked.HasTime {
		asked.AnswerAfter = time.Duration(t.First - asked.First)
	}
	if len(asked.AnsweredBy) < rc.limits.Answers { // those to a Catalog come in many parts
		asked.AnsweredBy = append(asked.AnsweredBy, t.ID)
	}
}
