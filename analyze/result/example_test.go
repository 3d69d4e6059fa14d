package result_test

import (
	"fmt"

	"simplecap/analyze/result"
)

// The table of fields says all that there is to ask of a value.
func Example() {
	t := result.Transaction{ID: 1, Method: "MESSAGE", Status: 486, Reason: "Busy Here", Outcome: result.Rejected}
	for _, f := range result.Fields() {
		switch f.Name {
		case "id", "method", "status", "reason", "outcome", "rtt_ms":
			fmt.Printf("%-8s %-12s %v\n", f.Name, f.Type, f.Get(&t))
		}
	}
	// Output:
	// id       number       1
	// method   string       MESSAGE
	// status   number       486
	// reason   string       Busy Here
	// rtt_ms   milliseconds -1
	// outcome  string       rejected
}
