package sctp_test

import (
	"encoding/hex"
	"fmt"

	"simplecap/decode/sctp"
)

// printer prints user messages. Packets are marked with their numbers.
type printer struct{}

func (printer) Message(m *sctp.Message[int]) bool {
	fmt.Printf("%d to %d, stream %d: %q in packets %d\n", m.SrcPort, m.DstPort, m.Stream, m.Data, m.Parts)
	return true
}

func (printer) Missing(m *sctp.Missing[int]) {
	if m.State == sctp.Lost {
		fmt.Printf("%d to %d: %d chunks are missing before packet %d\n", m.SrcPort, m.DstPort, m.Chunks, m.At)
	}
}

func (printer) Abort(association uint64, srcPort, dstPort uint16, at int)                     {}
func (printer) Contradicted(association uint64, srcPort, dstPort uint16, data []byte, at int) {}

// A user message in two packets, which come in the wrong order, and another behind one that
// was not captured.
func Example() {
	later, _ := hex.DecodeString("13c413c500000007" + "00000000" + "0003001400000004" + "00030002" + "00000000" + "6c617465")
	first, _ := hex.DecodeString("13c413c500000007" + "00000000" + "0002001400000001" + "00030000" + "00000000" + "48656c6c")
	second, _ := hex.DecodeString("13c413c500000007" + "00000000" + "0001001100000002" + "00030000" + "00000000" + "6f000000")

	r := sctp.NewReader[int](printer{}, sctp.Limits{})
	src, dst := [16]byte{15: 1}, [16]byte{15: 2}
	r.Packet(src, dst, second, false, 1)
	r.Packet(src, dst, first, false, 2)
	r.Packet(src, dst, later, false, 3)
	r.Flush()
	// Output:
	// 5060 to 5061, stream 3: "Hello" in packets [2 1]
	// 5060 to 5061, stream 3: "late" in packets []
	// 5060 to 5061: 1 chunks are missing before packet 3
}
