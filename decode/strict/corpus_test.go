package strict

import (
	"archive/zip"
	"io"
	"strings"
	"testing"

	"simplecap/decode"
	"simplecap/internal/shared"
)

// TestPROTOS asks for an opinion on the cases of the PROTOS c07-sip suite that are SIP.
func TestPROTOS(t *testing.T) {
	archive, err := zip.OpenReader(shared.Path(t, "corpus/protos-c07-sip.zip"))
	if err != nil {
		t.Skip(err)
	}
	defer archive.Close()
	parser := NewParser(decode.Limits{})
	asked := 0
	for _, file := range archive.File {
		var m decode.Message
		if !strings.HasSuffix(file.Name, ".sip") || !m.Scan(readZipped(t, file)) {
			continue
		}
		asked++
		if o := parser.Parse(&m); o.Err != nil && strings.Contains(o.Err.Error(), "panicked") {
			t.Errorf("%s: %v", file.Name, o.Err)
		}
	}
	if asked < 2000 {
		t.Errorf("asked for %d opinions", asked)
	}
}

func readZipped(t *testing.T, file *zip.File) []byte {
	t.Helper()
	r, err := file.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
