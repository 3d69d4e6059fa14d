package analyze

import (
	"slices"

	"simplecap/decode"
	"simplecap/decode/content"
)

// rules are the ids of the rules that a text breaks, sorted.
func (t *openText) rules() (ids []string) {
	for _, i := range t.broken {
		ids = append(ids, catalogue[i].ID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func (l *ledger) judgeSent(t *openText, m *decode.Message)                                  {}
func (l *ledger) judgeReport(t *openText, m *decode.Message, c *content.Content, by string) {}
func (l *ledger) judgeReceipt(t *openText, m *decode.Message, r *Receipt)                   {}
func (l *ledger) judgeClosed(t *openText)                                                   {}
func (l *ledger) judgeLost(m *decode.Message, r *Receipt)                                   {}
