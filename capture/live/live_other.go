//go:build !linux && !darwin && !freebsd && !windows

package live

import (
	"errors"
	"io"

	"github.com/google/gopacket"

	"simplecap/capture"
)

// Capture is a [capture.Source] of the packets on network interfaces. On this system there
// is none.
type Capture struct{}

var _ capture.Source = (*Capture)(nil)

// errNoCapture says what to do.
var errNoCapture = errors.New("this build of simplecap cannot capture on this system: pipe what another program captures into it, as by tcpdump -U -w -")

// Open fails: this build cannot capture.
func Open(Options) (*Capture, error) { return nil, errNoCapture }

// MayCapture says that nobody may.
func MayCapture() error { return errNoCapture }

// Link is never called.
func (*Capture) Link() capture.LinkType { return capture.LinkEthernet }

// InterfaceName is never called.
func (*Capture) InterfaceName(int) string { return "" }

// State is never called.
func (*Capture) State() State { return State{} }

// Clock is never called.
func (*Capture) Clock() int64 { return 0 }

// ReadBatch is never called.
func (*Capture) ReadBatch([]capture.Frame) (int, error) { return 0, io.EOF }

// poll is never called.
func (*Capture) poll([]capture.Frame) (int, error) { return 0, io.EOF }

// Inputs is never called.
func (*Capture) Inputs() []capture.Input { return nil }

// Close is never called.
func (*Capture) Close() error { return nil }

// ZeroCopyReadPacketData is never called.
func (*Capture) ZeroCopyReadPacketData() ([]byte, gopacket.CaptureInfo, error) {
	return nil, gopacket.CaptureInfo{}, io.EOF
}
