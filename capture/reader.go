package capture

import (
	"errors"
	"fmt"
	"io"
	"slices"
)

// parser takes frames out of the bytes of a file. It does no reading of its own,
// so it cannot block, and keeps no bytes.
type parser interface {
	// parse fills frames from b, which begins at byte at of the file and where
	// the last call stopped. An error ends the file; the result counts even so.
	parse(b []byte, at int64, frames []Frame) (parsed, error)

	// partial says what the file breaks off in if nothing follows rest, or ""
	// where it ends as it should.
	partial(rest []byte) string
}

// parsed is what one call of a parser has done.
type parsed struct {
	frames int // filled
	used   int // bytes done with
	want   int // bytes that must be at hand to go on, counted after used
}

// partialPacket is what parser.partial says of a packet, which reader numbers.
const partialPacket = "packet"

// facts is what a parser learns beside the frames.
type facts struct {
	links   []LinkType
	drops   uint64  // by the capturing kernel
	fault   error   // the first damage that did not end the file
	secrets Secrets // takes those that the file holds; may be nil
}

// addLink notes a link type. A list of more than a hundred serves nobody, and
// would take a hostile file's interfaces ever longer to search.
func (f *facts) addLink(link LinkType) {
	if len(f.links) < 100 && !slices.Contains(f.links, link) {
		f.links = append(f.links, link)
	}
}

// reader reads the frames of one input, decompressing where need be.
type reader struct {
	win         window
	parser      parser
	facts       facts
	limits      Limits
	format      string // "pcap" or "pcapng", "" before start or where it is neither
	compression string
	memory      dictionaryShare
	release     func() // closes the decompressor
	packets     uint64 // delivered so far
	err         error  // why no more frames come
}

// newReader returns a reader of r that uses buf as its buffer, and takes the
// memory of a decompressor from memory. It reads nothing yet.
func newReader(r io.Reader, buf []byte, memory *dictionaries, limits Limits) *reader {
	return &reader{win: window{r: r, buf: buf}, limits: limits, memory: dictionaryShare{of: memory}, release: func() {}}
}

// read fills frames with what comes next. It returns frames or an error, never
// both: io.EOF at a proper end, else what is wrong with the input.
func (r *reader) read(frames []Frame) (int, error) {
	for r.err == nil {
		if r.parser == nil {
			r.err = r.start()
			continue
		}
		p, err := r.parser.parse(r.win.bytes(), r.win.offset(), frames)
		r.win.advance(p.used)
		r.packets += uint64(p.frames)
		r.err = r.join(err)
		if p.frames > 0 {
			return p.frames, nil
		}
		if err == nil && p.want > 0 {
			err := r.win.fill(p.want)
			if err == errHandOver {
				return 0, nil
			}
			if err != nil {
				r.err = r.join(r.ended(err))
			}
		}
	}
	return 0, r.err
}

// start finds out what the input is and prepares to read it.
func (r *reader) start() error {
	if err := r.peek(); err != nil {
		return err
	}
	if r.compression = detectCompression(r.win.bytes()); r.compression != "" {
		if err := r.decompress(); err != nil {
			return err
		}
	}
	if r.parser, r.format = newParser(r.win.bytes(), &r.facts, r.limits); r.parser == nil {
		return r.notCapture()
	}
	return nil
}

// notCapture says what the input is instead.
func (r *reader) notCapture() error {
	if err := r.win.fill(describeBytes); err != nil && err != io.EOF {
		return r.ended(err)
	}
	return &notCaptureError{what: describe(r.win.bytes()), compression: r.compression}
}

// peek gets the bytes at hand by which formats are told.
func (r *reader) peek() error {
	err := r.win.fill(magicBytes)
	if err == io.EOF {
		return nil // what there is tells what it is
	}
	if err != nil {
		return r.ended(err)
	}
	return nil
}

// decompress puts a decompressor between the input and the window.
func (r *reader) decompress() error {
	inner, release, err := newDecompressor(r.compression, r.win.remaining(), &r.memory)
	r.release = release
	r.win.restart(inner)
	if err != nil {
		return r.ended(err)
	}
	return r.peek()
}

func newParser(head []byte, f *facts, limits Limits) (parser, string) {
	if _, ok := isPcap(head); ok {
		return &pcapParser{facts: f, limit: limits.PacketBytes}, "pcap"
	}
	if isPcapng(head) {
		return &pcapngParser{facts: f, limits: limits}, "pcapng"
	}
	return nil, ""
}

// join puts the damage that was passed over before the error that ends the file.
func (r *reader) join(err error) error {
	switch {
	case err == nil || r.facts.fault == nil:
		return err
	case err == io.EOF:
		return r.facts.fault
	}
	return fmt.Errorf("%w; then %w", r.facts.fault, err)
}

// ended says what it means that the window has no more bytes because of err.
func (r *reader) ended(err error) error {
	where, whole := r.where()
	switch {
	case err == io.EOF && whole:
		return io.EOF
	case err == io.EOF:
		return fmt.Errorf("cut short %s", where)
	case errors.Is(err, errNoRoom):
		return err
	case r.compression != "" && errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("cut short %s: the %s data ends too early", where, r.compression)
	case r.compression != "":
		return fmt.Errorf("damaged %s data %s: %w", r.compression, where, err)
	}
	return fmt.Errorf("reading failed %s: %w", where, withoutPath(err))
}

// where names the place up to which the input could be read, and reports whether
// a capture may end there.
func (r *reader) where() (place string, whole bool) {
	partial := "the file header"
	if r.parser != nil {
		partial = r.parser.partial(r.win.bytes())
	}
	switch {
	case partial == partialPacket:
		place = fmt.Sprintf("in the middle of packet %d", r.packets+1)
	case partial != "":
		place = "in the middle of " + partial
	default:
		place = fmt.Sprintf("after packet %d", r.packets)
	}
	place += fmt.Sprintf(" at byte %d", r.win.total)
	if r.compression != "" {
		place += " of the decompressed data"
	}
	return place, partial == ""
}

// close gives back what the reader holds, and returns its buffer for reuse.
func (r *reader) close() []byte {
	buf := r.win.buf
	r.release()
	r.release, r.win.r = func() {}, nil // so that the decompressor is garbage now
	r.memory.release()
	return buf
}
