// Command walks counts how often one walk through the program goes back: a UDP datagram,
// a TCP segment, a response, a finding, a row each should pass every room once.
//
//	go run ./scripts/walks [-rev REVISION] CAPTURE...
//
// It builds a copy of the tree, or of a revision, in which every method of decode,
// analyze and report says when it begins and ends (a function has no state, and is where
// its caller is), lets that read the capture with one
// worker, and prints for each kind of walk how many there were, how many calls went from
// one room to another in each, and how many of these went back: to a room that stands
// before the caller's in the order below and has not ended yet. A room is a package, or a
// group of files where several share one; so the same rooms can be counted in a revision
// that had no walls between them.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

type roomFiles struct{ name, files string }

// rooms are the rooms in the order in which calls should go, by the files that are in
// them. The first that fits counts.
var rooms = []roomFiles{
	{"report", `^report/`},
	{"engine", `^analyze/(engine|batch|live|traces|tap|joined|redact\w*)\.go`},
	{"decoder", `^decode/(decoder|read|probe|udp|datagram|session|unit|tcpclass|classify|counts|stats|hidden|keys|clients|rest|(tls|ws|msrp|hep)stream|hep|ipsec|sctpunit|refused)\.go`},
	{"packet", `^decode/(packet/\w+|link\w*|ip|icmp|fragment|tunnel|serial|passover|place|address|endpoint)\.go`},
	{"streams", `^decode/(tcp/\w+|flow|tcp|reassemble|hold|stream|follow)\.go`},
	{"layers", `^decode/(tls|websocket|msrp|sctp|esp|hdlc)/`},
	{"framing", `^decode/(sip/)?(framing\w*|findstart|stream)\.go`},
	{"strict", `^decode/(strict/\w+|sip|differs|sipheaders)\.go`},
	{"marks", `^decode/(stream/\w+|mark)\.go`},
	{"SIP text", `^decode/(sip/)?\w+\.go`},
	{"content", `^decode/content/`},
	{"analyzer", `^analyze/analyzer\.go`},
	{"pairing", `^analyze/(pairing\w*|response|match|direction|leg)\.go`},
	{"closing", `^analyze/(closer|close|finish|bounces|legs|progress)\.go`},
	{"deliveries", `^analyze/(delivery|verdict|relations)\.go`},
	{"texts", `^analyze/texts?_?\w*\.go`},
	{"totals", `^analyze/(totals|peers|rtt|minute|statuses)\.go`},
	{"watch", `^analyze/watch\w*\.go`},
	{"findings", `^analyze/(findings|blame|breach)\.go`},
	{"rules", `^analyze/rules?\w*\.go`},
	{"groups", `^analyze/(groups|grouping|hosts|refused|sealed)\.go`},
	{lowest, `^analyze/\w+\.go`},
	{"result", `^analyze/result/`},
}

// lowest is the room of what all others of an analysis share, wherever its methods stand.
const lowest = "table"

var shared = []string{"run", "Options", "record", "txn", "table"}

// walks are the functions that a walk begins with, where it begins outside of another one
// of its kind.
var walks = []struct{ name, function string }{
	{"frame", `Decoder\.Frame$`},
	{"response", `(analyzer|pairing)\.response$`},
	{"finding", `(analyzer|blame)\.(found|broken\w*|breach)$`},
	{"row", `(analyzer|closer)\.close$`},
}

const traced = "internal/walk"

func main() {
	revision := flag.String("rev", "", "count in this revision, not in the tree as it is")
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*revision, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "walks:", err)
		os.Exit(1)
	}
}

func run(revision string, captures []string) error {
	tree, err := os.MkdirTemp("", "walks")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tree)
	pack := "git ls-files -z | tar c --null -T - --ignore-failed-read"
	if revision != "" {
		pack = "git archive " + revision
	}
	if err := command(".", "sh", "-c", "cd $(git rev-parse --show-toplevel) && ("+pack+") | tar x -C "+tree); err != nil {
		return err
	}
	if err := instrument(tree); err != nil {
		return err
	}
	if err := command(tree, "go", "build", "-pgo=off", "-o", "simplecap", "./cmd/simplecap"); err != nil {
		return err
	}
	for _, capture := range captures {
		fmt.Println(capture)
		if err := command(".", filepath.Join(tree, "simplecap"), "read", "--format", "json", "--workers", "1", "-o", os.DevNull, capture); err != nil {
			return err
		}
	}
	return nil
}

// command runs a program, whose output is ours.
func command(dir string, name string, args ...string) error {
	c := exec.Command(name, args...)
	c.Dir, c.Stdout, c.Stderr = dir, os.Stdout, os.Stderr
	return c.Run()
}

// instrument makes the functions of a tree tell when they begin and end.
func instrument(tree string) error {
	for _, dir := range []string{"decode", "analyze", "report"} {
		err := filepath.WalkDir(filepath.Join(tree, dir), func(name string, _ os.DirEntry, err error) error {
			if err != nil || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
				return err
			}
			relative, err := filepath.Rel(tree, name)
			if err != nil {
				return err
			}
			return rewrite(name, roomOf(filepath.ToSlash(relative)))
		})
		if err != nil {
			return err
		}
	}
	main := filepath.Join(tree, "cmd/simplecap/main.go")
	source, err := os.ReadFile(main)
	if err != nil {
		return err
	}
	source = bytes.ReplaceAll(source, []byte("os.Exit("), []byte("walk_.Exit("))
	source = bytes.Replace(source, []byte("\nimport"), []byte("\nimport walk_ \"simplecap/"+traced+"\"\nimport"), 1)
	if err := os.WriteFile(main, source, 0o600); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(tree, traced), 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(tree, traced, "walk.go"), tracer(), 0o600)
}

func roomOf(file string) int {
	for i, r := range rooms {
		if regexp.MustCompile(r.files).MatchString(file) {
			return i
		}
	}
	return -1
}

// rewrite puts a call at the beginning of every function of a file.
func rewrite(name string, room int) error {
	source, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, source, 0)
	if err != nil || room < 0 {
		return err
	}
	out, at, any := []byte(nil), 0, false
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Body == nil || f.Recv == nil {
			continue
		}
		any = true
		end := set.Position(f.Body.Lbrace).Offset + 1
		out = append(out, source[at:end]...)
		in := room
		if slices.Contains(shared, receiver(f)) {
			in = slices.IndexFunc(rooms, func(r roomFiles) bool { return r.name == lowest })
		}
		out = fmt.Appendf(out, " defer walk_.Leave(walk_.Enter(%d, %d));", in, walkOf(f))
		at = end
	}
	out = append(out, source[at:]...)
	if !any {
		return nil
	}
	begin := set.Position(file.Name.End()).Offset
	whole := append(append(append([]byte(nil), out[:begin]...), "\nimport walk_ \"simplecap/"+traced+"\"\n"...), out[begin:]...)
	return os.WriteFile(name, whole, 0o600)
}

// walkOf is the kind of walk that a function begins, -1 for none.
func walkOf(f *ast.FuncDecl) int {
	name := receiver(f) + "." + f.Name.Name
	for i, w := range walks {
		if regexp.MustCompile(w.function).MatchString(name) {
			return i
		}
	}
	return -1
}

// receiver is the name of the type that a method is of.
func receiver(f *ast.FuncDecl) string {
	kind := f.Recv.List[0].Type
	if star, ok := kind.(*ast.StarExpr); ok {
		kind = star.X
	}
	id, _ := kind.(*ast.Ident)
	if id == nil {
		return "" // of a generic type
	}
	return id.Name
}
