package capture

import (
	"errors"

	"github.com/google/gopacket"
)

// LiveSource is a Source that has no end of its own and tells the time.
type LiveSource interface {
	Source
	Clock() int64                    // see Live.Clock
	InterfaceName(number int) string // what Frame.Interface stands for
}

// Beside returns a source of what comes from interfaces and by HEP. Frames of HEP are
// of the second input. Closing it closes both.
func Beside(live *Live, reports *HEP) LiveSource {
	return &beside{live: live, reports: reports}
}

type beside struct {
	live    *Live
	reports *HEP
	single  packetReader
}

// ReadBatch implements Source. Neither source waits while the other one has something.
func (b *beside) ReadBatch(frames []Frame) (int, error) {
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
func (b *beside) State() LiveState { return b.live.State() }

// InterfaceName implements LiveSource.
func (b *beside) InterfaceName(number int) string {
	if number >= firstHEPAgent {
		return b.reports.InterfaceName(number)
	}
	return b.live.InterfaceName(number)
}

// Inputs implements Source.
func (b *beside) Inputs() []Input { return append(b.live.Inputs(), b.reports.Inputs()...) }

// Close implements Source.
func (b *beside) Close() error { return errors.Join(b.live.Close(), b.reports.Close()) }

// ZeroCopyReadPacketData implements gopacket.ZeroCopyPacketDataSource.
func (b *beside) ZeroCopyReadPacketData() ([]byte, gopacket.CaptureInfo, error) {
	return b.single.wait(b.ReadBatch)
}
