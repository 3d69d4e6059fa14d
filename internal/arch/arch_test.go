// Package arch holds the rules of the project that no compiler checks.
package arch

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	root     = "../.."
	module   = "simplecap/"
	maxLines = 450
)

// layers are the packages in the order that frames go through them: each may
// import those before it.
//
// One room is no package of its own, because a wall there would have more doors than
// bricks. The rules of analyze (an analyze/rule) have what they judge in analyze/result now,
// but would still export about 80 names: 49 rules that pairing and texts break by
// variable, so that a misspelt one does not compile, 14 questions that checks ask of an
// Exchange, and what applies, ranks and words a rule. With its texts alone in a package of
// their own, a rule would stand in two places.
//
// decode/packet has a Walk that stops at what its owner has to decide about, and no
// visitor to call back: its two owners (decode.Decoder, redact.Locator) ask it to go on,
// which is a switch for each layer and no call through an interface.
//
// decode/tcp has flows and reassembly and stands apart from decode/stream, which is what they
// hand on: packet gives its marks (stream.Mark) and tcp takes its Walk, so that both in one
// package would import each other. A flow is asked for in two steps, Find and Follow, and
// says what becomes of a segment by values, because a call back for each segment that is
// not SIP would cost more than the segment. What a flow carries is a Label that only its
// owner reads.
//
// decode/sip has what was read of a message, sip.Message, and decode.Message embeds it
// beside how it came. Nothing turns back from there: what was cut out of a stream goes to
// a sip.Sink, and the bytes that a stream begins with are held by who asks the probe table,
// not by the framer.
var layers = []string{"hep", "capture", "decode", "redact", "analyze", "bus", "sink", "check", "report", "internal/tui", "capture/live", "cmd/simplecap"}

// rooms are packages that are told apart from the layer whose folder they are in: all
// of the project that each may import. Where a layer imports its room, the compiler
// sees to it that the room does not import the layer.
//
// capture/live is a layer of its own because a program that reads files needs no
// sockets: what reads frames gets a capture.Source and does not ask which.
//
// analyze/result has the values that an analysis hands on, so that what reads them (a
// report, a sink, a rule) needs nothing of what makes them.
var rooms = map[string][]string{
	"capture/live": {"hep", "capture", "capture/made", "internal/preset"},
	"capture/made": {"capture", "internal/inetsum"},

	"decode/stream":      {"capture"},
	"decode/packet":      {"capture", "decode/hdlc", "decode/stream", "internal/inetsum", "internal/order"},
	"decode/tcp":         {"decode/packet", "decode/stream", "internal/order"},
	"decode/sip":         {"capture", "decode/stream"},
	"decode/strict":      {"decode", "decode/sip"},
	"decode/websocket":   {"decode/stream"},
	"decode/tls":         {"internal/preset", "internal/order"},
	"decode/sctp":        {"internal/preset", "internal/order"},
	"decode/esp":         {"internal/inetsum", "internal/preset"},
	"decode/msrp":        {},
	"decode/hdlc":        {},
	"decode/content":     {"decode/sip", "decode/content/sms", "internal/preset"},
	"decode/content/sms": {},

	"sink/parquet":  {"sink", "internal/preset"},
	"sink/postgres": {"sink"},

	"analyze/result": {"capture", "decode", "decode/content", "decode/content/sms"},
}

// homes are the libraries that one package alone may import, or tests alone.
var homes = map[string]string{
	"github.com/emiago/sipgo":           "decode/strict",
	"github.com/google/gopacket/layers": "tests", // see decode/packet/layers_test.go
	"github.com/HdrHistogram":           "analyze",
	"golang.org/x/text":                 "decode/content",
	"github.com/nats-io":                "bus/jet",
	"github.com/olekukonko/ll":          "report",
	"github.com/olekukonko/tablewriter": "report",
	"github.com/spf13/cobra":            "cmd/simplecap",
	"charm.land/bubbletea":              "internal/tui",
	"github.com/prometheus":             "cmd/simplecap",
	"github.com/landlock-lsm":           "cmd/simplecap",
	"github.com/parquet-go/parquet-go":  "sink/parquet",
	"github.com/jackc/pgx":              "sink/postgres",
}

// testOnly are the packages that only tests may import.
var testOnly = []string{"internal/shared", "internal/wire"}

// goFile is a parsed file of the project.
type goFile struct {
	name  string // slash-separated, from the root
	lines int
	*ast.File
}

func (f *goFile) dir() string  { return path.Dir(f.name) }
func (f *goFile) isTest() bool { return strings.HasSuffix(f.name, "_test.go") }

// goFiles parses every Go file of the project.
func goFiles(t *testing.T) (files []*goFile) {
	t.Helper()
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(name) != ".go" {
			return err
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ParseComments)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, name)
		files = append(files, &goFile{filepath.ToSlash(relative), bytes.Count(source, []byte("\n")), parsed})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 100 {
		t.Fatalf("only %d files: is %s the root?", len(files), root)
	}
	return files
}

// TestImports checks that imports go one way, and that each library has its room.
func TestImports(t *testing.T) {
	for _, f := range goFiles(t) {
		for _, spec := range f.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if reason := forbidden(f.dir(), imported); reason != "" && !f.isTest() {
				t.Errorf("%s imports %s: %s", f.name, imported, reason)
			}
		}
	}
}

// forbidden says why a package must not import another one, "" if it may.
func forbidden(dir, imported string) string {
	if local, ok := strings.CutPrefix(imported, module); ok {
		own := layer(dir)
		if own < 0 {
			own = layer("capture")
		}
		room, inRoom := rooms[dir]
		switch {
		case inRoom && !slices.Contains(room, local):
			return "of the project it may import " + strings.Join(room, ", ")
		case layer(local) > own:
			return "imports go one way, " + strings.Join(layers, " <- ") + ", and the rest may import capture"
		case layer(dir) >= 0 && slices.Contains(testOnly, local):
			return "it is for tests"
		}
		return ""
	}
	for library, home := range homes {
		if within(imported, library) && !within(dir, home) {
			return "only " + home + " may"
		}
	}
	return ""
}

// layer is the index of a package in layers, -1 for one that is in none. A layer may
// be in the folder of another one.
func layer(dir string) int {
	found := -1
	for i, l := range layers {
		if within(dir, l) && (found < 0 || len(l) > len(layers[found])) {
			found = i
		}
	}
	return found
}

// within reports whether a path is a folder or in it.
func within(name, folder string) bool {
	return name == folder || strings.HasPrefix(name, folder+"/")
}

// TestDecodeAlone wants a program that only decodes to link no SIP stack and no tables
// of character sets.
func TestDecodeAlone(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "simplecap/decode").Output()
	if err != nil {
		t.Skip(err)
	}
	deps := strings.Fields(string(out))
	if !slices.Contains(deps, "simplecap/capture") {
		t.Fatalf("decode alone needs %q", deps)
	}
	for _, dep := range deps {
		if within(dep, "github.com/emiago/sipgo") || within(dep, "simplecap/decode/strict") || within(dep, "golang.org/x/text") {
			t.Errorf("decode alone needs %s", dep)
		}
	}
}

// transportsNamed are the files where the names of transports stand, which people and
// package net read. All others ask a decode.Transport for its properties.
var transportsNamed = []string{"decode/endpoint.go", "hep/address.go", "cmd/simplecap/live_metrics.go", "bus/jet/embedded.go"}

// TestTransportsAreNamedOnce wants "udp" and "tcp" nowhere else.
func TestTransportsAreNamedOnce(t *testing.T) {
	named := make(map[string]bool)
	for _, f := range goFiles(t) {
		if f.isTest() || layer(f.dir()) < 0 && !within(f.dir(), "decode") {
			continue
		}
		ast.Inspect(f.File, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Value != `"udp"` && literal.Value != `"tcp"` {
				return true
			}
			if named[f.name] = true; !slices.Contains(transportsNamed, f.name) {
				t.Errorf("%s names %s", f.name, literal.Value)
			}
			return true
		})
	}
	for _, name := range transportsNamed {
		if !named[name] {
			t.Errorf("%s names no transport: take it off the list", name)
		}
	}
}

func TestForbidden(t *testing.T) {
	for _, test := range []struct {
		dir, imported string
		forbidden     bool
	}{
		{"hep", "simplecap/capture", true},
		{"capture", "simplecap/decode", true},
		{"decode", "simplecap/analyze", true},
		{"analyze", "simplecap/report", true},
		{"check", "simplecap/report", true},
		{"report", "simplecap/cmd/simplecap", true},
		{"capture", "simplecap/internal/wire", true},
		{"internal/wire", "simplecap/decode", true},
		{"analyze", "github.com/emiago/sipgo/sip", true},
		{"capture", "github.com/google/gopacket/layers", true},
		{"decode", "github.com/google/gopacket/layers", true},
		{"cmd/simplecap", "github.com/olekukonko/tablewriter/tw", true},
		{"decode", "simplecap/capture/live", true},
		{"capture/live", "simplecap/decode", true},
		{"capture/live", "simplecap/capture", false},
		{"capture", "simplecap/hep", false},
		{"decode", "simplecap/capture", false},
		{"report", "simplecap/capture", false},
		{"report", "simplecap/check", false},
		{"cmd/simplecap", "simplecap/report", false},
		{"internal/wire", "simplecap/capture", false},
		{"decode", "github.com/emiago/sipgo/sip", true},
		{"decode/strict", "github.com/emiago/sipgo/sip", false},
		{"decode/sip", "simplecap/decode", true},
		{"decode/packet", "simplecap/decode/sip", true},
		{"decode", "simplecap/decode/sip", false},
		{"decode", "golang.org/x/text/encoding", true},
		{"capture", "github.com/google/gopacket", false},
	} {
		if reason := forbidden(test.dir, test.imported); (reason != "") != test.forbidden {
			t.Errorf("%s imports %s: %q, want forbidden %v", test.dir, test.imported, reason, test.forbidden)
		}
	}
}

func TestFileLength(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.lines >= maxLines {
			t.Errorf("%s has %d lines, want fewer than %d", f.name, f.lines, maxLines)
		}
	}
}

// TestExportedNamesAreDocumented wants a comment for each exported name of the
// packages: functions, methods, types, the methods of interfaces, constants and
// variables. A group of constants may share one.
func TestExportedNamesAreDocumented(t *testing.T) {
	for _, f := range goFiles(t) {
		if layer(f.dir()) < 0 || f.isTest() {
			continue
		}
		for _, decl := range f.Decls {
			for _, name := range undocumented(decl) {
				t.Errorf("%s: %s has no comment", f.name, name)
			}
		}
	}
}

// undocumented returns the exported names of a declaration without a comment.
func undocumented(decl ast.Decl) (names []string) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Doc == nil && d.Name.IsExported() && exportedReceiver(d) {
			names = append(names, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			names = append(names, undocumentedSpec(d, spec)...)
		}
	}
	return names
}

// exportedReceiver reports whether a function is none of an unexported type.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	kind := d.Recv.List[0].Type
	if star, ok := kind.(*ast.StarExpr); ok {
		kind = star.X
	}
	name, ok := kind.(*ast.Ident)
	return !ok || name.IsExported()
}

func undocumentedSpec(d *ast.GenDecl, spec ast.Spec) (names []string) {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if !s.Name.IsExported() {
			return nil
		}
		if d.Doc == nil && s.Doc == nil && s.Comment == nil {
			names = append(names, s.Name.Name)
		}
		if i, ok := s.Type.(*ast.InterfaceType); ok {
			names = append(names, undocumentedNames(i.Methods.List)...)
		}
	case *ast.ValueSpec:
		if d.Doc != nil || s.Doc != nil || s.Comment != nil {
			return nil
		}
		for _, name := range s.Names {
			if name.IsExported() {
				names = append(names, name.Name)
			}
		}
	}
	return names
}

func undocumentedNames(fields []*ast.Field) (names []string) {
	for _, f := range fields {
		for _, name := range f.Names {
			if f.Doc == nil && f.Comment == nil && name.IsExported() {
				names = append(names, name.Name)
			}
		}
	}
	return names
}

func TestUndocumented(t *testing.T) {
	const source = `package p

func Bare() {}

// Told does something.
func Told() {}

func (t hidden) Method() {}

func (t *Shown) Method() {}

// Shown is shown.
type Shown struct{}

type Silent interface {
	Spoken() // says something
	Mute()
}

// The colours.
const (
	Red = iota
	Green
)

const Lonely, quiet = 1, 2
`
	f, err := parser.ParseFile(token.NewFileSet(), "p.go", source, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, decl := range f.Decls {
		got = append(got, undocumented(decl)...)
	}
	if want := "Bare Method Silent Mute Lonely"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
