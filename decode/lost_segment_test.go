package decode

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"simplecap/capture"
	"simplecap/internal/shared"
)

// Of captures over transports that number what they carry, each frame in turn is left out.
// Where messages are lost with it, the statistics say that something is missing.
func TestLostSegmentIsTold(t *testing.T) {
	lostSegments(t, "../testdata/pcaps", 300)
	t.Run("shared/pcaps", func(t *testing.T) { lostSegments(t, shared.Path(t, "pcaps"), 500) })
	t.Run("shared/transports", func(t *testing.T) { lostSegments(t, shared.Path(t, "transports"), 1000) })
}

// loneSegments are those of which nothing in their capture tells.
var loneSegments = map[string]string{
	"tcp-midstream-no-syn.pcap 1": "the capture begins behind it",
	"ws-midstream.pcap 1":         "the capture begins behind it",
	"ws-odd-upgrade.pcap 36":      "it asks for a WebSocket where an earlier request was answered with 404",
}

// lostSegments tries the captures of a folder, which have at least so many frames in all.
func lostSegments(t *testing.T, dir string, least int) {
	tried := 0
	for _, pattern := range []string{"tcp-*.pcap", "tls*.pcap", "ws*.pcap", "sctp*.pcap"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			frames := capturedFrames(t, file)
			if len(frames) > 150 { // it would take long
				continue
			}
			log, _ := os.ReadFile(strings.TrimSuffix(file, ".pcap") + ".keys.txt") // few have keys
			all, told := readWithout(frames, log, 0)
			for _, f := range frames {
				if !numbered(&f) {
					continue
				}
				tried++
				messages, more := readWithout(frames, log, f.Number)
				if name := filepath.Base(file) + " " + strconv.FormatUint(f.Number, 10); messages < all && more <= told && more < 1<<20 && loneSegments[name] == "" {
					t.Errorf("%s: without frame %d %d messages of %d, and nothing more is missing", file, f.Number, messages, all)
				}
			}
		}
	}
	if tried < least {
		t.Errorf("%d frames", tried)
	}
}

// numbered reports whether an Ethernet frame carries TCP or SCTP.
func numbered(f *capture.Frame) bool {
	at, b := 14+9, f.Data // protocol of IPv4
	if len(b) < 60 {
		return false
	}
	if b[12] == 0x86 { // IPv6: next header
		at = 14 + 6
	}
	return b[at] == 6 || b[at] == 132
}

// readWithout decodes frames without one of them. It returns how many messages there are,
// and how much is told to be missing or unreadable: connections that cannot be read count
// for more than their bytes, which are fewer without a frame.
func readWithout(frames []capture.Frame, keys []byte, number uint64) (messages, told uint64) {
	d, r := newRecorder(Limits{})
	d.KeyLog(keys)
	for i := range frames {
		if frames[i].Number != number {
			d.Frame(&frames[i])
		}
	}
	d.Flush()
	stats := d.Stats()
	told = stats.TCPGaps + stats.TCPGapBytes + stats.SCTP.Missing + stats.WebSocketLost + stats.FramingLost
	for _, h := range stats.Hidden {
		if h.Likely {
			told += uint64(h.Connections) << 20
		}
	}
	return uint64(len(r.messages)), told
}

// capturedFrames returns copies of the frames of a file.
func capturedFrames(t *testing.T, file string) (frames []capture.Frame) {
	t.Helper()
	src, err := capture.Open([]string{file}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	err = capture.Each(t.Context(), src, func(f *capture.Frame) {
		one := *f
		one.Data = append([]byte(nil), f.Data...)
		frames = append(frames, one)
	})
	if err != nil {
		t.Fatal(err)
	}
	return frames
}

// What a connection to no port of SIP was asked before it became a WebSocket need not be in
// the capture.
func TestLostRequestBeforeWebSocket(t *testing.T) {
	frames := capturedFrames(t, "../testdata/pcaps/ws-odd-upgrade.pcap")
	all, _ := readWithout(frames, nil, 0)
	if got, told := readWithout(frames, nil, 32); got != all || told == 0 { // GET /index.html
		t.Errorf("%d messages of %d, %d bytes are told to be missing", got, all, told)
	}
}
