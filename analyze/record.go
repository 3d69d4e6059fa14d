package analyze

import (
	"encoding/binary"
	"math"
	"unsafe"

	"simplecap/capture"
	"simplecap/decode"
)

// record is an open transaction. It holds no pointers; strings and lists are in
// its chunk. Millions may be open at once, so every field has the size it needs.
type record struct {
	first    int64       // first transmission; of an orphan, its first response
	final    int64       // first final response
	request  capture.Ref // first transmission
	response capture.Ref // first response

	branchLinks, callLinks links

	callID, branch, from, to, uri, reason ref
	hop                                   ref // a hop in its packed form
	fromTag                               ref
	toTag                                 ref // of the first final response

	delivery    uint32 // see chunk.delivery
	cseq        uint32 // see chunk.cseqOf
	latest      uint32 // of the latest transmission, microseconds after the first
	answered    uint32 // of the latest response, likewise
	group       uint32 // number of its delivery's group, 0 where it is alone
	parent      uint32 // how far back is the transaction that it forwards, 0 for none
	more        uint32 // head of the list of nodes
	requestHash uint32 // of the latest transmission's bytes
	answerHash  uint32 // of the latest response's bytes
	bodyBytes   uint32
	bodyHash    uint32 // 0 where there is none, or not all of it

	retransmissions     uint16
	duplicates          uint16
	requestID, answerID uint16 // IP identification of the latest transmission and response
	length, checksum    uint16 // of the UDP datagram of the latest transmission
	requestN, responseN uint16 // nodes of further frames
	status              uint16
	provisionals        uint8
	vias                uint8 // via-parms of the request
	agent, answerAgent  uint8 // who saw the first transmission and the latest response (decode.Message.Agent)
	flags               flags
}

// flags are what is true of a record.
type flags uint32

const (
	isOpen        flags = 1 << iota
	hasRequest          // its request was seen
	hasTime             // the capture has times
	hasCSeq             // it has a CSeq that can be read
	isOld               // RFC 2543: no branch to tell transactions by
	isLooped            // its request had passed one proxy three times
	isUnreachable       // an ICMP error quoted it
	isUnmatchable       // an answer came that the sender cannot match
	isShown             // already handed to a live handler
	isChanged           // since then
	isBigCSeq           // its CSeq number is in a node: it does not fit the record
	isBodyCut           // the capture does not hold all of its body
	isThird             // its final response came from another host than its request went to
	isReported          // the capture saw its request, but only a report of its final response
	isBounced           // an ICMP error quoted its answer
	isToSource          // its latest answer went to where the request came from
	isLagged            // its times are not on the capture's clock
	isTorn              // the clock was not the same for its request and its final response
	isUnanswered        // it counts among those without a final response
	isPublished         // its leg has been handed on
	isRestated          // and since then something has changed that only a leg tells
)

func (r *record) is(f flags) bool { return r.flags&f != 0 }
func (r *record) set(f flags)     { r.flags |= f }

// setIf sets or clears a flag.
func (r *record) setIf(f flags, on bool) {
	r.flags &^= f
	if on {
		r.flags |= f
	}
}

// id numbers the transactions from 1, in order of creation.
func (c *chunk) id(r *record) uint64 {
	at := uintptr(unsafe.Pointer(r)) - uintptr(unsafe.Pointer(&c.records[0]))
	return c.firstID + uint64(at)/uint64(recordBytes)
}

// parentID is the id of the transaction that a record forwards, 0 for none.
func (c *chunk) parentID(r *record) uint64 {
	if r.parent == 0 {
		return 0
	}
	return c.id(r) - uint64(r.parent)
}

// cseqOf is a record's CSeq number. One of more than 32 bits breaks RFC 3261
// 8.1.1.5 and is rare, but still what a transaction is told by.
func (c *chunk) cseqOf(r *record) (number uint64) {
	if !r.is(isBigCSeq) {
		return uint64(r.cseq)
	}
	c.each(r, nodeCSeq, func(v uint64) { number = v })
	return number
}

func (c *chunk) setCSeq(r *record, number uint64) {
	if number <= math.MaxUint32 {
		r.cseq = uint32(number)
		return
	}
	r.set(isBigCSeq)
	c.keep(r, nodeCSeq, number)
}

// delivery is the number of a record's delivery, 0 for an orphan. Records hold
// it relative to their chunk.
func (c *chunk) delivery(r *record) uint64 {
	if r.delivery == 0 {
		return 0
	}
	return c.deliveries + uint64(r.delivery)
}

func (c *chunk) setDelivery(r *record, number uint64) { r.delivery = uint32(number - c.deliveries) }

// since returns t as microseconds after the first transmission.
func (r *record) since(t int64) uint32 { return uint32(min(max(0, (t-r.first)/1000), 1<<32-1)) }

// at is the reverse of since.
func (r *record) at(micros uint32) int64 { return r.first + int64(micros)*1000 }

const recordBytes = int(unsafe.Sizeof(record{}))

// hop is what many transactions have in common: stored once, as bytes.
type hop struct {
	src, dst                                decode.Endpoint
	conn                                    uint32 // TCP connection, 0 over UDP
	transport                               decode.Transport
	ipsec                                   bool // in ESP or AH
	method, sentBy, contentType, cseqMethod ref
}

const hopBytes = 2*18 + 1 + 5*4

// hopIPsec is set in the byte of the transport where IPsec is below it.
const hopIPsec = 0x80

// pack appends the hop's stored form.
func (p *hop) pack(b []byte) []byte {
	b = append(b, makeFlow(p.src, p.dst).bytes()...)
	carrier := byte(p.transport)
	if p.ipsec {
		carrier |= hopIPsec
	}
	b = append(b, carrier)
	for _, r := range [...]ref{ref(p.conn), p.method, p.sentBy, p.contentType, p.cseqMethod} {
		b = binary.LittleEndian.AppendUint32(b, uint32(r))
	}
	return b
}

// hopOf returns a record's hop.
func (c *chunk) hopOf(r *record) (p hop) {
	b := c.get(r.hop)
	if len(b) != hopBytes {
		return p
	}
	p.src, p.dst = ends(b)
	p.transport, p.ipsec = decode.Transport(b[36]&^hopIPsec), b[36]&hopIPsec != 0
	p.conn = binary.LittleEndian.Uint32(b[37:])
	p.method = ref(binary.LittleEndian.Uint32(b[41:]))
	p.sentBy = ref(binary.LittleEndian.Uint32(b[45:]))
	p.contentType = ref(binary.LittleEndian.Uint32(b[49:]))
	p.cseqMethod = ref(binary.LittleEndian.Uint32(b[53:]))
	return p
}

// setHop stores a record's hop.
func (c *chunk) setHop(r *record, p *hop) {
	var b [hopBytes]byte
	r.hop = c.intern(p.pack(b[:0]))
}

// flowOf returns the packed ends of a record's hop.
func (c *chunk) flowOf(r *record) []byte {
	b := c.get(r.hop)
	return b[:min(len(b), len(flow{}))]
}

// flow is the two ends of a transaction as its request used them.
type flow [36]byte

func makeFlow(src, dst decode.Endpoint) (f flow) {
	copy(f[:], src.IP[:])
	f[16], f[17] = byte(src.Port>>8), byte(src.Port)
	copy(f[18:], dst.IP[:])
	f[34], f[35] = byte(dst.Port>>8), byte(dst.Port)
	return f
}

func (f flow) bytes() []byte { return f[:] }

// ends is the reverse of makeFlow.
func ends(b []byte) (src, dst decode.Endpoint) {
	if len(b) < len(flow{}) {
		return src, dst
	}
	copy(src.IP[:], b)
	src.Port = uint16(b[16])<<8 | uint16(b[17])
	copy(dst.IP[:], b[18:])
	dst.Port = uint16(b[34])<<8 | uint16(b[35])
	return src, dst
}
