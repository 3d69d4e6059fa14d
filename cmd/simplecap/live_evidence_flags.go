package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"simplecap/analyze"
	"simplecap/capture/live"
	"simplecap/decode"
	"simplecap/redact"
)

// What --write-filter chooses.
const (
	writeAll      = "all"      // packets that carry SIP, or may
	writeMessage  = "message"  // those of MESSAGE exchanges
	writeFindings = "findings" // those of the deliveries that failed
)

var writeFilters = []string{writeAll, writeMessage, writeFindings}

// evidenceFlags say where the captured packets are written, and when a new file
// begins.
type evidenceFlags struct {
	write       string
	ring        []string
	writeFilter string
	decrypted   bool
	history     size
	mode        fileMode // set from --mode

	fileBytes int64
	fileTime  time.Duration
	files     int
}

func (f *evidenceFlags) register(set *pflag.FlagSet) {
	set.StringVarP(&f.write, "write", "w", "", "write the packets to `FILE` as pcapng")
	set.StringArrayVarP(&f.ring, "ring", "b", nil, "begin a new file at `LIMIT`, as for tshark: filesize:10MB, duration:3600, files:24")
	set.StringVar(&f.writeFilter, "write-filter", writeAll, "write `WHICH` packets: all with SIP, those of message exchanges, or those of deliveries with findings")
	set.BoolVar(&f.decrypted, "decrypted", false, "with -w, write messages out of TLS, WebSocket, SCTP and IPsec as plain packets that other programs read; always so with --redact")
	f.history = size(defaultEvidenceLimits.History)
	set.Var(&f.history, "history", "with --write-filter findings and --publish-evidence, hold `SIZE` of packets until it is known what became of them")
}

// check finds what is wrong with the flags.
func (f *evidenceFlags) check() error {
	if !slices.Contains(writeFilters, f.writeFilter) {
		return fmt.Errorf("--write-filter %s: choose all, message or findings", f.writeFilter)
	}
	if f.writeFilter != writeAll && f.write == "" {
		return errors.New("--write-filter needs -w, the name of the file")
	}
	if f.decrypted && f.write == "" {
		return errors.New("--decrypted needs -w, the name of the file")
	}
	if f.write == "" && len(f.ring) > 0 {
		return errors.New("-b needs -w, the name of the files")
	}
	if f.write == "-" {
		return errors.New("-w -: standard output has the report; name a file")
	}
	for _, limit := range f.ring {
		if err := f.limit(limit); err != nil {
			return err
		}
	}
	if f.files > 0 && f.fileBytes == 0 && f.fileTime == 0 {
		return errors.New("-b files needs -b filesize or -b duration: otherwise no second file begins")
	}
	return nil
}

// limit reads one value of -b. A bare number of a size is in kB, as for tshark.
func (f *evidenceFlags) limit(text string) error {
	name, value, _ := strings.Cut(text, ":")
	switch name {
	case "filesize":
		if n, err := strconv.ParseInt(value, 10, 64); err == nil && n > 0 && n < 1<<50 {
			f.fileBytes = n * 1000
			return nil
		}
		var s size
		if err := s.Set(value); err != nil {
			return fmt.Errorf("-b %s: %w", text, err)
		}
		f.fileBytes = int64(s)
	case "duration":
		if n, err := strconv.ParseUint(value, 10, 31); err == nil && n > 0 {
			f.fileTime = time.Duration(n) * time.Second
			return nil
		}
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 {
			return fmt.Errorf("-b %s: want seconds, or a duration such as 1h", text)
		}
		f.fileTime = d
	case "files":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return fmt.Errorf("-b %s: want a number of files", text)
		}
		f.files = n
	default:
		return fmt.Errorf("-b %s: want filesize:SIZE, duration:SECONDS or files:N", text)
	}
	return nil
}

// held bounds what is held of packets, with so many bytes of history.
func (f *commonFlags) held(history int64) evidenceLimits {
	limits := defaultEvidenceLimits
	limits.History = history
	limits.HistoryTime = 2*analyze.Profile(f.profile).Timers(f.t1).F() + time.Minute
	return limits
}

// newEvidence prepares -w; without it there is none.
func (c *liveCommand) newEvidence(live live.Source, options *analyze.Options) *evidence {
	if c.evidence.write == "" {
		return nil
	}
	files := newCaptureFiles(&c.evidence, func(line string) { say(c.err, line) })
	c.evidence.mode = c.mode
	e := newEvidence(c.evidence.writeFilter, c.held(int64(c.evidence.history)), files, live.InterfaceName)
	if c.evidence.decrypted || c.redactor != nil {
		e.made = new(plainFrames)
	}
	if c.redactor != nil {
		e.made.names = redact.NewFrames(c.redactor.Another(), decode.Options{Ports: options.Ports, Limits: options.Limits.Decode})
	}
	return e
}

// beginEvidence begins the first file of -w. One file is made before the process
// becomes another user; the files of a ring are made by that user, all of them.
func (c *liveCommand) beginEvidence(e *evidence, confined bool) error {
	if e == nil || confined != (len(c.evidence.ring) > 0) {
		return nil
	}
	if err := e.files.begin(time.Now()); err != nil {
		return usage(err, c.ringHint(err))
	}
	return nil
}

// ringHint says what to do where the user that the process has become may not
// make files.
func (c *liveCommand) ringHint(err error) string {
	name := c.confinement.becomes()
	if name == "" || len(c.evidence.ring) == 0 || !errors.Is(err, fs.ErrPermission) {
		return ""
	}
	return fmt.Sprintf("the files of -b are made as the user %s: give that user a directory, such as by sudo install -d -o %[1]s DIR, "+
		"or stay root with -Z root", name)
}
