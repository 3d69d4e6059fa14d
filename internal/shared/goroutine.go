package shared

import "testing"

// OneGoroutine skips a test that takes long in a single goroutine, or shows there what
// others show in less, where the tests are run in short: that is how the race detector
// runs them, which slows such a test tenfold and can find nothing in it.
func OneGoroutine(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("one goroutine alone shows no race")
	}
}
