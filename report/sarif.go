package report

import (
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/check"
)

// SARIF 2.1.0, the part that a verdict needs. The types are this package's own:
// the library for it links a JSON Schema validator and an HTTP client into every
// command (2.3 MB, and 6 ms at each start); the tests validate with it.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		Artifacts   []sarifArtifact   `json:"artifacts"`
		Results     []sarifResult     `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID            string      `json:"id"`
		Short         sarifText   `json:"shortDescription"`
		Full          *sarifText  `json:"fullDescription,omitempty"`
		Help          sarifText   `json:"help"`
		Configuration sarifConfig `json:"defaultConfiguration"`
	}
	sarifConfig struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifInvocation struct {
		Successful bool `json:"executionSuccessful"`
	}
	sarifArtifact struct {
		Location sarifFile `json:"location"`
	}
	sarifFile struct {
		URI   string `json:"uri"`
		Index *int   `json:"index,omitempty"`
	}
	sarifResult struct {
		RuleID     string            `json:"ruleId"`
		RuleIndex  int               `json:"ruleIndex"`
		Level      string            `json:"level"`
		Message    sarifText         `json:"message"`
		Locations  []sarifLocation   `json:"locations"`
		Prints     map[string]string `json:"partialFingerprints"`
		Properties sarifProperties   `json:"properties"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifFile   `json:"artifactLocation"`
		Region   sarifRegion `json:"region"`
	}
	// GitHub takes no result without a line. A capture has none, so it is 1.
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifProperties struct {
		Count        uint64   `json:"count"`
		Peer         string   `json:"peer,omitempty"`
		Transactions []uint64 `json:"transactions"`
		CallIDs      []string `json:"callIds"`
		Frames       []uint64 `json:"frames"` // in the file of the location
		Filter       string   `json:"wiresharkFilter,omitempty"`
	}
)

const sarifSchema = "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/main/sarif-2.1/schema/sarif-schema-2.1.0.json"

// WriteSARIF writes a verdict as SARIF 2.1.0: one result for each breach, located
// in its capture file, with the frames in its properties.
func WriteSARIF(w io.Writer, v *check.Verdict) error {
	run := sarifRun{
		Tool:        sarifTool{sarifDriver{Name: "simplecap", Rules: []sarifRule{}}},
		Invocations: []sarifInvocation{{Successful: v.Result != check.Unreadable}},
		Artifacts:   []sarifArtifact{}, Results: []sarifResult{},
	}
	for _, in := range v.Report.Inputs {
		run.Artifacts = append(run.Artifacts, sarifArtifact{sarifFile{URI: fileURI(in.Name)}})
	}
	docs := ruleDocs()
	for i := range v.Checks {
		c := &v.Checks[i]
		if c.Kind != check.RuleKind && c.Status != check.Failed {
			continue
		}
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRuleOf(c, docs[c.Name]))
		for k := range c.Breaches {
			run.Results = append(run.Results, sarifResults(c, &c.Breaches[k], len(run.Tool.Driver.Rules)-1, v)...)
		}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", " ")
	return encoder.Encode(sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
}

func ruleDocs() map[string]*analyze.Rule {
	docs := map[string]*analyze.Rule{}
	for _, r := range analyze.Catalogue() {
		docs[r.ID] = &r
	}
	return docs
}

// sarifID is the id of a check: a rule's own, or its kind and name.
func sarifID(c *check.Check) string {
	if c.Kind == check.RuleKind {
		return c.Name
	}
	return string(c.Kind) + "/" + Clean(c.Name, 0)
}

func sarifRuleOf(c *check.Check, doc *analyze.Rule) sarifRule {
	rule := sarifRule{ID: sarifID(c), Short: sarifText{Clean(c.Title, 0)}, Configuration: sarifConfig{sarifLevel(c)}}
	if c.Title == "" {
		rule.Short.Text = Clean(c.Name, 0)
	}
	rule.Help.Text = rule.Short.Text
	if text := bounds(c); text != "" {
		rule.Help.Text += ": " + text
	}
	if doc != nil && c.Kind == check.RuleKind {
		rule.Full = &sarifText{doc.Doc}
		rule.Help.Text = doc.Doc + " Reference: " + doc.Reference + "."
	}
	return rule
}

func sarifLevel(c *check.Check) string {
	if c.Kind != check.RuleKind {
		return "error"
	}
	switch c.Severity {
	case result.Error, result.Warning:
		return c.Severity.String()
	}
	return "note"
}

// sarifResults is one result for each file that a breach has frames in.
func sarifResults(c *check.Check, b *check.Breach, rule int, v *check.Verdict) (results []sarifResult) {
	base := sarifResult{
		RuleID: sarifID(c), RuleIndex: rule, Level: sarifLevel(c), Message: sarifText{breachWords(b)},
		Prints: map[string]string{"rulePeer/v1": sarifID(c) + "@" + b.Peer},
	}
	base.Properties = sarifProperties{Count: b.Count, Peer: b.Peer, Transactions: []uint64{}, CallIDs: []string{}, Frames: []uint64{}}
	base.Properties.CallIDs = append(base.Properties.CallIDs, callIDs(b)...)
	for _, t := range b.Transactions {
		if t.ID != 0 {
			base.Properties.Transactions = append(base.Properties.Transactions, t.ID)
		}
	}
	for _, frames := range byFile(b.Frames) {
		one := base
		one.Locations = sarifLocations(frames, v)
		for _, f := range frames {
			one.Properties.Frames = append(one.Properties.Frames, f.Number())
		}
		if len(frames) > 0 {
			one.Properties.Filter = filter(frames)
		}
		results = append(results, one)
	}
	return results
}

func sarifLocations(frames []capture.Ref, v *check.Verdict) []sarifLocation {
	if len(v.Report.Inputs) == 0 {
		return []sarifLocation{}
	}
	i := 0
	if len(frames) > 0 {
		i = min(max(frames[0].File()-1, 0), len(v.Report.Inputs)-1)
	}
	file := sarifFile{URI: fileURI(v.Report.Inputs[i].Name), Index: &i}
	return []sarifLocation{{sarifPhysical{file, sarifRegion{StartLine: 1}}}}
}

// fileURI is the name of a file as a URI reference.
func fileURI(name string) string { return (&url.URL{Path: filepath.ToSlash(name)}).String() }
