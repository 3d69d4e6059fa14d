package decode

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
	HeaderInReplyTo
	HeaderMaxForwards
	HeaderPAssertedIdentity
	HeaderPPreferredIdentity
	HeaderPrivacy
	HeaderProxyAuthenticate
	HeaderProxyAuthorization
	HeaderReason
	HeaderRecordRoute
	HeaderReferTo
	HeaderRequestDisposition
	HeaderRequire
	HeaderRetryAfter
	HeaderRoute
	HeaderRSeq
	HeaderServer
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
)
