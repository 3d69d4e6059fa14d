package tls

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
)

// memoryLog is a LogFile.
type memoryLog struct{ bytes.Buffer }

func (m *memoryLog) Size() (int64, error) { return int64(m.Len()), nil }

func (m *memoryLog) ReadAt(b []byte, at int64) (int, error) {
	return bytes.NewReader(m.Bytes()).ReadAt(b, at)
}

func clientRandom(n int) (id [32]byte) {
	binary.BigEndian.PutUint64(id[:], uint64(n))
	return id
}

// logLine is a line whose secret tells which one it is.
func logLine(label string, n int) string {
	id, secret := clientRandom(n), make([]byte, 48)
	binary.BigEndian.PutUint64(secret, uint64(n))
	return fmt.Sprintf("%s %x %x\n", label, id, secret)
}

// found are the secrets of a connection.
func found(s *Secrets, label Label, n int) (all []string) {
	id := clientRandom(n)
	s.find(label, &id, func(secret []byte) { all = append(all, hex.EncodeToString(secret[:8])) })
	return all
}

// TestLog looks up the secrets of a log with far more lines than are kept in memory,
// wherever its lines lie in their blocks.
func TestLog(t *testing.T) {
	const connections = 5000
	var file memoryLog
	random := rand.New(rand.NewPCG(1, 2))
	for i := range connections {
		file.WriteString(logLine("CLIENT_TRAFFIC_SECRET_0", i) + logLine("SERVER_TRAFFIC_SECRET_0", i))
		file.WriteString([]string{"", "# a comment\r\n", "\n", "junk\r", string(make([]byte, random.IntN(9000))) + "\n"}[random.IntN(5)])
	}
	l := NewLog(&file, Limits{})
	if !l.More(true) || l.More(true) {
		t.Error("More says whether there was more")
	}
	s := NewSecrets(Limits{Secrets: 16})
	s.Use(l)
	for i := range connections {
		want := fmt.Sprintf("[%016x]", i)
		for _, label := range []Label{ClientTraffic, ServerTraffic} {
			if got := fmt.Sprint(found(s, label, i)); got != want {
				t.Fatalf("connection %d: %s, want %s", i, got, want)
			}
		}
	}
	if got := found(s, ClientTraffic, connections+1); got != nil || s.Len() > 16 {
		t.Errorf("what is not there: %v; %d in memory", got, s.Len())
	}
	if stats := l.Stats(); stats.Secrets != 2*connections || stats.Junk == 0 {
		t.Errorf("%+v", stats)
	}
}

// TestLogGrows adds to a log, in the middle of a line, and begins it anew.
func TestLogGrows(t *testing.T) {
	var file memoryLog
	l := NewLog(&file, Limits{})
	s := NewSecrets(Limits{})
	s.Use(l)
	line := logLine("CLIENT_RANDOM", 7)
	file.WriteString(line[:len(line)-30])
	l.More(false)
	if got := found(s, MasterSecret, 7); got != nil {
		t.Error("a line without an end is read:", got)
	}
	before := s.Version()
	file.WriteString(line[len(line)-30:])
	if !l.More(false) || s.Version() == before || len(found(s, MasterSecret, 7)) != 1 {
		t.Error("the rest of the line is not read")
	}
	file.Reset()
	file.WriteString(logLine("CLIENT_RANDOM", 8)[:175]) // shorter, and its line has no end
	l.More(true)
	if len(found(s, MasterSecret, 8)) != 1 || len(found(s, MasterSecret, 7)) != 1 {
		t.Error("a log that was begun anew, or what was read before")
	}
}

// TestLogBound holds more connections than there is room for: the oldest go.
func TestLogBound(t *testing.T) {
	var file memoryLog
	for i := range 1000 {
		file.WriteString(logLine("CLIENT_RANDOM", i))
		file.Write(make([]byte, logBlock)) // no two in one block
		file.WriteString("\n")
	}
	l := NewLog(&file, Limits{LogLines: 100})
	l.More(true)
	s := NewSecrets(Limits{})
	s.Use(l)
	kept := 0
	for i := range 1000 {
		kept += len(found(s, MasterSecret, i))
	}
	if kept < 50 || kept > 100 || kept+int(l.Evicted()) != 1000 || found(s, MasterSecret, 999) == nil {
		t.Errorf("%d kept, %d evicted", kept, l.Evicted())
	}
}

// failingLog breaks off.
type failingLog struct{ memoryLog }

func (f *failingLog) ReadAt(b []byte, at int64) (int, error) {
	if at > 0 {
		return 0, io.ErrUnexpectedEOF
	}
	return f.memoryLog.ReadAt(b[:min(len(b), 200)], at)
}

func TestLogError(t *testing.T) {
	var file failingLog
	file.WriteString(logLine("CLIENT_RANDOM", 1) + logLine("CLIENT_RANDOM", 2))
	l := NewLog(&file, Limits{})
	if !l.More(true) || l.Err() == nil || l.Stats().Secrets != 1 {
		t.Errorf("%v %+v", l.Err(), l.Stats())
	}
}
