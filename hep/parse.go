package hep

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// Parse reads the packet that b begins with into p. With an error p has what could
// be read; a chunk that cannot is passed over where its length allows it.
func Parse(b []byte, p *Packet) error {
	*p = Packet{}
	if len(b) > 0 && (b[0] == 1 || b[0] == 2) {
		return p.parseOld(b)
	}
	total, ok := Length(b)
	if !ok {
		return ErrNotHEP
	}
	c := chunks{Packet: p}
	if total > len(b) {
		c.failure, total = fmt.Errorf("%w: %d bytes of %d", ErrMalformed, len(b), total), len(b)
	}
	p.Version = 3
	c.read(b[:total])
	p.Src = netip.AddrPortFrom(c.src, c.srcPort)
	p.Dst = netip.AddrPortFrom(c.dst, c.dstPort)
	if p.HasTime {
		p.Time = int64(c.seconds)*1e9 + int64(c.micros)*1e3
	}
	return c.failure
}

// chunks reads the chunks of a packet; an address, a port and a time are in several.
type chunks struct {
	*Packet
	src, dst         netip.Addr
	srcPort, dstPort uint16
	seconds, micros  uint32
	failure          error // the first one
}

// read reads the chunks of the packet b.
func (c *chunks) read(b []byte) {
	at := headerBytes
	for len(b)-at >= headerBytes {
		vendor, kind := binary.BigEndian.Uint16(b[at:]), binary.BigEndian.Uint16(b[at+2:])
		size := int(binary.BigEndian.Uint16(b[at+4:]))
		if size < headerBytes {
			c.fail("chunk of %d bytes at byte %d", size, at)
			return
		}
		value := b[at+headerBytes:]
		if end := at + size; end <= len(b) {
			value = b[at+headerBytes : end : end]
		} else {
			c.fail("chunk at byte %d goes beyond the packet", at)
			c.Cut = true
		}
		if vendor == 0 && (!c.Cut || kind == chunkPayload || kind == chunkCompressed) {
			c.chunk(kind, value, at)
		}
		at += size
	}
	if at < len(b) {
		c.fail("%d bytes behind the last chunk", len(b)-at)
	}
}

// fail remembers the first thing that is wrong.
func (c *chunks) fail(format string, args ...any) {
	if c.failure == nil {
		c.failure = fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
	}
}

// chunk reads one chunk of no vendor; one of a kind that is not known is passed over.
func (c *chunks) chunk(kind uint16, value []byte, at int) {
	switch kind {
	case chunkPayload, chunkCompressed:
		c.Payload, c.Compressed = value, kind == chunkCompressed
		return
	case chunkKey:
		c.Key = value
		return
	case chunkCorrelation:
		c.Correlation = value
		return
	case chunkNode:
		c.Node = value
		return
	}
	if !c.number(kind, value) {
		c.fail("chunk 0x%02x at byte %d has %d bytes", kind, at, len(value))
	}
}

// number reads a chunk of fixed size. It reports false where it has another one.
func (c *chunks) number(kind uint16, value []byte) bool {
	switch kind {
	case chunkProtocol:
		return put8(&c.Protocol, value)
	case chunkType:
		return put8(&c.Type, value)
	case chunkSrc4, chunkSrc6:
		return putAddr(&c.src, value, kind == chunkSrc6)
	case chunkDst4, chunkDst6:
		return putAddr(&c.dst, value, kind == chunkDst6)
	case chunkSrcPort:
		return put16(&c.srcPort, value)
	case chunkDstPort:
		return put16(&c.dstPort, value)
	case chunkVLAN:
		return put16(&c.VLAN, value)
	case chunkSeconds:
		c.HasTime = put32(&c.seconds, value)
		return c.HasTime
	case chunkMicros:
		return put32(&c.micros, value)
	case chunkAgentID:
		return put32(&c.AgentID, value)
	}
	return true
}

func put8(field *uint8, value []byte) bool {
	if len(value) != 1 {
		return false
	}
	*field = value[0]
	return true
}

func put16(field *uint16, value []byte) bool {
	if len(value) != 2 {
		return false
	}
	*field = binary.BigEndian.Uint16(value)
	return true
}

func put32(field *uint32, value []byte) bool {
	if len(value) != 4 {
		return false
	}
	*field = binary.BigEndian.Uint32(value)
	return true
}

func putAddr(field *netip.Addr, value []byte, v6 bool) bool {
	addr, ok := netip.AddrFromSlice(value)
	if !ok || addr.Is6() != v6 {
		return false
	}
	*field = addr
	return true
}
