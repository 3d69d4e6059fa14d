package strict

import (
	"github.com/emiago/sipgo/sip"

	"simplecap/decode"
)

// reading is what sipgo reads of a message, as far as it is compared.
type reading struct {
	kind     decode.Kind
	method   string
	status   int
	uri      sip.Uri
	vias     int
	via      *sip.ViaHeader // the top one, nil if there is none
	callID   string
	cseq     sip.CSeqHeader
	from, to party
	body     int // bytes
}

// party is From or To.
type party struct {
	uri    sip.Uri
	params sip.HeaderParams
}

func (p *party) tag() string {
	tag, _ := p.params.Get("tag")
	return tag
}

// reset empties the reading of a message with so many bytes after its head. What held
// parameters is used again.
func (r *reading) reset(body int) {
	*r = reading{from: party{params: r.from.params[:0]}, to: party{params: r.to.params[:0]}, body: body}
}

// take adds a header field. sipgo goes by the first Via and by the last of the others.
func (r *reading) take(header sip.Header) {
	switch h := header.(type) {
	case *sip.ViaHeader:
		r.vias++
		if r.via == nil {
			r.via = h
		}
	case *sip.CallIDHeader:
		r.callID = string(*h)
	case *sip.CSeqHeader:
		r.cseq = *h
	case *sip.ContentLengthHeader:
		r.body = int(*h)
	case *sip.FromHeader:
		r.from = party{h.Address, h.Params}
	case *sip.ToHeader:
		r.to = party{h.Address, h.Params}
	}
}

// set takes the reading from a message that sipgo has read whole.
func (r *reading) set(msg sip.Message) {
	r.reset(0)
	switch msg := msg.(type) {
	case *sip.Request:
		r.kind, r.method, r.uri = decode.Request, string(msg.Method), msg.Recipient
		r.takeAll(msg.Headers())
	case *sip.Response:
		r.kind, r.status = decode.Response, msg.StatusCode
		r.takeAll(msg.Headers())
	}
	r.body = len(msg.Body())
}

func (r *reading) takeAll(headers []sip.Header) {
	for _, header := range headers {
		r.take(header)
	}
}
