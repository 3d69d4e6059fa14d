package decode

import (
	"simplecap/decode/stream"
	"simplecap/decode/websocket"
)

// This file has what the probe table knows of WebSocket (RFC 7118): it begins as HTTP, on
// any port.

// openHTTP reads a connection that may become a WebSocket.
func openHTTP(s *session) stream.Conn { return s.webSocket(false) }

// openWebSocket reads a WebSocket that the capture joins in the middle.
func openWebSocket(s *session) stream.Conn { return s.webSocket(true) }

// webSocket returns what reads a WebSocket on this session.
func (s *session) webSocket(joined bool) *websocket.Conn {
	return websocket.New(websocket.Options{
		Sink: s.units(s.transport.WebSocket()),
		Turns: func(webSocket bool) {
			class := ClassHTTP
			if webSocket {
				class = ClassWebSocket
			}
			s.flow.Label = uint8(class)
		},
		Shared: &s.d.sockets,
		Limits: websocket.Limits{MessageBytes: s.d.limits.MessageBytes},
		Joined: joined,
		Lost:   func(n int) { s.d.stats.WebSocketLost += uint64(n) },
	})
}
