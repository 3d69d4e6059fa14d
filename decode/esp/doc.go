// Package esp opens the packets of IPsec's Encapsulating Security Payload (RFC
// 4303) from outside: those with null encryption (RFC 2410), which it finds by
// trying, and those whose keys the operator has. It does no I/O.
package esp
