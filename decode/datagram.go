package decode

// datagram looks for SIP in the payload of a UDP datagram; p.src and p.dst are set.
func (d *Decoder) datagram(p *packet, payload []byte) {
	if matchStartLine(payload) != startYes {
		return
	}
	scanHead(payload, &d.message, &d.limits)
	d.message.Raw = payload
	d.message.Transport = UDP
	d.emit(p, &d.message)
}

// emit fills in what carried the message and hands it on.
func (d *Decoder) emit(p *packet, m *Message) {
	m.Src, m.Dst = p.src, p.dst
	m.Time, m.HasTime, m.Frame, m.IPID = p.time, p.hasTime, p.ref, p.ipID
	if m.First == 0 {
		m.First = p.ref
	}
	m.Carriage |= p.carriage
	if p.cut {
		m.Carriage |= Cut
	}
	d.stats.Messages++
	d.handler.Message(m)
}
