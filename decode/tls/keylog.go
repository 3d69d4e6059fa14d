package tls

import (
	"bytes"
	"encoding/hex"
)

// Label says what a secret is.
type Label uint8

// The secrets that can be read with.
const (
	MasterSecret      Label = iota + 1 // CLIENT_RANDOM: of TLS 1.2 and before, by client random
	ClientEarly                        // CLIENT_EARLY_TRAFFIC_SECRET
	ClientHandshake                    // CLIENT_HANDSHAKE_TRAFFIC_SECRET
	ServerHandshake                    // SERVER_HANDSHAKE_TRAFFIC_SECRET
	ClientTraffic                      // CLIENT_TRAFFIC_SECRET_0
	ServerTraffic                      // SERVER_TRAFFIC_SECRET_0
	Premaster                          // PMS_CLIENT_RANDOM: by client random
	PremasterOf                        // RSA: by the first 8 bytes of the encrypted premaster secret
	SessionMaster                      // a master secret by session id, from RSA Session-ID lines and from handshakes seen
	sessionOfTicket                    // the same by the hash of a session ticket
	labels                             // how many there are
	notNeeded         Label = 0xff     // a known label of a secret that opens nothing
	maxSecret               = 64       // bytes of the longest secret that is kept
	maxLine                 = 4 << 10  // bytes of the longest line that is looked at
	rsaPrefix               = 8        // bytes of the encrypted premaster secret in an RSA line
	utf8ByteOrderMark       = "\ufeff" // some editors begin a file with it
)

// labelNames are the labels of the NSS key log format.
var labelNames = []struct {
	name  string
	label Label
}{
	{"CLIENT_RANDOM", MasterSecret},
	{"CLIENT_HANDSHAKE_TRAFFIC_SECRET", ClientHandshake},
	{"SERVER_HANDSHAKE_TRAFFIC_SECRET", ServerHandshake},
	{"CLIENT_TRAFFIC_SECRET_0", ClientTraffic},
	{"SERVER_TRAFFIC_SECRET_0", ServerTraffic},
	{"CLIENT_EARLY_TRAFFIC_SECRET", ClientEarly},
	{"RSA", PremasterOf},
	{"PMS_CLIENT_RANDOM", Premaster},
	{"CLIENT_TRAFFIC_SECRET_N", notNeeded}, // after a KeyUpdate, as OpenSSL has it: follows from the first
	{"SERVER_TRAFFIC_SECRET_N", notNeeded},
	{"EXPORTER_SECRET", notNeeded},
	{"EARLY_EXPORTER_SECRET", notNeeded},
	{"ECH_SECRET", notNeeded},
	{"ECH_CONFIG", notNeeded},
}

// Secret is one secret and what it belongs to.
type Secret struct {
	Label Label
	ID    [32]byte // client random, session id, or the beginning of an encrypted premaster secret, padded with zeros
	Value []byte   // belongs to whoever hands it out; copied by what keeps it
}

// LogStats counts the lines of key logs.
type LogStats struct {
	Lines   uint64 // all but empty ones
	Secrets uint64 // secrets handed on
	Junk    uint64 // lines that are no comment, no known label, or cut
}

// Add adds the counts of another log.
func (s *LogStats) Add(o LogStats) {
	s.Lines += o.Lines
	s.Secrets += o.Secrets
	s.Junk += o.Junk
}

// KeyLog reads a key log in NSS form from any pieces of it and hands its secrets
// on. What it does not understand it counts. It is an io.Writer.
type KeyLog struct {
	Add   func(Secret) // takes each secret; its Value is valid until Add returns
	Stats LogStats

	begin int64  // where in the log the line at hand begins
	next  int64  // where the next one does
	rest  []byte // a line whose end has not come
	long  bool   // it is too long to be kept
	hex   [maxSecret]byte
}

// Write takes the next bytes; it never fails.
func (k *KeyLog) Write(b []byte) (int, error) {
	n := len(b)
	for {
		i := endOfLine(b)
		if i < 0 {
			k.keep(b)
			return n, nil
		}
		k.next++ // the end of the line
		if len(k.rest) == 0 && !k.long {
			k.next += int64(i)
			k.line(b[:i])
		} else {
			k.keep(b[:i])
			k.Flush()
		}
		k.begin = k.next
		b = b[i+1:]
	}
}

// endOfLine finds the CR or LF that ends a line, -1 where there is none.
func endOfLine(b []byte) int {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return bytes.IndexByte(b, '\r')
	}
	if cr := bytes.IndexByte(b[:i], '\r'); cr >= 0 {
		return cr
	}
	return i
}

// keep holds the beginning of a line.
func (k *KeyLog) keep(b []byte) {
	k.next += int64(len(b))
	if k.long = k.long || len(k.rest)+len(b) > maxLine; !k.long {
		k.rest = append(k.rest, b...)
	}
}

// Flush reads a last line without an end. A growing file may go on after it:
// call it only at the end.
func (k *KeyLog) Flush() {
	if k.long {
		k.Stats.Lines++
		k.Stats.Junk++
	} else {
		k.line(k.rest)
	}
	k.rest, k.long = k.rest[:0], false
	k.begin = k.next
}

// line reads one line.
func (k *KeyLog) line(b []byte) {
	if k.begin == 0 {
		b = bytes.TrimPrefix(b, []byte(utf8ByteOrderMark))
	}
	b = bytes.TrimSpace(b)
	if len(b) == 0 {
		return
	}
	k.Stats.Lines++
	if b[0] == '#' {
		return
	}
	s, ok := k.parse(b)
	switch {
	case !ok:
		k.Stats.Junk++
	case s.Label != notNeeded:
		k.Stats.Secrets++
		k.Add(s)
	}
}

// parse reads "LABEL ID SECRET".
func (k *KeyLog) parse(b []byte) (s Secret, ok bool) {
	label, rest := word(b)
	if s.Label, ok = labelOf(label); !ok || s.Label == notNeeded {
		return s, ok
	}
	id, rest := word(rest)
	if s.Label == PremasterOf && bytes.HasPrefix(id, []byte("Session-ID:")) {
		return k.session(id, rest)
	}
	value, rest := word(rest)
	if len(rest) > 0 {
		return s, false
	}
	want := 32
	if s.Label == PremasterOf {
		want = rsaPrefix
	}
	n, err := decodeHex(s.ID[:], id)
	if err != nil || n != want {
		return s, false
	}
	return k.value(s, value)
}

// session reads "RSA Session-ID:ID Master-Key:SECRET", which OpenSSL's s_client
// prints and Wireshark takes.
func (k *KeyLog) session(id, rest []byte) (s Secret, ok bool) {
	s.Label = SessionMaster
	key, rest := word(rest)
	value, isKey := bytes.CutPrefix(key, []byte("Master-Key:"))
	n, err := decodeHex(s.ID[:], id[len("Session-ID:"):])
	if len(rest) > 0 || !isKey || err != nil || n == 0 {
		return s, false
	}
	return k.value(s, value)
}

// value reads the secret itself.
func (k *KeyLog) value(s Secret, text []byte) (Secret, bool) {
	n, err := decodeHex(k.hex[:], text)
	if err != nil || !fits(s.Label, n) {
		return s, false
	}
	s.Value = k.hex[:n]
	return s, true
}

// fits reports whether a secret can have n bytes.
func fits(l Label, n int) bool {
	switch l {
	case MasterSecret, SessionMaster, PremasterOf:
		return n == 48
	case Premaster:
		return n > 0
	}
	return n == 32 || n == 48
}

func decodeHex(dst, src []byte) (int, error) {
	if len(src)/2 > len(dst) {
		return 0, hex.ErrLength
	}
	return hex.Decode(dst, src)
}

// word cuts the first word off.
func word(b []byte) (first, rest []byte) {
	i := bytes.IndexAny(b, " \t")
	if i < 0 {
		return b, nil
	}
	return b[:i], bytes.TrimLeft(b[i:], " \t")
}

func labelOf(name []byte) (Label, bool) {
	for _, l := range labelNames {
		if string(name) == l.name {
			return l.label, true
		}
	}
	return 0, false
}
