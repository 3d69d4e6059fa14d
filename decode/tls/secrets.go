package tls

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"slices"
)

// Secrets is what TLS is read with: the secrets of key logs and of captures,
// private RSA keys, and apart from them the sessions of handshakes that were seen.
// Both have a bound; the oldest make room for new ones. It is used by one goroutine.
type Secrets struct {
	limits         Limits
	logs, sessions table
	keys           []*rsa.PrivateKey
	premasters     bool // some secret or key leads to a premaster secret
	version        uint64

	files   []*Log
	read    table               // secrets read from files, which can be read again
	fetched map[[32]byte]uint64 // the version of files when their secrets for an id were read
}

// NewSecrets returns an empty table with the bounds of limits.
func NewSecrets(limits Limits) *Secrets {
	limits = limits.withDefaults()
	return &Secrets{limits: limits, logs: makeTable(limits.Secrets, limits.Values), sessions: makeTable(limits.Sessions, limits.Values)}
}

// Len is how many secrets there are, private keys and sessions aside.
func (s *Secrets) Len() int { return len(s.logs.first) + len(s.read.first) }

// Evicted counts the secrets that made room for others.
func (s *Secrets) Evicted() uint64 { return s.logs.evicted }

// Version changes whenever something new was added, or may have been.
func (s *Secrets) Version() uint64 {
	version := s.version
	for _, l := range s.files {
		version += l.version
	}
	return version
}

// empty reports whether nothing was ever added.
func (s *Secrets) empty() bool { return s.Version() == 0 }

// Use makes Secrets read in a key log.
func (s *Secrets) Use(l *Log) { s.files = append(s.files, l) }

// fetch reads the secrets for an id from the key logs, unless they were read before.
func (s *Secrets) fetch(id *[32]byte) {
	if len(s.files) == 0 {
		return
	}
	version := s.Version() - s.version
	if known, ok := s.fetched[*id]; ok && known == version {
		return
	}
	if most := max(1, min(s.limits.Fetched, s.logs.limit/int(labels))); s.fetched == nil || len(s.fetched) >= most {
		s.fetched, s.read = make(map[[32]byte]uint64), makeTable(most*int(labels), s.limits.Values)
	}
	s.fetched[*id] = version
	for _, l := range s.files {
		l.find(id, func(secret Secret) { s.read.add(secretKey{secret.Label, secret.ID}, secret.Value) })
	}
}

// leadsToPremaster reports whether some secret or key leads to a premaster secret.
func (s *Secrets) leadsToPremaster() bool {
	return s.premasters || slices.ContainsFunc(s.files, func(l *Log) bool { return l.premasters })
}

// Add takes a copy of a secret.
func (s *Secrets) Add(secret Secret) {
	if n := len(secret.Value); n == 0 || n > maxSecret {
		return
	}
	if s.logs.add(secretKey{secret.Label, secret.ID}, secret.Value) {
		s.version++
	}
	s.premasters = s.premasters || secret.Label == Premaster || secret.Label == PremasterOf
}

// remember takes note of the master secret of a session that may be resumed.
func (s *Secrets) remember(label Label, id [32]byte, master []byte) {
	s.sessions.add(secretKey{label, id}, master)
}

// find calls use with each value of a key.
func (s *Secrets) find(label Label, id *[32]byte, use func([]byte)) {
	k := secretKey{label, *id}
	s.fetch(id)
	s.logs.find(k, use)
	s.read.find(k, use)
	if label == SessionMaster || label == sessionOfTicket {
		s.sessions.find(k, use)
	}
}

// has reports whether there is a value of a key.
func (s *Secrets) has(label Label, id *[32]byte) bool {
	s.fetch(id)
	k := secretKey{label, *id}
	return s.logs.has(k) || s.read.has(k)
}

// secretKey finds a secret.
type secretKey struct {
	label Label
	id    [32]byte
}

// table holds secrets up to a limit.
type table struct {
	limit   int
	values  int // of one key
	first   map[secretKey][]byte
	more    map[secretKey][][]byte // the second and later values of a key: logs can hold wrong ones
	order   []secretKey            // by age, a ring
	oldest  int
	evicted uint64
}

func makeTable(limit, values int) table {
	return table{limit: limit, values: values, first: make(map[secretKey][]byte), more: make(map[secretKey][][]byte)}
}

// add takes a copy of a value and reports whether it is new.
func (t *table) add(k secretKey, value []byte) bool {
	if old, known := t.first[k]; known {
		return t.addValue(k, old, value)
	}
	if len(t.order) < t.limit {
		t.order = append(t.order, k)
	} else {
		t.evicted++
		gone := t.order[t.oldest]
		delete(t.first, gone)
		delete(t.more, gone)
		t.order[t.oldest] = k
		t.oldest = (t.oldest + 1) % t.limit
	}
	t.first[k] = bytes.Clone(value)
	return true
}

// addValue takes a further value of a key.
func (t *table) addValue(k secretKey, first, value []byte) bool {
	others := t.more[k]
	same := func(o []byte) bool { return bytes.Equal(o, value) }
	if same(first) || len(others) == t.values-1 || slices.ContainsFunc(others, same) {
		return false
	}
	t.more[k] = append(others, bytes.Clone(value))
	return true
}

func (t *table) has(k secretKey) bool {
	_, ok := t.first[k]
	return ok
}

func (t *table) find(k secretKey, use func([]byte)) {
	first, ok := t.first[k]
	if !ok {
		return
	}
	use(first)
	for _, v := range t.more[k] {
		use(v)
	}
}

// errNoRSAKey says that a file holds no private RSA key.
var errNoRSAKey = errors.New("no private RSA key in PEM form (PKCS #1 or PKCS #8)")

// AddPEM adds the private RSA keys of a file in PEM form, PKCS #1 or PKCS #8, and
// returns how many there are. What else is in the file, as certificates, is passed over.
func (s *Secrets) AddPEM(data []byte) (n int, err error) {
	for {
		block, rest := pem.Decode(data)
		if block == nil {
			break
		}
		if key := parseRSA(block); key != nil {
			s.keys = append(s.keys, key)
			s.version++
			s.premasters = true
			n++
		}
		data = rest
	}
	if n == 0 {
		return 0, errNoRSAKey
	}
	return n, nil
}

// parseRSA reads a key, nil where it is none.
func parseRSA(block *pem.Block) *rsa.PrivateKey {
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil
	}
	private, _ := key.(*rsa.PrivateKey)
	return private
}

// openPremaster opens the encrypted premaster secret of an RSA key exchange (RFC
// 5246 7.4.7.1) with each private key and by the RSA lines of key logs. A wrong key
// gives nothing, or a secret that opens nothing.
func (s *Secrets) openPremaster(encrypted []byte, use func([]byte)) {
	var id [32]byte
	if copy(id[:rsaPrefix], encrypted) == rsaPrefix {
		s.find(PremasterOf, &id, use)
	}
	for _, key := range s.keys {
		// TLS 1.2 has no other padding (RFC 5246 7.4.7.1), and nobody learns from a
		// passive reader whether it was right.
		secret, err := rsa.DecryptPKCS1v15(nil, key, encrypted) //lint:ignore SA1019 see above
		if err == nil && len(secret) == 48 {
			use(secret)
		}
	}
}

// ticketID is the key of a session ticket.
func ticketID(ticket []byte) [32]byte { return sha256.Sum256(ticket) }

// sessionID is the key of a session id.
func sessionID(id []byte) (key [32]byte) {
	copy(key[:], id)
	return key
}
