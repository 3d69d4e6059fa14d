package analyze

// texts remembers which texts were sent, the latest ones, by the hash of the two hosts,
// sender, recipient and content.
type texts struct{ latest[sentText] }

type sentText struct {
	at   uint32 // when it was sent last, see eighths
	call uint64 // hash of the Call-ID
}

// repeatTime is how long after a client may send a failed text again, in eighths of
// a second.
const repeatTime = 40 * 8

// eighths is a time of the capture in eighths of a second. It comes round after 17 years.
func eighths(time int64) uint32 { return uint32(time / (1e9 / 8)) }

func newTexts(limit int) texts { return texts{latest[sentText]{limit: limit}} }

// repeats remembers a text and reports whether another call has had it less than
// repeatTime before, and which.
func (t *texts) repeats(key uint64, time int64, call uint64) (earlier uint64, is bool) {
	now := eighths(time)
	before, known := t.swap(key, sentText{now, call})
	return before.call, known && before.call != call && int32(now-before.at) < repeatTime
}
