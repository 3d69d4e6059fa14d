package capture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"github.com/ulikunitz/xz"
)

// xzClaim returns an xz file whose block asks for a dictionary of 4 GiB.
func xzClaim(t testing.TB) []byte {
	b := compressWith(t, "xz", []byte("text"))
	const header = 12 // after the stream header: size, flags, filter, its size, dictionary
	block := b[header:]
	size := 4 * (int(block[0]) + 1)
	dictionary := bytes.IndexByte(block, 0x21) + 2
	block[dictionary] = 40
	binary.LittleEndian.PutUint32(block[size-4:], crc32.ChecksumIEEE(block[:size-4]))
	return b
}

func TestXZDictionaryLimit(t *testing.T) {
	_, in := readBytes(t, xzClaim(t))
	wantError(t, in, "damaged xz data in the middle of the file header at byte 0 of the decompressed data: xz dictionary of 4294967295 bytes is larger than 134479872")
}

// TestXZGuardPassesEverything compares what passes the guard with what goes in,
// for files of several blocks and streams, and for every check.
func TestXZGuardPassesEverything(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	data := make([]byte, 300_000)
	for i := range data {
		data[i] = byte(r.IntN(1 + i/20_000*17)) // from empty to incompressible
	}
	var file []byte
	for _, check := range []byte{xz.None, xz.CRC32, xz.CRC64, xz.SHA256} {
		for _, size := range []int{0, 1, 1000, len(data)} {
			var out bytes.Buffer
			w, err := xz.WriterConfig{CheckSum: check, NoCheckSum: check == xz.None, BlockSize: 70_001}.NewWriter(&out)
			if err != nil {
				t.Fatal(err)
			}
			w.Write(data[:size])
			w.Close()
			file = append(append(file, out.Bytes()...), 0, 0, 0, 0)
		}
	}
	guard := newXZGuard(bufio.NewReader(iotest.HalfReader(bytes.NewReader(file))), &dictionaryShare{of: &dictionaries{limit: 1 << 30}})
	got, err := io.ReadAll(guard)
	if err != nil || !bytes.Equal(got, file) {
		t.Errorf("%d of %d bytes passed, error %v", len(got), len(file), err)
	}
}
