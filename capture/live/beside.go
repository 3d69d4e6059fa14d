package live

import (
	"errors"
	"simplecap/capture"

	"github.com/google/gopacket"
)

// Source is a [capture.Source] that has no end of its own and tells the time.
type Source interface {
	capture.Source
	Clock() int64                    // see Capture.Clock
	InterfaceName(number int) string // what Frame.Interface stands for
}

// Beside returns a source of what comes from interfaces and by HEP. Frames of HEP are
// of the second input. Closing it closes both.
func Beside(live *Capture, reports *HEP) Source {
	return &beside{live: live, reports: reports}
}

type beside struct {
	live    *Capture
	reports *HEP
	single  capture.PacketReader
}

// ReadBatch implements [capture.Source]. Neither source waits while the other one has something.
func (b *beside) ReadBatch(frames []capture.Frame) (int, error) {
	n := b.reports.read(frames[:(len(frames)+1)/2])
	for i := range frames[:n] {
		frames[i].File = 2
	}
	if n == 0 {
		return b.live.ReadBatch(frames)
	}
	more, err := b.live.poll(frames[n:])
	return n + more, err
}

// Clock is that of the interfaces: reports have the time at which they are put where
// ReadBatch finds them before it waits.
func (b *beside) Clock() int64 { return b.live.Clock() }

// State is that of the interfaces.
func (b *beside) State() State { return b.live.State() }

// InterfaceName implements [Source].
func (b *beside) InterfaceName(number int) string {
	if number >= capture.FirstHEPAgent {
		return b.reports.InterfaceName(number)
	}
	return b.live.InterfaceName(number)
}

// Inputs implements [capture.Source].
func (b *beside) Inputs() []capture.Input { return append(b.live.Inputs(), b.reports.Inputs()...) }

// Close implements [capture.Source].
func (b *beside) Close() error { return errors.Join(b.live.Close(), b.reports.Close()) }

// ZeroCopyReadPacketData implements gopacket.ZeroCopyPacketDataSource.
func (b *beside) ZeroCopyReadPacketData() ([]byte, gopacket.CaptureInfo, error) {
	return b.single.Wait(b.ReadBatch)
}
