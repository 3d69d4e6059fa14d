package report

import "simplecap/analyze/result"

// The fields of a text, and of what is in it several times. They are not changed.
var (
	textFields         = keyedOnce(result.TextFields, true)
	receiptFields      = keyedOnce(result.ReceiptFields, true)
	notificationFields = keyedOnce(result.NotificationFields, true)
	sessionFields      = keyedOnce(result.SessionFields, true)
)

// textObject appends the fields of one text. bodies says that what people wrote is shown.
func (o *object) textObject(t *result.Text, bodies bool) { o.textFields(textFields(), t, bodies) }

// textFields appends fields of a text or of an object in it.
func (o *object) textFields(fields []keyed[result.Text], t *result.Text, bodies bool) {
	for i := range fields {
		switch f := &fields[i]; {
		case f.Bodies && !bodies || !f.Written(t):
		case f.Type == result.ObjectField:
			o.nested(f.Key(), func() { o.textFields(f.inner, t, bodies) })
		case f.Type != result.ObjectsField:
			writeField(o, f, t)
		case f.Key() == "receipts":
			o.list(f.Key(), len(t.Receipts), func(i int) { o.receipt(&t.Receipts[i]) })
		default:
			o.list(f.Key(), len(t.Content.IMDNs), func(i int) { writeFields(o, notificationFields(), &t.Content.IMDNs[i]) })
		}
	}
}

// list appends an array of n objects on one line.
func (o *object) list(name string, n int, fill func(i int)) {
	o.key(name)
	o.b = append(o.b, '[')
	for i := range n {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.inner(func() { fill(i) })
	}
	o.b = append(o.b, ']')
}

func (o *object) receipt(r *result.Receipt) { writeFields(o, receiptFields(), r) }

// session appends the fields of a message session.
func (o *object) session(s *result.MessageSession) { writeFields(o, sessionFields(), s) }
