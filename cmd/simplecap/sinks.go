package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/report"
	"simplecap/sink"
)

// sinkFlags are the stores that rows go to beside the report.
type sinkFlags struct {
	given     []string
	addresses []*sink.Address
}

func (f *sinkFlags) register(set *pflag.FlagSet) {
	set.StringArrayVar(&f.given, "sink", nil, "keep rows in `STORE` too, which may be given several times: "+strings.Join(schemes(), ", "))
}

// opener opens a store.
type opener struct {
	form  string        // how it is called
	every time.Duration // how often it is flushed, live, unless the address says
	skip  []int         // tables that it does not want
	share float64       // of successes that it gets, unless the address says; 0 is all
	open  func(a *sink.Address, o storeOptions) (sink.Store, error)
	part  func(a *sink.Address, o storeOptions) (sink.Store, error) // of one partition; nil where all share one
}

// storeOptions are what stores are told beside their address.
type storeOptions struct {
	sink.FileOptions
	writer string
	schema *sink.Schema
}

// openers are all stores by scheme. Those that weigh are in a full build only.
func openers() map[string]opener {
	all := map[string]opener{
		"ndjson": {form: "ndjson:FILE", every: 5 * time.Second, open: func(a *sink.Address, o storeOptions) (sink.Store, error) {
			return sink.OpenNDJSON(a, o.schema, o.FileOptions)
		}, part: func(a *sink.Address, o storeOptions) (sink.Store, error) {
			return sink.OpenRangedNDJSON(a, o.schema, o.writer, o.FileOptions)
		}},
	}
	for _, over := range []string{"http", "https"} {
		all["clickhouse+"+over] = opener{form: "clickhouse+" + over + "://HOST/DATABASE", open: openClickHouse}
		all["otlp+"+over] = opener{
			form: "otlp+" + over + "://HOST", share: 0.01, skip: []int{sink.TextRows, sink.Minutes, sink.Findings},
			open: func(a *sink.Address, o storeOptions) (sink.Store, error) {
				return sink.OpenOTLP(a, o.schema, o.writer, version())
			},
		}
	}
	maps.Copy(all, weighty())
	return all
}

// openClickHouse sends what this build can make: Parquet, or JSON.
func openClickHouse(a *sink.Address, o storeOptions) (sink.Store, error) {
	return sink.OpenClickHouse(a, o.schema, encoded(o.schema))
}

// schemes are the forms of addresses.
func schemes() (forms []string) {
	all := openers()
	for _, scheme := range slices.Sorted(maps.Keys(all)) {
		if form := all[scheme].form; !strings.Contains(scheme, "https") {
			forms = append(forms, form)
		}
	}
	return forms
}

// parse finds what is wrong with the addresses before anything is read.
func (f *sinkFlags) parse() error {
	all := openers()
	for _, text := range f.given {
		a, err := sink.Parse(text)
		if err != nil {
			return usage(fmt.Errorf("--sink: %w", err), "")
		}
		if _, ok := all[a.Scheme]; !ok {
			return usage(fmt.Errorf("--sink %s: there is no such store", a), "choose "+strings.Join(schemes(), ", "))
		}
		f.addresses = append(f.addresses, a)
	}
	return nil
}

// open opens the stores, nil for none.
func (f *sinkFlags) open(ctx context.Context, o sink.Options, mode fs.FileMode, live bool) (*sink.Sink, error) {
	if len(f.addresses) == 0 {
		return nil, nil
	}
	var outputs []sink.Output
	for _, a := range f.addresses {
		out, err := openStore(ctx, a, storeOptions{sink.FileOptions{Mode: mode}, o.Writer, sink.NewSchema()}, live)
		if err != nil {
			for _, opened := range outputs {
				opened.Store.Close()
			}
			return nil, usage(fmt.Errorf("--sink %s: %w", a, err), "")
		}
		outputs = append(outputs, out)
	}
	if live {
		o.Every = time.Minute
	}
	o.Wait = !live
	return sink.New(o, outputs...), nil
}

func openStore(ctx context.Context, a *sink.Address, o storeOptions, live bool) (out sink.Output, err error) {
	by := openers()[a.Scheme]
	if out, err = describeStore(ctx, a, by, live); err == nil {
		out.Store, err = by.open(a, o)
	}
	return out, err
}

// describeStore is what a store is to get, before it is opened.
func describeStore(ctx context.Context, a *sink.Address, by opener, live bool) (out sink.Output, err error) {
	if err = a.Resolve(ctx); err != nil {
		return out, err
	}
	out = sink.Output{Name: "sink " + a.String(), Sample: a.Sample, Every: a.Every}
	if out.Sample == 0 {
		out.Sample = by.share
	}
	if out.Every == 0 && live {
		out.Every = by.every
	}
	for _, table := range by.skip {
		out.Skip[table] = true
	}
	return out, nil
}

// openSinks opens the stores of a live capture, while there are rights to. What is made
// belongs to the user that the process becomes.
func (c *liveCommand) openSinks(ctx context.Context) (*sink.Sink, error) {
	made := c.sinks.missing()
	s, err := c.sinks.open(ctx, c.sinkOptions(hostName(), func(line string) { say(c.err, line) }), c.mode.of(c.bodies), true)
	if err != nil || s == nil {
		return nil, err
	}
	if err := c.confinement.own(made); err != nil {
		return nil, usage(fmt.Errorf("--sink: give %s to the user %s: %w", made[0], c.confinement.becomes(), err), capabilityHint)
	}
	return s, nil
}

// reaches are the directories that files are written to, and the ports that connections
// are made to.
func (f *sinkFlags) reaches() (directories []string, ports []uint16) {
	for _, a := range f.addresses {
		if dir := a.Directory(); dir != "" {
			directories = append(directories, dir)
		}
		if port, err := strconv.ParseUint(a.Port(), 10, 16); err == nil {
			ports = append(ports, uint16(port))
		}
	}
	return directories, ports
}

// own gives what is made between before and now to the user that the process becomes.
func (c *confinement) own(names []string) error {
	if c.account == nil {
		return nil
	}
	uid, gid, err := c.ids()
	for _, name := range names {
		if err == nil {
			err = os.Lchown(name, uid, gid)
		}
	}
	return err
}

// missing are the files and folders that opening the stores will make.
func (f *sinkFlags) missing() (names []string) {
	add := func(name string) {
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			names = append(names, name)
		}
	}
	for _, a := range f.addresses {
		if a.URL != nil {
			continue
		}
		add(a.Name)
		if a.Scheme == "ndjson" {
			continue
		}
		for _, t := range sink.NewSchema() {
			add(filepath.Join(a.Name, t.Name))
		}
	}
	return names
}

// sinkOptions are what the flags say of rows.
func (f *commonFlags) sinkOptions(writer string, say func(string)) sink.Options {
	return sink.Options{Writer: writer, Bodies: f.bodies, Say: say}
}

// sunk returns a handler that gives the results to the writer of the report and, with
// pseudonyms where they are wanted, to the stores.
func (f *commonFlags) sunk(options *analyze.Options, results analyze.Handler, s *sink.Sink) analyze.Handler {
	options.PlainTexts = report.PlainTexts(report.Format(f.format), report.View(f.by))
	if s == nil {
		return results
	}
	if !options.PlainTexts {
		options.PlainTexts = true
		results = withoutPlain{handlers{results}}
	}
	return handlers{results, analyze.RedactTo(s, options.Redact)}
}

// withoutPlain keeps texts from a writer that lists those only of which there is more to
// say than of their delivery.
type withoutPlain struct{ handlers }

// Text implements analyze.TextHandler.
func (h withoutPlain) Text(t *result.Text) {
	if !t.Plain() {
		h.handlers.Text(t)
	}
}

// captureName is what rows of a file say of who wrote them.
func captureName(files []string) string {
	if len(files) == 0 || files[0] == "-" {
		return "stdin"
	}
	base := filepath.Base(files[0])
	name, _, _ := strings.Cut(base, ".")
	if name == "" {
		return base
	}
	return name
}

// hostName is what rows of a live capture say of it.
func hostName() string {
	name, err := os.Hostname()
	if err != nil {
		return "localhost"
	}
	return name
}

// closeSinks waits until the stores have everything, or have lost it.
func closeSinks(s *sink.Sink, r *result.Report) error {
	if s == nil {
		return nil
	}
	err := s.Close(r)
	counts, _ := s.Counts()
	for i := range counts {
		r.Quality.SinkLost += counts[i].Lost()
	}
	return err
}
