package main

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"strings"

	"simplecap/analyze"
	"simplecap/report"
	"simplecap/report/html"
)

// newWriter returns a Writer of the format, and sets what it asks of the run. What the
// run hands on goes to the handler, which gives it pseudonyms where they are wanted.
func (f *commonFlags) newWriter(w io.Writer, options *analyze.Options, printing report.Options) (report.Writer, analyze.Handler, error) {
	if report.Format(f.format) == report.HTML {
		page := f.newPage(w, options)
		return page, page, nil
	}
	writer, err := report.New(report.Format(f.format), w, printing)
	if err != nil {
		return nil, nil, err
	}
	return writer, analyze.RedactTo(writer, options.Redact), nil
}

// newPage returns what makes the HTML page of a run with these options.
func (f *commonFlags) newPage(w io.Writer, options *analyze.Options) *html.Writer {
	printing := f.printing()
	page := html.New(w, html.Options{
		Rows: max(printing.Rows, 0), Bodies: f.bodies, Where: printing.Where, OfTexts: printing.OfTexts, Analysis: *options,
		Made: html.Made{Version: version(), Command: f.commandLine(os.Args), Hash: fileHash},
	})
	options.Joined = page.Joined
	return page
}

// commandLine is how the program was called, as a shell takes it. What a filter names
// has its pseudonym.
func (f *commonFlags) commandLine(args []string) string {
	words := make([]string, 0, len(args))
	for i, arg := range args {
		switch {
		case i == 0:
			arg = "simplecap"
		case f.redactor != nil && args[i-1] == "--where":
			arg = analyze.RedactedExpression(f.redactor, f.where)
		case f.redactor != nil && strings.HasPrefix(arg, "--where="):
			arg = "--where=" + analyze.RedactedExpression(f.redactor, f.where)
		}
		words = append(words, quoted(arg))
	}
	return strings.Join(words, " ")
}

// fileHash is the SHA-256 of a file in hexadecimal, "" of what is none or cannot be read.
func fileHash(name string) string {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() {
		return ""
	}
	file, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return ""
	}
	return hex.EncodeToString(sum.Sum(nil))
}
