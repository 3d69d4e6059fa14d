package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"simplecap/internal/shared"
)

// tsharkFields are what tshark's dissectors gsm_a.rp, gsm_sms and msrp say of a frame.
var tsharkFields = []string{"frame.number", "gsm_a.rp.msg_type", "gsm_a.rp.rp_message_reference", "gsm_a.rp.cause", "gsm_sms.tp-oa", "gsm_sms.tp-da", "gsm_sms.tp-ra",
	"gsm_sms.tp-dcs", "gsm_sms.tp-pid", "gsm_sms.tp-mr", "gsm_sms.sms_text", "gsm_sms.scts.hour", "gsm_sms.scts.minutes", "gsm_sms.scts.seconds",
	"msrp.method", "msrp.status.code", "msrp.messageid", "msrp.success.report", "msrp.failure.report", "msrp.status"}

// tsharkDiffers are the frames of which tshark 4.0 says something else, by file and field,
// and why.
var tsharkDiffers = map[string]string{
	"msrp-tcp-trouble.pcap 71 msrp.messageid":     "it shows the first MSRP message of a segment alone",
	"sms-body-encodings.pcap 1 gsm_a.rp.msg_type": "it takes the characters of base64 for octets",
	"sms-body-encodings.pcap 5 gsm_a.rp.msg_type": "it takes the characters of hexadecimal for octets",
	"sms-body-encodings.pcap 9 gsm_a.rp.msg_type": "it does not heed Content-Transfer-Encoding: base64",
	"sms-gsm7-alphabets.pcap 33 gsm_sms.sms_text": "it knows no national language tables (Turkish single shift)",
	"sms-gsm7-alphabets.pcap 37 gsm_sms.sms_text": "it knows no national language tables (Turkish locking shift)",
	"sms-gsm7-alphabets.pcap 41 gsm_sms.sms_text": "it knows no national language tables (Spanish single shift)",
	"sms-gsm7-alphabets.pcap 45 gsm_sms.sms_text": "it knows no national language tables (Portuguese single shift)",
	"sms-gsm7-alphabets.pcap 49 gsm_sms.sms_text": "it knows no national language tables (Portuguese locking shift)",
}

// dissected is a frame as tshark dissects it.
type dissected map[string][]string

// says reports whether tshark says a value of a field; one that it says nothing of is no
// difference, since it does not dissect all that is there.
func (d dissected) says(field, value string) bool {
	return len(d[field]) == 0 || slices.Contains(d[field], value)
}

// joined is a capture of several, which tshark takes for as long to begin as for one, and
// how many frames are before those of each.
func joined(t *testing.T, files []string) (file string, before []uint64) {
	t.Helper()
	const head = 24
	var all []byte
	frames := uint64(0)
	for i, name := range files {
		b, err := os.ReadFile(name)
		if err != nil || len(b) < head {
			t.Fatalf("%s: %v", name, err)
		}
		if i == 0 {
			all = b[:head:head]
		}
		before = append(before, frames)
		all = append(all, b[head:]...)
		for at := head; at+16 <= len(b); at += 16 + int(binary.LittleEndian.Uint32(b[at+8:])) {
			frames++
		}
	}
	file = filepath.Join(t.TempDir(), "joined.pcap")
	if err := os.WriteFile(file, all, 0o600); err != nil {
		t.Fatal(err)
	}
	return file, before
}

// sets are captures that can be joined: of one link type, with no connections that go on
// in the next.
func sets(t *testing.T, files []string) (all [][]string) {
	t.Helper()
	byLink := make(map[string]int)
	for _, file := range files {
		name := filepath.Base(file)
		if strings.HasPrefix(name, "msrp-") || name == "sms-over-tcp.pcap" {
			all = append(all, []string{file})
			continue
		}
		if !strings.HasPrefix(name, "sms-") {
			continue
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		link := string(b[:24])
		at, known := byLink[link]
		if !known {
			at = len(all)
			byLink[link], all = at, append(all, nil)
		}
		all[at] = append(all[at], file)
	}
	return all
}

func dissect(t *testing.T, file string) map[uint64]dissected {
	t.Helper()
	args := []string{"-r", file, "-Y", "gsm_a.rp || gsm_sms || msrp", "-T", "json"}
	for _, f := range tsharkFields {
		args = append(args, "-e", f)
	}
	out, err := exec.Command("tshark", args...).Output()
	if err != nil {
		t.Fatalf("tshark: %v", err)
	}
	var frames []struct {
		Source struct{ Layers dissected } `json:"_source"`
	}
	if err := json.Unmarshal(out, &frames); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	all := make(map[uint64]dissected)
	for _, f := range frames {
		if n := f.Source.Layers["frame.number"]; len(n) == 1 {
			number, _ := strconv.ParseUint(n[0], 10, 64)
			all[number] = f.Source.Layers
		}
	}
	return all
}

// shownText is what the report says of a text that tshark may know as well.
type shownText struct {
	Kind  string
	Frame struct{ Frame uint64 } `json:"request_frame"`
	Text  *string
	SMS   *struct {
		Direction string `json:"rp_direction"`
		RP        string `json:"rp_type"`
		Reference *int   `json:"rp_mr"`
		TPMR      *int   `json:"tp_mr"`
		Address   string `json:"tp_address"`
		DCS       *int   `json:"tp_dcs"`
		PID       *int   `json:"tp_pid"`
		SCTS      string
	}
	MSRP *struct {
		ID      string `json:"message_id"`
		Success string `json:"success_report"`
		Failure string `json:"failure_report"`
	}
	Receipts []struct {
		Kind   string
		Frame  struct{ Frame uint64 }
		Cause  *int
		Status int
		ID     string `json:"message_id"`
	}
}

// TestAsTshark holds what is said of SMS and MSRP against tshark's dissectors, frame by
// frame and field by field, as far as these know what there is.
func TestAsTshark(t *testing.T) {
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("tshark is not installed")
	}
	if testing.Short() {
		t.Skip("starts tshark for each capture")
	}
	files, err := filepath.Glob(filepath.Join(shared.Path(t, "texts"), "*.pcap"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures: %v", err)
	}
	var compared int
	used := make(map[string]bool)
	for _, set := range sets(t, files) {
		all, before := joined(t, set)
		frames := dissect(t, all)
		for i, file := range set {
			compared += compareWithTshark(t, file, frames, before[i], used)
		}
	}
	for key := range tsharkDiffers {
		if !used[key] {
			t.Errorf("tshark does not differ any more in %s", key)
		}
	}
	if compared < 1000 {
		t.Errorf("%d values compared", compared)
	}
}

// compareWithTshark compares what is said of a capture, whose frames begin behind others, and notes which differences that
// are known there are. It returns how many values both know.
func compareWithTshark(t *testing.T, file string, frames map[uint64]dissected, before uint64, used map[string]bool) (compared int) {
	out, talk, _ := simplecap("json", []string{"--bodies", file})
	var r struct{ Texts []shownText }
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%s: %v %s", file, err, talk)
	}
	for i := range r.Texts {
		for _, c := range r.Texts[i].claims() {
			d, known := frames[before+c.frame]
			if !known {
				continue
			}
			compared++
			if d.says(c.field, c.value) {
				continue
			}
			key := fmt.Sprintf("%s %d %s", filepath.Base(file), c.frame, c.field)
			if used[key] = true; tsharkDiffers[key] == "" {
				t.Errorf("%s, frame %d: %s is %q, tshark says %q", file, c.frame, c.field, c.value, d[c.field])
			}
		}
	}
	return compared
}

// claim is a value of a field in a frame.
type claim struct {
	frame        uint64
	field, value string
}

func (x *shownText) claims() (all []claim) {
	at := x.Frame.Frame
	if x.SMS != nil {
		all = x.claimsOfSMS()
	}
	if m := x.MSRP; m != nil {
		all = append(all, claim{at, "msrp.method", "SEND"}, claim{at, "msrp.messageid", m.ID}, claim{at, "msrp.success.report", m.Success}, claim{at, "msrp.failure.report", m.Failure})
	}
	for i := range x.Receipts {
		all = append(all, x.claimsOfReceipt(i)...)
	}
	return all
}

func (x *shownText) claimsOfSMS() (all []claim) {
	s := x.SMS
	add := func(field, value string) { all = append(all, claim{x.Frame.Frame, field, value}) }
	number := func(field, format string, n *int) {
		if n != nil {
			add(field, fmt.Sprintf(format, *n))
		}
	}
	types := map[string]string{"RP-DATA ms-to-n": "0x00", "RP-DATA n-to-ms": "0x01", "RP-SMMA ms-to-n": "0x06"}
	if kind, known := types[s.RP+" "+s.Direction]; known {
		add("gsm_a.rp.msg_type", kind)
	}
	number("gsm_a.rp.rp_message_reference", "0x%02x", s.Reference)
	number("gsm_sms.tp-mr", "%d", s.TPMR)
	number("gsm_sms.tp-dcs", "%d", s.DCS)
	number("gsm_sms.tp-pid", "%d", s.PID)
	fields := map[string]string{"sms-submit": "tp-da", "sms-command": "tp-da", "sms-deliver": "tp-oa", "sms-status-report": "tp-ra"}
	if s.Address != "" {
		add("gsm_sms."+fields[x.Kind], strings.TrimPrefix(s.Address, "+"))
	}
	if x.Text != nil {
		add("gsm_sms.sms_text", *x.Text)
	}
	if len(s.SCTS) > len("2006-01-02T15:04:05") {
		for i, field := range []string{"hour", "minutes", "seconds"} {
			add("gsm_sms.scts."+field, strings.TrimPrefix(s.SCTS[11+3*i:13+3*i], "0"))
		}
	}
	return all
}

func (x *shownText) claimsOfReceipt(i int) (all []claim) {
	r := &x.Receipts[i]
	at := r.Frame.Frame
	switch r.Kind {
	case "rp-ack", "rp-error":
		types := map[string]string{"rp-ack ms-to-n": "0x03", "rp-ack n-to-ms": "0x02", "rp-error ms-to-n": "0x05", "rp-error n-to-ms": "0x04"}
		if x.SMS != nil { // whose report goes the other way
			all = append(all, claim{at, "gsm_a.rp.msg_type", types[r.Kind+" "+x.SMS.Direction]})
		}
		if r.Cause != nil {
			all = append(all, claim{at, "gsm_a.rp.cause", strconv.Itoa(*r.Cause)})
		}
	case "msrp-response":
		all = append(all, claim{at, "msrp.status.code", strconv.Itoa(r.Status)})
	case "msrp-report":
		all = append(all, claim{at, "msrp.messageid", r.ID})
	}
	return all
}
