package analyze

import (
	"simplecap/analyze/result"
)

// TextHandler is implemented by a Handler that wants texts.
type TextHandler interface {
	// Text is called when nothing can be said of a text any more. Those that are
	// nothing but text in a MESSAGE come only with Options.PlainTexts. The text is
	// valid until the method returns.
	Text(t *result.Text)
	// OrphanReceipt is called with a receipt that refers to nothing in the capture.
	OrphanReceipt(r *result.Receipt)
}
