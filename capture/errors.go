package capture

import (
	"errors"
	"fmt"
	"io/fs"
)

// errNoNames is returned by [Open] when it is given nothing to read.
var errNoNames = errors.New("no capture named; expected files, directories or - for standard input")

// expected is what every message about a file that is no capture ends with.
const expected = "expected pcap or pcapng, plain or compressed with gzip, zstd, lz4, xz or bzip2"

// notCaptureError says that an input is no capture, and what it is instead.
type notCaptureError struct {
	what        string // "a text file"
	compression string // around it, or ""
}

func (e *notCaptureError) Error() string {
	if e.compression != "" {
		return fmt.Sprintf("not a capture: %s-compressed, but inside is %s; %s", e.compression, e.what, expected)
	}
	return fmt.Sprintf("not a capture: %s; %s", e.what, expected)
}

// withoutPath strips the operation and the path off an error of package os,
// since Input.Name stands beside every Input.Error.
func withoutPath(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
