package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"simplecap/capture"
)

var update = flag.Bool("update", false, "rewrite what scripts compare with, and the page of rules")

func TestMain(m *testing.M) {
	testscript.Main(m, testCommands())
}

// sharedCaptures finds the folder of captures with ground truth beside the
// project, "" if there is none.
func sharedCaptures() string {
	dir, err := os.Getwd()
	for err == nil {
		pcaps := filepath.Join(dir, "shared", "pcaps")
		if _, err := os.Stat(filepath.Join(pcaps, "truth.json")); err == nil {
			return pcaps
		}
		if dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	return ""
}

// TestScripts runs the command as a user would. The condition captures says that
// the shared captures are there and can be read; $PCAPS is where,
// and $TESTDATA where the captures of this project are.
func TestScripts(t *testing.T) {
	pcaps := sharedCaptures()
	example, err := filepath.Abs(filepath.Join("..", "..", "testdata", "check"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join("testdata", "script"),
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PCAPS", pcaps)
			testdata, err := filepath.Abs(filepath.Join("..", "..", "testdata", "pcaps"))
			env.Setenv("TESTDATA", testdata)
			env.Setenv("EXAMPLE", example)
			env.Setenv("PORT", strconv.Itoa(freePort(t)))
			return err
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "captures":
				return canRead(filepath.Join(pcaps, "udp-basic-200.pcap")), nil
			case "full":
				return fullBuild, nil
			}
			return false, errors.New("unknown condition " + name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exitcode": exitCode},
	})
}

// freePort is a TCP port that nobody listens at.
func freePort(t *testing.T) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// exitCode is the script command "exitcode N command arg...": the command ends
// with exactly that code.
func exitCode(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || strconv.Itoa(exit.ExitCode()) != args[0] {
		ts.Fatalf("%s ended with %v, want exit status %s", args[1], err, args[0])
	}
}

func canRead(name string) bool {
	src, err := openSource(context.Background(), []string{name}, nil)
	if err != nil {
		return false
	}
	defer src.Close()
	n, _ := src.ReadBatch(make([]capture.Frame, 1))
	return n > 0
}

// brokenPipe is a standard output that nobody reads any more.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestOutputThatCannotBeWritten(t *testing.T) {
	name := filepath.Join(sharedCaptures(), "udp-basic-200.pcap")
	if !canRead(name) {
		t.Skip("needs captures")
	}
	for _, test := range []struct {
		out  io.Writer
		code int
		talk string
	}{
		{brokenPipe{}, 0, ""},
		{fullDisk{}, exitUsage, "simplecap: write the report: no space left on device\n"},
	} {
		var talk bytes.Buffer
		code := run(context.Background(), []string{"--format", "json", name}, nil, test.out, &talk)
		if code != test.code || talk.String() != test.talk {
			t.Errorf("%T: exit code %d, want %d; stderr %q, want %q", test.out, code, test.code, talk.String(), test.talk)
		}
	}
}

func TestInterruptedBeforeAnyPacket(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, talk bytes.Buffer
	code := run(ctx, []string{"-"}, strings.NewReader(""), &out, &talk)
	if code != exitInterrupted || out.Len() > 0 || talk.String() != "simplecap: interrupted before any packet\n" {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, out.String(), talk.String())
	}
}
