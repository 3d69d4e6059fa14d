package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simplecap/internal/wire"
)

// BenchmarkCommand measures the whole command, from the file to the table. Its
// profile of the processor's time, which scripts/bench -profile records, is what the
// compiler lays the command out by (default.pgo).
func BenchmarkCommand(b *testing.B) {
	for _, name := range []string{"udp", "tcp", "rtp90", "lossy", "proxy", "fragmented", "sms"} {
		b.Run(name, func(b *testing.B) {
			const transactions = 20_000
			file := filepath.Join(b.TempDir(), name+".pcap")
			size := generate(b, file, name, transactions)
			var out bytes.Buffer
			b.SetBytes(size)
			for b.Loop() {
				out.Reset()
				if code := run(context.Background(), []string{"read", file}, strings.NewReader(""), &out, os.Stderr); code != 0 {
					b.Fatalf("exit code %d: %s", code, out.String())
				}
			}
			b.ReportMetric(float64(b.N)*transactions/b.Elapsed().Seconds(), "transactions/s")
		})
	}
}

// generate writes a capture of a profile and returns its size.
func generate(b *testing.B, file, name string, transactions int) int64 {
	b.Helper()
	profile, err := wire.ProfileByName(name)
	if err != nil {
		b.Fatal(err)
	}
	f, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	if _, err := wire.Generate(f, profile, transactions, 0); err != nil {
		b.Fatal(err)
	}
	at, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		b.Fatal(err)
	}
	return at
}
