// Package capture reads frames from capture files and pipes.
//
// [Open] takes the names a user types: files, directories, FIFOs and "-" for
// standard input. It reads pcap and pcapng of either byte order, plain or
// compressed with gzip, zstd, lz4, xz or bzip2; the content decides, never the
// name. Several inputs come out as one stream in time order, whatever the order
// in which they were named, so that a transaction that spans rotated files is
// seen in one piece.
//
// A [PcapngWriter] writes frames to a file. What captures while it runs, network
// interfaces and HEP agents, is in capture/live.
//
// # Damage
//
// Nothing that was read is lost to what follows it. A file that is cut, damaged
// or no capture at all ends alone: the frames before the damage are delivered,
// [Input].Error says in one line what is wrong and at which byte, and the other
// inputs go on. Only a name that does not exist, or the lack of any name, makes
// Open fail.
//
// In pcapng a block whose framing is intact but whose content is not (a packet
// that claims more bytes than its block holds, or an interface that was never
// described) costs that block alone; the input then counts as incomplete.
//
// # Memory
//
// Frames point into the buffer of their input and are valid until the next call
// of ReadBatch. No length in a file is believed until the file has delivered
// the bytes, and every bound is a field of [Limits].
//
// # Why not gopacket's readers
//
// gopacket's pcapgo keeps link types in 8 bits, so that it takes LINUX_SLL2 for
// something else, reports a truncated pcapng file as complete, misreads several
// time resolutions and allocates what a header claims. The block readers here
// are as fast, and [Files] is a gopacket.ZeroCopyPacketDataSource, so that
// gopacket's tools can still read from it.
package capture
