package decode

import "strconv"

// HeaderID names a header field that simplecap looks at; the compact form has
// the same ID as the long one.
type HeaderID uint8

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
	HeaderAccept:             {"Accept", 0},
	HeaderAcceptContact:      {"Accept-Contact", 'a'},
	HeaderAcceptEncoding:     {"Accept-Encoding", 0},
	HeaderAcceptLanguage:     {"Accept-Language", 0},
	HeaderAllow:              {"Allow", 0},
	HeaderAllowEvents:        {"Allow-Events", 'u'},
	HeaderAuthorization:      {"Authorization", 0},
	HeaderCallID:             {"Call-ID", 'i'},
	HeaderContact:            {"Contact", 'm'},
	HeaderContentDisposition: {"Content-Disposition", 0},
	HeaderContentEncoding:    {"Content-Encoding", 'e'},
	HeaderContentLength:      {"Content-Length", 'l'},
	HeaderContentType:        {"Content-Type", 'c'},
	HeaderCSeq:               {"CSeq", 0},
	HeaderDate:               {"Date", 0},
	HeaderEvent:              {"Event", 'o'},
	HeaderExpires:            {"Expires", 0},
	HeaderFrom:               {"From", 'f'},
	HeaderIdentity:           {"Identity", 'y'},
	HeaderIdentityInfo:       {"Identity-Info", 'n'},
	HeaderInReplyTo:          {"In-Reply-To", 0},
	HeaderMaxForwards:        {"Max-Forwards", 0},
	HeaderPAssertedIdentity:  {"P-Asserted-Identity", 0},
	HeaderPAssociatedURI:     {"P-Associated-URI", 0},
	HeaderPCalledPartyID:     {"P-Called-Party-ID", 0},
	HeaderPPreferredIdentity: {"P-Preferred-Identity", 0},
	HeaderPrivacy:            {"Privacy", 0},
	HeaderProxyAuthenticate:  {"Proxy-Authenticate", 0},
	HeaderProxyAuthorization: {"Proxy-Authorization", 0},
	HeaderReason:             {"Reason", 0},
	HeaderRecordRoute:        {"Record-Route", 0},
	HeaderReferTo:            {"Refer-To", 'r'},
	HeaderReferredBy:         {"Referred-By", 'b'},
	HeaderRejectContact:      {"Reject-Contact", 'j'},
	HeaderRequestDisposition: {"Request-Disposition", 'd'},
	HeaderRequire:            {"Require", 0},
	HeaderRetryAfter:         {"Retry-After", 0},
	HeaderRoute:              {"Route", 0},
	HeaderRSeq:               {"RSeq", 0},
	HeaderServer:             {"Server", 0},
	HeaderSessionExpires:     {"Session-Expires", 'x'},
	HeaderSubject:            {"Subject", 's'},
	HeaderSubscriptionState:  {"Subscription-State", 0},
	HeaderSupported:          {"Supported", 'k'},
	HeaderTimestamp:          {"Timestamp", 0},
	HeaderTo:                 {"To", 't'},
	HeaderUnsupported:        {"Unsupported", 0},
	HeaderUserAgent:          {"User-Agent", 0},
	HeaderVia:                {"Via", 'v'},
	HeaderWarning:            {"Warning", 0},
	HeaderWWWAuthenticate:    {"WWW-Authenticate", 0},
	HeaderXCallID:            {"X-Call-ID", 0},
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

// longestHeader is the length of the longest name in headerNames.
const longestHeader = len("P-Preferred-Identity")

// headersByLength lists the IDs whose long name has a given length.
var headersByLength = func() (table [longestHeader + 1][]HeaderID) {
	for id := HeaderOther + 1; id < headerIDs; id++ {
		n := len(headerNames[id].long)
		table[n] = append(table[n], id)
	}
	return table
}()

// compactHeaders gives the ID of each compact form, in either case.
var compactHeaders = func() (table [256]HeaderID) {
	for id, name := range headerNames {
		if c := name.compact; c != 0 {
			table[c], table[c-'a'+'A'] = HeaderID(id), HeaderID(id)
		}
	}
	return table
}()

// headerID finds a header field by its long or compact name, without case
// (RFC 3261 7.3.1 and 7.3.3). HeaderOther stands for every other name.
func headerID(name []byte) HeaderID {
	if len(name) == 1 {
		return compactHeaders[name[0]]
	}
	if len(name) > longestHeader {
		return HeaderOther
	}
	for _, id := range headersByLength[len(name)] {
		if long := headerNames[id].long; string(name) == long || name[0]|0x20 == long[0]|0x20 && equalFold(name, long) {
			return id
		}
	}
	return HeaderOther
}
