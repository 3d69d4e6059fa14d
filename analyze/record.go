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
	shared                                ref // common, in its packed form
	fromTag                               ref
	toTag                                 ref // of the first final response; until that comes, of the request

	delivery    uint32 // see txn.deliveryID
	cseq        uint32 // see txn.cseqNumber
	latest      uint32 // of the latest transmission, microseconds after the first
	answered    uint32 // of the latest response, likewise
	group       uint32 // number of its delivery's group, 0 where it is alone
	parent      int32  // how far back is the transaction that it forwards, 0 for none; that may have begun later
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
	lost                uint8  // answers after which the request came again, counted up to mostByChance and one more
	said                uint16 // status of the final response that the sender has, as far as its copies tell; 0 while it asks again
}

// txn is an open transaction: its record, with the chunk that has its strings and lists.
// It is passed by value, and good until the transaction closes.
type txn struct {
	*chunk
	*record
}

// flags are what is true of a record.
type flags uint32

const (
	isOpen        flags = 1 << iota
	hasRequest          // its request was seen
	hasTime             // the capture has times
	hasCSeq             // it has a CSeq that can be read
	isOld               // RFC 2543: no branch to tell transactions by
	isLooped            // its request had passed one proxy three times, or its server says so
	isUnreachable       // an ICMP error quoted it
	isUnmatchable       // an answer came that the sender cannot match
	isShown             // already handed to a live handler
	isChanged           // since then
	isBigCSeq           // its CSeq number is in a node: it does not fit the record
	isBodyCut           // the capture does not hold all of its body
	isThird             // its final response came from another host than its request went to
	isReported          // the capture saw its request, but only a report of its final response
	isBounced           // an ICMP error quoted its answer, or nobody was there to take it
	isToSource          // its latest answer went to where the request came from
	isLagged            // its times are not on the capture's clock
	isTorn              // the clock was not the same for its request and its final response
	isUnanswered        // it counts among those without a final response
	isPublished         // its leg has been handed on
	isRestated          // and since then something has changed that only a leg tells
	isHeadCut           // the capture does not hold all of its request's header fields
	isNotTheType        // its 415 says that it refuses something else than the media type

	// Where a capture is of several places, what it has twice went from one to another. The
	// bits between are those of told.
	isAskedTwice    flags = 1 << 28 // the capture has a transmission of its request twice
	isAnsweredTwice flags = 1 << 29 // and its latest response
	wasTwice        flags = 1 << 30 // and one before that, or it may have
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
func (tx txn) id() uint64 {
	at := uintptr(unsafe.Pointer(tx.record)) - uintptr(unsafe.Pointer(&tx.records[0]))
	return tx.firstID + uint64(at)/uint64(recordBytes)
}

// parentID is the id of the transaction that this one forwards, 0 for none.
func (tx txn) parentID() uint64 {
	if tx.parent == 0 {
		return 0
	}
	return tx.id() - uint64(int64(tx.parent))
}

// setParent sets the id of the transaction that this one forwards, unless it is too far off.
func (tx txn) setParent(id uint64) {
	if back := int64(tx.id() - id); back == int64(int32(back)) {
		tx.parent = int32(back)
	}
}

// cseqNumber is a transaction's CSeq number. One of more than 32 bits breaks RFC 3261
// 8.1.1.5 and is rare, but still what a transaction is told by.
func (tx txn) cseqNumber() (number uint64) {
	if !tx.is(isBigCSeq) {
		return uint64(tx.cseq)
	}
	tx.each(nodeCSeq, func(v uint64) { number = v })
	return number
}

func (tx txn) setCSeq(number uint64) {
	if number <= math.MaxUint32 {
		tx.cseq = uint32(number)
		return
	}
	tx.set(isBigCSeq)
	tx.keep(nodeCSeq, number)
}

// deliveryID is the number of a transaction's delivery, 0 for an orphan. Records hold
// it relative to their chunk.
func (tx txn) deliveryID() uint64 {
	if tx.delivery == 0 {
		return 0
	}
	return tx.deliveries + uint64(tx.delivery)
}

func (tx txn) setDeliveryID(number uint64) { tx.delivery = uint32(number - tx.deliveries) }

// since returns t as microseconds after the first transmission.
func (r *record) since(t int64) uint32 { return uint32(min(max(0, (t-r.first)/1000), 1<<32-1)) }

// at is the reverse of since.
func (r *record) at(micros uint32) int64 { return r.first + int64(micros)*1000 }

const recordBytes = int(unsafe.Sizeof(record{}))

// common is what many transactions have in common: stored once, as bytes.
type common struct {
	src, dst                                decode.Endpoint
	conn                                    uint32 // TCP connection, 0 over UDP
	transport                               decode.Transport
	ipsec                                   bool // in ESP or AH
	method, sentBy, contentType, cseqMethod ref
}

const commonBytes = 2*18 + 1 + 5*4

// packedIPsec is set in the byte of the transport where IPsec is below it.
const packedIPsec = 0x80

// pack appends the stored form.
func (p *common) pack(b []byte) []byte {
	b = append(b, makePath(p.src, p.dst).bytes()...)
	carrier := byte(p.transport)
	if p.ipsec {
		carrier |= packedIPsec
	}
	b = append(b, carrier)
	for _, r := range [...]ref{ref(p.conn), p.method, p.sentBy, p.contentType, p.cseqMethod} {
		b = binary.LittleEndian.AppendUint32(b, uint32(r))
	}
	return b
}

// common returns what a transaction has in common with many.
func (tx txn) common() (p common) {
	b := tx.get(tx.shared)
	if len(b) != commonBytes {
		return p
	}
	p.src, p.dst = endsOf(b)
	p.transport, p.ipsec = decode.Transport(b[36]&^packedIPsec), b[36]&packedIPsec != 0
	p.conn = binary.LittleEndian.Uint32(b[37:])
	p.method = ref(binary.LittleEndian.Uint32(b[41:]))
	p.sentBy = ref(binary.LittleEndian.Uint32(b[45:]))
	p.contentType = ref(binary.LittleEndian.Uint32(b[49:]))
	p.cseqMethod = ref(binary.LittleEndian.Uint32(b[53:]))
	return p
}

// setCommon stores it.
func (tx txn) setCommon(p *common) {
	var b [commonBytes]byte
	tx.shared = tx.intern(p.pack(b[:0]))
}

// path returns the ends of a transaction, packed.
func (tx txn) path() []byte {
	b := tx.get(tx.shared)
	return b[:min(len(b), len(path{}))]
}

// path is the two ends of a transaction as its request used them.
type path [36]byte

func makePath(src, dst decode.Endpoint) (f path) {
	putEnd(f[:18], src)
	putEnd(f[18:], dst)
	return f
}

func (f path) bytes() []byte { return f[:] }

// ends returns where the request of a transaction came from, and where it went.
func (tx txn) ends() (src, dst decode.Endpoint) { return endsOf(tx.path()) }

// endsOf is the reverse of makePath.
func endsOf(b []byte) (src, dst decode.Endpoint) {
	if len(b) < len(path{}) {
		return src, dst
	}
	return endOf(b[:18]), endOf(b[18:36])
}

// putEnd writes one end of a path.
func putEnd(b []byte, e decode.Endpoint) {
	binary.BigEndian.PutUint64(b, e.IP.High)
	binary.BigEndian.PutUint64(b[8:], e.IP.Low)
	binary.BigEndian.PutUint16(b[16:], e.Port)
}

// endOf is the reverse of putEnd.
func endOf(b []byte) decode.Endpoint {
	ip := decode.Addr{High: binary.BigEndian.Uint64(b), Low: binary.BigEndian.Uint64(b[8:])}
	return decode.Endpoint{IP: ip, Port: binary.BigEndian.Uint16(b[16:])}
}
