package capture

import (
	"time"

	"github.com/google/gopacket"
)

// Source is where frames come from: capture files, a pipe, or a live interface.
//
// It is a gopacket.ZeroCopyPacketDataSource, so gopacket's tools can read from
// it one packet at a time. The engine reads it in batches, which costs one
// interface call for some hundreds of frames instead of one for each.
//
// A Source is used by one goroutine.
type Source interface {
	gopacket.ZeroCopyPacketDataSource

	// ReadBatch fills frames with what comes next and returns how many it
	// filled. Like io.Reader it returns what is at hand rather than waiting to
	// fill the slice, and it may return n > 0 together with an error. The frames'
	// Data belongs to the Source and is valid until the next call.
	//
	// io.EOF means that every input is finished. An input that is damaged or cut
	// does not end the run: what it held before is delivered, its Input says what
	// happened, and the other inputs go on.
	ReadBatch(frames []Frame) (n int, err error)

	// Inputs says for each input what has been read of it so far, in the order
	// that Frame.File counts.
	Inputs() []Input

	// Close releases files and sockets. The frames' Data is invalid afterwards.
	Close() error
}

// Frame is one captured packet with all that the capture knows of it.
type Frame struct {
	// Data holds the captured bytes, at most Length of them. It belongs to the
	// Source and is valid until the next ReadBatch.
	Data []byte

	// Time is when the packet was captured, in nanoseconds since 1970 UTC, or 0
	// where HasTime is false.
	Time int64

	// Number counts from 1 in the frame's file, as Wireshark's frame.number does.
	Number uint64

	// Length is the packet's length on the wire in bytes. It is more than
	// len(Data) where the snapshot length cut the packet.
	Length int

	// File is the 1-based index into Source.Inputs.
	File int

	// Interface counts the interfaces of a file from 0, over all its sections. From
	// FirstHEPAgent on it stands for an agent that sent the frame by HEP.
	Interface int

	// Link says what Data begins with.
	Link LinkType

	// HasTime is false where the file gives the packet no time (pcapng Simple
	// Packet Blocks).
	HasTime bool
}

// FirstHEPAgent is the least Frame.Interface that stands for no interface but for an
// agent that sent the packet, by HEP, to a source that listens (capture/live).
const FirstHEPAgent = 1 << 16

// Cut reports whether the snapshot length cut bytes off the frame.
func (f *Frame) Cut() bool { return f.Length > len(f.Data) }

// Input is what is known of one capture file, pipe or interface so far.
type Input struct {
	Name        string    // as the user named it; "-" is standard input
	Format      string    // "pcap", "pcapng", or "" where it is no capture
	Compression string    // "gzip", "zstd", "lz4", "xz", "bzip2" or ""
	LinkTypes   []string  // tcpdump's names, each once, in order of appearance
	Packets     uint64    // frames read
	Bytes       uint64    // captured bytes of those frames
	First, Last time.Time // smallest and largest time of a frame; zero without one
	Complete    bool      // read to its end without an error
	Error       string    // what went wrong, in one line for people and without the name; empty if nothing did
	OutOfOrder  uint64    // frames with a time before that of an earlier frame
	KernelDrops uint64    // packets that the capturing kernel dropped, where the file says so
	Rejected    uint64    // HEP packets and connections that were refused: something else, without the key, or too many
}
