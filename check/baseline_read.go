package check

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// reportFile is a file with a report, or with a verdict that has one.
type reportFile struct {
	Schema string
	reportJSON
	Report *reportJSON
}

// read reads a file. Of its lists those that are compared are kept, and the others, which are
// most of it, are passed over row by row.
func (f *reportFile) read(d *json.Decoder) error {
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return errors.Join(errors.New("no object"), err)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		name, _ := key.(string)
		if to := f.field(name); to != nil {
			err = d.Decode(to)
		} else {
			err = passOver(d)
		}
		if err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.Join(errors.New("more behind the object"), err)
	}
	return nil
}

// field is where a field is decoded to, nil for one that is not compared. Names have no case,
// as encoding/json has it.
func (f *reportFile) field(name string) any {
	switch strings.ToLower(name) {
	case "schema":
		return &f.Schema
	case "inputs":
		return &f.Inputs
	case "summary":
		return &f.Summary
	case "rtt":
		return &f.RTT
	case "peers":
		return &f.Peers
	case "findings":
		return &f.Findings
	case "report":
		return &f.Report
	}
	return nil
}

// passOver reads a value without keeping it: of a list one element at a time.
func passOver(d *json.Decoder) error {
	begins, err := d.Token()
	if err != nil || begins != json.Delim('[') && begins != json.Delim('{') {
		return err
	}
	var one json.RawMessage
	for d.More() {
		if begins == json.Delim('{') {
			if _, err := d.Token(); err != nil { // the name
				return err
			}
		}
		if err := d.Decode(&one); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}
