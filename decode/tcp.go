package decode

// streams are the TCP connections that are being followed.
type streams struct{}

func (s *streams) init(d *Decoder) {}

// flush hands on what is held back in every stream.
func (s *streams) flush() {}

// tcp reads one TCP segment; p.src.IP and p.dst.IP are set.
func (d *Decoder) tcp(p *packet, segment []byte) {
	if len(segment) < 20 {
		return
	}
	p.src.Port = uint16(segment[0])<<8 | uint16(segment[1])
	p.dst.Port = uint16(segment[2])<<8 | uint16(segment[3])
	payload := segment[min(len(segment), int(segment[12]>>4)*4):]
	if matchStartLine(payload) == startYes {
		scanHead(payload, &d.message, &d.limits)
		d.message.Raw = payload
		d.message.Transport = TCP
		d.emit(p, &d.message)
	}
}
