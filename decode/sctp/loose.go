package sctp

import "slices"

// This file finds the other direction of an association whose handshake is not in the
// capture and whose ends have several addresses, so that the two directions need not have
// one in common: what one end acknowledges is what the other has sent.

const (
	maxLoose = 8  // directions between two ports that wait for their other one
	ackRoom  = 64 // how many TSNs an acknowledgement may be behind
)

// loosen lets a direction wait for its other one.
func (r *Reader[M]) loosen(d *direction[M]) {
	if d.back != nil {
		return
	}
	ports := [2]uint16{d.key.src, d.key.dst}
	list := r.loose[ports]
	if len(list) == maxLoose {
		list = slices.Delete(list, 0, 1)
	}
	r.loose[ports] = append(list, d)
}

// tighten lets it wait no more.
func (r *Reader[M]) tighten(d *direction[M]) {
	ports := [2]uint16{d.key.src, d.key.dst}
	list := r.loose[ports]
	i := slices.Index(list, d)
	switch {
	case i < 0:
	case len(list) == 1:
		delete(r.loose, ports)
	default:
		r.loose[ports] = slices.Delete(list, i, i+1)
	}
}

// joined returns the direction of a packet that acknowledges a TSN, together with the one
// that has just sent that; nil where none has.
func (r *Reader[M]) joined(key dirKey, tsn uint32, src, dst [16]byte) *direction[M] {
	for _, back := range r.loose[[2]uint16{key.dst, key.src}] {
		if !back.started || back.back != nil || back.highest-tsn >= ackRoom {
			continue
		}
		d := r.direction(key, src, dst)
		if d.back != nil || r.dirs[back.key] != back { // known meanwhile, or given up for it
			return nil
		}
		d.association, d.back, back.back = back.association, back, d
		d.linked, back.linked = true, true
		r.tighten(d)
		r.tighten(back)
		return d
	}
	return nil
}
