package decode_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"simplecap/capture"
	"simplecap/decode"
	"simplecap/internal/wire"
)

// counted counts the messages of a capture.
type counted int

func (c *counted) Message(*decode.Message) { *c++ }

// TestGapOfManyRecords leaves out more records over TLS than fit into 64 KiB: what
// follows is read.
func TestGapOfManyRecords(t *testing.T) {
	var file, keys bytes.Buffer
	const transactions, first, last = 6000, 1000, 4600 // lost: 3,600 records of each side
	profile := wire.Profile{Streams: 1, Renew: 1 << 30, Keys: &keys}
	if _, err := wire.Generate(&file, profile, transactions, 0); err != nil {
		t.Fatal(err)
	}
	var got counted
	d := decode.NewDecoder(&got, decode.Options{})
	d.KeyLog(keys.Bytes())
	packet, b := 0, file.Bytes()[24:]
	const beginning = 6 // segments of the handshake
	for len(b) > 0 {
		n := binary.LittleEndian.Uint32(b[8:])
		if k := (packet - beginning) / 2 * 3; k < first || k >= last {
			d.Frame(&capture.Frame{Data: b[16 : 16+n], Length: int(n), File: 1, Link: capture.LinkEthernet, Number: uint64(packet + 1)})
		}
		b = b[16+n:]
		packet++
	}
	d.Flush()
	if want := 2 * (transactions - (last - first)); int(got) < want-12 {
		t.Errorf("%d messages, want %d", got, want)
	}
}
