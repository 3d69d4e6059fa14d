package hep

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// Append appends the packet in version 3 and returns the extended slice. Fields that
// are zero are left out. Of the time whole microseconds are sent. It fails, with dst
// as it was, where the packet is longer than the 65,535 bytes that its length can say.
func (p *Packet) Append(dst []byte) ([]byte, error) {
	b := append(dst, 'H', 'E', 'P', '3', 0, 0)
	b = p.appendAddresses(b)
	if p.HasTime {
		micros := max(p.Time, 0) / 1000
		b = append32(b, chunkSeconds, uint32(micros/1e6))
		b = append32(b, chunkMicros, uint32(micros%1e6))
	}
	b = append8(b, chunkType, p.Type)
	b = append32(b, chunkAgentID, p.AgentID)
	b = appendBytes(b, chunkKey, p.Key)
	b = appendBytes(b, chunkCorrelation, p.Correlation)
	if p.VLAN != 0 {
		b = append16(b, chunkVLAN, p.VLAN)
	}
	b = appendBytes(b, chunkNode, p.Node)
	if p.Compressed {
		b = appendBytes(b, chunkCompressed, p.Payload)
	} else {
		b = appendBytes(b, chunkPayload, p.Payload)
	}
	size := len(b) - len(dst)
	if size > maxPacket {
		return dst, fmt.Errorf("a HEP packet of %d bytes: want at most %d", size, maxPacket)
	}
	binary.BigEndian.PutUint16(b[len(dst)+4:], uint16(size))
	return b, nil
}

// Address families, as Linux numbers them.
const (
	family4 = 2
	family6 = 10
)

func (p *Packet) appendAddresses(b []byte) []byte {
	family := uint8(family4)
	if p.Src.Addr().Is6() {
		family = family6
	}
	b = append8(b, chunkFamily, family)
	b = append8(b, chunkProtocol, p.Protocol)
	b = appendAddr(b, chunkSrc4, chunkSrc6, p.Src.Addr())
	b = appendAddr(b, chunkDst4, chunkDst6, p.Dst.Addr())
	b = append16(b, chunkSrcPort, p.Src.Port())
	return append16(b, chunkDstPort, p.Dst.Port())
}

func appendAddr(b []byte, kind4, kind6 uint16, addr netip.Addr) []byte {
	if addr.Is4() {
		return appendBytes(b, kind4, addr.AsSlice())
	}
	return appendBytes(b, kind6, addr.AsSlice()) // nothing for an invalid one
}

// appendChunk appends the header of a chunk of no vendor, for a value of size bytes.
func appendChunk(b []byte, kind uint16, size int) []byte {
	b = append(b, 0, 0)
	b = binary.BigEndian.AppendUint16(b, kind)
	return binary.BigEndian.AppendUint16(b, uint16(headerBytes+size))
}

// appendBytes appends a chunk, unless its value is empty.
func appendBytes(b []byte, kind uint16, value []byte) []byte {
	if len(value) == 0 {
		return b
	}
	return append(appendChunk(b, kind, len(value)), value...)
}

func append8(b []byte, kind uint16, value uint8) []byte {
	return append(appendChunk(b, kind, 1), value)
}

func append16(b []byte, kind uint16, value uint16) []byte {
	return binary.BigEndian.AppendUint16(appendChunk(b, kind, 2), value)
}

func append32(b []byte, kind uint16, value uint32) []byte {
	return binary.BigEndian.AppendUint32(appendChunk(b, kind, 4), value)
}
