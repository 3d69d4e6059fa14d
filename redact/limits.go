package redact

// Limits are the bounds of a Redactor, of Texts and of a key.
type Limits struct {
	Known      int // pseudonyms remembered, so that they are made once
	KnownBytes int // size of the longest value whose pseudonym is remembered
	Texts      int // hidden texts told apart; those beyond are hidden alike
	KeyBytes   int // size of a key file
	Parts      int // messages that may lie in one place of a stream or packet, 4 KiB, and that a segment or fragment is compared with
}

// DefaultLimits are the bounds that hold.
var DefaultLimits = Limits{Known: 1 << 14, KnownBytes: 256, Texts: 1 << 16, KeyBytes: 1 << 16, Parts: 512}
