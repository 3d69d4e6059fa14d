package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"simplecap/analyze"
	"simplecap/internal/words"
)

// RuleOptions say how to print rules. The zero value means the defaults.
type RuleOptions struct {
	Format Format // Table (the default), JSON or Markdown
	Width  int    // columns of the terminal (default 120)
	Color  bool   // colour by ANSI escape sequences, in the table only
}

// Check reports whether rules can be printed in the format.
func (o *RuleOptions) Check() error {
	switch o.Format {
	case "", Table, JSON, Markdown:
		return nil
	}
	return fmt.Errorf("unknown format %q: choose table, json or markdown", string(o.Format))
}

func (o RuleOptions) withDefaults() RuleOptions {
	if o.Width <= 0 {
		o.Width = defaultWidth
	}
	o.Width = max(o.Width, minWidth)
	return o
}

// RuleIDs lists the ids of all rules in alphabetical order.
func RuleIDs() (ids []string) {
	for _, r := range analyze.Catalogue() {
		ids = append(ids, r.ID)
	}
	slices.Sort(ids)
	return ids
}

// NearRules returns the ids of the three rules that are closest to an id that no
// rule has, and nil where there is one.
func NearRules(id string) []string {
	ids := RuleIDs()
	if slices.Contains(ids, id) {
		return nil
	}
	slices.SortStableFunc(ids, func(a, b string) int { return cmp.Compare(distance(id, a), distance(id, b)) })
	return ids[:min(3, len(ids))]
}

// Near returns the word that a misspelt one is likely to mean, or "".
func Near(misspelt string, known []string) string {
	return words.Near(misspelt, known)
}

// distance says how far two ids are from each other: by words that they share,
// and by letters.
func distance(a, b string) int {
	n := words.Distance(a, b)
	for _, word := range strings.Split(a, "-") {
		if len(word) > 2 && strings.Contains(b, word) {
			n -= 2 * len(word)
		}
	}
	return n
}

// bySeverity orders rules, the worst first, then by id.
func bySeverity() []analyze.Rule {
	rules := slices.Clone(analyze.Catalogue())
	slices.SortStableFunc(rules, func(a, b analyze.Rule) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), strings.Compare(a.ID, b.ID))
	})
	return rules
}

// WriteRules lists all rules: a line each in the table, everything that is known
// of them in JSON and Markdown.
func WriteRules(w io.Writer, options RuleOptions) error {
	o := options.withDefaults()
	switch o.Format {
	case JSON:
		return rulesJSON(w, bySeverity())
	case Markdown:
		return rulesMarkdown(w)
	}
	g := newGrid([]column{
		{title: "severity", paint: true}, {title: "rule"},
		{title: "what is wrong", min: 36}, {title: "reference", min: 12, drop: 1},
	})
	var rows [][]string
	for _, r := range bySeverity() {
		color := ""
		if o.Color {
			color = severityColor(r.Severity)
		}
		cells := []string{severityText(&r), r.ID, r.Title, r.Reference, color}
		g.measure(cells)
		rows = append(rows, cells)
	}
	err := g.draw(w, o.Width, func(row func([]string) bool) error {
		for _, cells := range rows {
			if !row(cells) {
				break
			}
		}
		return nil
	})
	if err == nil {
		_, err = fmt.Fprintf(w, "\n%s; simplecap rules ID explains one. A severity with a * depends on the exchange or the profile.\n", count(uint64(len(rows)), "rule"))
	}
	return err
}

// severityText marks severities that depend on the exchange.
func severityText(r *analyze.Rule) string {
	if r.Level != nil {
		return r.Severity.String() + " *"
	}
	return r.Severity.String()
}

// WriteRule explains one rule. It fails for an id that no rule has.
func WriteRule(w io.Writer, id string, options RuleOptions) error {
	rules := analyze.Catalogue()
	i := slices.IndexFunc(rules, func(r analyze.Rule) bool { return r.ID == id })
	if i < 0 {
		return fmt.Errorf("no rule %q", id)
	}
	o := options.withDefaults()
	switch o.Format {
	case JSON:
		return rulesJSON(w, rules[i:i+1])
	case Markdown:
		_, err := io.WriteString(w, ruleMarkdown(&rules[i], "#"))
		return err
	}
	return explainRule(w, &rules[i], o)
}

func explainRule(w io.Writer, r *analyze.Rule, o RuleOptions) error {
	var b strings.Builder
	title, severity := r.ID, r.Severity.String()
	if o.Color {
		title, severity = paint(title, bold), paint(severity, severityColor(r.Severity))
	}
	b.WriteString(title + " (" + severity + "): " + r.Title + "\n\n")
	paragraph := func(label, text string) {
		if text == "" {
			return
		}
		for i, line := range wrap(text, o.Width-12) {
			if i > 0 {
				label = ""
			}
			fmt.Fprintf(&b, "%-12s%s\n", label, line)
		}
	}
	paragraph("means", r.Doc)
	paragraph("severity", severityDoc(r))
	paragraph("reference", referenceText(r))
	paragraph("not this", r.Trap)
	paragraph("since", r.Since)
	if s, ok := firing(r.ID); ok {
		b.WriteString("\nAn exchange that breaks it" + profileNote(s) + ", as SECONDS SOURCE > DESTINATION WHAT:\n\n" + indentLines(s.Text))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// severityDoc says in which cases the severity is another one.
func severityDoc(r *analyze.Rule) string {
	if r.Level == nil {
		return ""
	}
	return r.Severity.String() + " in general; the exchange or --profile may change it"
}

// referenceText is the reference with the standard's own words.
func referenceText(r *analyze.Rule) string {
	if r.Words == "" {
		return r.Reference
	}
	return r.Reference + ": “" + r.Words + "”"
}

// firing returns the first sample that breaks the rule.
func firing(id string) (analyze.Sample, bool) {
	for _, s := range analyze.Samples(id) {
		if s.Kind == "fires" {
			return s, true
		}
	}
	return analyze.Sample{}, false
}

func profileNote(s analyze.Sample) string {
	if s.Profile != analyze.IETF {
		return " (--profile " + string(s.Profile) + ")"
	}
	return ""
}

func indentLines(text string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		b.WriteString(strings.TrimRight("  "+Clean(line, 0), " ") + "\n")
	}
	return b.String()
}

// ruleObject is a rule in JSON.
type ruleObject struct {
	ID        string `json:"id"`
	Severity  string `json:"severity"`
	Varies    bool   `json:"severity_varies"` // with the exchange or the profile
	Title     string `json:"title"`
	Doc       string `json:"doc"`
	Reference string `json:"reference"`
	Words     string `json:"words,omitempty"`
	Trap      string `json:"trap,omitempty"`
	Since     string `json:"since"`
	Sample    string `json:"sample,omitempty"`
}

func rulesJSON(w io.Writer, rules []analyze.Rule) error {
	objects := make([]ruleObject, 0, len(rules))
	for _, r := range rules {
		sample, _ := firing(r.ID)
		objects = append(objects, ruleObject{r.ID, r.Severity.String(), r.Level != nil, r.Title, r.Doc, r.Reference, r.Words, r.Trap, r.Since, sample.Text})
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(objects)
}

// rulesMarkdown is the page of rules: an index by severity, then every rule in
// the order of the catalogue, which is by theme.
func rulesMarkdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# Rules\n\nWhat simplecap checks. `simplecap rules ID` explains a rule on the terminal. This page is made by\n" +
		"`simplecap rules --format markdown`; a severity with a * depends on the exchange or the profile.\n\n" +
		"| severity | rule | what is wrong | reference |\n| --- | --- | --- | --- |\n")
	for _, r := range bySeverity() {
		b.WriteString(tableLine([]string{severityText(&r), "[" + r.ID + "](#" + r.ID + ")", markdownText(r.Title), markdownText(r.Reference)}))
	}
	for _, r := range analyze.Catalogue() {
		b.WriteString("\n" + ruleMarkdown(&r, "##"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func ruleMarkdown(r *analyze.Rule, heading string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n\n**%s**, since %s: %s.\n\n%s\n", heading, r.ID, severityText(r), r.Since, markdownText(r.Title), markdownText(r.Doc))
	b.WriteString("\nReference: " + markdownText(referenceText(r)) + "\n")
	if r.Trap != "" {
		b.WriteString("\nNot this: " + markdownText(r.Trap) + "\n")
	}
	if s, ok := firing(r.ID); ok {
		b.WriteString("\nBroken by" + profileNote(s) + ":\n\n```\n" + strings.TrimRight(s.Text, "\n") + "\n```\n")
	}
	return b.String()
}

// markdownText keeps what Markdown and HTML react to literal.
func markdownText(s string) string {
	return strings.NewReplacer("<", "&lt;", "|", `\|`, "*", `\*`, "_", `\_`, "`", "\\`").Replace(s)
}
