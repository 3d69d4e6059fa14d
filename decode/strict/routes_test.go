package strict

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	sipgo "github.com/emiago/sipgo/sip"

	"simplecap/capture"
	"simplecap/decode"
	"simplecap/internal/shared"
)

// routes wants both ways through sipgo to say the same of each message of a capture.
type routes struct {
	*testing.T
	parser          *Parser
	direct, refused int
}

func (r *routes) Message(m *decode.Message) {
	opinion := r.parser.Parse(m)
	switch msg, err := r.parser.message(m); {
	case errors.Is(err, ErrNotGiven):
		return
	case (err != nil) != (opinion.Err != nil):
		r.Errorf("frame %s: the opinion is %v, and sipgo's parser says %v", m.Frame, opinion.Err, err)
	case err != nil:
		r.refused++
	default:
		var whole reading
		whole.set(msg)
		if want := compare(m, &whole); opinion.Differs != want {
			r.Errorf("frame %s: reads another %q, sipgo's parser another %q", m.Frame, opinion.Differs, want)
		}
	}
	var direct reading
	if r.parser.direct.read(m, &direct) {
		r.direct++
	}
}

// Both ways say the same of every message of other people's captures and of ours.
func TestRoutes(t *testing.T) {
	r := &routes{T: t, parser: NewParser(decode.Limits{})}
	for _, dir := range []string{"pcaps", "cases", "transports", "texts", "corpus"} {
		filepath.WalkDir(shared.Path(t, dir), func(path string, _ os.DirEntry, err error) error {
			if strings.Contains(path, ".pcap") {
				r.file(path)
			}
			return err
		})
	}
	t.Logf("%d messages went the direct way, %d are refused", r.direct, r.refused)
	if r.direct < 1000 {
		t.Errorf("%d messages went the direct way", r.direct)
	}
}

// file reads a capture as far as it can be read.
func (r *routes) file(path string) {
	src, err := capture.Open([]string{path}, capture.Options{})
	if err != nil {
		return
	}
	defer src.Close()
	d := decode.NewDecoder(r, decode.Options{})
	capture.Each(r.Context(), src, func(f *capture.Frame) { d.Frame(f) })
	d.Flush()
}

// message is what sipgo's own parser reads of the message. The error is that of the
// opinion.
func (p *Parser) message(m *decode.Message) (sipgo.Message, error) {
	if err := p.check(m); err != nil {
		return nil, err
	}
	return p.parse(m)
}
