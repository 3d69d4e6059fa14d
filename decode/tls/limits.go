package tls

import "simplecap/internal/preset"

// Limits are the bounds of the connections of one Env. A zero field means the
// default. What is given up because a bound was reached is counted in Stats.Evicted.
type Limits struct {
	Secrets        int // secrets in memory, of key logs and captures (default 262,144; some 150 bytes each)
	LogLines       int // connections in a Log (default 16,777,216; 9 bytes each)
	Sessions       int // sessions of TLS 1.2 remembered for their resumption (default 16,384)
	WaitBytes      int // bytes of records of one connection that wait for their keys (default 256 KiB)
	HeldBytes      int // bytes of all records that wait or are not complete (default 32 MiB)
	StateBytes     int // what all connections take beside that, 4 KiB each; the ones used last stay (default 96 MiB)
	UnreadBytes    int // the part of StateBytes of connections of which no record was opened, 2,304 each (default 32 MiB)
	Values         int // secrets of one kind and connection: logs can hold wrong ones (default 8)
	Fetched        int // connections whose secrets from a Log are remembered (default 4096)
	LogBlocks      int // 4 KiB blocks of a Log that are looked at for one connection, the latest first (default 16)
	Hellos         int // ClientHellos in a row that nothing answers before a connection is given up (default 16)
	Passed         int // records of a handshake passed over whose secrets are not known though later ones are (default 64)
	HandshakeBytes int // longest handshake message that is kept (default 64 KiB)
	Tries          int // sequence numbers tried on one connection to go on behind gaps (default 65,536)
	Bad            int // records of a direction that do not open before it is given up (default 16)
}

// DefaultLimits are the bounds used where Limits are zero.
var DefaultLimits = Limits{
	Secrets: 1 << 18, LogLines: 1 << 24, Sessions: 1 << 14, WaitBytes: 256 << 10, HeldBytes: 32 << 20,
	StateBytes: 96 << 20, UnreadBytes: 32 << 20, Values: 8, Fetched: 4096, LogBlocks: 16, Hellos: 16, Passed: 64,
	HandshakeBytes: 64 << 10, Tries: 1 << 16, Bad: 16,
}

// withDefaults fills the zero fields.
func (l Limits) withDefaults() Limits {
	preset.Numbers(&l, DefaultLimits)
	return l
}
