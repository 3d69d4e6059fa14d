package made

import (
	"encoding/binary"
	"hash/crc32"
	"net/netip"
)

// Of SCTP (RFC 9260 3).
const (
	ipSCTP         = 132
	sctpInitAck    = 2
	sctpAbort      = 6
	sctpLast       = 1 // flags of DATA
	sctpFirst      = 2
	sctpHeader     = 12
	sctpDataHeader = 16
	sctpWindow     = 1 << 16
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendSCTP appends a packet with one chunk, whose length is not yet set.
func appendSCTP(b []byte, src, dst netip.AddrPort, tag uint32, chunk []byte) []byte {
	binary.BigEndian.PutUint16(chunk[2:], uint16(len(chunk)))
	padding := -len(chunk) & 3
	b, _ = appendIP(b, src.Addr(), dst.Addr(), ipSCTP, sctpHeader+len(chunk)+padding)
	at := len(b)
	b = binary.BigEndian.AppendUint16(b, src.Port())
	b = binary.BigEndian.AppendUint16(b, dst.Port())
	b = binary.BigEndian.AppendUint32(b, tag)
	b = append(append(b, 0, 0, 0, 0), chunk...)
	b = append(b, make([]byte, padding)...)
	binary.LittleEndian.PutUint32(b[at+8:], crc32.Checksum(b[at:], castagnoli))
	return b
}

// tag is the verification tag of what a side sends.
func (s *stream) tag(from int) uint32 { return uint32(s.number)<<1 | uint32(from) | 1<<31 }

// association makes the packet that ties the two directions of an association together,
// whatever addresses they use later: the other side's INIT ACK.
func (p *Packets) association(s *stream) {
	chunk := binary.BigEndian.AppendUint32([]byte{sctpInitAck, 0, 0, 0}, s.tag(0))
	chunk = binary.BigEndian.AppendUint32(chunk, sctpWindow)
	chunk = append(chunk, 0, 1, 0, 1) // streams out and in
	chunk = binary.BigEndian.AppendUint32(chunk, s.next[1])
	p.packet(appendSCTP(p.data, p.at.Dst, p.at.Src, s.tag(1), chunk))
}

// userMessage makes the packets of a user message.
func (p *Packets) userMessage(s *stream, from int, b []byte) {
	ssn, flags, last := uint16(s.sent[from]), byte(sctpFirst), false
	s.sent[from]++
	for !last {
		n := min(len(b), Longest-sctpHeader-sctpDataHeader)
		if last = n == len(b); last {
			flags |= sctpLast
		}
		chunk := binary.BigEndian.AppendUint32([]byte{0, flags, 0, 0}, s.next[from])
		chunk = append(chunk, 0, 0) // the stream
		chunk = binary.BigEndian.AppendUint16(chunk, ssn)
		chunk = append(append(chunk, 0, 0, 0, 0), b[:n]...) // SIP has no payload protocol identifier of its own (RFC 4168 5.1)
		p.packet(appendSCTP(p.data, p.at.Src, p.at.Dst, s.tag(from), chunk))
		s.next[from]++
		b, flags = b[n:], 0
	}
}

// abort makes the packet that ends an association at once.
func (p *Packets) abort(s *stream, from int) {
	p.packet(appendSCTP(p.data, p.at.Src, p.at.Dst, s.tag(from), []byte{sctpAbort, 0, 0, 0}))
}
