package html

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"

	"simplecap/analyze/result"
)

// Close implements report.Writer. The page is: the answer and the charts as HTML; blocks
// of rows, each followed by a block of what there is to know of these rows, which is
// unpacked when somebody asks; texts; stories; and the scripts.
func (w *Writer) Close(r *result.Report) error { return w.WritePage(w.w, r) }

// WritePage is Close for who knows only now where the page goes.
func (w *Writer) WritePage(to io.Writer, r *result.Report) error {
	w.queue.end()
	defer w.list.rows.Close()
	defer w.list.texts.Close()
	out := bufio.NewWriterSize(to, 64<<10)
	data := newBlocks(out, w.options.Limits.Block)
	p := w.view(r)
	stories, ladders := w.told(r)
	p.failures(w.list, r, ladders)
	p.LeftRows = w.list.left()
	p.Meta = w.meta(p)
	if err := pageTemplate().ExecuteTemplate(out, "head", p); err != nil {
		return err
	}
	if err := w.rows(data); err != nil {
		return err
	}
	if err := w.texts(data); err != nil {
		return err
	}
	for _, block := range stories {
		if err := data.block("stories", block); err != nil {
			return err
		}
	}
	if err := data.flush(); err != nil {
		return err
	}
	if err := pageTemplate().ExecuteTemplate(out, "foot", p); err != nil {
		return err
	}
	return out.Flush()
}

// left is how many rows the page leaves out.
func (l *list) left() uint64 {
	return l.rows.Seen() - min(l.rows.Seen(), uint64(l.keep))
}

// metaObject is what the scripts know of the whole.
type metaObject struct {
	Fields [][2]string `json:"fields"` // of a transaction: name, and what it means
	Inputs []string    `json:"inputs"`
	Rows   uint64      `json:"rows"`
	Bodies bool        `json:"bodies"`
	Hidden bool        `json:"redacted"`
}

func (w *Writer) meta(p *page) metaObject {
	m := metaObject{Fields: fieldNames(), Rows: p.Rows - p.LeftRows, Bodies: w.options.Bodies, Hidden: p.Redacted != "", Inputs: []string{}}
	for _, in := range p.Inputs {
		m.Inputs = append(m.Inputs, in.Name)
	}
	return m
}

// rows writes the table.
func (w *Writer) rows(data *blocks) (err error) {
	var rows, details array
	flush := func() {
		if err == nil && len(rows.b) > 0 {
			err = data.block("rows", rows.take())
			if err == nil {
				err = data.block("details", details.take())
			}
		}
	}
	failure := w.list.rows.Each(func(line []byte) bool {
		row, detail, _ := bytes.Cut(line, []byte{'\n'})
		rows.add(row)
		details.add(detail)
		if len(rows.b) >= data.size {
			flush()
		}
		return err == nil
	})
	flush()
	if err == nil {
		err = failure
	}
	return err
}

// texts writes what is known of texts.
func (w *Writer) texts(data *blocks) (err error) {
	var texts array
	failure := w.list.texts.Each(func(line []byte) bool {
		texts.add(line)
		if len(texts.b) >= data.size {
			err = data.block("texts", texts.take())
		}
		return err == nil
	})
	if err == nil && len(texts.b) > 0 {
		err = data.block("texts", texts.take())
	}
	if err == nil {
		err = failure
	}
	return err
}

// storyEntry is a story with the key of its row.
type storyEntry struct {
	Key   string       `json:"key"`
	Story *storyObject `json:"story"`
}

// storyJSON encodes what cannot fail: strings, numbers and lists of them.
func storyJSON(key string, s *storyObject) []byte {
	b, err := json.Marshal(storyEntry{key, s})
	if err != nil {
		panic(err)
	}
	return b
}

// told makes the stories, as blocks of data, and their ladders by key.
func (w *Writer) told(r *result.Report) (all [][]byte, ladders map[string]*ladder) {
	ladders = make(map[string]*ladder)
	var entries array
	for _, t := range w.stories.all() {
		s := tell(t.collector.Story(r, w.options.Analysis), w.options.Bodies)
		ladders[t.key] = &s.Ladder
		entries.add(storyJSON(t.key, s))
		if len(entries.b) >= w.options.Limits.Block {
			all = append(all, entries.take())
			entries.b = nil
		}
	}
	if len(entries.b) > 0 {
		all = append(all, entries.take())
	}
	return all, ladders
}
