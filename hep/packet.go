// Package hep reads and writes HEP, the protocol in which SIP servers and capture
// agents send copies of the messages they see to a collector such as Homer: version
// 3, which is made of chunks, and for reading the fixed headers of versions 1 and 2.
// A [Sender] sends packets to a collector.
//
// Nothing in a packet is believed: every length is checked, nothing is read outside
// of the bytes given, and compressed payloads grow up to a limit only.
package hep

import (
	"encoding/binary"
	"errors"
	"net/netip"
)

// Packet is one HEP packet: a message that an agent saw, and what it says of it.
// What Parse sets points into the bytes that were parsed.
type Packet struct {
	Version  uint8          // 1, 2 or 3
	Src, Dst netip.AddrPort // who sent the message to whom, as the agent saw it; may be invalid
	Protocol uint8          // IP protocol number that carried it, or what the agent takes for one; 0 if unknown
	Time     int64          // when the agent saw it, by its own clock, in nanoseconds since 1970 UTC
	HasTime  bool           // false where the packet has no time
	Type     uint8          // what the payload is, such as TypeSIP; 0 if the packet does not say

	AgentID     uint32 // the agent's number, called capture id as well
	Node        []byte // the agent's name
	Key         []byte // the password that the agent has for the collector
	Correlation []byte // what joins packets that belong together
	VLAN        uint16

	Payload    []byte // the message
	Compressed bool   // Payload has to be inflated first
	Cut        bool   // the end of the payload is not there
}

// TypeSIP is the payload's type for SIP.
const TypeSIP = 1

// IP protocol numbers of the payload's transport.
const (
	ProtocolTCP  = 6
	ProtocolUDP  = 17
	ProtocolSCTP = 132
)

// Errors that Parse wraps.
var (
	ErrNotHEP    = errors.New("no HEP packet")
	ErrMalformed = errors.New("malformed HEP packet")
)

// The chunks of version 3 that are known here.
const (
	chunkFamily      = 0x01
	chunkProtocol    = 0x02
	chunkSrc4        = 0x03
	chunkDst4        = 0x04
	chunkSrc6        = 0x05
	chunkDst6        = 0x06
	chunkSrcPort     = 0x07
	chunkDstPort     = 0x08
	chunkSeconds     = 0x09
	chunkMicros      = 0x0a
	chunkType        = 0x0b
	chunkAgentID     = 0x0c
	chunkKey         = 0x0e
	chunkPayload     = 0x0f
	chunkCompressed  = 0x10
	chunkCorrelation = 0x11
	chunkVLAN        = 0x12
	chunkNode        = 0x13
)

const (
	headerBytes = 6 // magic and length of a packet; vendor, type and length of a chunk
	maxPacket   = 1<<16 - 1
)

// HeaderBytes is how much of a packet Length needs.
const HeaderBytes = headerBytes

// hasMagic reports whether b begins as version 3 does. EEP1 is a later name of it.
func hasMagic(b []byte) bool {
	if len(b) < 4 {
		return false
	}
	magic := [4]byte(b)
	return magic == [4]byte{'H', 'E', 'P', '3'} || magic == [4]byte{'E', 'E', 'P', '1'}
}

// Length returns the length that a packet of version 3 claims, by its first
// HeaderBytes bytes. It reports false where they are not such a header.
func Length(b []byte) (int, bool) {
	if len(b) < headerBytes || !hasMagic(b) {
		return 0, false
	}
	n := int(binary.BigEndian.Uint16(b[4:]))
	return n, n > headerBytes
}

// Looks reports whether b looks like a HEP packet of any version, or the beginning
// of one, by its first bytes. It is cheap enough for every packet of a capture.
func Looks(b []byte) bool {
	if len(b) < headerBytes {
		return false
	}
	switch b[0] {
	case 1, 2:
		return oldHeader(b) > 0
	case 'H', 'E':
	default:
		return false
	}
	n, ok := Length(b)
	if !ok || len(b) < 2*headerBytes {
		return ok
	}
	chunk := int(binary.BigEndian.Uint16(b[headerBytes+4:]))
	return chunk >= headerBytes && chunk <= n-headerBytes
}
