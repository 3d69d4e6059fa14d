package tls

import (
	"bytes"

	"golang.org/x/crypto/cryptobyte"
)

// Handshake message types (RFC 8446 4, RFC 5246 7.4, RFC 5077 3.3).
const (
	typeHelloRequest        = 0
	typeClientHello         = 1
	typeServerHello         = 2
	typeNewSessionTicket    = 4
	typeEndOfEarlyData      = 5
	typeEncryptedExtensions = 8
	typeServerHelloDone     = 14
	typeClientKeyExchange   = 16
	typeFinished            = 20
	typeKeyUpdate           = 24
)

// Extensions that matter.
const (
	extServerName        = 0
	extALPN              = 16
	extEncryptThenMAC    = 22
	extExtendedMaster    = 23
	extSessionTicket     = 35
	extEarlyData         = 42
	extSupportedVersions = 43
)

// helloRetry is the random of a HelloRetryRequest (RFC 8446 4.1.3).
var helloRetry = [32]byte{
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
	0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
}

// hello is what ClientHello and ServerHello say as far as it matters.
type hello struct {
	version uint16 // the one that counts: of supported_versions in a ServerHello
	random  [32]byte
	session [32]byte // session id, padded
	hasID   bool
	suite   uint16 // of a ServerHello
	method  uint8  // of compression, in a ServerHello (RFC 3749); 0 for none

	ticket     []byte // session ticket in a ClientHello; points into the message
	serverName []byte // likewise
	alpn       []byte // the protocol, or the first one offered
	ems        bool   // extended master secret
	etm        bool   // encrypt-then-MAC
	earlyData  bool
}

// parse reads the body of a ClientHello or ServerHello. Lengths that do not fit
// make it false; what stands after the extensions is passed over.
func (h *hello) parse(body []byte, client bool) bool {
	s := cryptobyte.String(body)
	var id cryptobyte.String
	if !s.ReadUint16(&h.version) || !s.CopyBytes(h.random[:]) || !s.ReadUint8LengthPrefixed(&id) || len(id) > 32 {
		return false
	}
	h.session, h.hasID = sessionID(id), len(id) > 0
	if client {
		var list cryptobyte.String
		if !s.ReadUint16LengthPrefixed(&list) || !s.ReadUint8LengthPrefixed(&list) {
			return false
		}
	} else if !s.ReadUint16(&h.suite) || !s.ReadUint8(&h.method) {
		return false
	}
	var extensions cryptobyte.String
	if s.Empty() {
		return true
	}
	return s.ReadUint16LengthPrefixed(&extensions) && h.extensions(extensions, client)
}

func (h *hello) extensions(s cryptobyte.String, client bool) bool {
	for !s.Empty() {
		var kind uint16
		var data cryptobyte.String
		if !s.ReadUint16(&kind) || !s.ReadUint16LengthPrefixed(&data) {
			return false
		}
		switch kind {
		case extServerName:
			h.readServerName(data)
		case extALPN:
			h.readALPN(data)
		case extEncryptThenMAC:
			h.etm = true
		case extExtendedMaster:
			h.ems = true
		case extSessionTicket:
			h.ticket = data
		case extEarlyData:
			h.earlyData = true
		case extSupportedVersions:
			if !client && len(data) == 2 {
				data.ReadUint16(&h.version)
			}
		}
	}
	return true
}

// readServerName reads the first host name (RFC 6066 3).
func (h *hello) readServerName(s cryptobyte.String) {
	var list, name cryptobyte.String
	var kind uint8
	if s.ReadUint16LengthPrefixed(&list) && list.ReadUint8(&kind) && kind == 0 && list.ReadUint16LengthPrefixed(&name) {
		h.serverName = name
	}
}

// readALPN reads the first protocol (RFC 7301 3.1).
func (h *hello) readALPN(s cryptobyte.String) {
	var list, name cryptobyte.String
	if s.ReadUint16LengthPrefixed(&list) && list.ReadUint8LengthPrefixed(&name) {
		h.alpn = name
	}
}

// isRetry reports whether a ServerHello is a HelloRetryRequest.
func (h *hello) isRetry() bool { return h.random == helloRetry }

// encryptedPremaster finds the encrypted premaster secret in a ClientKeyExchange of
// RSA; SSL 3.0 and some of its heirs leave the length away (RFC 5246 7.4.7.1).
func encryptedPremaster(body []byte) []byte {
	s := cryptobyte.String(body)
	var secret cryptobyte.String
	if s.ReadUint16LengthPrefixed(&secret) && s.Empty() {
		return secret
	}
	return body
}

// newTicket finds the ticket in a NewSessionTicket of TLS 1.2 (RFC 5077 3.3).
func newTicket(body []byte) []byte {
	s := cryptobyte.String(body)
	var lifetime uint32
	var ticket cryptobyte.String
	if s.ReadUint32(&lifetime) && s.ReadUint16LengthPrefixed(&ticket) {
		return ticket
	}
	return nil
}

// refusesEarlyData reports whether EncryptedExtensions refuse early data (RFC 8446
// 4.2.10): the extension is not there.
func refusesEarlyData(body []byte) bool {
	s := cryptobyte.String(body)
	var extensions cryptobyte.String
	if !s.ReadUint16LengthPrefixed(&extensions) {
		return false
	}
	var h hello
	return h.extensions(extensions, false) && !h.earlyData
}

// clone keeps bytes that point into a message, at most limit of them.
func clone(b []byte, limit int) []byte { return bytes.Clone(b[:min(len(b), limit)]) }
