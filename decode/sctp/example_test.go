package sctp_test

import (
	"encoding/hex"
	"fmt"

	"simplecap/decode/sctp"
)

// printer prints user messages. Packets are marked with their numbers.
type printer struct{}

func (printer) Message(m *sctp.Message[int]) {
	fmt.Printf("%d to %d, stream %d: %q in packets %d\n", m.SrcPort, m.DstPort, m.Stream, m.Data, m.Parts)
}

func (printer) Abort(association uint64, srcPort, dstPort uint16, at int)                     {}
func (printer) Contradicted(association uint64, srcPort, dstPort uint16, data []byte, at int) {}

// A user message in two packets, which come in the wrong order.
func Example() {
	first, _ := hex.DecodeString("13c413c500000007" + "00000000" + "0002001400000001" + "00030000" + "00000000" + "48656c6c")
	second, _ := hex.DecodeString("13c413c500000007" + "00000000" + "0001001100000002" + "00030000" + "00000000" + "6f000000")

	r := sctp.NewReader[int](printer{}, sctp.Limits{})
	src, dst := [16]byte{15: 1}, [16]byte{15: 2}
	r.Packet(src, dst, second, false, 1)
	r.Packet(src, dst, first, false, 2)
	r.Flush()
	// Output:
	// 5060 to 5061, stream 3: "Hello" in packets [2 1]
}
