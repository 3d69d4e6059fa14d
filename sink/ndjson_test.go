package sink

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"simplecap/analyze"
	"simplecap/analyze/result"
)

// lines are the objects of a file.
func lines(t *testing.T, name string) (objects []map[string]any) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	scanner := bufio.NewScanner(f)
	for scanner.Scan() {
		var o map[string]any
		if err := json.Unmarshal(scanner.Bytes(), &o); err != nil {
			t.Fatalf("%s: %v", scanner.Text(), err)
		}
		objects = append(objects, o)
	}
	return objects
}

func openNDJSON(t *testing.T, address string) Store {
	t.Helper()
	a, err := Parse("ndjson:" + address)
	if err != nil {
		t.Fatal(err)
	}
	store, err := OpenNDJSON(a, schema, FileOptions{Mode: 0o600})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// TestNDJSON wants every row as an object behind those of an earlier run, and a line that
// a killed run left half to be gone.
func TestNDJSON(t *testing.T) {
	name := filepath.Join(t.TempDir(), "rows.ndjson")
	for range 2 {
		r := analysed(t, New(Options{Wait: true}, Output{Store: openNDJSON(t, name)}), analyze.Options{}, "fork-parallel.pcap")
		if r.Summary.Deliveries == 0 {
			t.Fatal("no delivery")
		}
		f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		f.WriteString(`{"table":"deli`)
		f.Close()
	}
	openNDJSON(t, name).Close()
	count := map[any]int{}
	for _, o := range lines(t, name) {
		count[o["table"]]++
		if o["table"] == "deliveries" && (len(o["delivery_id"].(string)) != 32 || o["hops"].(float64) < 2 || o["failed"] != false) {
			t.Errorf("%v", o)
		}
	}
	if count["deliveries"] == 0 || count["deliveries"]%2 != 0 || count["transactions"] < 4 || count["minutes"] == 0 {
		t.Errorf("%v", count)
	}
	if info, _ := os.Stat(name); info.Mode() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}

// TestRotation wants full files to be kept under numbers, and the oldest to go.
func TestRotation(t *testing.T) {
	name := filepath.Join(t.TempDir(), "rows.ndjson")
	s := New(Options{Wait: true, Limits: Limits{BatchRows: 1}}, Output{Store: openNDJSON(t, name+"?size=4096&files=2")})
	for i := range 60 {
		deliver(s, i+1, result.Delivered)
	}
	if err := s.Close(nil); err != nil {
		t.Fatal(err)
	}
	for suffix, there := range map[string]bool{"": true, ".1": true, ".2": true, ".3": false} {
		info, err := os.Stat(name + suffix)
		if (err == nil) != there || there && (info.Size() == 0 || info.Size() > 4096 || len(lines(t, name+suffix)) == 0) {
			t.Errorf("%s: %v, %v", suffix, info, err)
		}
	}
}

// TestTakenAway wants rows in a file that can be read, whatever others do to the one that is
// open: logrotate renames, removes or empties it.
func TestTakenAway(t *testing.T) {
	for how, take := range map[string]func(name string) error{
		"renamed": func(name string) error { return os.Rename(name, name+"-old") },
		"removed": os.Remove,
		"emptied": func(name string) error { return os.Truncate(name, 0) },
	} {
		name := filepath.Join(t.TempDir(), "rows.ndjson")
		store := openNDJSON(t, name)
		s := New(Options{Wait: true, Limits: Limits{BatchRows: 1}}, Output{Store: store})
		deliver(s, 1, result.Delivered)
		s.outputs[0].settle()
		if err := take(name); err != nil {
			t.Fatal(err)
		}
		deliver(s, 2, result.Delivered)
		if err := s.Close(nil); err != nil {
			t.Fatal(err)
		}
		if got := lines(t, name); len(got) == 0 {
			t.Errorf("%s: no row", how)
		}
	}
}

func TestNDJSONOptions(t *testing.T) {
	for _, address := range []string{"f?size=1", "f?files=0", "f?else=1", "/"} {
		a, err := Parse("ndjson:" + filepath.Join(t.TempDir(), address))
		if err != nil {
			t.Fatal(err)
		}
		if store, err := OpenNDJSON(a, schema, FileOptions{Mode: 0o600}); err == nil {
			store.Close()
			t.Errorf("%s was taken", address)
		}
	}
}
