// Exported lists what is exported and nobody outside its package needs: functions, types,
// values, methods and fields of packages that can be imported which no other package of
// the project uses, tests of others and examples included, and which implement no
// interface. Values of a type belong together, as do the bounds of a Limits: one that
// somebody may need is enough. What stays exported all the same stands in allowed.txt with
// the reason.
//
//	go run ./scripts/exported
//
// It ends with 1 where there is one that is not allowed, or an allowed one that has a
// user now.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	_ "embed"
)

const module = "simplecap/"

//go:embed allowed.txt
var allowedText string

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "exported:", err)
		os.Exit(1)
	}
}

func run() error {
	packages, err := list()
	if err != nil {
		return err
	}
	u := newUsers(packages)
	for _, p := range packages {
		if strings.HasPrefix(p.ImportPath, module) {
			u.look(p)
		}
	}
	unused, err := u.unused(packages)
	if err != nil {
		return err
	}
	return compare(unused, allowed())
}

// compare prints where what nobody uses differs from what is allowed.
func compare(unused []string, allowed map[string]bool) error {
	wrong, needed := 0, make(map[string]bool)
	for _, name := range unused {
		rule := name
		if !allowed[name] {
			rule = name[:strings.LastIndexByte(name, '.')] + ".*"
		}
		if needed[rule] = true; !allowed[rule] {
			fmt.Println(name)
			wrong++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(allowed)) {
		if !needed[name] {
			fmt.Println(name, "is allowed, and is used or not there any more")
			wrong++
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d names: make them unexported, or allow them with a reason", wrong)
	}
	return nil
}

// allowed are the names of allowed.txt: one a line, a space, the reason. Type.* stands for
// all fields and methods of a type.
func allowed() map[string]bool {
	all := make(map[string]bool)
	for line := range strings.Lines(allowedText) {
		if name, reason, ok := strings.Cut(strings.TrimSpace(line), " "); ok && reason != "" && name != "#" {
			all[name] = true
		}
	}
	return all
}

// listed is a package as go list says it.
type listed struct {
	ImportPath, Dir, Export            string
	GoFiles, TestGoFiles, XTestGoFiles []string
}

// importable reports whether programs of others may import it.
func (p *listed) importable() bool {
	local, ok := strings.CutPrefix(p.ImportPath, module)
	return ok && !strings.HasPrefix(local, "internal/") && !strings.HasPrefix(local, "cmd/") && !strings.HasPrefix(local, "scripts/")
}

// list lists the packages of the project and all that they import, compiled.
func list() (all []*listed, err error) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,Export,GoFiles,TestGoFiles,XTestGoFiles", "-export", "-deps", "-pgo=off", "-tags", "full", "./...")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		one := new(listed)
		if err := d.Decode(one); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
}

// users knows what is used by whom. An object is known by where it is declared, since
// the same one is another value to each package that is checked.
type users struct {
	files    *token.FileSet
	exports  map[string]string // compiled packages, by their paths
	importer types.Importer
	used     map[string]bool
}

func newUsers(packages []*listed) *users {
	u := &users{files: token.NewFileSet(), exports: make(map[string]string), used: make(map[string]bool)}
	for _, p := range packages {
		u.exports[p.ImportPath] = p.Export
	}
	u.importer = importer.ForCompiler(u.files, "gc", func(path string) (io.ReadCloser, error) { return os.Open(u.exports[path]) })
	return u
}

// key names an object by its place.
func (u *users) key(o types.Object) string {
	at := u.files.Position(o.Pos())
	return fmt.Sprintf("%s/%s:%d %s", o.Pkg().Path(), filepath.Base(at.Filename), at.Line, o.Name())
}

// look notes what a package and its tests use of others, and its examples of itself. What
// only tests import is not known: what hangs on it is passed over.
func (u *users) look(p *listed) {
	u.check(p, p.ImportPath, p.GoFiles)
	u.check(p, p.ImportPath, append(slices.Clone(p.GoFiles), p.TestGoFiles...))
	u.check(p, p.ImportPath+"_test", p.XTestGoFiles)
}

func (u *users) check(p *listed, path string, names []string) {
	var files []*ast.File
	for _, name := range names {
		if f, err := parser.ParseFile(u.files, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution); err == nil {
			files = append(files, f)
		}
	}
	info := &types.Info{Uses: make(map[*ast.Ident]types.Object), Types: make(map[ast.Expr]types.TypeAndValue)}
	config := types.Config{Importer: u.importer, Error: func(error) {}}
	config.Check(path, u.files, files, info)
	for id, o := range info.Uses {
		if o.Pkg() != nil && o.Exported() && (o.Pkg().Path() != p.ImportPath || strings.HasSuffix(u.files.Position(id.Pos()).Filename, "example_test.go")) {
			u.used[u.key(o)] = true
		}
	}
	for e, t := range info.Types {
		if literal, ok := e.(*ast.CompositeLit); ok {
			u.positional(p, literal, t.Type)
		}
	}
}

// positional notes the fields of a literal without their names.
func (u *users) positional(p *listed, literal *ast.CompositeLit, t types.Type) {
	s, ok := t.Underlying().(*types.Struct)
	if !ok || len(literal.Elts) == 0 {
		return
	}
	if _, keyed := literal.Elts[0].(*ast.KeyValueExpr); keyed {
		return
	}
	for f := range s.Fields() {
		if f.Pkg().Path() != p.ImportPath {
			u.used[u.key(f)] = true
		}
	}
}

// unused lists what nobody uses, by package, type and name.
func (u *users) unused(packages []*listed) (names []string, err error) {
	var interfaces []*types.Interface
	for _, p := range packages {
		if p.Export == "" { // unsafe, and a package with nothing but tests
			continue
		}
		t, err := u.importer.Import(p.ImportPath)
		if err != nil {
			return nil, err
		}
		interfaces = append(interfaces, interfacesOf(t)...)
	}
	for _, p := range packages {
		if !p.importable() {
			continue
		}
		t, err := u.importer.Import(p.ImportPath)
		if err != nil {
			return nil, err
		}
		for _, name := range t.Scope().Names() {
			if o := t.Scope().Lookup(name); o.Exported() {
				names = append(names, u.unusedOf(o, strings.TrimPrefix(p.ImportPath, module)+"."+name, interfaces)...)
			}
		}
	}
	return names, nil
}

// interfacesOf are the interfaces that a package declares, and that of errors.
func interfacesOf(p *types.Package) (all []*types.Interface) {
	all = append(all, types.Universe.Lookup("error").Type().Underlying().(*types.Interface))
	for _, name := range p.Scope().Names() {
		o, ok := p.Scope().Lookup(name).(*types.TypeName)
		if !ok {
			continue
		}
		if i, ok := o.Type().Underlying().(*types.Interface); ok && i.NumMethods() > 0 && i.IsMethodSet() {
			all = append(all, i)
		}
	}
	return all
}

// unusedOf lists an object, or the methods and fields of a type, that nobody uses.
func (u *users) unusedOf(o types.Object, name string, interfaces []*types.Interface) (names []string) {
	kind, ok := o.(*types.TypeName)
	if !ok {
		if !u.used[u.key(o)] && !belongs(o) {
			names = append(names, name)
		}
		return names
	}
	named, ok := kind.Type().(*types.Named)
	if !ok || strings.HasSuffix(kind.Name(), "Limits") {
		return nil
	}
	if s, ok := named.Underlying().(*types.Struct); ok {
		for f := range s.Fields() {
			if f.Exported() && !f.Embedded() && f.Name() != "Limits" && !u.used[u.key(f)] {
				names = append(names, name+"."+f.Name())
			}
		}
	}
	for m := range named.Methods() {
		if m.Exported() && !u.used[u.key(m)] && !u.used[u.key(m.Origin())] && !implements(named, m.Name(), interfaces) {
			names = append(names, name+"."+m.Name())
		}
	}
	return names
}

// belongs reports whether an object is one of the values of a type, or the default of a
// Limits.
func belongs(o types.Object) bool {
	t, ok := o.Type().(*types.Named)
	if _, constant := o.(*types.Const); ok && constant {
		return true
	}
	return ok && strings.HasSuffix(t.Obj().Name(), "Limits")
}

// implements reports whether a method is there for an interface.
func implements(t *types.Named, method string, interfaces []*types.Interface) bool {
	for _, i := range interfaces {
		for m := range i.Methods() {
			if m.Name() == method && (types.Implements(types.NewPointer(t), i) || t.TypeParams().Len() > 0) {
				return true
			}
		}
	}
	return false
}
