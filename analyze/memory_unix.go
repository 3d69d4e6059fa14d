//go:build unix

package analyze

import "syscall"

// reserve returns n zero bytes outside the garbage collector's heap, so that
// open transactions do not make it grow twice as large as they are. Pages that
// are never touched take no memory. Where the system refuses, the heap serves.
//
// What will be read before it is written is best cleared although it is zero: for
// reading, the system shows a page that is zero and shared, and has to take it back
// from all processors when the page is written.
func reserve(n int) []byte {
	b, err := syscall.Mmap(-1, 0, n, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return make([]byte, n)
	}
	return b
}

// giveBack returns what reserve gave. Memory of the heap is left to the collector.
func giveBack(b []byte) { _ = syscall.Munmap(b) }
