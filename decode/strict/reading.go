package strict

import (
	sipgo "github.com/emiago/sipgo/sip"

	"simplecap/decode/sip"
)

// reading is what sipgo reads of a message, as far as it is compared.
type reading struct {
	kind     sip.Kind
	method   string
	status   int
	uri      sipgo.Uri
	vias     int
	via      via // the top one
	callID   string
	cseq     sipgo.CSeqHeader
	from, to party
	body     int // bytes
}

// via is what is compared of a Via, nothing if there is none.
type via struct {
	host   string
	port   int
	params sipgo.HeaderParams
}

// party is From or To.
type party struct {
	uri    sipgo.Uri
	params sipgo.HeaderParams
}

func (p *party) tag() string {
	tag, _ := p.params.Get("tag")
	return tag
}

// reset empties the reading of a message with so many bytes after its head. What held
// parameters is used again.
func (r *reading) reset(body int) {
	params, from, to := r.via.params[:0], r.from.params[:0], r.to.params[:0]
	*r = reading{}
	r.via.params, r.from.params, r.to.params, r.body = params, from, to, body
}

// take adds a header field. sipgo goes by the first Via and by the last of the others.
func (r *reading) take(header sipgo.Header) {
	switch h := header.(type) {
	case *sipgo.ViaHeader:
		if r.vias++; r.vias == 1 {
			r.via = via{h.Host, h.Port, h.Params}
		}
	case *sipgo.CallIDHeader:
		r.callID = string(*h)
	case *sipgo.CSeqHeader:
		r.cseq = *h
	case *sipgo.ContentLengthHeader:
		r.body = int(*h)
	case *sipgo.FromHeader:
		r.from = party{h.Address, h.Params}
	case *sipgo.ToHeader:
		r.to = party{h.Address, h.Params}
	}
}

// set takes the reading from a message that sipgo has read whole.
func (r *reading) set(msg sipgo.Message) {
	r.reset(0)
	switch msg := msg.(type) {
	case *sipgo.Request:
		r.kind, r.method, r.uri = sip.Request, string(msg.Method), msg.Recipient
		r.takeAll(msg.Headers())
	case *sipgo.Response:
		r.kind, r.status = sip.Response, msg.StatusCode
		r.takeAll(msg.Headers())
	}
	r.body = len(msg.Body())
}

func (r *reading) takeAll(headers []sipgo.Header) {
	for _, header := range headers {
		r.take(header)
	}
}
