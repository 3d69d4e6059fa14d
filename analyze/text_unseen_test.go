package analyze

import (
	"context"
	"testing"

	"simplecap/analyze/result"
	"simplecap/internal/wire"
)

// textEndings keeps how texts ended.
type textEndings struct {
	discard
	ends []result.TextEnd
}

func (e *textEndings) Text(t *result.Text) { e.ends = append(e.ends, t.End) }

func (*textEndings) OrphanReceipt(*result.Receipt) {}

// Where the capture has nothing of the way back, a report may have come as well as an
// answer.
func TestSMSInOneDirection(t *testing.T) {
	const sent = `
0.00 alice > bob MESSAGE
  Content-Type: application/vnd.3gpp.sms
  = \x00\x09\x00\x07\x91\x44\x77\x00\x09\x00\x00\x21\x01\x01\x0c\x91\x44\x77\x00\x09\x40\x65\x00\x00\x16\xc8\x32\x9b\xfd\x06\xd1\xd1\x65\x79\x99\x05\x6a\xe7\x41\x66\x79\xba\xec\x26\x03
`
	for name, test := range map[string]struct {
		rest string
		want result.TextEnd
	}{
		"nothing of the way back": {"90 end\n", result.EndUnknown},
		"accepted, and no report": {"0.02 bob > alice 202 Accepted\n90 end\n", result.NoReport},
		"others are answered":     {"1 alice > bob MESSAGE #2\n1.1 bob > alice 200 OK #2\n90 end\n", result.NoReport},
		"the way back of others":  {"0.02 bob > carol 200 OK #3\n90 end\n", result.EndUnknown},
	} {
		frames, err := wire.Parse(sent + test.rest)
		if err != nil {
			t.Fatal(name, err)
		}
		var e textEndings
		if _, err := Run(context.Background(), &wire.Memory{Frames: frames}, Options{}, &e); err != nil {
			t.Fatal(name, err)
		}
		if len(e.ends) == 0 || e.ends[0] != test.want {
			t.Errorf("%s: ends %v, want first %v", name, e.ends, test.want)
		}
	}
}
