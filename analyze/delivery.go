package analyze

import (
	"simplecap/analyze/result"
)

// DeliveryHandler is implemented by a Handler that wants deliveries.
type DeliveryHandler interface {
	// Delivery is called when the last transaction of a delivery has closed; live, also
	// before, when its verdict is known or becomes another one. The delivery is valid
	// until the method returns.
	Delivery(d *result.Delivery)
}
