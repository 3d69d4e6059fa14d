package sip

import "strconv"

// HeaderID names a header field that simplecap looks at; the compact form has
// the same ID as the long one.
type HeaderID uint8

// HeaderSet is a set of header fields, a bit for each HeaderID.
type HeaderSet uint64

// Has reports whether the set has the header field.
func (s HeaderSet) Has(id HeaderID) bool { return s>>id&1 != 0 }

// The header fields that are told apart.
const (
	HeaderOther HeaderID = iota
	HeaderAccept
	HeaderAcceptContact
	HeaderAcceptEncoding
	HeaderAcceptLanguage
	HeaderAllow
	HeaderAllowEvents
	HeaderAuthorization
	HeaderCallID
	HeaderContact
	HeaderContentDisposition
	HeaderContentEncoding
	HeaderContentLength
	HeaderContentTransferEncoding
	HeaderContentType
	HeaderCSeq
	HeaderDate
	HeaderEvent
	HeaderExpires
	HeaderFrom
	HeaderIdentity
	HeaderIdentityInfo
	HeaderInReplyTo
	HeaderMaxForwards
	HeaderPAssertedIdentity
	HeaderPAssociatedURI
	HeaderPCalledPartyID
	HeaderPPreferredIdentity
	HeaderPrivacy
	HeaderProxyAuthenticate
	HeaderProxyAuthorization
	HeaderReason
	HeaderRecordRoute
	HeaderReferTo
	HeaderReferredBy
	HeaderRejectContact
	HeaderRequestDisposition
	HeaderRequire
	HeaderRetryAfter
	HeaderRoute
	HeaderRSeq
	HeaderServer
	HeaderSessionExpires
	HeaderSubject
	HeaderSubscriptionState
	HeaderSupported
	HeaderTimestamp
	HeaderTo
	HeaderUnsupported
	HeaderUserAgent
	HeaderVia
	HeaderWarning
	HeaderWWWAuthenticate
	HeaderXCallID
	headerIDs
)

// headerName is the name of a header field and, where IANA has registered one
// (SIP parameters, "Header Fields"), its compact form; 0 where there is none.
type headerName struct {
	long    string
	compact byte
}

var headerNames = [headerIDs]headerName{
	HeaderAccept:                  {"Accept", 0},
	HeaderAcceptContact:           {"Accept-Contact", 'a'},
	HeaderAcceptEncoding:          {"Accept-Encoding", 0},
	HeaderAcceptLanguage:          {"Accept-Language", 0},
	HeaderAllow:                   {"Allow", 0},
	HeaderAllowEvents:             {"Allow-Events", 'u'},
	HeaderAuthorization:           {"Authorization", 0},
	HeaderCallID:                  {"Call-ID", 'i'},
	HeaderContact:                 {"Contact", 'm'},
	HeaderContentDisposition:      {"Content-Disposition", 0},
	HeaderContentEncoding:         {"Content-Encoding", 'e'},
	HeaderContentLength:           {"Content-Length", 'l'},
	HeaderContentTransferEncoding: {"Content-Transfer-Encoding", 0},
	HeaderContentType:             {"Content-Type", 'c'},
	HeaderCSeq:                    {"CSeq", 0},
	HeaderDate:                    {"Date", 0},
	HeaderEvent:                   {"Event", 'o'},
	HeaderExpires:                 {"Expires", 0},
	HeaderFrom:                    {"From", 'f'},
	HeaderIdentity:                {"Identity", 'y'},
	HeaderIdentityInfo:            {"Identity-Info", 'n'},
	HeaderInReplyTo:               {"In-Reply-To", 0},
	HeaderMaxForwards:             {"Max-Forwards", 0},
	HeaderPAssertedIdentity:       {"P-Asserted-Identity", 0},
	HeaderPAssociatedURI:          {"P-Associated-URI", 0},
	HeaderPCalledPartyID:          {"P-Called-Party-ID", 0},
	HeaderPPreferredIdentity:      {"P-Preferred-Identity", 0},
	HeaderPrivacy:                 {"Privacy", 0},
	HeaderProxyAuthenticate:       {"Proxy-Authenticate", 0},
	HeaderProxyAuthorization:      {"Proxy-Authorization", 0},
	HeaderReason:                  {"Reason", 0},
	HeaderRecordRoute:             {"Record-Route", 0},
	HeaderReferTo:                 {"Refer-To", 'r'},
	HeaderReferredBy:              {"Referred-By", 'b'},
	HeaderRejectContact:           {"Reject-Contact", 'j'},
	HeaderRequestDisposition:      {"Request-Disposition", 'd'},
	HeaderRequire:                 {"Require", 0},
	HeaderRetryAfter:              {"Retry-After", 0},
	HeaderRoute:                   {"Route", 0},
	HeaderRSeq:                    {"RSeq", 0},
	HeaderServer:                  {"Server", 0},
	HeaderSessionExpires:          {"Session-Expires", 'x'},
	HeaderSubject:                 {"Subject", 's'},
	HeaderSubscriptionState:       {"Subscription-State", 0},
	HeaderSupported:               {"Supported", 'k'},
	HeaderTimestamp:               {"Timestamp", 0},
	HeaderTo:                      {"To", 't'},
	HeaderUnsupported:             {"Unsupported", 0},
	HeaderUserAgent:               {"User-Agent", 0},
	HeaderVia:                     {"Via", 'v'},
	HeaderWarning:                 {"Warning", 0},
	HeaderWWWAuthenticate:         {"WWW-Authenticate", 0},
	HeaderXCallID:                 {"X-Call-ID", 0},
}

// String returns the long name of the header field as its specification writes it.
func (id HeaderID) String() string {
	switch {
	case id == HeaderOther:
		return "other"
	case id < headerIDs:
		return headerNames[id].long
	}
	return "header " + strconv.Itoa(int(id))
}

// headerIndex finds header fields by a hash of their long name; names that
// share a slot are chained. compact gives the ID of each compact form.
type headerIndex struct {
	slot    [256]HeaderID
	next    [headerIDs]HeaderID
	compact [256]HeaderID
}

var headersByName = func() (x headerIndex) {
	for id := HeaderOther + 1; id < headerIDs; id++ {
		name := headerNames[id]
		slot := headerSlot([]byte(name.long))
		x.next[id], x.slot[slot] = x.slot[slot], id
		if c := name.compact; c != 0 {
			x.compact[c], x.compact[c-'a'+'A'] = id, id
		}
	}
	return x
}()

// headerSlot hashes a name, which is not empty, without regard to case. Today
// no two names in headerNames share a slot.
func headerSlot(name []byte) byte {
	return (name[0]|0x20)*2 + (name[len(name)-1]|0x20)*63 + byte(len(name))
}

// headerID finds a header field by its long or compact name, without case
// (RFC 3261 7.3.1 and 7.3.3). HeaderOther stands for every other name. The name
// is not empty.
func headerID(name []byte) HeaderID {
	if len(name) == 1 {
		return headersByName.compact[name[0]]
	}
	for id := headersByName.slot[headerSlot(name)]; id != HeaderOther; id = headersByName.next[id] {
		if long := headerNames[id].long; string(name) == long || equalFold(name, long) {
			return id
		}
	}
	return HeaderOther
}

// exactHeaderID is headerID for a name that is written as its specification writes it.
// Of others that it does not find it says HeaderOther.
func exactHeaderID(name []byte) HeaderID {
	id := headersByName.slot[headerSlot(name)]
	if headerNames[id].long != string(name) {
		return HeaderOther
	}
	return id
}
