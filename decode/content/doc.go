// Package content says what the body of a SIP or MSRP message is: the text of a
// person in whatever it is wrapped (multipart, CPIM, an encoding, a charset), a
// notification about such a text (IMDN), a hint that somebody is typing, a short
// message (package sms), or a service that is none of these.
//
// Bytes go in and values come out; the package does no input or output, keeps no
// state, and imports nothing of the project but package sms below it. Everything
// is bounded by Limits; what is broken is read as far as it goes and named.
package content
