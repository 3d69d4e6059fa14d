// Command compare measures simplecap beside the tools that it stands next to, on
// captures that it generates, and prints two tables in Markdown: seconds with
// their ratios, and peak memory.
//
//	go run ./scripts/compare                        the captures of the README
//	go run ./scripts/compare -profiles udp -mb 1000 one profile, another size
//	go run ./scripts/compare -noise 1               beside a process that streams through memory
//
// In each round every tool reads the same file once, one after the other, so
// that a busy machine is busy for all of them; the median of the rounds counts.
// A tool that is not installed, or takes longer than -timeout, has a dash.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"simplecap/internal/wire"
)

// options are the command's flags.
type options struct {
	profiles, tools, dir string
	megabytes            int64
	transactions, rounds int
	noise                int
	timeout              time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.profiles, "profiles", "udp,tcp,tls,rtp90,rtp99,lossy,proxy,fragmented", "captures, as internal/wire/generate names them")
	flag.StringVar(&o.tools, "tools", "", "only tools whose names contain one of these words, separated by commas")
	flag.StringVar(&o.dir, "dir", "", "keep the captures in this directory, and use those that are there")
	flag.Int64Var(&o.megabytes, "mb", 0, "size of each capture in MB (default: 400,000 transactions, or 400 MB with 90% RTP and 1 GB with 99%)")
	flag.IntVar(&o.transactions, "transactions", 0, "transactions of each capture")
	flag.IntVar(&o.rounds, "rounds", 3, "how often each tool reads each file")
	flag.DurationVar(&o.timeout, "timeout", time.Minute, "give a tool up after this")
	flag.IntVar(&o.noise, "noise", 0, "how many processes stream through memory meanwhile, as busy neighbours do")
	streams := flag.Bool("stream", false, "be one of them")
	flag.Parse()
	if *streams {
		stream()
		return
	}
	if err := run(&o); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func run(o *options) error {
	temp, err := os.MkdirTemp("", "compare")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	if o.dir == "" {
		o.dir = temp
	}
	binary := filepath.Join(temp, "simplecap")
	if out, err := exec.Command("go", "build", "-o", binary, "./cmd/simplecap").CombinedOutput(); err != nil {
		return fmt.Errorf("build simplecap (run this from the project's root): %w\n%s", err, out)
	}
	tools := o.chosen(toolsWith(binary))
	printVersions()
	quiet, err := noise(o.noise)
	if err != nil {
		return err
	}
	defer quiet()
	var results []result
	for _, name := range strings.Split(o.profiles, ",") {
		file, err := o.capture(name)
		if err != nil {
			return err
		}
		results = append(results, measure(name, file, tools, o))
		if o.dir == temp {
			os.Remove(file)
		}
	}
	printTables(results, tools)
	return nil
}

// chosen returns the tools that -tools names. the first two are always there:
func (o *options) chosen(tools []tool) []tool {
	if o.tools == "" {
		return tools
	}
	words := strings.Split(o.tools, ",")
	return slices.DeleteFunc(tools, func(t tool) bool {
		return !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(t.name, w) })
	})
}

// capture returns the file of a profile, and generates it where it is not there.
func (o *options) capture(name string) (string, error) {
	profile, err := wire.ProfileByName(name)
	if err != nil {
		return "", err
	}
	transactions, size := o.transactions, o.megabytes*1e6
	if transactions == 0 && size == 0 {
		transactions, size = usual(name)
	}
	path := filepath.Join(o.dir, fmt.Sprintf("%s-%d-%d.pcap", name, transactions, size))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	out, err := os.Create(path)
	if err != nil {
		return "", err
	}
	if profile.Renew > 0 {
		keys, err := os.Create(keysOf(path))
		if err != nil {
			return "", err
		}
		defer keys.Close()
		profile.Keys = keys
	}
	_, err = wire.Generate(out, profile, transactions, size)
	if closeErr := out.Close(); err == nil {
		err = closeErr
	}
	return path, err
}

// keysOf is the key log of a generated capture, if it has one.
func keysOf(capture string) string { return capture + ".keys" }

// usual is the size of a capture that the README's table is made with.
func usual(profile string) (transactions int, size int64) {
	switch profile {
	case "rtp90":
		return 0, 400e6
	case "rtp99":
		return 0, 1e9
	case "proxy", "fragmented":
		return 100_000, 0
	}
	return 400_000, 0
}
