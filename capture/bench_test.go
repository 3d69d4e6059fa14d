package capture

import (
	"fmt"
	"io"
	"slices"
	"testing"
)

// trafficPackets returns packets of the sizes that a proxy host sees.
func trafficPackets(bytes int) []packet {
	sizes := []int{214, 214, 214, 60, 214, 214, 460, 214, 336}
	data := make([]byte, 1500)
	var packets []packet
	for i, n := 0, 0; n < bytes; i++ {
		size := sizes[i%len(sizes)]
		packets = append(packets, packet{Time: 1_700_000_000_000_000_000 + int64(i)*50_000, Data: data[:size], Length: size})
		n += size + 16
	}
	return packets
}

const benchmarkBytes = 32 << 20

// benchmarkRead reads the inputs to their end in each round.
func benchmarkRead(b *testing.B, size int, names ...string) {
	b.SetBytes(int64(size))
	b.ReportAllocs()
	batch := make([]Frame, 256)
	for b.Loop() {
		s, err := Open(names, Options{})
		if err != nil {
			b.Fatal(err)
		}
		for err != io.EOF {
			_, err = s.ReadBatch(batch)
		}
		s.Close()
	}
}

func BenchmarkReadPcap(b *testing.B) {
	data := pcapMicro.write(trafficPackets(benchmarkBytes)...)
	benchmarkRead(b, len(data), writeFile(b, b.TempDir(), "f.pcap", data))
}

func BenchmarkReadPcapng(b *testing.B) {
	data := ng(little).write(trafficPackets(benchmarkBytes)...)
	benchmarkRead(b, len(data), writeFile(b, b.TempDir(), "f.pcapng", data))
}

func BenchmarkReadCompressed(b *testing.B) {
	data := pcapMicro.write(trafficPackets(benchmarkBytes / 4)...)
	for _, format := range []string{"gzip", "zstd", "lz4", "xz"} {
		b.Run(format, func(b *testing.B) {
			benchmarkRead(b, len(data), writeFile(b, b.TempDir(), "f", compressWith(b, format, data)))
		})
	}
}

// BenchmarkMerge reads files that follow one another, as rotation leaves them,
// and files that overlap packet by packet.
func BenchmarkMerge(b *testing.B) {
	packets := trafficPackets(benchmarkBytes)
	b.Run("rotated", func(b *testing.B) {
		dir, size := b.TempDir(), 0
		for part := range slices.Chunk(packets, len(packets)/8) {
			data := pcapMicro.write(part...)
			writeFile(b, dir, fmt.Sprint(size), data)
			size += len(data)
		}
		benchmarkRead(b, size, dir)
	})
	b.Run("overlapping", func(b *testing.B) {
		dir, size := b.TempDir(), 0
		for i := range 4 {
			var part []packet
			for j := i; j < len(packets); j += 4 {
				part = append(part, packets[j])
			}
			data := pcapMicro.write(part...)
			writeFile(b, dir, fmt.Sprint(i), data)
			size += len(data)
		}
		benchmarkRead(b, size, dir)
	})
}

// TestReadBatchDoesNotAllocate holds for one file and for several, once they
// are open. The least of several counts is taken: the runtime allocates beside
// the test on a busy machine, for a thread that has to wait, and a reader that
// allocates does it each time.
func TestReadBatchDoesNotAllocate(t *testing.T) {
	packets := trafficPackets(16 << 20)
	dir := t.TempDir()
	pcap := writeFile(t, dir, "a.pcap", pcapMicro.write(packets...))
	pcapng := writeFile(t, dir, "b.pcapng", ng(little).write(packets...))
	for _, names := range [][]string{{pcap}, {pcapng}, {pcap, pcapng}} {
		s, err := Open(names, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		batch := make([]Frame, 100)
		read := func() { // enough that every buffer is refilled
			for range 40 {
				if n, err := s.ReadBatch(batch); n == 0 || err != nil {
					t.Fatalf("%d frames, %v", n, err)
				}
			}
		}
		least := testing.AllocsPerRun(1, read)
		for try := 1; try < 6 && least > 0; try++ {
			least = min(least, testing.AllocsPerRun(1, read))
		}
		if least != 0 {
			t.Errorf("%v: %v allocations in 40 batches", names, least)
		}
	}
}
