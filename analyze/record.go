package analyze

import (
	"unsafe"

	"simplecap/decode"
)

// record is an open transaction. It holds no pointers; strings and lists are in
// its chunk.
type record struct {
	id          uint64
	cseq        uint64
	first, last int64 // first and last transmission before the final response; of an orphan, its first response
	latest      int64 // the latest transmission, for telling copies
	final       int64 // first final response
	answered    int64 // the latest response, for telling copies
	conn        uint64
	request     decode.FrameRef // first transmission
	response    decode.FrameRef // first response

	delivery uint64 // number of its delivery, 0 for an orphan
	parent   uint64 // id of the transaction that it forwards, 0 for none
	group    uint32 // number of its delivery's group, 0 where it is alone

	branchLinks, callLinks links

	method, callID, branch, sentBy, from, to, uri, contentType, reason, cause, body, flow ref

	more                uint32 // head of the list of nodes
	fromTag, toTag      uint32 // hashes
	requestHash         uint32 // of the latest transmission's bytes
	responseHash        uint32 // of the latest response's bytes
	requestID           uint32 // IP identification of the latest transmission
	responseID          uint32
	bodyBytes           uint32
	retransmissions     uint32
	duplicates          uint32
	provisionals        uint8
	requestN, responseN uint16 // nodes of further frames
	status              uint16
	transport           decode.Transport
	open                bool
	hasRequest          bool
	hasTime             bool
	unreachable         bool  // an ICMP error quoted it
	unmatchable         bool  // an answer came that the sender cannot match
	vias                uint8 // via-parms of the request
	looped              bool
	hasCSeq             bool
	old                 bool // RFC 2543: no branch to tell transactions by
	shown               bool // already handed to a live handler
	changed             bool // since then
}

const recordBytes = int(unsafe.Sizeof(record{}))

// flow is the two ends of a transaction as its request used them.
type flow [36]byte

func makeFlow(src, dst decode.Endpoint) (f flow) {
	copy(f[:], src.IP[:])
	f[16], f[17] = byte(src.Port>>8), byte(src.Port)
	copy(f[18:], dst.IP[:])
	f[34], f[35] = byte(dst.Port>>8), byte(dst.Port)
	return f
}

// ends is the reverse of makeFlow.
func ends(b []byte) (src, dst decode.Endpoint) {
	if len(b) != len(flow{}) {
		return src, dst
	}
	copy(src.IP[:], b)
	src.Port = uint16(b[16])<<8 | uint16(b[17])
	copy(dst.IP[:], b[18:])
	dst.Port = uint16(b[34])<<8 | uint16(b[35])
	return src, dst
}
