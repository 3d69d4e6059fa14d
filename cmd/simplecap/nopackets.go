package main

import (
	"io"

	"github.com/google/gopacket"

	"simplecap/capture"
)

// noPackets is a Source without a packet.
type noPackets struct{ inputs []capture.Input }

func (s *noPackets) ReadBatch([]capture.Frame) (int, error) { return 0, io.EOF }
func (s *noPackets) ZeroCopyReadPacketData() ([]byte, gopacket.CaptureInfo, error) {
	return nil, gopacket.CaptureInfo{}, io.EOF
}
func (s *noPackets) Inputs() []capture.Input { return s.inputs }
func (s *noPackets) Close() error            { return nil }
