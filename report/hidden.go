package report

import (
	"fmt"
	"slices"
	"strings"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
)

// likelyHidden lists what would be SIP and cannot be read. Where there is no SIP at
// all, what may be SIP is all there is to say: of web servers only where there is nothing else.
func likelyHidden(r *result.Report) []decode.Hidden {
	all := r.Decode.Hidden
	if r.SIP.Messages == 0 && !slices.ContainsFunc(all, func(h decode.Hidden) bool { return !h.Web }) {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(h decode.Hidden) bool {
		return !h.Likely && (h.Web || r.SIP.Messages > 0)
	})
}

// hidden appends what could not be read, where there is something.
func (o *object) hidden(r *result.Report) {
	if list := likelyHidden(r); len(list) > 0 {
		objects(o, "hidden", list, o.hiddenOne)
	}
}

func (o *object) hiddenOne(h *decode.Hidden) {
	o.string("kind", h.Kind)
	o.string("peer", plain(hiddenPeer(h)))
	o.uint("connections", h.Connections)
	o.uint("bytes", h.Bytes)
	o.string("reason", h.Reason)
	o.string("hint", h.Hint)
	if h.Frame != 0 {
		o.frames("frames", []capture.Ref{h.Frame})
	}
}

// hiddenPeer is the address of a peer; that of IPsec has no port.
func hiddenPeer(h *decode.Hidden) string {
	if h.Peer.Port == 0 {
		return h.Peer.Host()
	}
	return h.Peer.String()
}

// hiddenShown is how many peers the line about what is hidden names.
const hiddenShown = 3

// hiddenLine says in one line what could not be read, "" for nothing: "could not be
// read: 3 TLS connections to 10.0.0.2:5061, no keys for these sessions (--keylog)".
func hiddenLine(r *result.Report) string {
	list := likelyHidden(r)
	if len(list) == 0 {
		return ""
	}
	var parts []string
	for i := range list {
		h := &list[i]
		if i == hiddenShown {
			parts = append(parts, fmt.Sprintf("%d more", len(list)-i))
			break
		}
		part := hiddenKinds(h) + " to " + hiddenPeer(h) + ", " + h.Reason
		if h.Frame != 0 {
			part += " in frame " + h.Frame.String()
		}
		if h.Hint != "" {
			part += " (" + h.Hint + ")"
		}
		parts = append(parts, part)
	}
	return "could not be read: " + strings.Join(parts, "; ")
}

func hiddenKinds(h *decode.Hidden) string {
	if h.Kind == "esp" {
		return count(h.Connections, "security association") + " of ESP"
	}
	return count(h.Connections, "TLS connection")
}

// unreadLine names the packets that may hold SIP and are not read, "" for none: "not read,
// and may hold SIP: 2 packets of MACsec, 1 packet of link type LINKTYPE_107".
func unreadLine(r *result.Report) string {
	if r.Quality.Unread == 0 {
		return ""
	}
	var what []string
	for _, u := range r.Decode.Unread {
		if u.Packets > 0 {
			what = append(what, count(u.Packets, "packet")+" of "+u.What)
		}
	}
	for _, l := range r.Decode.UnknownLinks {
		if l.Frames > 0 {
			what = append(what, count(l.Frames, "packet")+" of link type "+l.Link.String())
		}
	}
	if len(what) == 0 { // a collector has the number alone
		what = append(what, count(r.Quality.Unread, "packet"))
	}
	return "not read, and may hold SIP: " + strings.Join(what, ", ")
}
