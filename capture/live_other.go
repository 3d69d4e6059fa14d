//go:build !linux && !(cgo && pcap)

package capture

import (
	"errors"
	"io"

	"github.com/google/gopacket"
)

// Live is a [Source] of the packets on network interfaces. On this system there
// is none unless simplecap is built with cgo and the build tag pcap.
type Live struct{}

var _ Source = (*Live)(nil)

// OpenLive fails: this build cannot capture.
func OpenLive(LiveOptions) (*Live, error) {
	return nil, errors.New("this build of simplecap cannot capture: build it with cgo, libpcap and -tags pcap, or pipe tcpdump -U -w - into it")
}

// Link is never called.
func (*Live) Link() LinkType { return LinkEthernet }

// InterfaceName is never called.
func (*Live) InterfaceName(int) string { return "" }

// State is never called.
func (*Live) State() LiveState { return LiveState{} }

// Clock is never called.
func (*Live) Clock() int64 { return 0 }

// ReadBatch is never called.
func (*Live) ReadBatch([]Frame) (int, error) { return 0, io.EOF }

// poll is never called.
func (*Live) poll([]Frame) (int, error) { return 0, io.EOF }

// Inputs is never called.
func (*Live) Inputs() []Input { return nil }

// Close is never called.
func (*Live) Close() error { return nil }

// ZeroCopyReadPacketData is never called.
func (*Live) ZeroCopyReadPacketData() ([]byte, gopacket.CaptureInfo, error) {
	return nil, gopacket.CaptureInfo{}, io.EOF
}
