package analyze

import "simplecap/decode"

// strays are the latest messages that are blamed on somebody and are part of no transaction,
// so that a copy that the capture made of one is not blamed again.
type strays struct {
	list [64]stray
	next int
}

type stray struct {
	hash  uint32 // of all bytes
	id    uint16 // IP identification
	time  int64
	known bool
}

// copied reports whether a message with this hash of its bytes is a copy, and remembers it.
func (s *strays) copied(m *decode.Message, hash uint32) bool {
	for i := range s.list {
		if one := &s.list[i]; one.known && one.hash == hash && isCopy(one.time, one.id, m) {
			return true
		}
	}
	s.list[s.next] = stray{hash, uint16(m.IPID), m.Time, true}
	s.next = (s.next + 1) % len(s.list)
	return false
}

// isStrayCopy is strays.copied, and notes that the message is a copy.
func (pr *pairing) isStrayCopy(m *decode.Message, hash uint32) bool {
	copied := pr.strays.copied(m, hash)
	if copied {
		pr.copied()
	}
	return copied
}
