package bus

import "google.golang.org/protobuf/encoding/protowire"

// Encode returns the batch as an Agent puts it on the bus.
func Encode(b *Batch) ([]byte, error) {
	plain := appendHead(nil, b)
	for _, l := range b.Legs {
		plain = protowire.AppendTag(plain, batchLeg, protowire.BytesType)
		plain = protowire.AppendBytes(plain, appendLeg(nil, l))
	}
	if b.Heart != nil {
		plain = protowire.AppendTag(plain, batchHeart, protowire.BytesType)
		plain = protowire.AppendBytes(plain, appendHeart(nil, b.Heart))
	}
	return seal(plain)
}
