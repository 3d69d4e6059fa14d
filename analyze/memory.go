package analyze

import "unsafe"

// reserveOf is reserve for n zero values, which have no pointer. memory is what they lie
// in, to be given back.
func reserveOf[V any](n int) (memory []byte, values []V) {
	memory = reserve(n * int(unsafe.Sizeof(*new(V))))
	return memory, unsafe.Slice((*V)(unsafe.Pointer(unsafe.SliceData(memory))), n)
}
