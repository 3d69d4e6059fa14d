// Package sctp puts the user messages of SCTP together again from packets (RFC
// 9260, RFC 8260), as SIP uses it (RFC 4168): each user message holds one SIP
// message. It does no I/O and knows nothing of SIP.
//
// A direction of an association is known by its ports and verification tag alone:
// either end may have several addresses. Of a TSN the first copy counts, and one that
// does not come while later ones do, or while its receiver acknowledges it, is missing in
// the capture.
package sctp
