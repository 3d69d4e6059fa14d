package analyze

import (
	"fmt"
	"net/netip"
	"runtime"
	"time"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/redact"
)

// Profile names a set of timers and rule severities.
type Profile string

// The profiles. IMS timers are those of TS 24.229; RCS is IMS, with a Contact
// that carries +sip.instance being legal in MESSAGE.
const (
	IETF Profile = "ietf"
	IMS  Profile = "ims"
	RCS  Profile = "rcs"
)

// Timers are the SIP timers that judge a transaction (RFC 3261 17.1.2 and table 4).
type Timers struct {
	T1 time.Duration // RTT estimate; Timer F is 64 of it
	T2 time.Duration // longest interval between retransmissions
	T4 time.Duration // longest time a message stays in the network
}

// F is Timer F, after which a client gives a non-INVITE request up.
func (t Timers) F() time.Duration { return 64 * t.T1 }

// Lasts is how long a transaction stays open: a client goes to the next server when its
// Timer F fires (RFC 3263 4.3), and what it sends there has to find the one before.
func (t Timers) Lasts() time.Duration { return t.F() + t.T1 }

// Timers returns the profile's timers; t1, unless 0, replaces its T1.
func (p Profile) Timers(t1 time.Duration) Timers {
	t := Timers{T1: 500 * time.Millisecond, T2: 4 * time.Second, T4: 5 * time.Second}
	if p == IMS || p == RCS {
		t = Timers{T1: 2 * time.Second, T2: 16 * time.Second, T4: 17 * time.Second}
	}
	if t1 > 0 {
		t.T1 = t1
	}
	return t
}

// ParseProfile reads a profile's name.
func ParseProfile(name string) (Profile, error) {
	switch p := Profile(name); p {
	case "":
		return IETF, nil
	case IETF, IMS, RCS:
		return p, nil
	}
	return "", fmt.Errorf("unknown profile %q: choose ietf, ims or rcs", name)
}

// Options configure an analysis. The zero value means the defaults.
type Options struct {
	Profile   Profile                        // default IETF
	T1        time.Duration                  // replaces the profile's T1 unless 0
	Ports     []uint16                       // further ports to treat as SIP
	HEP       decode.HEPTrust                // which reports of messages are read
	Workers   int                            // goroutines that run sipgo's parser and the rules on messages (default: the number of processors)
	Correlate []string                       // header fields in which a B2BUA names the other leg's Call-ID (default X-Call-ID, X-CID)
	Bodies    bool                           // keep message bodies in Transaction.Body
	Live      bool                           // report a transaction at its first final response too
	Snapshots <-chan func(*result.Report)    // live: each function that comes is called, by Run's goroutine, with the report so far; see Report.Open
	Tap       Tap                            // sees frames and messages as they are decoded; nil for nobody
	Joined    func(Joined)                   // told, by Run's goroutine, where each message of a MESSAGE exchange belongs; nil for nobody
	Heads     bool                           // what Joined is told of are heads of messages, as legs have them: nothing is judged by what they lack
	Session   func(InSession)                // the same of MSRP messages and the texts that they carry or answer; nil for nobody
	Where     func(*result.Transaction) bool // keep only transactions for which it is true; nil keeps all
	Whole     bool                           // hand transactions on when their delivery has closed, with Transaction.Verdict and InDelivery, so that Where may ask for them
	Found     bool                           // Whole, with Transaction.InFindings
	Trusted   []netip.Prefix                 // networks inside the trust domain (RFC 3325 2.3); none: not known
	Grown     func(bytes int64)              // told how many bytes lie outside the garbage collector's heap, most of them of open transactions, when that may have changed; may be nil
	Keys      decode.Keys                    // what hidden transports are read with
	KeyLogs   func(final bool) bool          // reads on in Keys.Logs and says whether they have grown; called again and again by the goroutine that reads, final for the last time; may be nil
	MTU       int                            // smallest MTU on the paths in bytes; 0: not known
	Strict    bool                           // judge for a build: what rests on the word of nobody known is an error, not a warning
	Legs      LegHandler                     // receives what joins the legs of several hosts; nil for nobody
	Redact    *redact.Redactor               // pseudonyms for what findings and peers quote; nil for none. What a Handler receives has none: see RedactTo
	Limits    Limits                         // bounds; zero fields mean the defaults

	// Receipts is how long a text waits for a receipt at most, by the capture's clock;
	// 0: for as long as the standards let one come, up to a day.
	Receipts time.Duration

	// WhereText keeps only texts for which it is true; nil keeps all. It is asked when
	// a text has closed, and says nothing of deliveries, transactions and findings.
	WhereText func(*result.Text) bool

	// PlainTexts hands every text to a TextHandler, those too that are nothing but text in a MESSAGE.
	PlainTexts bool

	noRules bool // leave the catalogue out, to measure what it costs
}

// DefaultCorrelate are the header fields of Options.Correlate where it is nil.
var DefaultCorrelate = []string{"X-Call-ID", "X-CID"}

// exchange makes what rules are shown of a message; m may be nil.
func (o *Options) exchange(m *decode.Message) Exchange {
	return Exchange{Message: m, Profile: o.Profile, Timers: o.Profile.Timers(o.T1), Trusted: o.Trusted, MTU: o.MTU, Strict: o.Strict}
}

func (o Options) withDefaults() Options {
	if o.Profile == "" {
		o.Profile = IETF
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	o.Whole = o.Whole || o.Found
	if o.Correlate == nil {
		o.Correlate = DefaultCorrelate
	}
	o.Limits = o.Limits.withDefaults()
	return o
}
