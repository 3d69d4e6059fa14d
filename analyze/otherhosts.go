package analyze

import (
	"net/netip"
	"strings"

	"simplecap/analyze/result"
)

// otherHosts says which hosts an unanswered request names in Via and From, where
// that is an address and not the one that it was sent from: an answer may have
// gone there, and a server may not know such a sender. It is empty where they agree.
func (cl *closer) otherHosts(t *result.Transaction) string {
	host, _ := splitSentBy([]byte(t.SentBy))
	via, ok := netip.ParseAddr(host)
	src, dst := addr(t.Src), addr(t.Dst)
	if ok != nil || via.Unmap() == src.Unmap() {
		return ""
	}
	if via.Unmap() == dst.Unmap() {
		return "; its Via names the receiver itself, and it was sent from " + t.Src.Host()
	}
	names := "its Via names "
	if hostOfURI(t.From) == host {
		names = "its Via and From name "
	}
	return "; " + names + printable(cl.options.Redact.Host(host)) + ", and it was sent from " + t.Src.Host()
}

// hostOfURI is the host of a SIP URI, without port and parameters.
func hostOfURI(uri string) string {
	if _, rest, ok := strings.Cut(uri, "@"); ok {
		uri = rest
	} else if _, rest, ok := strings.Cut(uri, ":"); ok {
		uri = rest
	}
	if i := strings.IndexAny(uri, ";?>"); i >= 0 {
		uri = uri[:i]
	}
	host, _ := splitSentBy([]byte(uri))
	return host
}
