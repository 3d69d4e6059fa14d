package main

// showLimits bound what show remembers while it looks for what was asked for.
type showLimits struct {
	Carried  int // deliveries of which it is known what they carried, the latest ones: half as many at least
	Examples int // that an error names
}

var defaultShowLimits = showLimits{Carried: 1 << 16, Examples: 5}

// carriedTexts say what deliveries carried: a text may close before the delivery that it, or
// a receipt of it, came in, or long after.
type carriedTexts struct {
	limit       int
	now, before map[uint64]string // by delivery; when now has half of the limit, it becomes before
	shown       uint64            // the delivery that is to be shown, which is not forgotten; 0 for none yet
}

func (c *carriedTexts) get(delivery uint64) (words string, known bool) {
	if words, known = c.now[delivery]; !known {
		words, known = c.before[delivery]
	}
	return words, known
}

func (c *carriedTexts) put(delivery uint64, words string) {
	if c.now == nil || len(c.now) >= c.limit/2 {
		kept, known := c.get(c.shown)
		if c.before, c.now = c.now, make(map[uint64]string); known {
			c.now[c.shown] = kept
		}
	}
	c.now[delivery] = words
}
