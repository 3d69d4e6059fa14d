package analyze

// statuses counts transactions by the status of their first final response.
type statuses [1000]uint64

// add counts a status; 0 is none.
func (s *statuses) add(status int) {
	if status > 0 && status < len(s) {
		s[status]++
	}
}

// counts returns those that were counted, nil without any.
func (s *statuses) counts() (counts map[int]uint64) {
	for status, n := range s {
		if n == 0 {
			continue
		}
		if counts == nil {
			counts = make(map[int]uint64)
		}
		counts[status] = n
	}
	return counts
}
