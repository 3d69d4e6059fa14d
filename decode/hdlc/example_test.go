package hdlc_test

import (
	"encoding/hex"
	"fmt"

	"simplecap/decode/hdlc"
)

// Cut frames out of a line and take their escapes away.
func Example() {
	line, _ := hex.DecodeString("7eff7d23c02101" + "7e217d387e")
	for frame, rest := hdlc.Next(line); len(frame) > 0; frame, rest = hdlc.Next(rest) {
		octets, ok := hdlc.Open(nil, frame)
		fmt.Printf("%x %t\n", octets, ok)
	}
	// Output:
	// ff03c02101 true
	// 2118 true
}
