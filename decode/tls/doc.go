// Package tls reads TLS connections from outside, with the secrets that one of
// their ends has written down: TLS 1.0 to 1.3, from bytes in order to application
// data (RFC 2246, RFC 5246, RFC 8446). It does no I/O and knows nothing of SIP.
//
// An [Env] holds the secrets and bounds that connections share, a [KeyLog] reads
// secrets from key logs, a [Conn] reads one connection. Records that come before
// their secrets wait, within [Limits]. What cannot be read is said, with the reason,
// in [Conn.Status].
package tls
