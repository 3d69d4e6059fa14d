package bus

import "google.golang.org/protobuf/encoding/protowire"

// field is one field of a message: a number or bytes. Others are passed over.
type field struct {
	number protowire.Number
	value  uint64
	bytes  []byte // not longer than the message; it belongs to who decodes
}

func (f *field) text() string  { return string(f.bytes) }
func (f *field) signed() int64 { return protowire.DecodeZigZag(f.value) }
func (f *field) flag() bool    { return f.value != 0 }

// eachField reads a message field by field until read returns false.
func eachField(b []byte, read func(f *field) bool) error {
	var f field // one for all: it would be an allocation for each
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return errBroken
		}
		b = b[n:]
		f = field{number: number}
		switch kind {
		case protowire.VarintType:
			f.value, n = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(b)
		default:
			f.number = 0
			n = protowire.ConsumeFieldValue(number, kind, b)
		}
		if n < 0 {
			return errBroken
		}
		if b = b[n:]; f.number != 0 && !read(&f) {
			return errBroken
		}
	}
	return nil
}

// appendNumber appends a number that is not 0.
func appendNumber(dst []byte, number protowire.Number, v uint64) []byte {
	if v == 0 {
		return dst
	}
	return protowire.AppendVarint(protowire.AppendTag(dst, number, protowire.VarintType), v)
}

// appendSigned appends a number that is not 0, of either sign.
func appendSigned(dst []byte, number protowire.Number, v int64) []byte {
	return appendNumber(dst, number, protowire.EncodeZigZag(v))
}

func appendFlag(dst []byte, number protowire.Number, v bool) []byte {
	if !v {
		return dst
	}
	return appendNumber(dst, number, 1)
}

// appendText appends a text that is not empty.
func appendText[T string | []byte](dst []byte, number protowire.Number, text T) []byte {
	if len(text) == 0 {
		return dst
	}
	dst = protowire.AppendTag(dst, number, protowire.BytesType)
	dst = protowire.AppendVarint(dst, uint64(len(text)))
	return append(dst, text...)
}
