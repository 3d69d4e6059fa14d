package capture

import (
	"context"
	"errors"
	"io"
)

// eachBatch is how many frames Each asks a Source for at once.
const eachBatch = 512

// Each calls f with every frame of a source, in order, until the source ends. The
// frame and its Data are valid until f returns. Each returns nil at the end of the
// source, the error of ctx when that is done, or what reading failed with; f has
// had all that was read before.
func Each(ctx context.Context, src Source, f func(*Frame)) error {
	frames := make([]Frame, eachBatch)
	for {
		n, err := src.ReadBatch(frames)
		for i := range frames[:n] {
			f(&frames[i])
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
	}
}
