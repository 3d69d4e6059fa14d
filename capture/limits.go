package capture

import "simplecap/internal/preset"

// Limits bounds what reading may hold in memory. A field that is zero or less
// has its default.
type Limits struct {
	// PacketBytes is the most that one packet may hold. A packet header that
	// claims more is corrupt. Default 262144, which is libpcap's maximum.
	PacketBytes int

	// BufferBytes is what the read buffers of all open files share. Each file
	// takes 256 KiB as long as there is room and less, down to 16 KiB, when many
	// files overlap in time. A buffer grows beyond its share only for a packet
	// that does not fit. Default 16 MiB. A large file that is read alone is read
	// ahead, in six buffers of 256 KiB and lists of their packets of 100 KiB beside that.
	BufferBytes int

	// DictionaryBytes is what the decompressors of all open files share: the
	// history (zstd: window, xz: dictionary) that a file asks for, and some MiB for
	// one of another format. A file for which there is no room has an error. Default
	// 128 MiB and a little, the most that the zstd command reads; xz -9 needs 64 MiB.
	DictionaryBytes int

	// SortedBytes is what a file holds of frames that came out of order, or from several
	// interfaces, to sort them. Default 8 MiB.
	SortedBytes int

	// Interfaces is the most that one pcapng section may describe. Default 65536.
	Interfaces int
}

const (
	largeWindow = 256 << 10 // the read buffer of a file
	smallWindow = 16 << 10  // the same when many files are open
	peekWindow  = 4 << 10   // the same to look at a file's first frame
	batchFrames = 256       // frames that a file holds ready to be merged

	// blockRoom is how much of a pcapng block is kept in memory beside the
	// packet: headers and options. What goes beyond is passed over.
	blockRoom = 64 << 10
)

// withDefaults returns the limits with every unset field filled in.
func (l Limits) withDefaults() Limits {
	preset.Numbers(&l, Limits{
		PacketBytes: 262144, BufferBytes: 16 << 20, DictionaryBytes: 128<<20 + zstdBlocks, SortedBytes: 8 << 20, Interfaces: 65536,
	})
	return l
}

// window returns the size of the read buffer of one more file while open others
// are being read.
func (l Limits) window(open int) int {
	return max(smallWindow, min(largeWindow, l.BufferBytes/(open+1)))
}
