package report

import "simplecap/analyze/result"

// The fields of a delivery and its hops. They are not changed.
var (
	deliveryFields     = keyedOnce(result.DeliveryFields, false)
	liveDeliveryFields = keyedOnce(result.DeliveryFields, true)
	hopFields          = keyedOnce(result.HopFields, false)
)

// delivery appends the fields of one delivery. What the capture does not show
// is left out.
func (o *object) delivery(d *result.Delivery, live bool) {
	fields := deliveryFields()
	if live {
		fields = liveDeliveryFields()
	}
	for i := range fields {
		if f := &fields[i]; f.Type == result.ObjectsField {
			o.list(f.Name, len(d.Hops), func(i int) { o.hop(&d.Hops[i]) })
		} else {
			writeField(o, f, d)
		}
	}
}

func (o *object) hop(h *result.Hop) { writeFields(o, hopFields(), h) }
