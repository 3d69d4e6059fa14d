package report

import (
	"bufio"
	"fmt"
	"io"

	"simplecap/check"
)

// DiffSchema names the version of the JSON of a difference.
const DiffSchema = "simplecap.diff/1"

// WriteDiff prints what changed from one run to another: findings first, then the
// counts that differ, then the round-trip times, those beyond tolerance with an
// exclamation mark.
func WriteDiff(w io.Writer, d *check.Difference) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "old: %s\nnew: %s\n", Clean(d.Old.Name, 0), Clean(d.New.Name, 0))
	if !d.Changed() {
		out.WriteString("no difference\n")
	}
	for _, f := range d.Findings {
		fmt.Fprintf(out, "%-8s %-7s %s %s: %s to %s\n", findingChange(&f), f.Severity, f.Rule, Clean(f.Peer, 0), number(f.Old), number(f.New))
		out.WriteString(inert("         "+Clean(f.Message, bodyWidth)) + "\n")
	}
	for _, o := range d.Outcomes {
		if o.Old != o.New {
			fmt.Fprintf(out, "%-16s %s to %s\n", o.Name, number(o.Old), number(o.New))
		}
	}
	for _, r := range d.RTT {
		if r.Peer == "" || r.Beyond {
			out.WriteString(rttChange(&r) + "\n")
		}
	}
	return out.Flush()
}

// findingChange says whether a finding is new, gone, or counted otherwise.
func findingChange(f *check.FindingChange) string {
	switch {
	case f.Old == 0:
		return "new"
	case f.New == 0:
		return "gone"
	}
	return "changed"
}

func rttChange(r *check.RTTChange) string {
	name := "rtt " + r.Statistic
	if r.Peer != "" {
		name += " " + Clean(r.Peer, 0)
	}
	mark := ""
	if r.Beyond {
		mark = " !"
	}
	return fmt.Sprintf("%-16s %s to %s%s", name, human(r.Old), human(r.New), mark)
}

// WriteDiffJSON writes the same as one JSON object, with all that was compared.
func WriteDiffJSON(w io.Writer, d *check.Difference) error {
	o := object{sep: "\n "}
	o.open()
	o.string("schema", DiffSchema)
	o.string("old", d.Old.Name)
	o.string("new", d.New.Name)
	o.bool("changed", d.Changed())
	objects(&o, "findings", d.Findings, func(f *check.FindingChange) {
		o.string("change", findingChange(f))
		o.string("rule", f.Rule)
		o.string("severity", f.Severity.String())
		o.text("peer", f.Peer)
		o.string("message", f.Message)
		o.uint("old", f.Old)
		o.uint("new", f.New)
	})
	objects(&o, "outcomes", d.Outcomes, func(c *check.OutcomeChange) {
		o.string("name", c.Name)
		o.uint("old", c.Old)
		o.uint("new", c.New)
	})
	objects(&o, "rtt", d.RTT, func(r *check.RTTChange) {
		o.text("peer", plain(r.Peer))
		o.string("statistic", r.Statistic)
		o.millis("old_ms", r.Old)
		o.millis("new_ms", r.New)
		o.bool("beyond", r.Beyond)
	})
	o.b = append(o.b, "\n}\n"...)
	_, err := w.Write(o.b)
	return err
}
