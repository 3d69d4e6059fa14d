package jet

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestFirstMeasurement wants nothing published without how far the clock is off because the
// bus did not answer at first.
func TestFirstMeasurement(t *testing.T) {
	asked := 0
	there := time.Unix(1700000000, 0)
	a := ahead{bus: &Bus{options: Options{Now: func() time.Time { return there.Add(90 * time.Second) }}}, ask: func(context.Context) (time.Time, error) {
		if asked++; asked <= 2 {
			return time.Time{}, errors.New("no answer")
		}
		return there, nil
	}}
	a.again(t.Context())
	if a.text == "" || asked < 2+measureTries {
		t.Errorf("%q after %d questions", a.text, asked)
	}
}
