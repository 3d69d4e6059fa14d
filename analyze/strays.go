package analyze

import "simplecap/decode"

// strays are the latest messages that are blamed on somebody and are part of no transaction,
// so that a copy that the capture made of one is not blamed again.
type strays struct {
	list []stray // see Limits.Strays
	next int
}

type stray struct {
	hash uint32 // of all bytes
	id   uint16 // IP identification
	time int64
}

// copied reports whether a message with this hash of its bytes is a copy, and remembers it
// as one of at most so many.
func (s *strays) copied(m *decode.Message, hash uint32, most int) bool {
	for i := range s.list {
		if one := &s.list[i]; one.hash == hash && isCopy(one.time, one.id, m) {
			return true
		}
	}
	one := stray{hash, uint16(m.IPID), m.Time}
	if len(s.list) < most {
		s.list = append(s.list, one)
		return false
	}
	s.list[s.next] = one
	s.next = (s.next + 1) % len(s.list)
	return false
}

// isStrayCopy is strays.copied, and notes that the message is a copy.
func (pr *pairing) isStrayCopy(m *decode.Message, hash uint32) bool {
	copied := pr.strays.copied(m, hash, pr.limits.Strays)
	if copied {
		pr.copied()
	}
	return copied
}
