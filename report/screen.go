package report

import (
	"simplecap/analyze/result"
)

// What a screen shows beside whole pages, in the words of the tables.

// ShortVerdict is VerdictWords where they may be cut: of a refusal the status comes first.
func ShortVerdict(d *result.Delivery) string { return liveWords(d) }

// ShortOutcome says how a transaction ended: "408 Request Timeout".
func ShortOutcome(t *result.Transaction) string { return hopResult(t) }

// TextEndWords say how a text ended, and why: "refused: RP-ERROR 22 …".
func TextEndWords(t *result.Text) string { return endWords(t) }

// Address is a URI as tables show it: clean, without the usual scheme.
func Address(uri string) string { return uriCell(uri) }

// Cut shortens clean text to max columns at its end.
func Cut(s string, max int) string { return cut(s, max) }

// Width is how many columns of a terminal clean text takes.
func Width(s string) int { return displayWidth(s) }
