package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"simplecap/capture"
)

// captureFiles writes frames to pcapng files, one after the other where -b says
// so. begin begins the first one. One goroutine writes; it ends when the queue does. What
// cannot be written is counted and said, ends nothing, and is tried again.
type captureFiles struct {
	flags *evidenceFlags
	say   func(line string)
	done  chan struct{}

	lost, saved      atomic.Uint64 // frames
	received, missed atomic.Uint64 // packets, as the kernel counts them

	file    *os.File // nil where none could be begun
	inPlace bool     // it is a device or pipe
	writer  *capture.PcapngWriter
	size    int64    // bytes of the file that are whole blocks
	pending uint64   // frames that were given to the writer and are not in the file
	names   []string // of the files that are kept, the oldest first
	count   int      // files begun
	begun   time.Time
	flushed time.Time

	failed bool
	retry  time.Time     // when to try again
	pause  time.Duration // before the next try

	silence   bool   // the failure has been said
	savedThen uint64 // frames that were saved before it
}

const (
	flushEvery = time.Second     // how often what was captured is written to the file
	firstPause = 5 * time.Second // between an error and the next try
	lastPause  = time.Minute     // the pause doubles up to this
)

func newCaptureFiles(flags *evidenceFlags, say func(string)) *captureFiles {
	return &captureFiles{flags: flags, say: say, pause: firstPause, done: make(chan struct{})}
}

// begin begins a file, and removes the oldest one if there are too many.
func (c *captureFiles) begin(now time.Time) error {
	name := c.flags.write
	if len(c.flags.ring) > 0 {
		name = ringName(name, c.count+1, now)
	}
	if err := c.create(name, now); err != nil {
		return fmt.Errorf("write %s: %w", name, withoutPath(err))
	}
	c.count++
	c.names = append(c.names, name)
	if c.flags.files > 0 && len(c.names) > c.flags.files {
		if err := os.Remove(c.names[0]); err != nil {
			c.say("remove the oldest capture file: " + err.Error())
		}
		c.names = c.names[1:]
	}
	return nil
}

// create makes a file that has its name only when it can be read: when the header is
// in it. Whatever ends the process in between leaves no broken file.
func (c *captureFiles) create(name string, now time.Time) error {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	temporary := hiddenBeside(name)
	if c.inPlace = isDevice(name); c.inPlace {
		temporary = name
	}
	file, err := createFile(temporary, os.O_TRUNC, c.flags.mode.of(true))
	if err != nil {
		return err
	}
	c.file, c.begun, c.flushed, c.size = file, now, now, 0
	c.section()
	if c.inPlace {
		return nil
	}
	if err = c.writer.Flush(); err == nil {
		err = os.Rename(temporary, name)
	}
	if err != nil {
		c.file = nil
		file.Close()
		os.Remove(temporary)
	}
	return err
}

// missing says what was done to the file that is being written, so that nobody can read
// it: "removed", or "cut" where others made it shorter; "" for nothing. A file of a ring
// has its name for as long as it is kept.
func (c *captureFiles) missing() string {
	if c.file == nil || c.inPlace {
		return ""
	}
	ours, err := c.file.Stat()
	if err != nil {
		return ""
	}
	if isRemoved(ours) {
		return "removed"
	}
	if len(c.flags.ring) > 0 {
		there, err := os.Stat(c.names[len(c.names)-1])
		if err != nil || !os.SameFile(ours, there) {
			return "removed"
		}
	}
	if ours.Size() < c.size {
		return "cut"
	}
	return ""
}

// beginAnew begins a file in the place of one that was removed or cut.
func (c *captureFiles) beginAnew(now time.Time, how string) {
	gone := c.names[len(c.names)-1]
	c.names = c.names[:len(c.names)-1]
	c.say(fmt.Sprintf("%s was %s while packets were written to it: what it held is lost", gone, how))
	c.rotate(now)
	if _, err := os.Stat(filepath.Dir(gone)); c.failed && err == nil {
		c.say("the sandbox may keep it from being made again: begin the capture again, or use --no-sandbox")
	}
}

// section begins a section, behind what the file holds already.
func (c *captureFiles) section() {
	c.writer = capture.NewPcapngWriter((*wholeBlocks)(c), "simplecap "+version())
	c.pending = 0
}

// wholeBlocks is the file as an io.Writer that writes all or nothing, so that the
// file stays readable when the disk is full.
type wholeBlocks captureFiles

func (w *wholeBlocks) Write(b []byte) (int, error) {
	p := pages{w: w.file, at: w.size}
	var err error
	if w.inPlace {
		_, err = w.file.Write(b)
	} else {
		err = p.write(b)
	}
	if err == nil {
		w.size = p.at
		if w.inPlace {
			w.size += int64(len(b))
		}
		w.saved.Add(w.pending)
		w.pending = 0
		return len(b), nil
	}
	if !w.inPlace && w.file.Truncate(w.size) == nil {
		_, _ = w.file.Seek(w.size, io.SeekStart) // a later write fails, if this does
	}
	return 0, withoutPath(err)
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

// seen notes what was received and dropped so far, for the files' statistics.
func (c *captureFiles) seen(inputs []capture.Input) {
	var received, missed uint64
	for _, in := range inputs {
		received += in.Packets + in.KernelDrops
		missed += in.KernelDrops
	}
	c.received.Store(received)
	c.missed.Store(missed)
}

// run writes what comes through the queue, until that is closed.
func (c *captureFiles) run(q *frameQueue) {
	defer close(c.done)
	tick := time.NewTicker(flushEvery / 4)
	defer tick.Stop()
	for {
		select {
		case b, ok := <-q.full:
			if !ok {
				c.end()
				return
			}
			c.write(b.frames)
			q.giveBack(b)
		case <-tick.C:
		}
		c.due(time.Now())
	}
}

// closingTime is how long a disk that takes nothing is waited for in the end.
const closingTime = 10 * time.Second

// wait waits until everything is written.
func (c *captureFiles) wait() {
	select {
	case <-c.done:
	case <-time.After(closingTime):
		c.say(fmt.Sprintf("the disk takes no packets for %s: what it has not taken is lost", closingTime))
	}
}

func (c *captureFiles) write(frames []heldFrame) {
	for i := range frames {
		if c.failed {
			c.lost.Add(uint64(len(frames) - i))
			return
		}
		c.pending++
		if err := c.writer.Commented(&frames[i].Frame, frames[i].name, frames[i].comment); err != nil {
			c.fail(err)
		} else if c.flags.fileBytes > 0 && c.size+c.writer.Buffered() >= c.flags.fileBytes {
			c.rotate(time.Now())
		}
	}
}

// due does what the time asks for.
func (c *captureFiles) due(now time.Time) {
	switch {
	case c.file != nil && c.flags.fileTime > 0 && now.Sub(c.begun) >= c.flags.fileTime:
		c.rotate(now)
	case c.failed && !now.Before(c.retry):
		c.tryAgain(now)
	case c.failed:
	case now.Sub(c.flushed) >= flushEvery:
		c.flushed = now
		c.flush()
		if how := c.missing(); how != "" {
			c.beginAnew(now, how)
		}
	}
}

// flush writes what the writer holds.
func (c *captureFiles) flush() {
	if err := c.writer.Flush(); err != nil {
		c.fail(err)
	} else if c.silence && c.saved.Load() > c.savedThen {
		c.silence, c.pause = false, firstPause
		c.say(fmt.Sprintf("packets are written again; %d were not", c.lost.Load()))
	}
}

// fail gives up for a while.
func (c *captureFiles) fail(err error) {
	c.failed = true
	c.lost.Add(c.pending)
	c.pending = 0
	c.savedThen = c.saved.Load()
	c.retry = time.Now().Add(c.pause)
	c.pause = min(2*c.pause, lastPause)
	if !c.silence {
		c.silence = true
		c.say(fmt.Sprintf("cannot write packets: %v; the analysis goes on without, and it is tried again", err))
	}
}

// tryAgain goes on after an error: behind what the file holds, or with a new one.
func (c *captureFiles) tryAgain(now time.Time) {
	c.failed = false
	if c.file == nil {
		if err := c.begin(now); err != nil {
			c.fail(err)
		}
		return
	}
	c.section()
	c.flushed = now
}

// rotate ends the file and begins the next.
func (c *captureFiles) rotate(now time.Time) {
	c.end()
	c.failed = false
	if err := c.begin(now); err != nil {
		c.fail(err)
	}
}

// end writes what the kernel dropped so far and closes the file.
func (c *captureFiles) end() {
	if c.file == nil {
		return
	}
	if !c.failed {
		c.writer.Statistics(time.Now().UnixNano(), c.received.Load(), c.missed.Load())
		c.flush()
	}
	if err := c.file.Close(); err != nil && !c.failed {
		c.fail(withoutPath(err))
	}
	c.file = nil
}

// sayLost says how many packets are missing in the files, and why.
func (e *evidence) sayLost() {
	queue, disk, early := e.lost()
	name := e.files.flags.write
	if disk > 0 {
		e.files.say(fmt.Sprintf("%d packets were not written to %s: see above", disk, name))
	}
	if queue > 0 {
		e.files.say(fmt.Sprintf("%d packets were not written to %s, because the disk was too slow", queue, name))
	}
	if early > 0 {
		e.files.say(fmt.Sprintf("%d packets left the history before they were judged: --history gives it more room", early))
	}
}
