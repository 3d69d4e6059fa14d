package jet

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// moves are what has happened to partitions since it was said last.
type moves struct {
	from map[string][]int // that go on here, by who was not heard of
	lost []int            // that another collector has taken
	out  []int            // that are not waited for any more
	back []int            // that are waited for again
}

// short is a name of a collector that people can read: its host, and what tells it from
// others there.
func short(id string) string {
	if at := strings.LastIndexByte(id, '-'); at > 0 && len(id) > at+7 {
		return id[:at+7]
	}
	return id
}

// numbers lists partitions.
func numbers(all []int) string {
	slices.Sort(all)
	if len(all) == 1 {
		return fmt.Sprint("partition ", all[0])
	}
	const most = 8
	var b strings.Builder
	fmt.Fprintf(&b, "%d partitions (", len(all))
	for i, number := range all {
		if i == most {
			b.WriteString(", …")
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprint(&b, number)
	}
	return b.String() + ")"
}

// took notes who had a partition before.
func (s *share) took(number int, before string) {
	if before == "" || before == s.options.ID {
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.moves.from == nil {
		s.moves.from = make(map[string][]int)
	}
	s.moves.from[before] = append(s.moves.from[before], number)
}

// tell says what has happened to partitions: of all at once in one line.
func (s *share) tell() {
	s.mutex.Lock()
	m := s.moves
	s.moves = moves{}
	byOwner := map[string][]int{}
	for _, number := range m.out {
		owner := s.owners[number].owner
		byOwner[owner] = append(byOwner[owner], number)
	}
	s.mutex.Unlock()
	say := s.Bus.options.Notify
	for _, owner := range slices.Sorted(maps.Keys(m.from)) {
		say(fmt.Sprintf("nothing was heard of collector %s for %s: %s of it go on here", short(owner), s.options.Lease, numbers(m.from[owner])))
	}
	if len(m.lost) > 0 {
		say(fmt.Sprintf("another collector has taken %s that this one had: this one, or the bus, was away for more than %s", numbers(m.lost), s.options.Lease))
	}
	for _, owner := range slices.Sorted(maps.Keys(byOwner)) {
		whose := "of a collector that is away"
		if owner != "" {
			whose = "of collector " + short(owner)
		}
		say(fmt.Sprintf("%s %s did not say for %s how far they are (is its store away?): rows wait no more for what they hand on, which may stand in rows of its own", numbers(byOwner[owner]), whose, s.options.Patience))
	}
	if len(m.back) > 0 {
		say(fmt.Sprintf("%s are waited for again", numbers(m.back)))
	}
}

// awake looks how long it was not looked after others: one that was stopped itself has
// heard of nobody meanwhile, and gives them time to be heard.
func (s *share) awake() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if now := time.Now(); !s.looked.IsZero() && now.Sub(s.looked) > s.options.Lease/2 {
		for _, one := range s.others {
			one.heard = now
		}
	}
	s.looked = time.Now()
}
