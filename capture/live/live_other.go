//go:build !linux && !darwin && !freebsd && !(windows && amd64) && (windows || !(cgo && pcap))

package live

import (
	"errors"
	"io"

	"github.com/google/gopacket"

	"simplecap/capture"
)

// Capture is a [capture.Source] of the packets on network interfaces. On this system there
// is none unless simplecap is built with cgo and the build tag pcap.
type Capture struct{}

var _ capture.Source = (*Capture)(nil)

// Open fails: this build cannot capture.
func Open(Options) (*Capture, error) {
	return nil, errors.New("this build of simplecap cannot capture on this system: pipe what another program captures into it, as by tcpdump -U -w -")
}

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
