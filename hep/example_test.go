package hep_test

import (
	"fmt"
	"log"
	"net/netip"

	"simplecap/hep"
)

// Writes a HEP packet of version 3 and reads it again.
func Example() {
	sent := hep.Packet{
		Version: 3, Type: hep.TypeSIP, Protocol: hep.ProtocolUDP, AgentID: 101, Time: 1767225600e9, HasTime: true,
		Src: netip.MustParseAddrPort("192.0.2.1:5060"), Dst: netip.MustParseAddrPort("192.0.2.2:5060"),
		Payload: []byte("MESSAGE sip:bob@example.com SIP/2.0\r\n\r\n"),
	}
	datagram, err := sent.Append(nil)
	if err != nil {
		log.Fatal(err)
	}
	var got hep.Packet // points into datagram
	if err := hep.Parse(datagram, &got); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("agent %d saw %s send %q\n", got.AgentID, got.Src, got.Payload[:7])
	// Output: agent 101 saw 192.0.2.1:5060 send "MESSAGE"
}
