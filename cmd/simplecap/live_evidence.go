package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"simplecap/capture"
)

// evidenceFlags say where the captured packets are written, and when a new file
// begins.
type evidenceFlags struct {
	write       string
	ring        []string
	writeFilter string

	fileBytes int64
	fileTime  time.Duration
	files     int
}

func (f *evidenceFlags) register(set *pflag.FlagSet) {
	set.StringVarP(&f.write, "write", "w", "", "write the packets to `FILE` as pcapng")
	set.StringArrayVarP(&f.ring, "ring", "b", nil, "begin a new file at `LIMIT`, as for tshark: filesize:10MB, duration:3600, files:24")
	set.StringVar(&f.writeFilter, "write-filter", "all", "write `WHICH` packets: all that passed the kernel's filter")
}

// check finds what is wrong with the flags.
func (f *evidenceFlags) check() error {
	if f.writeFilter != "all" {
		return fmt.Errorf("--write-filter %s: only all is there yet", f.writeFilter)
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

// evidence writes the frames of a live capture to files. A nil one writes
// nothing. What cannot be written is said once, and does not end the capture.
type evidence struct {
	flags *evidenceFlags
	live  capture.LiveSource
	say   func(line string)

	file    *os.File
	writer  *capture.PcapngWriter
	names   []string // of the files that are kept, the oldest first
	count   int      // files begun
	begun   time.Time
	flushed time.Time
	failed  bool
	lost    uint64 // frames that were not written
}

// flushEvery is how often what was captured is written to the file.
const flushEvery = time.Second

// open begins the first file; without -w there is none, nor an error.
func (f *evidenceFlags) open(live capture.LiveSource, say func(string)) (*evidence, error) {
	if f.write == "" {
		return nil, nil
	}
	e := &evidence{flags: f, live: live, say: say}
	if err := e.begin(time.Now()); err != nil {
		return nil, usage(err, "")
	}
	return e, nil
}

// begin begins a file, and removes the oldest one if there are too many.
func (e *evidence) begin(now time.Time) error {
	e.count++
	name := e.flags.write
	if len(e.flags.ring) > 0 {
		name = ringName(name, e.count, now)
	}
	file, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, withoutPath(err))
	}
	e.file, e.begun, e.flushed = file, now, now
	e.writer = capture.NewPcapngWriter(file, "simplecap "+version())
	e.names = append(e.names, name)
	if e.flags.files > 0 && len(e.names) > e.flags.files {
		if err := os.Remove(e.names[0]); err != nil {
			e.say("remove the oldest capture file: " + err.Error())
		}
		e.names = e.names[1:]
	}
	return nil
}

// ringName is the name of a file of a ring, as tshark makes it:
// sip_00001_20260101120000.pcapng.
func ringName(name string, number int, now time.Time) string {
	extension := filepath.Ext(name)
	return fmt.Sprintf("%s_%05d_%s%s", strings.TrimSuffix(name, extension), number, now.Format("20060102150405"), extension)
}

func withoutPath(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// write writes frames, and does what is due; it is called at least every 100 ms.
func (e *evidence) write(frames []capture.Frame) {
	if e == nil {
		return
	}
	if e.failed {
		e.lost += uint64(len(frames))
		return
	}
	for i := range frames {
		f := &frames[i]
		e.writer.Frame(f, e.live.InterfaceName(f.Interface))
		if e.flags.fileBytes > 0 && e.writer.Size() >= e.flags.fileBytes {
			e.rotate(time.Now())
		}
	}
	now := time.Now()
	if e.flags.fileTime > 0 && now.Sub(e.begun) >= e.flags.fileTime && !e.failed {
		e.rotate(now)
	}
	if now.Sub(e.flushed) >= flushEvery && !e.failed {
		e.flushed = now
		e.check(e.writer.Flush())
	}
}

// rotate ends the file and begins the next.
func (e *evidence) rotate(now time.Time) {
	e.end(e.live.Inputs())
	if !e.failed {
		e.check(e.begin(now))
	}
}

// end writes what the kernel dropped so far and closes the file.
func (e *evidence) end(inputs []capture.Input) {
	for _, in := range inputs {
		e.writer.Statistics(time.Now().UnixNano(), in.Packets+in.KernelDrops, in.KernelDrops)
	}
	err := e.writer.Flush()
	if closeErr := e.file.Close(); err == nil {
		err = closeErr
	}
	e.check(err)
}

// check gives up after an error.
func (e *evidence) check(err error) {
	if err == nil || e.failed {
		return
	}
	e.failed = true
	e.say(fmt.Sprintf("cannot write packets any more: %v; the analysis goes on without", err))
}

// close ends the last file.
func (e *evidence) close(inputs []capture.Input) {
	if e == nil {
		return
	}
	if !e.failed {
		e.end(inputs)
	}
	if e.lost > 0 {
		e.say(fmt.Sprintf("%d packets were not written to %s", e.lost, e.flags.write))
	}
}
