package live

import (
	"fmt"
	"math"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ring is a TPACKET_V3 receive ring: memory that the kernel fills with blocks of
// packets and that is read in place (Documentation/networking/packet_mmap.rst in
// the Linux sources). One goroutine reads it.
type ring struct {
	memory []byte
	block  int // size of a block in bytes
	at     int // offset of the block that is being read, or that comes next
	held   bool
	left   uint32 // packets of the held block that have not been taken
	next   int    // offset of the next of them
}

const (
	ringBlock = 1 << 20 // holds the largest packet many times over
	ringFrame = 2048    // TPACKET_V3 packs packets; it only has to divide the block

	// ringReserve is room before every packet, for the header or the VLAN tag
	// that are put there in place.
	ringReserve = 32
)

// newRing gives the socket a ring of at least size bytes. The kernel takes the memory at
// once, and ends processes to get it: more than half of what there is nobody can mean.
func newRing(fd, size int) (*ring, error) {
	if most := hostMemory() / 2; uint64(size) > most {
		return nil, fmt.Errorf("a packet ring of %d MiB is more than half of the %d MiB of memory that this host has", size>>20, most>>19)
	}
	blocks := max(2, (size+ringBlock-1)/ringBlock)
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V3); err != nil {
		return nil, fmt.Errorf("ask for packet ring version 3 (Linux 3.2 or later): %w", err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_RESERVE, ringReserve); err != nil {
		return nil, fmt.Errorf("reserve room in the packet ring: %w", err)
	}
	err := unix.SetsockoptTpacketReq3(fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &unix.TpacketReq3{
		Block_size: ringBlock, Block_nr: uint32(blocks),
		Frame_size: ringFrame, Frame_nr: uint32(blocks * (ringBlock / ringFrame)),
		Retire_blk_tov: uint32(retireAfter.Milliseconds()),
	})
	if err != nil {
		return nil, fmt.Errorf("set up a packet ring of %d MiB: %w", blocks, err)
	}
	memory, err := unix.Mmap(fd, 0, blocks*ringBlock, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map a packet ring of %d MiB: %w", blocks, err)
	}
	return &ring{memory: memory, block: ringBlock}, nil
}

// hostMemory is how many bytes of memory the host has, more than enough where it does not say.
func hostMemory() uint64 {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return math.MaxUint64
	}
	return uint64(info.Totalram) * uint64(info.Unit)
}

func (r *ring) close() error { return unix.Munmap(r.memory) }

// header is the header of the block at hand.
func (r *ring) header() *unix.TpacketHdrV1 {
	desc := (*unix.TpacketBlockDesc)(unsafe.Pointer(&r.memory[r.at]))
	return (*unix.TpacketHdrV1)(unsafe.Pointer(&desc.Hdr))
}

// blocks is how many blocks there are.
func (r *ring) blocks() int { return len(r.memory) / r.block }

// filled counts the blocks that the kernel has filled and nobody has read.
func (r *ring) filled() (n int) {
	for at := 0; at < len(r.memory); at += r.block {
		desc := (*unix.TpacketBlockDesc)(unsafe.Pointer(&r.memory[at]))
		if atomic.LoadUint32(&(*unix.TpacketHdrV1)(unsafe.Pointer(&desc.Hdr)).Block_status)&unix.TP_STATUS_USER != 0 {
			n++
		}
	}
	return n
}

// hold takes the block at hand if the kernel has filled it.
func (r *ring) hold() bool {
	h := r.header()
	if atomic.LoadUint32(&h.Block_status)&unix.TP_STATUS_USER == 0 {
		return false
	}
	r.held, r.left, r.next = true, h.Num_pkts, r.at+int(h.Offset_to_first_pkt)
	return true
}

// release gives the held block back to the kernel.
func (r *ring) release() {
	atomic.StoreUint32(&r.header().Block_status, unix.TP_STATUS_KERNEL)
	r.held = false
	r.at += r.block
	if r.at == len(r.memory) {
		r.at = 0
	}
}

// ready reports whether there is a packet to take. It gives an exhausted block
// back, so what was taken from it before must not be used any more.
func (r *ring) ready() bool {
	for {
		if r.held && r.left > 0 {
			return true
		}
		if r.held {
			r.release()
		}
		if !r.hold() {
			return false
		}
	}
}

// take returns the next packet of the held block; there must be one.
func (r *ring) take() ringPacket {
	p := ringPacket{memory: r.memory[r.at : r.at+r.block], at: r.next - r.at}
	p.Tpacket3Hdr = (*unix.Tpacket3Hdr)(unsafe.Pointer(&r.memory[r.next]))
	r.left--
	r.next += int(p.Next_offset)
	return p
}

// ringPacket is a packet in the ring.
type ringPacket struct {
	*unix.Tpacket3Hdr
	memory []byte // its block
	at     int    // offset of the header in memory
}

// sender is the address that the kernel gives with a packet.
func (p *ringPacket) sender() *unix.RawSockaddrLinklayer {
	const size = int(unsafe.Sizeof(unix.Tpacket3Hdr{})) // is a multiple of TPACKET_ALIGNMENT
	return (*unix.RawSockaddrLinklayer)(unsafe.Pointer(&p.memory[p.at+size]))
}

// data returns the packet with before bytes of the reserve in front of it.
func (p *ringPacket) data(before int) []byte {
	begin, end := p.at+int(p.Mac)-before, p.at+int(p.Mac)+int(p.Snaplen)
	return p.memory[begin:end:end]
}

// vlan returns the VLAN tag that the kernel took out of the packet.
func (p *ringPacket) vlan() (tpid, tci uint16, ok bool) {
	if p.Status&unix.TP_STATUS_VLAN_VALID == 0 {
		return 0, 0, false
	}
	tpid = unix.ETH_P_8021Q
	if p.Status&unix.TP_STATUS_VLAN_TPID_VALID != 0 {
		tpid = p.Hv1.Vlan_tpid
	}
	return tpid, uint16(p.Hv1.Vlan_tci), true
}
