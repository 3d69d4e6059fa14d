package analyze

import (
	"unsafe"

	"simplecap/analyze/result"
)

// sizeOf is about how many bytes a copy takes.
func sizeOf(t *result.Transaction) int64 {
	text := len(t.Method) + len(t.CallID) + len(t.Branch) + len(t.SentBy) + len(t.From) + len(t.To) + len(t.RequestURI) + len(t.ContentType) +
		len(t.Reason) + len(t.Cause) + len(t.Body)
	lists := len(t.Provisional) + len(t.RequestFrames) + len(t.ResponseFrames) + 2*len(t.Findings)
	return 2*int64(unsafe.Sizeof(*t)) + int64(text) + 8*int64(lists)
}
