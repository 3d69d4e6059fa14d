package sctp

import (
	"encoding/binary"
	"hash/crc32"
)

// Chunk types (RFC 9260 3.2, RFC 8260 2.1).
const (
	chunkData             = 0
	chunkInit             = 1
	chunkInitAck          = 2
	chunkSack             = 3
	chunkAbort            = 6
	chunkShutdown         = 7
	chunkShutdownComplete = 14
	chunkIData            = 64
	chunkForwardTSN       = 192 // RFC 3758 3.2
	chunkIForwardTSN      = 194 // RFC 8260 2.3.1
)

// Flags of DATA and I-DATA (RFC 9260 3.3.1), and of ABORT.
const (
	flagEnd       = 1
	flagBeginning = 2
	flagUnordered = 4
	flagReflected = 1 // ABORT, SHUTDOWN COMPLETE: the tag is the sender's own
)

const (
	commonHeader = 12
	chunkHeader  = 4
	initHeader   = 20 // of INIT and INIT ACK, without parameters
	dataHeader   = 16
	iDataHeader  = 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksumOK reports whether the CRC32c of a packet is right (RFC 9260 6.8 and
// appendix A).
func checksumOK(b []byte) bool {
	if len(b) < commonHeader {
		return false
	}
	var zero [4]byte
	sum := crc32.Update(0, castagnoli, b[:8])
	sum = crc32.Update(sum, castagnoli, zero[:])
	sum = crc32.Update(sum, castagnoli, b[commonHeader:])
	return binary.LittleEndian.Uint32(b[8:]) == sum
}

// Plausible reports whether b looks like an SCTP packet: chunks of sane lengths up
// to its end.
func Plausible(b []byte) bool {
	if len(b) < commonHeader+chunkHeader {
		return false
	}
	for rest := b[commonHeader:]; len(rest) > 0; {
		if len(rest) < chunkHeader {
			return false
		}
		n := int(binary.BigEndian.Uint16(rest[2:]))
		if n < chunkHeader || n > len(rest) {
			return false
		}
		rest = rest[min((n+3)&^3, len(rest)):]
	}
	return true
}

// chunk is a chunk of user data.
type chunk struct {
	flags  byte
	iData  bool
	tsn    uint32
	stream uint16
	mid    uint32 // message identifier of I-DATA
	ppid   uint32 // of its first fragment
	fsn    uint32 // fragment number of I-DATA, in those behind the first
	data   []byte
	cut    bool // the capture cut it
}

func (c *chunk) whole() bool { return c.flags&(flagBeginning|flagEnd) == flagBeginning|flagEnd }

// readChunk reads a DATA or I-DATA chunk; b begins with its header.
func readChunk(b []byte, c *chunk) bool {
	header := dataHeader
	if c.iData = b[0] == chunkIData; c.iData {
		header = iDataHeader
	}
	if len(b) < header {
		return false
	}
	c.flags = b[1]
	c.tsn = binary.BigEndian.Uint32(b[4:])
	c.stream = binary.BigEndian.Uint16(b[8:])
	c.ppid = binary.BigEndian.Uint32(b[12:])
	if c.iData {
		c.mid = binary.BigEndian.Uint32(b[12:])
		c.ppid = binary.BigEndian.Uint32(b[16:])
		c.fsn = c.ppid
	}
	c.data = b[header:]
	return true
}
