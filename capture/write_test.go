package capture

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
)

// packet is what the tests' writers write and what they expect back.
type packet struct {
	Time   int64
	Data   []byte
	Length int
	Iface  int
}

// pcapFormat is a way to write a pcap file.
type pcapFormat struct {
	order binary.AppendByteOrder
	magic uint32
	link  uint32
}

var (
	pcapMicro = pcapFormat{binary.LittleEndian, magicMicroseconds, 1}
	pcapNano  = pcapFormat{binary.LittleEndian, magicNanoseconds, 1}
)

// write returns the packets as a pcap file of version 2.4.
func (f pcapFormat) write(packets ...packet) []byte {
	b := f.header(2, 4, 262144)
	for _, p := range packets {
		b = f.packet(b, p)
	}
	return b
}

func (f pcapFormat) header(major, minor uint16, snaplen uint32) []byte {
	b := f.order.AppendUint32(nil, f.magic)
	b = f.order.AppendUint16(b, major)
	b = f.order.AppendUint16(b, minor)
	b = append(b, make([]byte, 8)...)
	b = f.order.AppendUint32(b, snaplen)
	return f.order.AppendUint32(b, f.link)
}

func (f pcapFormat) packet(b []byte, p packet) []byte {
	fraction := p.Time % 1e9
	if f.magic != magicNanoseconds {
		fraction /= 1000
	}
	return f.record(b, uint32(p.Time/1e9), uint32(fraction), uint32(len(p.Data)), uint32(p.Length), p.Data)
}

// record appends a packet whose header says whatever a test wants.
func (f pcapFormat) record(b []byte, seconds, fraction, captured, length uint32, data []byte) []byte {
	for _, v := range []uint32{seconds, fraction, captured, length} {
		b = f.order.AppendUint32(b, v)
	}
	if f.magic == magicModified {
		b = append(b, "ifindexp"...)
	}
	return append(b, data...)
}

// ngWriter writes pcapng blocks.
type ngWriter struct {
	order binary.AppendByteOrder
	bytes []byte
}

func ng(order binary.AppendByteOrder) *ngWriter { return &ngWriter{order: order} }

// block appends a block around a body.
func (w *ngWriter) block(kind uint32, body []byte) *ngWriter {
	body = append(body, make([]byte, -len(body)&3)...)
	w.bytes = w.order.AppendUint32(w.bytes, kind)
	w.bytes = w.order.AppendUint32(w.bytes, uint32(len(body)+12))
	w.bytes = append(w.bytes, body...)
	w.bytes = w.order.AppendUint32(w.bytes, uint32(len(body)+12))
	return w
}

func (w *ngWriter) section(minor uint16) *ngWriter {
	b := w.order.AppendUint32(nil, byteOrderMagic)
	b = w.order.AppendUint16(b, 1)
	b = w.order.AppendUint16(b, minor)
	return w.block(blockSection, w.order.AppendUint64(b, math.MaxUint64))
}

func (w *ngWriter) iface(link uint16, snaplen uint32, options ...[]byte) *ngWriter {
	b := w.order.AppendUint16(nil, link)
	b = w.order.AppendUint32(append(b, 0, 0), snaplen)
	return w.block(blockInterface, append(b, bytes.Join(options, nil)...))
}

func (w *ngWriter) option(code uint16, value ...byte) []byte {
	b := w.order.AppendUint16(nil, code)
	b = w.order.AppendUint16(b, uint16(len(value)))
	return append(append(b, value...), make([]byte, -len(value)&3)...)
}

func (w *ngWriter) packet(iface uint32, ticks uint64, data []byte, length int, options ...[]byte) *ngWriter {
	return w.claim(iface, ticks, uint32(len(data)), data, length, options...)
}

// claim appends an enhanced packet block that claims a length.
func (w *ngWriter) claim(iface uint32, ticks uint64, claimed uint32, data []byte, length int, options ...[]byte) *ngWriter {
	var b []byte
	for _, v := range []uint32{iface, uint32(ticks >> 32), uint32(ticks), claimed, uint32(length)} {
		b = w.order.AppendUint32(b, v)
	}
	b = append(append(b, data...), make([]byte, -len(data)&3)...)
	return w.block(blockEnhancedPacket, append(b, bytes.Join(options, nil)...))
}

func (w *ngWriter) simple(data []byte, length int) *ngWriter {
	return w.block(blockSimplePacket, append(w.order.AppendUint32(nil, uint32(length)), data...))
}

// write returns the packets as a pcapng file with nanosecond time stamps.
func (w *ngWriter) write(packets ...packet) []byte {
	w.section(0)
	last := 0
	for _, p := range packets {
		last = max(last, p.Iface)
	}
	for range last + 1 {
		w.iface(1, 0, w.option(optionResolution, 9))
	}
	for _, p := range packets {
		w.packet(uint32(p.Iface), uint64(p.Time), p.Data, p.Length)
	}
	return w.bytes
}

// compressWith compresses data in a format.
func compressWith(t testing.TB, format string, data []byte) []byte {
	t.Helper()
	if format == "bzip2" { // the standard library only decompresses
		return runFilter(t, data, "bzip2", "-c")
	}
	var out bytes.Buffer
	w, err := newCompressor(format, &out)
	if err == nil {
		_, err = w.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func newCompressor(format string, out io.Writer) (io.WriteCloser, error) {
	switch format {
	case "gzip":
		return gzip.NewWriter(out), nil
	case "zstd":
		return zstd.NewWriter(out, zstd.WithEncoderConcurrency(1))
	case "lz4":
		w := lz4.NewWriter(out)
		return w, w.Apply(lz4.BlockSizeOption(lz4.Block64Kb))
	case "xz":
		return xz.WriterConfig{DictCap: 1 << 16, BlockSize: 1 << 16}.NewWriter(out)
	}
	return nil, os.ErrInvalid
}

func runFilter(t testing.TB, data []byte, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdin = bytes.NewReader(data)
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("%s: %v", name, err)
	}
	return out
}

// writeFile writes a file into a directory of the test's own and returns its path.
func writeFile(t testing.TB, dir, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
