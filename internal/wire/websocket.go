package wire

import "encoding/binary"

// handshake is the header block of HTTP that the words stand for, nil for none (RFC 6455 4).
func handshake(words []string) (block []byte) {
	switch words[0] {
	case "upgrade":
		block = []byte("GET / HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
	case "switch":
		block = []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
	default:
		return nil
	}
	if len(words) > 1 {
		block = append(block, "Sec-WebSocket-Protocol: "+words[1]+"\r\n"...)
	}
	return append(block, "\r\n"...)
}

// frame puts a payload into one frame (RFC 6455 5.2), which is masked, by a key of
// zeros, where it goes to a server: to port 5060.
func frame(c *carriage, p *Packet) []byte {
	mask := byte(0)
	if p.Dst.Port() == 5060 && !c.unmasked {
		mask = 0x80
	}
	b := binary.BigEndian.AppendUint16([]byte{0x80 | c.webSocket, mask | 126}, uint16(len(p.Payload)+c.announce))
	if mask != 0 {
		b = append(b, 0, 0, 0, 0)
	}
	return append(b, p.Payload...)
}
