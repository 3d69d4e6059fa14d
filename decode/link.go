package decode

import "simplecap/capture"

// link reads the link-layer header and hands the network layer on.
func (d *Decoder) link(p *packet, link capture.LinkType, data []byte) {}
