// Package msrp reads MSRP (RFC 4975, RFC 4976), the protocol of session mode:
// requests, responses, chunks and reports, from one direction of a connection.
//
// Bytes go in and values come out; the package does no input or output and imports
// nothing of the project. A Parser holds what is not complete yet, up to a bound.
package msrp
