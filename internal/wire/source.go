package wire

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"time"

	"github.com/google/gopacket"

	"simplecap/capture"
)

// Memory is a capture.Source of frames that are in memory.
type Memory struct {
	Frames []capture.Frame
	Batch  int // frames a ReadBatch returns at most; 0 is as many as fit
	next   int
}

// ReadBatch implements capture.Source.
func (m *Memory) ReadBatch(frames []capture.Frame) (int, error) {
	rest := m.Frames[m.next:]
	if m.Batch > 0 && len(rest) > m.Batch {
		rest = rest[:m.Batch]
	}
	n := copy(frames, rest)
	m.next += n
	if m.next == len(m.Frames) {
		return n, io.EOF
	}
	return n, nil
}

// ZeroCopyReadPacketData implements gopacket.ZeroCopyPacketDataSource.
func (m *Memory) ZeroCopyReadPacketData() ([]byte, gopacket.CaptureInfo, error) {
	if m.next == len(m.Frames) {
		return nil, gopacket.CaptureInfo{}, io.EOF
	}
	f := m.Frames[m.next]
	m.next++
	return f.Data, gopacket.CaptureInfo{Timestamp: time.Unix(0, f.Time), CaptureLength: len(f.Data), Length: f.Length}, nil
}

// Inputs implements capture.Source.
func (m *Memory) Inputs() []capture.Input {
	return []capture.Input{{Name: "memory", Format: "memory", Packets: uint64(m.next), Complete: true}}
}

// Close implements capture.Source.
func (m *Memory) Close() error { return nil }

// All reads a source to its end.
func All(src capture.Source) (all []capture.Frame, err error) {
	err = capture.Each(context.Background(), src, func(f *capture.Frame) {
		kept := *f
		kept.Data = bytes.Clone(f.Data)
		all = append(all, kept)
	})
	return all, err
}

// File reads a capture file to its end.
func File(name string) ([]capture.Frame, error) {
	src, err := capture.Open([]string{name}, capture.Options{})
	if err != nil {
		return nil, err
	}
	defer src.Close()
	return All(src)
}

// AppendPcap appends the frames as a pcap file with nanoseconds.
func AppendPcap(b []byte, frames []capture.Frame) []byte {
	le := binary.LittleEndian
	b = le.AppendUint32(b, 0xa1b23c4d)
	b = le.AppendUint16(b, 2)
	b = le.AppendUint16(b, 4)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	b = le.AppendUint32(b, 262144)
	b = le.AppendUint32(b, uint32(capture.LinkEthernet))
	for i := range frames {
		f := &frames[i]
		b = le.AppendUint32(b, uint32(f.Time/1e9))
		b = le.AppendUint32(b, uint32(f.Time%1e9))
		b = le.AppendUint32(b, uint32(len(f.Data)))
		b = le.AppendUint32(b, uint32(f.Length))
		b = append(b, f.Data...)
	}
	return b
}
