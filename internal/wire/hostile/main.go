// Command hostile holds the command against captures that make its state grow:
//
//	go run ./internal/wire/hostile                     the size that CI has time for
//	go run ./internal/wire/hostile -scale 8 tls-flood  larger, and one profile alone
//	go run ./internal/wire/hostile -write tls-flood -n 1000 > x.pcap
//
// Each profile is read twice, in two sizes, and printed as a table and as JSON. It fails
// where one takes more memory than -most, where twice the size takes much more than
// twice the time, or where the command breaks.
package main

import (
	"bufio"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// profile is one kind of hostile capture.
type profile struct {
	name string
	n    int      // how many of what it is about make a file that is read in half a second or so
	args []string // of the command, beside the file; DIR stands for a directory
	make func(t *trace, n int)
	keys func(n int) string // a key log, DIR/keys
}

func main() {
	command := flag.String("command", "", "the simplecap to run; built from here unless given")
	scale := flag.Float64("scale", 1, "times the usual size")
	most := flag.Int("most", 256, "MiB that a run may take")
	steepest := flag.Float64("steepest", 3.2, "how much longer a run on twice as much may take")
	write := flag.String("write", "", "write the capture of one profile to standard output")
	n := flag.Int("n", 1000, "with -write: its size")
	device := flag.String("flood", "", "send packets out of this interface, for -length; see scripts/flood")
	hep := flag.String("hep", "10.0.0.2:9060", "with -flood: send HEP there as well")
	rate := flag.Int("rate", 10_000, "with -flood: frames a second")
	length := flag.Duration("length", time.Minute, "with -flood: for how long")
	flag.Parse()
	if *device != "" {
		exit(flood(*device, *hep, *rate, *length))
	}
	if *write != "" {
		exit(writeOne(*write, *n))
	}
	b := bench{command: *command, scale: *scale, most: *most, steepest: *steepest}
	exit(b.run(flag.Args()))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "hostile:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func writeOne(name string, n int) error {
	at := slices.IndexFunc(profiles, func(p profile) bool { return p.name == name })
	if at < 0 {
		return fmt.Errorf("no profile %s", name)
	}
	t := &trace{out: bufio.NewWriter(os.Stdout)}
	profiles[at].make(t, n)
	return t.out.Flush()
}

// bench runs profiles.
type bench struct {
	command  string
	scale    float64
	most     int
	steepest float64
	dir      string
	wrong    []error
}

func (b *bench) run(names []string) (err error) {
	if b.dir, err = os.MkdirTemp("", "hostile"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if b.command == "" {
		b.command = filepath.Join(b.dir, "simplecap")
		if out, err := exec.Command("go", "build", "-o", b.command, "./cmd/simplecap").CombinedOutput(); err != nil {
			return fmt.Errorf("build the command: %w: %s", err, out)
		}
	}
	fmt.Printf("%-20s %9s %8s %7s %7s %9s %9s %6s\n", "profile", "n", "MB", "MiB", "json", "s at n/2", "s at n", "times")
	for _, p := range profiles {
		if len(names) == 0 || slices.Contains(names, p.name) {
			b.hold(&p)
		}
	}
	return errors.Join(b.wrong...)
}

// hold reads a profile in two sizes.
func (b *bench) hold(p *profile) {
	n := max(2, int(float64(p.n)*b.scale))
	var half, whole usage
	var size int64
	for _, run := range []struct {
		n  int
		to *usage
	}{{n / 2, &half}, {n, &whole}} {
		name, err := b.write(p, run.n)
		if err != nil {
			b.fail(p, err)
			return
		}
		*run.to, err = b.read(p, name)
		if err != nil {
			b.fail(p, err)
		}
		if info, err := os.Stat(name); err == nil {
			size = info.Size()
		}
		os.Remove(name)
	}
	times := whole.time.Seconds() / half.time.Seconds()
	fmt.Printf("%-20s %9d %8.1f %7d %7d %9.2f %9.2f %6.1f\n", p.name, n, float64(size)/1e6, whole.table, whole.json, half.time.Seconds(), whole.time.Seconds(), times)
	if peak := max(whole.table, whole.json); peak > b.most {
		b.fail(p, fmt.Errorf("%d MiB, want %d at most", peak, b.most))
	}
	// What is short is the command's start, and noise.
	if whole.time > time.Second && times > b.steepest {
		b.fail(p, fmt.Errorf("twice the size takes %.1f times the time", times))
	}
}

func (b *bench) fail(p *profile, err error) {
	b.wrong = append(b.wrong, fmt.Errorf("%s: %w", p.name, err))
}

// write makes the capture, and its key log.
func (b *bench) write(p *profile, n int) (name string, err error) {
	name = filepath.Join(b.dir, p.name+".cap")
	file, err := os.Create(name)
	if err != nil {
		return "", err
	}
	t := &trace{out: bufio.NewWriterSize(file, 1<<20)}
	p.make(t, n)
	err = errors.Join(t.out.Flush(), file.Close())
	if err == nil && p.keys != nil {
		err = os.WriteFile(filepath.Join(b.dir, "keys"), []byte(p.keys(n)), 0o600)
	}
	return name, err
}

// usage is what runs took: the most memory of each, in MiB, and the processor's time
// of both.
type usage struct {
	table, json int
	time        time.Duration
}

// read has the command read a capture for a table and for JSON.
func (b *bench) read(p *profile, name string) (u usage, err error) {
	for _, format := range []string{"table", "json"} {
		args := []string{"read", "--format", format, "-o", "/dev/null", "-q"}
		for _, a := range p.args {
			args = append(args, strings.ReplaceAll(a, "DIR", b.dir))
		}
		run := exec.Command(b.command, append(args, name)...)
		said, broken := run.CombinedOutput()
		if broken != nil {
			err = cmp.Or(err, fmt.Errorf("%s: %w: %.500s", format, broken, said))
		}
		taken := run.ProcessState.SysUsage().(*syscall.Rusage)
		mib := int(taken.Maxrss >> 10)
		if format == "json" {
			u.json = mib
		} else {
			u.table = mib
		}
		u.time += run.ProcessState.UserTime() + run.ProcessState.SystemTime()
	}
	return u, err
}
