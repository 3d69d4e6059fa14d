package main

import (
	"context"
	"fmt"
	"hash/maphash"
	"net"
	"time"

	"simplecap/analyze"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/hep"
	"simplecap/internal/dial"
)

// forwarder sends the messages of MESSAGE exchanges to a HEP collector. A nil one
// sends nothing.
type forwarder struct {
	sender  *hep.Sender
	flags   *hepFlags
	reports int // the input that HEP was sent to here, 0 for none
	say     func(line string)
	packet  hep.Packet
	copies  copyFilter
}

// forwarder connects to the collector, without --hep-send to none.
func (c *liveCommand) forwarder(source capture.Source) (*forwarder, error) {
	if c.hep.send == "" {
		return nil, nil
	}
	f := &forwarder{flags: &c.hep, say: func(line string) { say(c.err, line) }}
	if len(c.hep.listen) > 0 {
		f.reports = len(source.Inputs())
	}
	network, address, err := hep.ParseAddress(c.hep.send)
	if err != nil {
		return nil, usage(err, "")
	}
	host, _, _ := net.SplitHostPort(address)
	names, _ := dial.LookUp(context.Background(), host) // NewSender says what is wrong with it
	if f.sender, err = hep.NewSender(hep.SenderOptions{Network: network, Address: address, Dial: names.Dial, Notify: f.say}); err != nil {
		return nil, usage(err, "")
	}
	return f, nil
}

// connects are the ports to which connections are made, now and later.
func (f *hepFlags) connects() []uint16 {
	network, address, err := hep.ParseAddress(f.send)
	if err != nil || network != hep.TCP {
		return nil
	}
	_, service, _ := net.SplitHostPort(address)
	port, err := net.LookupPort(network, service)
	if err != nil {
		return nil
	}
	return []uint16{uint16(port)}
}

// Frame implements analyze.Tap.
func (f *forwarder) Frame(*capture.Frame, bool) {}

// Message implements analyze.Tap.
func (f *forwarder) Message(m *decode.Message) {
	if analyze.OfMessage(m) {
		f.message(m)
	}
}

// message sends a message with the times and addresses that it was seen with. HEP that
// passes an interface is on its way to a collector already, and may be what is sent
// here: it is not sent again. HEP that was sent here is passed on.
func (f *forwarder) message(m *decode.Message) {
	if m.Agent != 0 && m.Frame.File() != f.reports || f.copies.has(m) {
		return
	}
	f.packet = hep.Packet{
		Src: m.Src.AddrPort(), Dst: m.Dst.AddrPort(), Protocol: hep.ProtocolUDP, Time: m.Time, HasTime: m.HasTime,
		Type: hep.TypeSIP, AgentID: f.flags.id, Node: []byte(f.flags.node), Key: f.flags.secret,
		Correlation: m.Bytes(m.CallID), Payload: m.Raw,
	}
	switch {
	case m.Transport == decode.SCTP:
		f.packet.Protocol = hep.ProtocolSCTP
	case m.Transport.Reliable():
		f.packet.Protocol = hep.ProtocolTCP
	}
	f.sender.Send(&f.packet)
}

// close sends what is queued and says what could not be sent.
func (f *forwarder) close() {
	if f == nil {
		return
	}
	f.sender.Close()
	if sent, lost := f.sender.Counts(); lost > 0 {
		f.say(fmt.Sprintf("%d messages were not sent to %s, %d were: the collector is away or too slow, or they are longer than HEP can say",
			lost, f.flags.send, sent))
	}
}

// copyFilter knows again what was seen a moment ago: copies of a packet that several
// interfaces or agents saw. A sender repeats a message later than that.
type copyFilter struct {
	seed          maphash.Seed
	recent, older map[uint64]int64 // when it was seen, ns
}

const (
	copyTime    = int64(50 * time.Millisecond)
	maxCopyKeys = 4096
)

func (c *copyFilter) has(m *decode.Message) bool {
	if c.recent == nil {
		c.seed, c.recent = maphash.MakeSeed(), make(map[uint64]int64)
	}
	var h maphash.Hash
	h.SetSeed(c.seed)
	maphash.WriteComparable(&h, m.Src)
	maphash.WriteComparable(&h, m.Dst)
	h.Write(m.Raw)
	key, now := h.Sum64(), m.Seen()
	before, known := c.recent[key]
	if !known {
		before, known = c.older[key]
	}
	if len(c.recent) >= maxCopyKeys {
		c.recent, c.older = make(map[uint64]int64), c.recent
	}
	c.recent[key] = now
	return known && now-before <= copyTime && before-now <= copyTime
}
