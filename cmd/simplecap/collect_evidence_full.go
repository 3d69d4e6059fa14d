//go:build full

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"simplecap/bus"
	"simplecap/bus/jet"
	"simplecap/capture"
	"simplecap/report"
)

// packetLimits bound the files of --evidence.
var packetLimits = struct {
	file   int64         // bytes of a file
	every  time.Duration // how long one is written to
	hosts  int           // runs of agents that are told apart
	ending time.Duration // how long is waited for what is on the bus when all has ended
}{file: 16 << 20, every: time.Minute, hosts: bus.DefaultLimits.Agents, ending: 10 * time.Second}

// packetFiles are the packets of failing deliveries that hosts publish, in files that are
// named by when the first of them came and by its number and that of the last one in the
// stream. One that is there is complete, so that who begins again goes on behind it.
type packetFiles struct {
	dir     string
	size    int64 // of all files, about
	mode    fs.FileMode
	decoder *bus.Decoder

	// Of the next file. Its packets wait until it is written, in the order of their times.
	frames      []heldFrame
	bytes       int64
	interfaces  map[string]int // by agent
	begun       time.Time
	at          time.Time // when the first piece came
	first, last uint64    // pieces; first is 0 before there is one
	err         error

	seen   atomic.Uint64 // the last piece that was read
	unread uint64
	hosts  map[hostRun]*pieceCounts
}

// hostRun is one run of an agent.
type hostRun struct {
	agent string
	epoch uint64
}

type pieceCounts struct{ pieces, held, lost uint64 }

// packets opens the directory of --evidence, which is made; nil without.
func (c *collectCommand) packets() (*packetFiles, error) {
	if c.evidence == "" {
		return nil, nil
	}
	dir, size, err := dirAndSize(c.evidence)
	if err != nil {
		return nil, fmt.Errorf("--evidence %q: %w", c.evidence, err)
	}
	p := &packetFiles{dir: dir, size: size, mode: c.mode.of(true), hosts: map[hostRun]*pieceCounts{}}
	if p.decoder, err = bus.NewDecoder(bus.Limits{}); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	left, err := filepath.Glob(filepath.Join(dir, ".evidence-*"))
	for _, name := range left { // of a process that was killed
		err = errors.Join(err, os.Remove(name))
	}
	return p, err
}

// follow writes what comes until ctx is done. What goes wrong with the disk is said, and
// tried again: other work goes on.
func (p *packetFiles) follow(ctx context.Context, connection *jet.Bus, say func(string)) {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		p.begin(0, time.Time{})
		p.err = nil
		last, err := p.kept()
		if err == nil {
			err = connection.ConsumeEvidence(ctx, last+1, p)
		}
		if p.err == nil {
			p.err = p.commit()
		}
		if ctx.Err() != nil && p.err == nil {
			return
		}
		say("--evidence: " + errors.Join(p.err, err).Error())
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// files are the names of those that are complete, the oldest first.
func (p *packetFiles) files() ([]string, error) {
	names, err := filepath.Glob(filepath.Join(p.dir, "evidence-*-*-*.pcapng"))
	slices.Sort(names)
	return names, err
}

// kept is the number of the last piece in the files.
func (p *packetFiles) kept() (last uint64, err error) {
	names, err := p.files()
	for _, name := range slices.Backward(names) {
		var at string
		var first uint64
		if n, _ := fmt.Sscanf(filepath.Base(name), "evidence-%16s-%d-%d.pcapng", &at, &first, &last); n == 3 {
			return last, err
		}
	}
	return 0, err
}

// Take implements jet.Taker.
func (p *packetFiles) Take(data []byte, seq uint64, by bus.Arrival) {
	if p.err != nil {
		return
	}
	defer p.seen.Store(seq)
	e, err := p.decoder.Evidence(data)
	if err != nil {
		p.unread++
		return
	}
	frames, err := framesOf(e.Pcapng)
	if err != nil {
		p.unread++
		return
	}
	p.count(e)
	if p.first == 0 {
		p.begin(seq, by.At)
	}
	p.last = seq
	if p.add(e, frames); p.bytes >= packetLimits.file {
		p.err = p.commit()
	}
}

// framesOf reads the packets of a piece: whoever may publish may have made it.
func framesOf(pcapng []byte) (all []capture.Frame, err error) {
	if !bytes.HasPrefix(pcapng, []byte("\n\r\r\n")) { // nothing that is to be decompressed
		return nil, errors.New("no pcapng")
	}
	src, err := capture.Open([]string{"-"}, capture.Options{Stdin: bytes.NewReader(pcapng)})
	if err != nil {
		return nil, err
	}
	defer src.Close()
	err = capture.Each(context.Background(), src, func(f *capture.Frame) {
		kept := *f
		kept.Data = bytes.Clone(f.Data)
		all = append(all, kept)
	})
	if in := src.Inputs()[0]; err == nil && in.Error != "" {
		err = errors.New(in.Error)
	}
	return all, err
}

// count notes what a host says of what it could not publish.
func (p *packetFiles) count(e *bus.Evidence) {
	of := hostRun{e.Agent, e.Epoch}
	host := p.hosts[of]
	if host == nil {
		if len(p.hosts) >= packetLimits.hosts {
			return
		}
		host = new(pieceCounts)
		p.hosts[of] = host
	}
	host.pieces++
	host.held, host.lost = max(host.held, e.Held), max(host.lost, e.Lost)
}

// begin begins a file with the packets of a piece.
func (p *packetFiles) begin(first uint64, at time.Time) {
	p.frames, p.bytes, p.interfaces, p.begun, p.at, p.first = nil, 0, map[string]int{}, time.Now(), at, first
}

// add adds the packets of a piece: each host is an interface, since what it is called by
// its host says less than which host that is.
func (p *packetFiles) add(e *bus.Evidence, frames []capture.Frame) {
	name := report.Clean(e.Agent, 128)
	number, known := p.interfaces[name]
	if !known {
		number = len(p.interfaces)
		p.interfaces[name] = number
	}
	from := origin{name, "simplecap: " + name + ": " + report.Clean(e.Verdict, 64)}
	for _, f := range frames {
		f.Interface = number
		p.frames = append(p.frames, heldFrame{f, from})
		p.bytes += int64(frameCost + len(f.Data))
	}
}

// Tick implements jet.Taker.
func (p *packetFiles) Tick(time.Time) bool {
	if p.err == nil && p.first > 0 && time.Since(p.begun) >= packetLimits.every {
		p.err = p.commit()
	}
	return p.err == nil
}

// commit writes the file, which has its name when it is complete, and removes the oldest
// where there are too many.
func (p *packetFiles) commit() error {
	if p.first == 0 {
		return nil
	}
	name := fmt.Sprintf("evidence-%s-%012d-%012d.pcapng", p.at.UTC().Format("20060102T150405Z"), p.first, p.last)
	if err := p.write(filepath.Join(p.dir, name)); err != nil {
		return err
	}
	p.begin(0, time.Time{})
	return p.removeOldest()
}

func (p *packetFiles) write(name string) error {
	part := hiddenBeside(name)
	file, err := createFile(part, os.O_TRUNC, p.mode)
	if err != nil {
		return err
	}
	err = errors.Join(writeHeld(file, p.frames), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(part, name)
	}
	if err != nil {
		os.Remove(part)
	}
	return err
}

func (p *packetFiles) removeOldest() error {
	names, err := p.files()
	var held int64
	for i, name := range slices.Backward(names) {
		info, statErr := os.Stat(name)
		if statErr != nil {
			continue
		}
		if held += info.Size(); held > p.size && i < len(names)-1 {
			err = errors.Join(err, os.Remove(name))
		}
	}
	return err
}

// caughtUp waits until all that is on the bus has been read, for some time.
func (p *packetFiles) caughtUp(ctx context.Context, connection *jet.Bus) {
	ctx, cancel := context.WithTimeout(ctx, packetLimits.ending)
	defer cancel()
	last, err := connection.LastEvidence(ctx)
	for err == nil && p.seen.Load() < last {
		select {
		case <-ctx.Done():
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// told says what came, and what hosts say did not.
func (p *packetFiles) told(say func(string)) {
	var pieces, held, lost uint64
	for _, n := range p.hosts {
		pieces, held, lost = pieces+n.pieces, held+n.held, lost+n.lost
	}
	line := fmt.Sprintf("%s: the packets of %s, as hosts saw them", p.dir, report.Count(pieces, "failing delivery", "failing deliveries"))
	if held+lost > 0 {
		line += fmt.Sprintf("; hosts held back those of %d more for their rate, and lost %d", held, lost)
	}
	say(line)
	if p.unread > 0 {
		say(fmt.Sprintf("%d messages with packets could not be read", p.unread))
	}
}
