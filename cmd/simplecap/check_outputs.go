package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/spf13/pflag"

	"simplecap/capture"
	"simplecap/check"
	"simplecap/report"
	"simplecap/report/html"
)

// checkOutputs are what a check writes beside its verdict on standard output.
type checkOutputs struct {
	junit, sarif, json, markdown, html, evidence string // file names; "-" is standard output, "" none
	github, decrypted                            bool
	mode                                         fileMode // of the evidence
}

func (o *checkOutputs) register(set *pflag.FlagSet) {
	set.StringVar(&o.junit, "junit", "", "write JUnit XML to `FILE`, one test case for each rule, budget and expectation")
	set.StringVar(&o.sarif, "sarif", "", "write SARIF 2.1.0 to `FILE`")
	set.StringVar(&o.json, "json", "", "write the verdict as JSON to `FILE`")
	set.StringVar(&o.markdown, "markdown", "", "write Markdown for a comment on a change to `FILE`")
	set.StringVar(&o.html, "html", "", "write a page for a browser to `FILE`, with the verdict and all deliveries")
	set.StringVar(&o.evidence, "evidence", "", "write the frames of failing transactions to the pcapng `FILE`, with texts hidden and names as --redact says")
	set.BoolVar(&o.decrypted, "decrypted", false, "write what --evidence has of TLS, WebSocket, SCTP and IPsec as plain packets that other programs read; always so without --bodies")
	set.BoolVar(&o.github, "github", false, "print GitHub workflow annotations too")
}

// artefact is one output of a check.
type artefact struct {
	flag, name string
	write      func(io.Writer) error
}

// judged is what the outputs are made of.
type judged struct {
	*check.Verdict
	where    string                         // the text of --where
	page     *html.Writer                   // nil without --html
	reopen   func() (capture.Source, error) // opens the inputs again
	evidence check.EvidenceOptions          // how evidence is written
}

// list returns the outputs that were asked for. What was judged is needed only to
// write them.
func (o *checkOutputs) list(v judged) (list []artefact) {
	for _, a := range []artefact{
		{"--junit", o.junit, func(w io.Writer) error { return report.WriteJUnit(w, v.Verdict) }},
		{"--sarif", o.sarif, func(w io.Writer) error { return report.WriteSARIF(w, v.Verdict) }},
		{"--json", o.json, func(w io.Writer) error { return report.WriteVerdictJSON(w, v.Verdict) }},
		{"--markdown", o.markdown, func(w io.Writer) error {
			return report.WriteVerdictMarkdown(w, v.Verdict, report.Options{Where: v.where})
		}},
		{"--html", o.html, func(w io.Writer) error {
			v.page.Judged(v.Verdict)
			return v.page.WritePage(w, v.Report)
		}},
		{"--evidence", o.evidence, func(w io.Writer) error {
			return check.WriteEvidence(w, v.Verdict, v.reopen, v.evidence)
		}},
	} {
		if a.name != "" {
			list = append(list, a)
		}
	}
	return list
}

// toStdout reports whether one of the outputs takes standard output, where the
// verdict in words would spoil it.
func (o *checkOutputs) toStdout() bool {
	for _, a := range o.list(judged{}) {
		if a.name == "-" {
			return true
		}
	}
	return false
}

// check finds what cannot be before anything is read.
func (o *checkOutputs) check(files []string) error {
	taken := map[string]string{}
	for _, a := range o.list(judged{}) {
		if other := taken[a.name]; other != "" {
			return fmt.Errorf("%s and %s both write to %s", other, a.flag, a.name)
		}
		taken[a.name] = a.flag
	}
	if o.github && o.toStdout() {
		return errors.New("--github needs standard output: let the other output write to a file")
	}
	if o.decrypted && o.evidence == "" {
		return errors.New("--decrypted needs --evidence, the name of the file")
	}
	if o.evidence != "" {
		return readableTwice(files)
	}
	return nil
}

// readableTwice is an error if an input is a pipe, which can be read once only.
func readableTwice(files []string) error {
	for _, name := range files {
		if readOnce(name) {
			return fmt.Errorf("--evidence reads its inputs twice, and %q is no file", name)
		}
	}
	return nil
}

// write writes every output.
func (o *checkOutputs) write(v judged, stdout io.Writer) error {
	for _, a := range o.list(v) {
		if err := writeFile(a.name, stdout, o.mode.of(a.flag == "--evidence" || a.flag == "--html" && v.evidence.Bodies), a.write); err != nil {
			return usage(fmt.Errorf("%s: %w", a.flag, err), "")
		}
	}
	if o.github {
		if err := report.WriteGitHub(stdout, v.Verdict); err != nil && !isBrokenPipe(err) {
			return usage(fmt.Errorf("--github: %w", err), "")
		}
	}
	return nil
}

// writeFile makes a file appear when it is complete.
func writeFile(name string, stdout io.Writer, mode fs.FileMode, write func(io.Writer) error) error {
	out, err := createOutput(name, stdout, mode)
	if err != nil {
		return err
	}
	defer out.abort()
	err = write(out)
	if err == nil {
		err = out.commit()
	}
	if err != nil && isBrokenPipe(err) {
		return nil
	}
	return err
}
