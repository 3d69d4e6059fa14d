package capture

import (
	"time"

	"github.com/google/gopacket"
)

// PacketReader hands out batches one frame at a time, as
// gopacket.ZeroCopyPacketDataSource wants them. The zero value is ready.
type PacketReader struct {
	frames []Frame
	left   []Frame
}

// ZeroCopyReadPacketData implements gopacket.ZeroCopyPacketDataSource. The data
// is valid until the next call. Link types are not in what it returns, so it
// suits inputs that have one only; Inputs says which. It reads ahead, so use
// either it or ReadBatch.
func (s *Files) ZeroCopyReadPacketData() ([]byte, gopacket.CaptureInfo, error) {
	return s.single.next(s.ReadBatch)
}

func (p *PacketReader) next(read func([]Frame) (int, error)) ([]byte, gopacket.CaptureInfo, error) {
	if p.frames == nil {
		p.frames = make([]Frame, 64)
	}
	if len(p.left) == 0 {
		n, err := read(p.frames)
		if n == 0 {
			return nil, gopacket.CaptureInfo{}, err
		}
		p.left = p.frames[:n]
	}
	frame := &p.left[0]
	p.left = p.left[1:]
	return frame.Data, frame.captureInfo(), nil
}

// Wait returns the next frame of a read that may return nothing where nothing has
// come for a while.
func (p *PacketReader) Wait(read func([]Frame) (int, error)) ([]byte, gopacket.CaptureInfo, error) {
	return p.next(func(frames []Frame) (n int, err error) {
		for n == 0 && err == nil {
			n, err = read(frames)
		}
		return n, err
	})
}

func (f *Frame) captureInfo() gopacket.CaptureInfo {
	info := gopacket.CaptureInfo{
		CaptureLength:  len(f.Data),
		Length:         f.Length,
		InterfaceIndex: f.Interface,
	}
	if f.HasTime {
		info.Timestamp = time.Unix(0, f.Time).UTC()
	}
	return info
}
