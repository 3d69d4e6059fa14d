package websocket_test

import (
	"fmt"

	"simplecap/decode/stream"
	"simplecap/decode/websocket"
)

// printer prints messages.
type printer struct{}

func (printer) Unit(side stream.Side, b []byte, _ *stream.Mark) { fmt.Printf("side %d: %q\n", side, b) }

// Read a connection from its handshake on.
func Example() {
	c := websocket.New(websocket.Options{Sink: printer{}, Shared: new(websocket.Shared)})
	defer c.Close()
	var at stream.Mark
	c.Feed(0, []byte("GET /sip HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"), &at)
	c.Feed(1, []byte("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"), &at)
	c.Feed(0, []byte("\x01\x82\x01\x02\x03\x04\x49\x67"), &at)     // masked, the first fragment
	c.Feed(0, []byte("\x80\x83\x01\x02\x03\x04\x6d\x6e\x6c"), &at) // and the last one
	c.Feed(1, []byte("\x81\x02ok"), &at)
	// Output:
	// side 0: "Hello"
	// side 1: "ok"
}
