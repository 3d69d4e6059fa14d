package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/sip"
	"simplecap/redact"
	"simplecap/report"
)

// selection says which delivery to show. Exactly one of delivery, callID, frame
// and transaction is set.
type selection struct {
	delivery    uint64
	callID      string
	frame       uint64
	file        int // of frame
	transaction uint64
	text        uint64
	deliveries  []uint64 // of the text, and of its receipts

	redactor *redact.Redactor // callID may be the pseudonym of one
}

func (s *selection) check() error {
	set := 0
	for _, is := range []bool{s.delivery != 0, s.text != 0, s.callID != "", s.frame != 0, s.transaction != 0} {
		if is {
			set++
		}
	}
	switch {
	case set == 0:
		return errors.New("which delivery or text? name it by --delivery, --text, --call-id, --frame or --transaction")
	case set > 1:
		return errors.New("--delivery, --text, --call-id, --frame and --transaction exclude each other: give one of them")
	case s.file < 1:
		return fmt.Errorf("--file %d: want the number of an input, from 1", s.file)
	}
	return nil
}

// fits reports whether a transaction is what was asked for, at being the one that the
// asked frame is a part of.
func (s *selection) fits(t *result.Transaction, at uint64) bool {
	switch {
	case s.delivery != 0:
		return t.Delivery == s.delivery
	case s.text != 0:
		return slices.Contains(s.deliveries, t.Delivery)
	case s.transaction != 0:
		return t.ID == s.transaction
	case s.callID != "":
		return t.CallID == s.callID || s.redactor.CallID(t.CallID) == s.callID
	}
	return t.ID == at
}

// finding is what was found, and what could have been. It is an analyze.Handler.
type finding struct {
	want selection
	open map[uint64][]result.Transaction // of deliveries that have not closed
	fits map[uint64]bool                 // deliveries with a transaction that was asked for

	frame capture.Ref // that was asked for, 0 for none
	at    uint64      // the transaction of the message that the frame is a part of
	exact bool        // the frame begins or completes that message

	kept kept // of a Call-ID

	delivery     *result.Delivery // nil for an orphan
	transactions []result.Transaction
	text         *result.Text      // that the deliveries carried, nil where none was asked for
	all          []result.Delivery // all that fit, where a text was asked for
	others       []uint64          // further deliveries that fit, the first of them
	more         int               // how many beyond those

	carried carriedTexts

	deliveries, seen uint64   // how many there are of each
	callIDs          []string // the first ones
	frames           []capture.Ref
}

// joined looks for the message that the asked frame is a part of.
func (f *finding) joined(j analyze.Joined) {
	if within, exact := holds(j.Message, f.frame); exact && !f.exact || within && f.at == 0 {
		f.at, f.exact = j.Transaction, exact
	}
}

// Transaction implements analyze.Handler.
func (f *finding) Transaction(t *result.Transaction) {
	f.seen = max(f.seen, t.ID)
	f.example(t)
	fits := f.want.fits(t, f.at)
	if t.Delivery == 0 {
		if fits && f.transactions == nil {
			f.transactions = []result.Transaction{t.Clone()}
		}
		return
	}
	if f.want.delivery == 0 && f.want.text == 0 || fits {
		f.open[t.Delivery] = append(f.open[t.Delivery], t.Clone())
	}
	if fits {
		f.fits[t.Delivery] = true
	}
}

// example remembers what else could have been asked for.
func (f *finding) example(t *result.Transaction) {
	id := f.want.redactor.CallID(t.CallID)
	if len(f.callIDs) < defaultShowLimits.Examples && id != "" && !slices.Contains(f.callIDs, id) {
		f.callIDs = append(f.callIDs, id)
	}
	for _, frame := range slices.Concat(t.RequestFrames, t.ResponseFrames) {
		if len(f.frames) < defaultShowLimits.Examples && (f.want.frame == 0 || frame.File() == f.want.file) {
			f.frames = append(f.frames, frame)
		}
	}
}

// Finding implements analyze.Handler.
func (f *finding) Finding(*result.Finding) {}

// Delivery implements analyze.DeliveryHandler. Of several that fit, the one with
// the lowest number is shown.
func (f *finding) Delivery(d *result.Delivery) {
	f.deliveries = max(f.deliveries, d.ID)
	transactions := f.open[d.ID]
	delete(f.open, d.ID)
	if !f.fits[d.ID] {
		return
	}
	delete(f.fits, d.ID)
	if f.want.text != 0 {
		f.all, f.transactions = append(f.all, d.Clone()), append(f.transactions, transactions...)
		return
	}
	other := d.ID
	if f.delivery == nil || d.ID < f.delivery.ID {
		if f.delivery != nil {
			other = f.delivery.ID
		} else {
			other = 0
		}
		clone := d.Clone()
		f.delivery, f.transactions, f.carried.shown = &clone, transactions, d.ID
	}
	if other != 0 {
		f.other(other)
	}
}

// Text implements analyze.TextHandler.
func (f *finding) Text(t *result.Text) {
	if f.want.redactor != nil {
		named := analyze.RedactedText(f.want.redactor, t)
		t = &named
	}
	report.Carried(t, func(delivery uint64, words string, instead bool) {
		if _, known := f.carried.get(delivery); !known || instead {
			f.carried.put(delivery, words+" (show --text "+strconv.FormatUint(t.ID, 10)+")")
		}
	})
}

// OrphanReceipt implements analyze.TextHandler.
func (f *finding) OrphanReceipt(*result.Receipt) {}

func (f *finding) other(id uint64) {
	if len(f.others) == defaultShowLimits.Examples {
		f.more++
		return
	}
	f.others = append(f.others, id)
}

// find reads the captures and returns what was asked for.
func (c *showCommand) find(ctx context.Context, names []string, options analyze.Options) (*finding, error) {
	tap := &frameTap{frame: capture.MakeRef(c.want.file, c.want.frame)}
	f := &finding{want: c.want, open: make(map[uint64][]result.Transaction), fits: make(map[uint64]bool), carried: carriedTexts{limit: defaultShowLimits.Carried}, frame: tap.frame}
	switch {
	case c.want.frame != 0:
		options.Tap, options.Joined = tap, f.joined
	case c.want.callID != "" && c.want.redactor == nil:
		f.kept.callID, options.Joined = c.want.callID, f.kept.joined
	}
	r, err := c.search(ctx, names, options, f)
	f.kept.report = r
	slices.SortFunc(f.transactions, func(a, b result.Transaction) int { return cmp.Compare(a.ID, b.ID) })
	slices.Sort(f.others)
	switch {
	case err != nil || f.transactions != nil:
		return f, err
	case tap.found == nil:
		return nil, f.nothing(r)
	}
	return nil, usage(fmt.Errorf("frame %d holds %s, which is of no MESSAGE exchange", c.want.frame, describeMessage(tap.found)), f.hint())
}

func describeMessage(m *decode.Message) string {
	if m.Kind == sip.Request {
		return "the request " + report.Clean(m.Text(m.Method), 40)
	}
	return "the response " + strconv.Itoa(m.Status) + " to " + report.Clean(m.Text(m.CSeqMethod), 40)
}

// search is one run over the captures.
func (c *showCommand) search(ctx context.Context, names []string, options analyze.Options, f analyze.Handler) (*result.Report, error) {
	src, err := new(traces).open(ctx, names, nil, options.Profile.Timers(options.T1).F())
	if err != nil {
		return nil, openFailure(err, names)
	}
	defer src.Close()
	var watched capture.Source = src
	if !c.quiet && isTerminal(c.err) {
		watched = withProgress(src, c.err)
	}
	r, err := analyze.Run(ctx, watched, options, f)
	if err != nil {
		return nil, &failure{code: exitInput, err: err}
	}
	if nothingRead(r) {
		return nil, tellInputs(&c.commonFlags, c.err, r)
	}
	return r, nil
}

// nothing says that nothing fits, and what is there.
func (f *finding) nothing(r *result.Report) error {
	var what string
	switch w := &f.want; {
	case f.seen == 0:
		return usage(errors.New("the capture holds no MESSAGE transaction"), "simplecap FILE says what there is instead")
	case w.delivery != 0 && f.deliveries == 0:
		what = fmt.Sprintf("no delivery %d: the capture holds only responses without their requests (--transaction shows these)", w.delivery)
	case w.delivery != 0:
		what = fmt.Sprintf("no delivery %d: %s", w.delivery, numbered(f.deliveries))
	case w.transaction != 0:
		what = fmt.Sprintf("no transaction %d: %s", w.transaction, numbered(f.seen))
	case w.callID != "":
		what = fmt.Sprintf("no MESSAGE with the Call-ID %q", report.Clean(w.callID, 100))
	case w.file > len(r.Inputs):
		what = fmt.Sprintf("no file %d: %s", w.file, numbered(uint64(len(r.Inputs))))
	default:
		what = fmt.Sprintf("frame %d holds no part of a MESSAGE exchange", w.frame)
	}
	return usage(errors.New(what), f.hint())
}

// numbered says which numbers there are.
func numbered(n uint64) string {
	if n == 1 {
		return "there is only number 1"
	}
	return fmt.Sprintf("they are numbered 1 to %d", n)
}

// hint gives examples of what could have been asked for.
func (f *finding) hint() string {
	switch {
	case f.want.callID != "" && len(f.callIDs) > 0:
		return "there are, for example: " + report.Clean(strings.Join(f.callIDs, ", "), 300)
	case f.want.frame != 0 && len(f.frames) > 0:
		var numbers []string
		for _, frame := range f.frames {
			numbers = append(numbers, strconv.FormatUint(frame.Number(), 10))
		}
		return "frames of MESSAGE exchanges are, for example, " + strings.Join(numbers, ", ")
	}
	return "simplecap FILE lists them"
}

func numberList(numbers []uint64, more int) string {
	var parts []string
	for _, n := range numbers {
		parts = append(parts, "--delivery "+strconv.FormatUint(n, 10))
	}
	if more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, ", ")
}
