package main

import (
	"encoding/binary"
	"io"
)

// pageBytes is how much of a file the kernel writes at once: a process that is killed
// while it writes more leaves a part of it.
const pageBytes = 4096

// smallestBlock is the size of an empty pcapng block: type, and its length twice.
const smallestBlock = 12

// paddingBlock is a type that is kept for local use (pcapng, "Block Types"): readers
// pass over it.
const paddingBlock = 0x80000bad

// pages writes whole pcapng blocks so that none lies in two pages of the file, as long
// as it fits into one, with padding: whatever ends the process, the file ends with a whole block.
// Padding fills what is left of a page.
type pages struct {
	w    io.Writer
	at   int64 // offset in the file
	page []byte
}

// write writes blocks, and pads and writes the last page as it is.
func (p *pages) write(b []byte) error {
	p.page = p.page[:0]
	for len(b) >= smallestBlock {
		n := int(binary.LittleEndian.Uint32(b[4:]))
		if n < smallestBlock || n > len(b) {
			break // cannot be: the blocks are ours
		}
		if left := p.left(); !fits(n, left) {
			p.pad(left)
			if err := p.flush(); err != nil {
				return err
			}
		}
		if p.left() == pageBytes && tooLittle(n) {
			p.pad(smallestBlock)
		}
		p.page = append(p.page, b[:n]...)
		b = b[n:]
	}
	p.page = append(p.page, b...)
	return p.flush()
}

// left is what is left of the page that is being filled.
func (p *pages) left() int {
	return pageBytes - int((p.at+int64(len(p.page)))%pageBytes)
}

// fits reports whether a block fits into what is left of a page, and leaves room for
// padding. At the beginning of a page every block fits.
func fits(n, left int) bool {
	return left == pageBytes || n == left || n+smallestBlock <= left
}

// tooLittle reports whether a block that begins a page leaves less of its last one than
// padding takes. Such a one lies in one page more.
func tooLittle(n int) bool {
	return pageBytes-n%pageBytes < smallestBlock
}

// pad writes padding of left bytes, in total: it fills a page, or moves what follows.
func (p *pages) pad(left int) {
	p.page = binary.LittleEndian.AppendUint32(p.page, paddingBlock)
	p.page = binary.LittleEndian.AppendUint32(p.page, uint32(left))
	p.page = append(p.page, make([]byte, left-smallestBlock)...)
	p.page = binary.LittleEndian.AppendUint32(p.page, uint32(left))
}

func (p *pages) flush() error {
	n, err := p.w.Write(p.page)
	p.at += int64(n)
	p.page = p.page[:0]
	return err
}
