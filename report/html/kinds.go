package html

import (
	"cmp"
	"slices"
	"strings"

	"simplecap/analyze/result"
	"simplecap/capture"
)

// kinds counts failures by what happened and who is to blame.
type kinds struct {
	limits Limits
	known  map[string]*kind
	others uint64 // failures of kinds that there was no room for
}

// kind is one way of failing at one peer.
type kind struct {
	Words       string
	Query       string // the filter that finds them
	Text        bool   // of texts, whose deliveries were answered
	Count       uint64
	HasTime     bool
	First, Last int64 // µs since 1970
	Peer        string
	Keys        []string // of the first rows
	frames      []capture.Ref
	more        bool // there are further frames
}

func newKinds(l Limits) kinds { return kinds{limits: l, known: make(map[string]*kind)} }

// kindKeys is how many examples of a kind are linked.
const kindKeys = 5

// add counts a delivery that failed, with the frames that show it.
func (k *kinds) add(r *row, frames []capture.Ref) {
	if x := k.of(r.Words, `what:"`+r.Words+`"`); x != nil {
		x.Peer = r.Peer
		x.count(k.limits, r.Key.String(), r.HasTime, r.Time, frames)
	}
}

// addText counts a text that did not arrive though its delivery did.
func (k *kinds) addText(r *textRow, t *result.Text) {
	words := r.End
	if r.Why != "" {
		words += ": " + r.Why
	}
	x := k.of(r.Kind+" "+words, "kind:"+r.Kind+` what:"text `+strings.ReplaceAll(words, `"`, "")+`"`)
	if x == nil {
		return
	}
	x.Text = true
	frames := []capture.Ref{t.Frame}
	for i := range t.Receipts {
		frames = append(frames, t.Receipts[i].Frame)
	}
	key := r.Delivery
	if key == "" {
		key = r.Key
	}
	x.count(k.limits, key, t.HasTime, r.Time, frames)
}

// of returns a kind, nil where there is no room for it.
func (k *kinds) of(words, query string) *kind {
	x := k.known[words]
	if x == nil && len(k.known) >= k.limits.Kinds {
		k.others++
		return nil
	}
	if x == nil {
		x = &kind{Words: words, Query: query}
		k.known[words] = x
	}
	return x
}

func (x *kind) count(l Limits, key string, hasTime bool, when int64, frames []capture.Ref) {
	x.Count++
	if hasTime {
		if !x.HasTime {
			x.First, x.Last = when, when
		}
		x.HasTime, x.First, x.Last = true, min(x.First, when), max(x.Last, when)
	}
	if len(x.Keys) < kindKeys {
		x.Keys = append(x.Keys, key)
	}
	for _, f := range frames {
		if len(x.frames) == l.KindFrames {
			x.more = true
			break
		}
		if f != 0 && !slices.Contains(x.frames, f) {
			x.frames = append(x.frames, f)
		}
	}
}

// sorted returns the kinds, the most frequent first.
func (k *kinds) sorted() []*kind {
	all := make([]*kind, 0, len(k.known))
	for _, x := range k.known {
		slices.Sort(x.frames)
		all = append(all, x)
	}
	slices.SortFunc(all, func(a, b *kind) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Words, b.Words)) })
	return all
}

// firstRows keeps copies of the rows with the smallest keys, for plain HTML.
type firstRows struct {
	max  int
	keys []uint64
	rows []*row
}

func (f *firstRows) add(key uint64, r *row) {
	i, _ := slices.BinarySearch(f.keys, key)
	if i >= f.max {
		return
	}
	f.keys, f.rows = slices.Insert(f.keys, i, key), slices.Insert(f.rows, i, r.clone())
	f.keys, f.rows = f.keys[:min(len(f.keys), f.max)], f.rows[:min(len(f.rows), f.max)]
}
