package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// notRun marks a block of commands that no test can run, and says why: it stands on the
// line before the block, where a page that is read does not show it.
const notRun = "<!-- not run: "

// shellBlock is a fenced block of commands in a document.
type shellBlock struct {
	at      string // document and line
	kind    string // "sh": one command a line; "console": commands behind "$ ", each with its output
	marked  bool   // with notRun
	content []string
}

// shellBlocks finds the blocks of commands in README and docs. The page of rules is left
// out: it is generated, and its blocks hold traffic.
func shellBlocks(t *testing.T) (blocks []shellBlock) {
	t.Helper()
	root := filepath.Join("..", "..")
	names, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(names, filepath.Join(root, "README.md")) {
		if page, err := os.ReadFile(name); err != nil {
			t.Fatal(err)
		} else if filepath.Base(name) != "rules.md" {
			blocks = append(blocks, blocksOf(filepath.Base(name), string(page))...)
		}
	}
	return blocks
}

// blocksOf finds the blocks of commands in a page.
func blocksOf(name, page string) (blocks []shellBlock) {
	var b *shellBlock
	before := ""
	for i, line := range strings.Split(page, "\n") {
		switch kind, fence := strings.CutPrefix(line, "```"); {
		case fence && b == nil:
			b = &shellBlock{at: name + ":" + strconv.Itoa(i+1), kind: kind, marked: strings.HasPrefix(before, notRun)}
		case fence:
			if b.kind == "sh" || b.kind == "console" {
				blocks = append(blocks, *b)
			}
			b = nil
		case b != nil:
			b.content = append(b.content, line)
		}
		before = line
	}
	return blocks
}

func TestBlocksOf(t *testing.T) {
	page := "text\n```sh\na\nb\n```\n<!-- not run: x -->\n```console\n$ c\nd\n```\n```yaml\ne: f\n```\n"
	want := []shellBlock{{"p:2", "sh", false, []string{"a", "b"}}, {"p:7", "console", true, []string{"$ c", "d"}}}
	if diff := cmp.Diff(want, blocksOf("p", page), cmp.AllowUnexported(shellBlock{})); diff != "" {
		t.Error(diff)
	}
}

// Every command in README and docs runs on captures of the names that it uses, and
// prints what is shown behind it. Of those that need a network or another host the
// flags are looked at.
func TestDocumentedCommands(t *testing.T) {
	blocks := shellBlocks(t)
	documentedFiles(t)
	for _, b := range blocks {
		switch {
		case b.marked:
			for _, line := range b.content {
				checkNamedFlags(t, b.at, line)
			}
		case b.kind == "sh":
			for _, line := range b.content {
				runDocumented(t, b.at, line)
			}
		default:
			compareShown(t, b)
		}
	}
	if len(blocks) < 10 {
		t.Errorf("only %d blocks of commands", len(blocks))
	}
}

// documentedFiles goes to a folder with the files that documents speak of.
func documentedFiles(t *testing.T) {
	t.Helper()
	pcaps, err := filepath.Abs(filepath.Join("..", "..", "testdata", "pcaps"))
	if err != nil {
		t.Fatal(err)
	}
	const example = "proxy-inleg-200-missing.pcap"
	capture, err := os.ReadFile(filepath.Join(pcaps, example))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for name, content := range map[string]string{
		"proxy.pcap": string(capture), "trace.pcap": string(capture), "traces/a.pcap": string(capture), example: string(capture),
		"rotated-1.pcap.gz": string(capture), "captures/b.pcap": string(capture), "key.txt": strings.Repeat("k", 40),
	} {
		os.MkdirAll(path.Dir(name), 0o700)
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// runDocumented runs a line of a block. A verdict (exit code 1) is no failure of the
// documents; wrong usage and files that cannot be read are.
func runDocumented(t *testing.T, at, line string) {
	t.Helper()
	stages := pipeline(line)
	if len(stages) == 0 {
		return
	}
	if stages[0][0] != "simplecap" || len(stages) > 2 {
		t.Errorf("%s: %q cannot be run here: put %q and why before the block", at, line, notRun)
		return
	}
	out, talk, code := runWords(t, stages[0][1:])
	if code > 1 {
		t.Errorf("%s: %q ends with %d: %s", at, line, code, talk)
	}
	if len(stages) == 2 {
		pipeTo(t, at, stages[1], out)
	}
}

// pipeTo gives what a command printed to the one behind it, where that is installed.
func pipeTo(t *testing.T, at string, words []string, input string) {
	t.Helper()
	program, err := exec.LookPath(words[0])
	if err != nil {
		t.Log(err)
		return
	}
	cmd := exec.Command(program, words[1:]...)
	cmd.Stdin = strings.NewReader(input)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %q: %v: %s", at, words, err, out)
	}
}

// runWords runs simplecap with the words of a command line.
func runWords(t *testing.T, words []string) (out, talk string, code int) {
	t.Helper()
	var args []string
	for _, word := range words {
		word = strings.Replace(word, "/var/captures", "captures", 1)
		found, err := filepath.Glob(word)
		if !strings.Contains(word, "*") || err != nil || len(found) == 0 {
			found = []string{word}
		}
		args = append(args, found...)
	}
	t.Setenv("COLUMNS", "90") // as wide as a page shows
	var stdout, stderr bytes.Buffer
	code = run(context.Background(), args, strings.NewReader(""), &stdout, &stderr)
	return stdout.String(), stderr.String(), code
}

// compareShown runs the commands of a console block and compares what they print with
// what the block shows; a line "…" stands for the rest.
func compareShown(t *testing.T, b shellBlock) {
	t.Helper()
	for part := range strings.SplitSeq("\n"+strings.Join(b.content, "\n")+"\n", "\n$ ") {
		line, want, _ := strings.Cut(part, "\n")
		if line == "" {
			continue
		}
		stages := pipeline(line)
		got, talk, code := runWords(t, stages[0][1:])
		if start, ok := strings.CutSuffix(want, "…\n"); ok && strings.HasPrefix(got, start) {
			got = want
		}
		if strings.TrimRight(got, "\n") != strings.TrimRight(want, "\n") || code > 1 {
			t.Errorf("%s: %q ends with %d %s and prints something else:\n%s", b.at, line, code, talk, cmp.Diff(want, got))
		}
	}
}

// checkNamedFlags looks whether simplecap, where a line calls it, has the flags.
func checkNamedFlags(t *testing.T, at, line string) {
	t.Helper()
	for _, words := range pipeline(line) {
		for i, word := range words {
			if path.Base(word) != "simplecap" || i+1 == len(words) || words[i+1] == "proxy:" {
				continue
			}
			root := newRoot(streams{strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}})
			cmd, rest, err := root.Find(withDefaultCommand(root, words[i+1:]))
			if err == nil {
				err = cmd.ParseFlags(rest)
			}
			if err != nil {
				t.Errorf("%s: %q: %v", at, line, err)
			}
		}
	}
}

// pipeline splits a command line into commands and these into words as a shell does, as
// far as documents need it: quotes, comments, "|", "&&", ";" and redirections.
func pipeline(line string) (commands [][]string) {
	var words []string
	var word []byte
	quote, inWord := byte(0), false
	end := func() {
		if inWord {
			words = append(words, string(word))
		}
		word, inWord = nil, false
	}
	finish := func() {
		if end(); len(words) > 0 {
			commands = append(commands, words)
		}
		words = nil
	}
	for i := range len(line) {
		switch c := line[i]; {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word = append(word, c)
		case c == '\'' || c == '"':
			quote, inWord = c, true
		case c == '#' && !inWord, c == '>':
			finish()
			return commands
		case c == '|' || c == '&' || c == ';':
			finish()
		case c == ' ' || c == '\t':
			end()
		default:
			word, inWord = append(word, c), true
		}
	}
	finish()
	return commands
}

func TestPipeline(t *testing.T) {
	for line, want := range map[string][][]string{
		`simplecap --where 'a == "b" || c' x.pcap  # why`: {{"simplecap", "--where", `a == "b" || c`, "x.pcap"}},
		`a -x | jq -r '.b | @tsv' && c >d`:                {{"a", "-x"}, {"jq", "-r", ".b | @tsv"}, {"c"}},
		"# only a comment":                                nil,
	} {
		if diff := cmp.Diff(want, pipeline(line)); diff != "" {
			t.Errorf("%s: %s", line, diff)
		}
	}
}
