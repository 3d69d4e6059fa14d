package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/analyze/story"
	"simplecap/report"
)

const showHelp = `show prints one delivery in full: a ladder of its messages, its hops, what each
proxy changed between them, and every message with the findings under the bytes
that they are about. With --text it tells of one text: a ladder from its first
request to its last receipt over all hops, and what each of them says, field by
field, with the bytes that say so.

Name the delivery by its number in the report, or one of its transactions, its
Call-ID, or any frame that holds a part of it. Captures are read twice, for a
Call-ID once unless a B2BUA changes it, and for a text three times; what cannot
be read again, such as standard input, is kept in a temporary file meanwhile.`

const showExamples = `  simplecap show proxy.pcap --delivery 3
  simplecap show sms.pcap --text 1
  simplecap show proxy.pcap --call-id 1-18568@192.0.2.10
  simplecap show rotated-*.pcap --file 2 --frame 17 --bodies
  simplecap show proxy.pcap --transaction 12 --ascii --color never > ladder.txt`

// showCommand is one call of show.
type showCommand struct {
	commonFlags
	streams
	want  selection
	ascii bool
}

func newShow(s streams) *cobra.Command {
	c := &showCommand{streams: s}
	cmd := &cobra.Command{
		Use: "show [flags] FILE|DIR|- ...", Short: "print one delivery or text in full, as a ladder and message by message",
		Long: showHelp, Example: showExamples, DisableFlagsInUseLine: true,
		RunE:              func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), args) },
		ValidArgsFunction: completeFiles,
	}
	c.register(cmd)
	return cmd
}

func (c *showCommand) register(cmd *cobra.Command) {
	set := cmd.Flags()
	set.SortFlags = false
	set.Var((*numeral)(&c.want.delivery), "delivery", "show the delivery with the number `N`")
	set.Var((*numeral)(&c.want.text), "text", "show the text with the number `N`, as in --by text, with its receipts")
	set.StringVar(&c.want.callID, "call-id", "", "show the delivery with the Call-ID `ID`, the first one if there are several")
	set.Var((*numeral)(&c.want.frame), "frame", "show the delivery that frame `N` is a part of")
	set.IntVar(&c.want.file, "file", 1, "the file of --frame, as its number `K` in the report's inputs")
	set.Var((*numeral)(&c.want.transaction), "transaction", "show the delivery that transaction `N` is a part of")
	set.BoolVar(&c.ascii, "ascii", false, "draw with ASCII characters")
	set.StringVarP(&c.output, "output", "o", "", "write to `FILE` instead of standard output")
	c.format = string(report.Table)
	c.registerAnalysis(set)
	c.registerTalk(set)
	complete(cmd, map[string][]string{
		"profile": {"ietf", "ims", "rcs"}, "color": {"auto", "always", "never"}, "delivery": nil, "text": nil, "call-id": nil, "frame": nil,
		"redact": {"none", "numbers", "all"}, "file": nil, "transaction": nil, "t1": nil, "port": nil, "correlate": nil, "limit-memory": nil, "workers": nil,
	})
}

// run finds the delivery, collects its messages and prints them.
func (c *showCommand) run(ctx context.Context, files []string) error {
	options, err := c.prepare(files)
	if err != nil {
		return err
	}
	again, err := rereadable(ctx, files, c.in)
	if err != nil {
		return err
	}
	defer again.remove()
	var text *result.Text
	if c.want.text != 0 {
		if text, err = c.findText(ctx, again.names, options); err != nil {
			return again.named(err)
		}
	}
	found, err := c.findDelivery(ctx, again.names, text, options)
	if err != nil {
		return again.named(err)
	}
	found.text = text
	detail, r, err := c.collect(ctx, again.names, found, options)
	if err != nil {
		return again.named(err)
	}
	again.rename(r)
	if found.delivery != nil && text == nil {
		detail.Carried, _ = found.carried.get(found.delivery.ID)
	}
	if err := c.print(detail); err != nil {
		return err
	}
	c.tellOthers(found)
	return tellInputs(&c.commonFlags, c.err, r)
}

// prepare finds what is wrong with the flags before anything is read.
func (c *showCommand) prepare(files []string) (analyze.Options, error) {
	options, err := c.analysis()
	if err == nil {
		err = c.check()
	}
	if err == nil {
		err = c.want.check()
	}
	if err != nil {
		return options, usage(err, "simplecap show --help lists the flags")
	}
	if len(files) == 0 {
		return options, usage(errors.New("no capture to read"), "name a file, a directory, or - for standard input")
	}
	c.want.redactor = options.Redact
	options.Bodies = false // the messages themselves have them
	return options, nil
}

// print writes the page, which is small, at once.
func (c *showCommand) print(d *story.Story) error {
	out, err := createOutput(c.output, c.out, c.mode.of(true))
	if err != nil {
		return usage(err, "")
	}
	defer out.abort()
	var page bytes.Buffer
	err = report.WriteDetail(&page, d, report.DetailOptions{
		Width: width(out.target()), Color: colored(c.color, out.target()), ASCII: c.ascii, Bodies: c.bodies,
	})
	if err == nil {
		_, err = out.Write(page.Bytes())
	}
	if err == nil {
		err = out.commit()
	}
	if err != nil && !isBrokenPipe(err) {
		return usage(fmt.Errorf("write the delivery: %w", err), "")
	}
	return nil
}

// tellOthers says that more deliveries fit than the one that was shown.
func (c *showCommand) tellOthers(f *finding) {
	if len(f.others) > 0 && !c.quiet {
		say(c.err, fmt.Sprintf("this is the first of %d deliveries that fit; the others: %s", 1+f.more+len(f.others), numberList(f.others, f.more)))
	}
}
