package analyze

import (
	"hash/maphash"
	"slices"

	"simplecap/analyze/result"
)

// One notification is compared with many texts, and each of these may name hundreds of users
// and have many receipts. So users are compared by hashes, made once.

// whom are the users that a text names, as userHash has them.
type whom struct {
	from   [2]uint64 // of the request, or the session, and of CPIM
	to     [2]uint64
	routes []uint64 // servers on its way that asked to see its notifications
}

// userHash is a hash of a URI's user; 0 where that is nobody: anonymous, or none.
func userHash(uri string) uint64 {
	if uri == "" || isAnonymous(uri) {
		return 0
	}
	return max(1, maphash.String(hashSeed, userOf(uri)))
}

// whom returns whom a text names, which it keeps.
func (t *openText) whom() *whom {
	if t.names != nil {
		return t.names
	}
	w := &whom{from: [2]uint64{userHash(t.From)}, to: [2]uint64{userHash(t.To)}}
	if c := t.Content.CPIM; c != nil {
		w.from[1], w.to[1] = userHash(c.From), userHash(c.To)
		for _, uri := range c.RecordRoute {
			w.routes = append(w.routes, userHash(uri))
		}
	}
	t.names = w
	return w
}

// anySame reports whether two lists have a user in common.
func anySame(a, b []uint64) bool {
	return slices.ContainsFunc(a, func(x uint64) bool { return x != 0 && slices.Contains(b, x) })
}

// sentBy reports whether a notification goes to whom the text came from, or to a
// server on its way that asked to see it.
func (t *openText) sentBy(n *openText) bool {
	if t.Session != 0 && t.Session == n.Session {
		return t.From == n.To || t.From == "" || n.To == ""
	}
	from, to := t.whom(), n.whom()
	return anySame(to.to[:], from.from[:]) || anySame(to.to[:], from.routes)
}

// sentTo reports whether the text went to whom a notification comes from.
func (t *openText) sentTo(n *openText) bool {
	to, from := t.whom(), n.whom()
	return anySame(from.from[:], to.to[:])
}

// said is what a receipt says: its kind, and the user it is about.
type said struct {
	kind string
	user uint64 // a hash
}

func saidBy(r *result.Receipt) said {
	return said{r.Kind, maphash.String(hashSeed, userOf(r.Recipient))}
}

// add adds a receipt to those of a text.
func (t *openText) add(r *result.Receipt) {
	t.Receipts = append(t.Receipts, *r)
	t.says = append(t.says, saidBy(r))
}

// hasLike reports whether a text has a receipt that says the same of the same recipient.
func (t *openText) hasLike(s said) bool { return slices.Contains(t.says, s) }
