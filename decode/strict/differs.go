package strict

import (
	"bytes"
	"strconv"
	"strings"

	sipgo "github.com/emiago/sipgo/sip"

	"simplecap/decode"
	"simplecap/decode/sip"
)

// Differs is the set of things that the strict parser reads otherwise than the
// scanner. A peer with such a parser may not match a message that is in order.
type Differs uint16

// What the two may read differently.
const (
	DiffersKind       Differs = 1 << iota // a request for a response, or the other way
	DiffersMethod                         // mostly its case
	DiffersStatus                         //
	DiffersRequestURI                     // scheme, user or host, as in the two below
	DiffersViaCount                       //
	DiffersSentBy                         // host or port of the top Via
	DiffersBranch                         // of the top Via
	DiffersCallID                         //
	DiffersCSeqNumber                     //
	DiffersCSeqMethod                     //
	DiffersFromURI                        //
	DiffersFromTag                        //
	DiffersToURI                          //
	DiffersToTag                          //
	DiffersBody                           // its length
)

var differsWords = [...]string{"request or response", "method", "status", "request URI", "number of Vias", "sent-by", "branch",
	"Call-ID", "CSeq number", "CSeq method", "From URI", "From tag", "To URI", "To tag", "length of the body"}

// String lists what differs in words, in the order of a message; it is empty
// where nothing does.
func (d Differs) String() string {
	var words []string
	for i, word := range differsWords {
		if d&(1<<i) != 0 {
			words = append(words, word)
		}
	}
	return strings.Join(words, ", ")
}

// when adds bits if something differs.
func (d *Differs) when(differs bool, bits Differs) {
	if differs {
		*d |= bits
	}
}

// compare tells where sipgo's reading of m is another than the scanner's.
func compare(m *decode.Message, r *reading) (d Differs) {
	d.when(m.Kind != r.kind, DiffersKind)
	switch r.kind {
	case sip.Request:
		d.when(r.method != string(m.Method.In(m.Raw)), DiffersMethod)
		d.when(!sameURI(m.URI.In(m.Raw), &r.uri), DiffersRequestURI)
	case sip.Response:
		d.when(r.status != m.Status, DiffersStatus)
	}
	d.when(r.vias != m.ViaCount, DiffersViaCount)
	d.compareVia(m, r)
	d.when(!sameText(m.CallID.In(m.Raw), r.callID), DiffersCallID)
	d.when(uint64(r.cseq.SeqNo) != m.CSeqNumber, DiffersCSeqNumber)
	d.when(!sameText(m.CSeqMethod.In(m.Raw), string(r.cseq.MethodName)), DiffersCSeqMethod)
	d.when(!sameURI(m.FromURI.In(m.Raw), &r.from.uri), DiffersFromURI)
	d.when(!sameText(m.FromTag.In(m.Raw), r.from.tag()), DiffersFromTag)
	d.when(!sameURI(m.ToURI.In(m.Raw), &r.to.uri), DiffersToURI)
	d.when(!sameText(m.ToTag.In(m.Raw), r.to.tag()), DiffersToTag)
	d.when(r.body != int(m.Body.Len), DiffersBody)
	return d
}

// compareVia compares what RFC 3261 17.1.3 pairs by.
func (d *Differs) compareVia(m *decode.Message, r *reading) {
	branch, _ := r.via.params.Get("branch")
	d.when(!sameText(m.Branch.In(m.Raw), branch), DiffersBranch)
	host, port := sip.SplitHostPort(m.SentBy.In(m.Raw))
	number, _ := strconv.ParseUint(string(port), 10, 64)
	host = bytes.TrimSuffix(bytes.TrimPrefix(host, []byte("[")), []byte("]"))
	d.when(!sameText(host, r.via.host) || number != uint64(r.via.port), DiffersSentBy)
}

// sameURI compares scheme, user and host. sipgo takes only SIP and SIPS URIs
// apart; of others the whole is compared.
func sameURI(ours []byte, theirs *sipgo.Uri) bool {
	if isPlainURI(ours, theirs) {
		return true
	}
	u := sip.SplitURI(ours)
	if theirs.Scheme != "sip" && theirs.Scheme != "sips" {
		return strings.EqualFold(string(u.Scheme), theirs.Scheme) && sameText(bytes.TrimPrefix(ours[len(u.Scheme):], []byte(":")), theirs.Raw())
	}
	return strings.EqualFold(string(u.Scheme), theirs.Scheme) && sameText(u.User, theirs.User) && sameText(u.Host, theirs.Host)
}

// isPlainURI reports whether ours is nothing but "scheme:user@host", written as
// sipgo has it. Most URIs are, and need not be taken apart to be compared.
func isPlainURI(ours []byte, u *sipgo.Uri) bool {
	scheme, user := len(u.Scheme), len(u.Scheme)+1+len(u.User)
	return len(ours) == user+1+len(u.Host) && ours[scheme] == ':' && ours[user] == '@' &&
		string(ours[:scheme]) == u.Scheme && string(ours[scheme+1:user]) == u.User && string(ours[user+1:]) == u.Host
}

// sameText compares bytes from the wire with what sipgo made of them. sipgo
// unfolds, and leaves white space where the grammar allows it around a value.
func sameText(ours []byte, theirs string) bool {
	return string(ours) == theirs || string(ours) == strings.Trim(theirs, " \t") ||
		bytes.IndexByte(ours, '\n') >= 0 && string(sip.Unfold(nil, ours)) == theirs
}
