package html

import (
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"sync"
	"time"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/report"
)

//go:embed page.tmpl style.css script/*.js
var files embed.FS

// scripts are the page's own programs, in the order in which they run.
var scripts = []string{"inflate.js", "load.js", "rows.js", "query.js", "table.js", "ladder.js", "detail.js", "charts.js", "main.js"}

// pageTemplate draws the page before and after the data. It is read when the first page
// is written: that takes milliseconds, which the command's start need not.
var pageTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"human": report.Human, "number": number, "stamp": stamp, "took": took, "fill": fill, "hiddenPeer": func(h decode.Hidden) string { return report.HiddenPeer(&h) },
	}).ParseFS(files, "page.tmpl"))
})

// number writes a count, which may be of any integer type, with its thousands apart.
func number(n any) (string, error) {
	v, err := strconv.ParseUint(fmt.Sprint(n), 10, 64)
	return report.Number(v), err
}

// took is a duration in µs as people write it, "" for none.
func took(µs int64) string {
	if µs < 0 {
		return ""
	}
	return report.Human(time.Duration(µs) * time.Microsecond)
}

// fill is the colour of what is drawn, where the page's style is forbidden.
func fill(class string) string {
	switch class {
	case "failed":
		return "#b3261e"
	case "unknown", "again":
		return "#8a6100"
	case "copy":
		return "#777777"
	case "request", "median":
		return "#1f5fbf"
	case "range":
		return "#b9cbe6"
	}
	return "#3f8f63"
}

// page is what the template shows.
type page struct {
	Policy       string        // Content-Security-Policy
	Style        template.CSS  // the page's own
	Scripts      []template.JS // the page's own
	Title        string
	Class        string // of the answer: fine, failed, unknown or empty
	Sentence     string
	Lines        []string // what was captured, in words
	Facts        []fact
	Tiles        []tile
	Check        *checkView
	Kinds        []kindView
	MoreKinds    []kindView // behind a click
	Others       uint64     // failures of further kinds
	Time         *timeView
	RTT          *rttView
	Peers        []peerView
	MorePeers    int
	Map          *mapView
	Rules        []ruleView
	MoreFindings int
	First        []*row
	Rows         uint64 // of the table
	LeftRows     uint64 // that are not in the page
	Stories      int
	LeftStories  uint64
	Bodies       bool
	Redacted     string
	Where        string
	Quality      []string
	Hidden       []decode.Hidden
	Inputs       []inputView
	Command      string
	Version      string
	Meta         metaObject // for the scripts
}

type fact struct{ Name, Value string }

// tile is a number that matters; Query is the filter that shows what it counts.
type tile struct{ Value, Label, Class, Query string }

type checkView struct {
	Headline string
	Class    string
	Failing  []checkLine
	More     int
	Notes    []string
}

type checkLine struct {
	Name, Bounds, Hint string
	Breaches           []string
}

type kindView struct {
	*kind
	Anchor  string
	When    string
	Filters []string
	Cut     int // of how many frames they are, where there are more; 0 otherwise
	Ladder  *ladderView
	Of      string // the key of the delivery that is drawn
}

type peerView struct {
	result.Peer
	Bar *bar // from the median to the 99th percentile
	Dot float64
}

// ruleView is a rule with all that break it.
type ruleView struct {
	Rule, Severity, Title, Reference, Doc string
	Count                                 uint64
	Linked                                bool // it is about transactions
	Findings                              []findingView
}

type findingView struct {
	Anchor, Peer, Agent, Message string
	Status                       int
	Count                        uint64
	Filters                      []string
	Cut                          int // of how many frames they are, where there are more; 0 otherwise
}

type inputView struct {
	capture.Input
	Hash string
}

// hash is a source of a Content-Security-Policy.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func readFile(name string) string {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(b)
}

// own puts the page's own style and programs into it, and allows these and nothing else.
func (p *page) own() {
	style := readFile("style.css")
	var allowed []string
	for _, name := range scripts {
		text := readFile("script/" + name)
		p.Scripts = append(p.Scripts, template.JS(text)) // #nosec: a file of this package
		allowed = append(allowed, hash(text))
	}
	p.Style = template.CSS(style) // #nosec: a file of this package
	p.Policy = "default-src 'none'; base-uri 'none'; form-action 'none'; style-src " + hash(style) + "; script-src " + strings.Join(allowed, " ")
}

// view makes what the template shows of a whole run.
func (w *Writer) view(r *result.Report) *page {
	l := w.list
	p := &page{
		Title: title(r), Lines: report.Totals(r, w.options.Where, w.options.OfTexts), Facts: facts(r), Others: l.kinds.others, Time: l.line.view(),
		RTT: histogram(&l.rtt, &r.RTT), Map: l.hosts.view(), First: l.first.rows, Rows: l.rows.Seen(), Bodies: w.options.Bodies,
		Where: cleanTo(cmp.Or(w.options.Where, w.options.OfTexts), 0), Quality: report.QualityLines(r), Hidden: report.LikelyHidden(r),
		Command: cleanTo(w.options.Made.Command, 0), Version: w.options.Made.Version,
		Stories: w.stories.count, LeftStories: w.stories.left,
	}
	if w.options.Analysis.Redact != nil {
		p.Redacted = "names and numbers are pseudonyms"
	}
	p.own()
	p.Sentence, p.Class = l.sentence(r)
	p.Tiles = l.tiles(r)
	p.peers(r, w.options.Limits.Peers)
	p.findings(r, w.options.Limits)
	if w.verdict != nil {
		p.Check = checked(w.verdict)
	}
	for _, in := range r.Inputs {
		v := inputView{Input: in}
		v.Name, v.Error = cleanTo(in.Name, 0), cleanTo(in.Error, 0)
		if w.options.Made.Hash != nil {
			v.Hash = w.options.Made.Hash(in.Name)
		}
		p.Inputs = append(p.Inputs, v)
	}
	return p
}

// title names the inputs.
func title(r *result.Report) string {
	var names []string
	for i := range r.Inputs {
		if i == 3 {
			names = append(names, "and "+report.Number(uint64(len(r.Inputs)-i))+" more")
			break
		}
		name := r.Inputs[i].Name
		names = append(names, clean(name[strings.LastIndexByte(name, '/')+1:]))
	}
	return strings.Join(names, ", ")
}

// facts are when and how much was captured.
func facts(r *result.Report) (list []fact) {
	var first, last time.Time
	var packets uint64
	for _, in := range r.Inputs {
		if !in.First.IsZero() && (first.IsZero() || in.First.Before(first)) {
			first = in.First
		}
		if in.Last.After(last) {
			last = in.Last
		}
		packets += in.Packets
	}
	if !first.IsZero() {
		list = append(list, fact{"captured", first.UTC().Format("2006-01-02 15:04:05") + " UTC, for " + span(last.Sub(first))})
	}
	list = append(list, fact{"packets", report.Number(packets)}, fact{"SIP messages", report.Number(r.SIP.Messages)})
	return list
}

// failures lists the kinds of failure, some with an example that is drawn.
func (p *page) failures(l *list, r *result.Report, ladders map[string]*ladder) {
	drawn := 0
	for i, k := range l.kinds.sorted() {
		v := kindView{kind: k, Anchor: "k" + strconv.Itoa(i+1)}
		v.Filters = report.Filters(k.frames, r.Inputs, l.options.Limits.KindFrames)
		if k.more {
			v.Cut = len(k.frames)
		}
		if k.HasTime {
			v.When = period(k.First, k.Last, len(l.days) > 1)
		}
		for _, key := range k.Keys {
			if x := ladders[key]; x != nil && v.Ladder == nil && drawn < l.options.Limits.Ladders {
				v.Ladder, v.Of = x.svg("Messages of the first delivery"), key
				drawn++
			}
		}
		p.Kinds = append(p.Kinds, v)
	}
	if len(p.Kinds) > kindsShown+2 {
		p.Kinds, p.MoreKinds = p.Kinds[:kindsShown], p.Kinds[kindsShown:]
	}
}

// period is from when to when, in µs since 1970, with the days where the capture is of several.
func period(first, last int64, dated bool) string {
	write := clockStamp
	if dated {
		write = stamp
	}
	if first == last {
		return write(first)
	}
	return write(first) + " to " + write(last)
}

// kindsShown is how many kinds of failure are shown at once.
const kindsShown = 8
