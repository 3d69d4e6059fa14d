package redact

import (
	"bytes"
	"testing"

	"simplecap/decode"
	"simplecap/internal/wire"
)

// collected is a Handler that keeps copies of messages.
type collected struct{ messages []*decode.Message }

func (c *collected) Message(m *decode.Message) { c.messages = append(c.messages, m.Clone()) }

// A Locator finds the payload of every frame, and what a Decoder makes of it.
func TestLocate(t *testing.T) {
	frames, err := wire.Parse(`
0.0  alice > bob  MESSAGE
0.1  bob > alice  icmp
0.2  alice > bob  tunnel MESSAGE #2
1.0  alice > bob  fragments 200 MESSAGE #3
2.0  alice > bob  tcp segments 100 MESSAGE #4
3.0  alice > bob  tcp MESSAGE #5
`)
	if err != nil {
		t.Fatal(err)
	}
	var all collected
	d, l := decode.NewDecoder(&all, decode.Options{}), NewLocator(decode.Options{})
	kinds, stream := map[PlaceKind]int{}, map[uint32]byte{}
	for i := range frames {
		f := &frames[i]
		d.Frame(f)
		p := l.Locate(f)
		kinds[p.Kind]++
		payload := f.Data[p.From:p.To]
		if p.Kind == DatagramPlace && (p.Message == nil || !bytes.Equal(p.Message.Raw, payload)) {
			t.Errorf("frame %d: the payload is %q", f.Number, payload)
		}
		if p.Kind == QuotePlace && !bytes.HasPrefix(payload, []byte("MESSAGE sip:")) {
			t.Errorf("frame %d: the quote is %q", f.Number, payload)
		}
		if p.Kind == SegmentPlace {
			for i, c := range payload {
				stream[p.Seq+uint32(i)] = c
			}
		}
		for _, c := range p.Checks {
			if c.At < c.From || c.To < p.To || c.From > p.From {
				t.Errorf("frame %d: the checksum %+v does not cover %d to %d", f.Number, c, p.From, p.To)
			}
		}
	}
	d.Flush()
	for _, kind := range []PlaceKind{DatagramPlace, SegmentPlace, FragmentPlace, QuotePlace} {
		if kinds[kind] == 0 {
			t.Errorf("no place of kind %d", kind)
		}
	}
	if kinds[NoPlace] > 0 || len(all.messages) != 5 {
		t.Errorf("%d frames without a place, %d messages", kinds[NoPlace], len(all.messages))
	}
	for _, m := range all.messages {
		for i, c := range m.Raw {
			if m.Transport == decode.TCP && stream[m.Seq+uint32(i)] != c {
				t.Errorf("the message with Call-ID %s is not at %d in its stream", m.Text(m.CallID), m.Seq)
				break
			}
		}
	}
}
