package analyze

import (
	"slices"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"

	"simplecap/analyze/result"
	"simplecap/decode/content/sms"
)

// wholeTexts are the concatenated SMS that are being put together.
type wholeTexts struct {
	*run
	byKey map[uint64]*wholeParts
	said  int64 // bytes of what their parts say
	room  int64 // that these may take
}

// wholesShare is the part of what open texts may take that the words of wholes may take.
const wholesShare = 8

// wholeParts is a concatenated SMS that is being put together.
type wholeParts struct {
	key    uint64
	said   []sms.TPDU // with Options.Bodies by part: Text and Halves
	bytes  int64      // of these
	parts  []uint64   // texts by part
	open   int        // parts that are not closed
	closed bool       // it has been said that parts are missing
}

// view is the whole as it is now.
func (w *wholeParts) view() *result.WholeText {
	v := &result.WholeText{Texts: slices.Clone(w.parts), Complete: !slices.Contains(w.parts, 0)}
	if v.Complete {
		v.Text = w.text()
	}
	return v
}

// text joins what the parts say. Where a character was cut in two, that is mended.
func (w *wholeParts) text() string {
	var b []byte
	last := rune(0)
	for i := range w.said {
		text, halves := w.said[i].Text, w.said[i].Halves
		if text == "" {
			continue // the halves stand on both sides of it
		}
		if r := utf16.DecodeRune(last, halves.First); r != utf8.RuneError {
			b = utf8.AppendRune(b[:len(b)-utf8.RuneLen(utf8.RuneError)], r)
			text = text[utf8.RuneLen(utf8.RuneError):]
		}
		b = append(b, text...)
		last = halves.Last
	}
	return string(b)
}

// say keeps what a part says for the whole, as long as all wholes take less than the
// texts that are open may.
func (ws *wholeTexts) say(w *wholeParts, t *sms.TPDU) {
	if !ws.options.Bodies || ws.said > ws.room {
		return
	}
	if w.said == nil {
		w.said = make([]sms.TPDU, len(w.parts))
	}
	w.said[t.Concat.Part-1] = sms.TPDU{Text: t.Text, Halves: t.Halves}
	w.bytes += int64(len(t.Text))
	ws.said += int64(len(t.Text))
}

// join joins a part of a concatenated SMS to the others: same kind, ends, address,
// reference and number. A reference is used again after a while: a part that is
// there already begins another text. Repeats do not count. It returns how many bytes it takes.
func (ws *wholeTexts) join(t *openText) (bytes int) {
	rp := t.RP()
	if rp == nil || rp.TPDU.Concat.Parts == 0 {
		return 0
	}
	if t.RepeatOf != 0 && t.tries.whole != nil && t.tries.whole.open > 0 {
		t.whole = t.tries.whole
		t.whole.open++
		return 0
	}
	c := rp.TPDU.Concat
	key := hashOf([]byte{byte(t.Kind), byte(c.Reference), byte(c.Reference >> 8), c.Bits, c.Parts}, []byte(userOf(t.From)), []byte(userOf(t.To)), []byte(rp.TPDU.Address.String()))
	w := ws.byKey[key]
	if w == nil || w.parts[c.Part-1] != 0 || int(c.Parts) != len(w.parts) {
		if w == nil && len(ws.byKey) >= ws.limits.Wholes {
			ws.evicted++
			return 0
		}
		w = &wholeParts{key: key, parts: make([]uint64, c.Parts)}
		ws.byKey[key] = w
		bytes = int(unsafe.Sizeof(*w)) + 8*int(c.Parts)
	}
	w.parts[c.Part-1] = t.ID
	ws.say(w, &rp.TPDU)
	w.open++
	t.whole = w
	if t.tries != nil {
		t.tries.whole = w
	}
	return bytes
}

// leave forgets a whole whose parts have all closed.
func (ws *wholeTexts) leave(t *openText) {
	w := t.whole
	if w.open--; w.open > 0 {
		return
	}
	ws.said -= w.bytes
	w.parts, w.said, w.bytes = nil, nil, 0 // attempts may still know it
	if ws.byKey[w.key] == w {
		delete(ws.byKey, w.key)
	}
}
