// Package sip reads SIP as text: what bytes begin a message, where its parts are, what is
// wrong with it, and where one ends on a stream. It says nothing of what carried it; that
// is decode.Message.
//
// startline.go knows a start line when it sees one, broken.go one that is broken. scan.go
// reads start line and header fields into a Message without allocating, with via.go and
// address.go for their values. datagram.go reads what a datagram holds, and framing.go
// cuts a stream into messages, for which findstart.go finds the next one after a loss.
//
// The scanner is tolerant: it keeps every byte, and notes in Message.Defects what is
// wrong. Package strict asks sipgo's parser for a second opinion.
package sip
