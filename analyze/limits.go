package analyze

import (
	"simplecap/decode"
	"simplecap/internal/preset"
)

// Limits are the bounds of a run. A zero field means the default. What is
// given up because a bound was reached is counted in Quality.Evicted.
type Limits struct {
	Decode        decode.Limits // bounds of the decoder
	Memory        int64         // bytes of state for open transactions, for the closed ones of open deliveries, and for what finds and closes them (default 128 MiB); open texts, receipts that refer to nothing and groups of findings take an eighth of it each at most, and where it is less than the default Peers, FindingGroups, Connections, Watched, Texts, Sessions, Wholes and Unmatched are as much less
	Unpacked      int64         // bytes of Memory that open transactions take as they are before older ones are packed; then packed ones and these take as much together, or these two fifths of it (default 20 MiB; a quarter of Memory where that is less than the default)
	Candidates    int           // transactions with one key that are compared (default 64); of more with one branch, the latest Watched are found by Call-ID and CSeq as well
	FrameList     int           // frames and transactions named in a list (default 100)
	Peers         int           // peers told apart (default 1000)
	FindingGroups int           // groups of rule, peer and status told apart; beyond them errors push out notes, what had nothing new for an hour makes room, and what has no group is counted by rule under OtherPeers (default 10,000)
	Standstill    int           // requests that come while the clock stands still before the oldest open transaction closes for each further one: what has one time, or none, closes by count (default 65,536)
	Connections   int           // closed TCP connections remembered (default 65,536)
	Hops          int           // transactions of one delivery (default 128)
	Watched       int           // senders, texts, targets and dialogs remembered for rules over several messages (default 65,536 of each; of texts and targets half as many at least)
	OverlapBytes  int           // bytes of MESSAGEs that may overlap an earlier one, kept while the capture has nothing of the other way; of further ones overlapping-messages is not told (default 1 MiB)
	Texts         int           // texts that are open for what may be said of them (default 32,768)
	Alike         int           // texts with one key that are compared, the latest ones (default 256)
	Sessions      int           // message sessions that are remembered (default 4,096)
	Wholes        int           // concatenated SMS that are put together at once (default 4,096)
	Unmatched     int           // receipts whose text has not come, and as many responses and reports of sessions, texts in other methods, and reports by other identities (default 4,096 of each)
	Receipts      int           // receipts of one text; of a session they are listed, those of status 200 in half of them, and all count (default 64)
	Replied       int           // Call-IDs of one In-Reply-To that a text is looked for by (default 16)
	Answers       int           // responses listed of one request of GB/T 28181 (default 64)
	TextHosts     int           // hosts that one text went to, and other paths of one session (default 16)
	SessionBytes  int           // bytes kept of one text of a session (default 64 KiB)
	SessionSpans  int           // runs of octets of such a text, with holes between them (default 64)
	PlainTypes    int           // Content-Types of texts that are nothing but text; texts of further ones count among Texts (default 1,024)
	TypeBytes     int           // bytes of the longest of these types; texts of longer ones count among Texts (default 256)
	Refusals      int           // servers that connections to did not come about, by client, the latest ones (default 1,024)
	Sealed        int           // hosts that send what cannot be read, the latest ones (default 256)
	Provisional   int           // provisional responses listed of one transaction (default 32)
	HeadBytes     int           // bytes of Leg.Head; what is beyond is cut off the body (default 16 KiB)
	Strays        int           // messages of no transaction that are blamed on somebody, the latest ones, so that a copy of one is not blamed again (default 64)
	Clocks        int           // clocks of a capture that are told apart, the latest ones (default 8)
	ExactRTT      int           // round-trip times kept exactly before a histogram takes over (default 10,000; 200 for one peer)
}

// DefaultLimits are the bounds used where Options leaves them zero.
var DefaultLimits = Limits{
	Memory: 128 << 20, Unpacked: 20 << 20, Candidates: 64, FrameList: 100, Peers: 1000, FindingGroups: 10000,
	Standstill: 65536, Connections: 65536, ExactRTT: 10000, Watched: 65536, OverlapBytes: 1 << 20, Hops: 128, Texts: 32768, Alike: 256, Sessions: 4096,
	Wholes: 4096, Unmatched: 4096, Receipts: 64, Replied: 16, Answers: 64, TextHosts: 16, SessionBytes: 64 << 10, SessionSpans: 64, PlainTypes: 1024, TypeBytes: 256,
	Refusals: 1024, Sealed: 256, Provisional: 32, HeadBytes: 16 << 10, Strays: 64, Clocks: 8,
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits
	if l.Memory <= 0 {
		l.Memory = d.Memory
	}
	d.Unpacked = min(d.Unpacked, l.Memory/4)
	preset.Numbers(&l, d.scaled(l.Memory))
	return l
}

// scaled returns defaults for less memory than that of l.
func (l Limits) scaled(memory int64) Limits {
	const least = 64
	for _, p := range []*int{&l.Peers, &l.FindingGroups, &l.Connections, &l.Watched, &l.Texts, &l.Sessions, &l.Wholes, &l.Unmatched} {
		*p = max(least, int(min(int64(*p), int64(*p)*(memory>>10)/(l.Memory>>10))))
	}
	return l
}
