package packet_test

import (
	"encoding/hex"
	"fmt"

	"simplecap/capture"
	"simplecap/decode/packet"
	"simplecap/decode/stream"
)

// Walk through a frame down to the datagram in its tunnel.
func Example() {
	data, _ := hex.DecodeString("45000034000000004004000" + "0c0000201c0000202" + // IPv4, with IPv4 inside
		"45000020000900004011" + "0000" + "0a0000010a000002" + // IPv4, with UDP inside
		"13c413c6000c0000" + "70696e67") // UDP

	w := packet.Walk{Limits: packet.Limits{TunnelDepth: 8, ExtHeaders: 16}}
	w.Frame(capture.LinkRaw, data, &stream.Mark{Frame: capture.MakeRef(1, 1)}, false)
	for w.Kind == packet.UDP && w.Inside() { // tunnels over UDP, of which this is none
	}
	fmt.Println(w.Kind == packet.UDP, w.Src, w.Dst, string(w.Payload))
	fmt.Println("in a tunnel:", w.At.Carriage == stream.Tunneled, "identification:", w.At.IPID)
	// Output:
	// true 10.0.0.1:5060 10.0.0.2:5062 ping
	// in a tunnel: true identification: 9
}
