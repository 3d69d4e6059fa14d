package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// tool is a command that reads a capture; FILE stands for its name. keys are what it
// takes besides where there is a key log, KEYS.
type tool struct {
	name string
	args []string
	keys []string
}

// toolsWith are the tools that are compared; binary is simplecap.
func toolsWith(binary string) []tool {
	ours, theirs := []string{"--keylog", "KEYS"}, []string{"-o", "tls.keylog_file:KEYS"}
	return []tool{
		{"simplecap", []string{binary, "FILE"}, ours},
		{"tcpdump filter", []string{"tcpdump", "-r", "FILE", "-w", "/dev/null", "port 5060"}, nil},
		{"simplecap ndjson", []string{binary, "--format", "ndjson", "FILE"}, ours},
		{"simplecap check", []string{binary, "check", "FILE"}, ours},
		{"tshark sip,stat", []string{"tshark", "-r", "FILE", "-q", "-z", "sip,stat"}, theirs},
		{"tshark times", []string{"tshark", "-r", "FILE", "-Y", "sip", "-T", "fields", "-e", "sip.response-time"}, theirs},
		{"sngrep", []string{"sngrep", "-N", "-l", "10000000", "-I", "FILE", "-O", "/dev/null"}, nil}, // without -l it looks at 20,000 dialogs
	}
}

// cost is what one run of a tool took.
type cost struct {
	wall, cpu time.Duration
	memory    int64 // peak resident set, bytes
}

// result is what the tools took for one capture, by name of the tool; those that
// did not come to an end are not in it.
type result struct {
	profile string
	bytes   int64
	costs   map[string]cost
}

// pause lets the system put away what the tool before has left behind.
const pause = 500 * time.Millisecond

// measure runs all tools on a file, in rounds. The order is another one in each
// round, so that none has always the same one before it, which may leave the machine
// busy; it is the same whenever the rounds are run.
func measure(profile, file string, tools []tool, o *options) result {
	r := result{profile: profile, costs: make(map[string]cost)}
	if info, err := os.Stat(file); err == nil {
		r.bytes = info.Size()
	}
	all := make(map[string][]cost)
	order := rand.New(rand.NewPCG(1, 2))
	for range o.rounds {
		for _, i := range order.Perm(len(tools)) {
			t := tools[i]
			time.Sleep(pause)
			if one, ok := t.run(file, o.timeout); ok {
				all[t.name] = append(all[t.name], one)
			}
		}
	}
	for name, costs := range all {
		if len(costs) == o.rounds {
			r.costs[name] = median(costs)
		}
	}
	return r
}

// median returns the cost with the median wall time, and the most memory of all.
func median(costs []cost) cost {
	slices.SortFunc(costs, func(a, b cost) int { return int(a.wall - b.wall) })
	m := costs[len(costs)/2]
	for _, c := range costs {
		m.memory = max(m.memory, c.memory)
	}
	return m
}

// run runs the tool once. It reports false where it is not installed or was
// given up.
func (t tool) run(file string, timeout time.Duration) (cost, bool) {
	if _, err := exec.LookPath(t.args[0]); err != nil {
		return cost{}, false
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	args := slices.Clone(t.args[1:])
	if _, err := os.Stat(keysOf(file)); err == nil {
		args = append(args, t.keys...)
	}
	for i := range args {
		args[i] = strings.NewReplacer("FILE", file, "KEYS", keysOf(file)).Replace(args[i])
	}
	cmd := exec.CommandContext(ctx, t.args[0], args...)
	begin := time.Now()
	err := cmd.Run()
	wall := time.Since(begin)
	if ctx.Err() != nil || cmd.ProcessState == nil || err != nil && cmd.ProcessState.ExitCode() > 1 && !isJudgement(cmd) {
		return cost{}, false
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return cost{wall, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), usage.Maxrss * 1024}, true
}

// isJudgement reports whether an exit code above 1 is what simplecap check says of
// a capture: too poor to judge.
func isJudgement(cmd *exec.Cmd) bool {
	return slices.Contains(cmd.Args, "check") && cmd.ProcessState.ExitCode() == 5
}

// printVersions says what was measured, and on what.
func printVersions() {
	fmt.Println("Processor:", firstField("/proc/cpuinfo", "model name"))
	for _, args := range [][]string{{"tcpdump", "--version"}, {"tshark", "--version"}, {"sngrep", "--version"}, {"go", "version"}} {
		out, _ := exec.Command(args[0], args[1:]...).Output()
		line, _, _ := bytes.Cut(out, []byte("\n"))
		fmt.Printf("%s: %s\n", args[0], line)
	}
	fmt.Println()
}

// firstField returns the value of the first line of a file that begins with name.
func firstField(file, name string) string {
	data, _ := os.ReadFile(file)
	for line := range strings.Lines(string(data)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}
