package redact

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"hash"
	"os"
	"slices"
	"strings"
)

// Mode says what gets a pseudonym.
type Mode string

// The modes.
const (
	None    Mode = "none"    // nothing
	Numbers Mode = "numbers" // telephone numbers, wherever one may stand
	All     Mode = "all"     // users, display names, numbers, host names, Call-IDs, and what is not known to be harmless
)

// ParseMode reads a mode's name.
func ParseMode(name string) (Mode, error) {
	switch m := Mode(name); m {
	case "":
		return None, nil
	case None, Numbers, All:
		return m, nil
	}
	return None, fmt.Errorf("unknown mode %q: choose none, numbers or all", name)
}

// Redactor makes pseudonyms. A nil one leaves everything as it is. It is used by
// one goroutine.
type Redactor struct {
	mode    Mode
	related []string // header fields that hold Call-IDs

	key   []byte
	mac   hash.Hash
	known map[value]string // pseudonyms made before: most values come several times

	slots              []slot // scratch
	runs               []int  // scratch
	values, sum, block []byte // scratch
	letters, decoded   []byte // scratch
}

// value is something that has a pseudonym, and what it is.
type value struct {
	kind valueKind
	text string
}

type valueKind uint8

const (
	uriValue valueKind = iota
	callIDValue
	branchValue
	hostValue
	methodValue
	mediaValue
)

// minKey is the size of the shortest key, in bytes.
const minKey = 16

// New returns a Redactor for a mode, nil for None. Without a key it makes one,
// so that pseudonyms are equal within this run only. related names header fields
// that hold the Call-ID of another leg.
func New(mode Mode, key []byte, related []string) (*Redactor, error) {
	if mode == None {
		return nil, nil
	}
	if key == nil {
		key = make([]byte, sha256.Size)
		rand.Read(key) // never fails
	}
	if len(key) < minKey {
		return nil, fmt.Errorf("the key has %d bytes, and at least %d are needed", len(key), minKey)
	}
	return newRedactor(mode, bytes.Clone(key), append([]string{"X-CID"}, related...)), nil
}

func newRedactor(mode Mode, key []byte, related []string) *Redactor {
	return &Redactor{mode: mode, related: related, key: key, mac: hmac.New(sha256.New, key), known: map[value]string{}}
}

// Another returns a Redactor that makes the same pseudonyms, for another goroutine; nil
// of nil.
func (r *Redactor) Another() *Redactor {
	if r == nil {
		return nil
	}
	return newRedactor(r.mode, r.key, r.related)
}

// ReadKey reads a key from a file. Line ends after it do not count.
func ReadKey(name string) ([]byte, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	key := bytes.TrimRight(data, "\r\n")
	switch {
	case len(key) > DefaultLimits.KeyBytes:
		return nil, fmt.Errorf("%s: %d bytes are too many for a key", name, len(key))
	case len(key) < minKey:
		return nil, fmt.Errorf("%s: the key has %d bytes, and at least %d are needed", name, len(key), minKey)
	}
	return key, nil
}

// all reports whether more than numbers get pseudonyms.
func (r *Redactor) all() bool { return r.mode == All }

// holdsCallID reports whether a header field names the Call-ID of another leg.
func (r *Redactor) holdsCallID(name []byte) bool {
	return slices.ContainsFunc(r.related, func(s string) bool { return strings.EqualFold(s, string(name)) })
}

// URI returns a URI with pseudonyms.
func (r *Redactor) URI(s string) string { return r.remember(uriValue, s, r.uri) }

// CallID returns a Call-ID with pseudonyms.
func (r *Redactor) CallID(s string) string { return r.remember(callIDValue, s, r.token) }

// Branch returns the branch of a Via with pseudonyms.
func (r *Redactor) Branch(s string) string { return r.remember(branchValue, s, r.branch) }

// Host returns a host, with its port where there is one, with pseudonyms.
func (r *Redactor) Host(s string) string { return r.remember(hostValue, s, r.hostPort) }

// Method returns the method of a request: those of the protocol stay.
func (r *Redactor) Method(s string) string { return r.remember(methodValue, s, r.method) }

// Media returns a media type and its parameters with pseudonyms.
func (r *Redactor) Media(s string) string {
	return r.remember(mediaValue, s, func(b []byte) { r.wordsAndParams(b, grammar{}) })
}

// Text returns the words of a program, such as a reason phrase, with pseudonyms
// for the URIs and numbers in it and for the users of the URIs that are given.
func (r *Redactor) Text(s string, uris ...string) string {
	if r == nil {
		return s
	}
	var names names
	for _, u := range uris {
		names.add([]byte(u))
	}
	return r.apply(s, func(b []byte) { r.text(b, names) })
}

// Unknown returns words that anybody may have written with pseudonyms: in All
// nothing of them stays.
func (r *Redactor) Unknown(s string) string {
	return r.apply(s, func(b []byte) { r.unknown(b, nil) })
}

// apply changes a copy of s.
func (r *Redactor) apply(s string, change func([]byte)) string {
	if r == nil || s == "" {
		return s
	}
	b := []byte(s)
	change(b)
	return string(b)
}

// remember is apply for values that come again.
func (r *Redactor) remember(kind valueKind, s string, change func([]byte)) string {
	if r == nil || s == "" {
		return s
	}
	v := value{kind, s}
	known, ok := r.known[v]
	if ok {
		return known
	}
	known = r.apply(s, change)
	if len(s) <= DefaultLimits.KnownBytes {
		if len(r.known) >= DefaultLimits.Known {
			clear(r.known)
		}
		r.known[value{kind, strings.Clone(s)}] = known
	}
	return known
}
