package analyze

import (
	"testing"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
)

// What one end lacks does not make up for what the other one does.
func TestConnectionLacksOfBothEnds(t *testing.T) {
	client, server := decode.Endpoint{Port: 40000}, decode.Endpoint{Port: 5060}
	for name, test := range map[string]struct {
		events []decode.ConnEvent
		want   bool
	}{
		"a gap of the server":                  {[]decode.ConnEvent{{Kind: decode.ConnGap, Src: server, Time: 9}}, true},
		"an earlier one":                       {[]decode.ConnEvent{{Kind: decode.ConnGap, Src: server, Time: 1}}, false},
		"then one of the client":               {[]decode.ConnEvent{{Kind: decode.ConnGap, Src: server, Time: 9}, {Kind: decode.ConnGap, Src: client, Time: 9}}, true},
		"of the client alone":                  {[]decode.ConnEvent{{Kind: decode.ConnGap, Src: client, Time: 9}, {Kind: decode.ConnLacking, Src: client}}, false},
		"the server's lack":                    {[]decode.ConnEvent{{Kind: decode.ConnLacking, Src: server}}, true},
		"the server's, caught":                 {[]decode.ConnEvent{{Kind: decode.ConnLacking, Src: server}, {Kind: decode.ConnCaught, Src: server}}, false},
		"the server's, the client's caught":    {[]decode.ConnEvent{{Kind: decode.ConnLacking, Src: server}, {Kind: decode.ConnLacking, Src: client}, {Kind: decode.ConnCaught, Src: client}}, true},
		"the server's, then one of the client": {[]decode.ConnEvent{{Kind: decode.ConnLacking, Src: server}, {Kind: decode.ConnLacking, Src: client}}, true},
	} {
		hs := hosts{conns: newRecent[uint64, connState](8)}
		for _, e := range test.events {
			e.Conn = 1
			hs.connection(&e)
		}
		state, _ := hs.conns.get(1)
		if got := state.misses(server, 5); got != test.want {
			t.Errorf("%s: misses the answer: %t, want %t", name, got, test.want)
		}
	}
}

// An SCTP association is aborted, and no TCP connection.
func TestClosedCause(t *testing.T) {
	client, server := decode.Endpoint{Port: 40000}, decode.Endpoint{Port: 5060}
	for _, test := range []struct {
		transport decode.Transport
		by        decode.Endpoint
		kind      decode.ConnKind
		want      string
	}{
		{decode.TCP, client, decode.ConnClose, "the sender closed its own TCP connection in frame 7"},
		{decode.TLS, server, decode.ConnReset, "TCP connection reset by " + server.String() + " in frame 7"},
		{decode.SCTP, client, decode.ConnReset, "the sender aborted its own SCTP association in frame 7"},
		{decode.SCTP, server, decode.ConnReset, "SCTP association aborted by " + server.String() + " in frame 7"},
	} {
		conn := connState{ended: test.kind, by: test.by, frame: capture.MakeRef(1, 7)}
		if got := closedCause(&conn, &result.Transaction{Transport: test.transport, Src: client, Dst: server}); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}
