// Package report prints what package analyze found: as tables for people, as
// JSON, NDJSON and CSV for programs, and as Markdown for a comment on a change.
//
// New returns a Writer, which is an analyze.Handler: give it to analyze.Run,
// then hand the Report to its Close.
//
// What came from the wire is printed so that it cannot drive a terminal, a
// spreadsheet or a browser: control characters, bidirectional controls and
// invisible characters become visible escapes (see Clean), or JSON escapes.
package report
