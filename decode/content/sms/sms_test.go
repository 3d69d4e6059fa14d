package sms

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func fromHex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// summary is what a message says, on one line.
func summary(m *Message) string {
	t := &m.TPDU
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %d", m.Type, m.Type.Direction(), m.Reference)
	add := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, " %s=%s", name, value)
		}
	}
	add("oa", m.Originator.String())
	add("da", m.Destination.String())
	if m.HasCause {
		add("cause", m.Cause.String())
	}
	add("tpdu", t.Kind.String())
	if t.HasRef {
		fmt.Fprintf(&b, " mr=%d", t.Reference)
	}
	if t.Address.Given() {
		add("address", t.Address.describe())
	}
	add("alphabet", t.Alphabet.String())
	add("scts", t.SCTS.String())
	add("discharge", t.Discharge.String())
	if t.HasStatus {
		add("st", t.Status.String())
	}
	if t.HasFCS {
		add("fcs", t.Failure.String())
	}
	if t.Validity.Format != NoValidity {
		fmt.Fprintf(&b, " vp=%s,%d,%s", t.Validity.Format, t.Validity.Seconds, t.Validity.Until)
	}
	if t.Concat.Parts != 0 {
		fmt.Fprintf(&b, " part=%d/%d of %d", t.Concat.Part, t.Concat.Parts, t.Concat.Reference)
	}
	if t.Ports.Bits != 0 {
		fmt.Fprintf(&b, " ports=%d,%d", t.Ports.Destination, t.Ports.Source)
	}
	if t.HasText {
		fmt.Fprintf(&b, " text=%q", t.Text)
	}
	if t.Data != nil {
		add("data", hex.EncodeToString(t.Data))
	}
	for _, d := range m.Defects {
		fmt.Fprintf(&b, "; %s", d)
	}
	return b.String()
}

func TestDecode(t *testing.T) {
	for _, test := range []struct{ name, body, want string }{
		{"submit", "00bb00079144770009000019311f0c914477000940650000a70cc8329bfd066d509bf22605",
			`RP-DATA ms-to-n 187 da=+447700900000 tpdu=SMS-SUBMIT mr=31 address=+447700900456 (international) alphabet=gsm7 vp=relative,86400, text="Hello {€}"`},
		{"deliver, alphanumeric, west", "012c079144770009000000200414d0ceb79c2c0cbbd7a0e0140000621172010350490ad4fb1bf41ed3cbf439",
			`RP-DATA n-to-ms 44 oa=+447700900000 tpdu=SMS-DELIVER address=NordBank AS (alphanumeric) alphabet=gsm7 scts=2026-11-27T10:30:05-03:30 text="Two octets"`},
		{"status report", "012d07914477000900000016061f05816221f6621172010350406211720113504046",
			`RP-DATA n-to-ms 45 oa=+447700900000 tpdu=SMS-STATUS-REPORT mr=31 address=26126 (unknown) scts=2026-11-27T10:30:05+01:00 discharge=2026-11-27T10:31:05+01:00 st=0x46 permanent error: validity period expired`},
		{"command", "002e0007914477000900000e020700021f0c9144770009406500",
			`RP-DATA ms-to-n 46 da=+447700900000 tpdu=SMS-COMMAND mr=7 address=+447700900456 (international)`},
		{"ack with submit report", "03bb4109010062117201035040", `RP-ACK n-to-ms 187 tpdu=SMS-SUBMIT-REPORT scts=2026-11-27T10:30:05+01:00`},
		{"ack of two octets", "020c", `RP-ACK ms-to-n 12`},
		{"error with TP-FCS", "042c0116410300d300", `RP-ERROR ms-to-n 44 cause=22 memory capacity exceeded tpdu=SMS-DELIVER-REPORT fcs=0xd3 memory capacity exceeded`},
		{"memory available", "06c8", `RP-SMMA ms-to-n 200`},
		{"absolute validity, *100#", "000100079144770009000012190205811a00fb0000622142810000400178",
			`RP-DATA ms-to-n 1 da=+447700900000 tpdu=SMS-SUBMIT mr=2 address=*100# (unknown) alphabet=gsm7 vp=absolute,0,2026-12-24T18:00:00+01:00 text="x"`},
		{"enhanced validity", "000100079144770009000012090205a12143f50000032143050000000178",
			`RP-DATA ms-to-n 1 da=+447700900000 tpdu=SMS-SUBMIT mr=2 address=12345 (national) alphabet=gsm7 vp=enhanced,45290, text="x"`},
		{"part with a surrogate pair", "010107914477000900000024440c914477000940650008621132905003401106080412340302d83ddc1f0020006f006b",
			`RP-DATA n-to-ms 1 oa=+447700900000 tpdu=SMS-DELIVER address=+447700900456 (international) alphabet=ucs2 scts=2026-11-23T09:05:30+01:00 part=2/3 of 4660 text="🐟 ok"`},
		{"half a pair", "01010791447700090000001a040c914477000940650008621132905003400700" + "41d83d0042" + "dc",
			`RP-DATA n-to-ms 1 oa=+447700900000 tpdu=SMS-DELIVER address=+447700900456 (international) alphabet=ucs2 scts=2026-11-23T09:05:30+01:00 text="A` + "\ufffd" + `B"; half a UCS2 character at the end of the user data at octet 37`},
		{"data to a port", "01010791447700090000002e440c914477000940650004621132905003401b0605040b8423f0000102030405060708090a0b0c0d0e0f10111213",
			`RP-DATA n-to-ms 1 oa=+447700900000 tpdu=SMS-DELIVER address=+447700900456 (international) alphabet=8bit scts=2026-11-23T09:05:30+01:00 ports=2948,9200 data=000102030405060708090a0b0c0d0e0f10111213`},
		{"Turkish", "010107914477000900000020440c914477000940650000621132905003400e062401012501018c4387032400",
			`RP-DATA n-to-ms 1 oa=+447700900000 tpdu=SMS-DELIVER address=+447700900456 (international) alphabet=gsm7 scts=2026-11-23T09:05:30+01:00 text="ğışŞİ€"`},

		{"nothing", "", `  0; no RP message at octet 0`},
		{"one octet", "00", `RP-DATA ms-to-n 0; no RP-Message-Reference at octet 1`},
		{"type 7", "0722", `  0; RP message type 7 does not exist at octet 0`},
		{"address that lies", "00c1000b914477", `RP-DATA ms-to-n 193; RP-Destination-Address of 11 octets where 3 are left at octet 3`},
		{"cut in the text", "000100079144770009000019312a0c914477000940650000a70c" + "c8329bfd06",
			`RP-DATA ms-to-n 1 da=+447700900000 tpdu=SMS-SUBMIT mr=42 address=+447700900456 (international) alphabet=gsm7 vp=relative,86400, text="Hello"; RP-User-Data of 25 octets where 19 are left at octet 11; TP-UDL says 11 octets of user data where 5 are left at octet 25`},
		{"cut in the address", "0001000791447700090000060102" + "0c914477",
			`RP-DATA ms-to-n 1 da=+447700900000 tpdu=SMS-SUBMIT mr=2; the TPDU ends in TP-DA at octet 14`},
		{"UDL too small", "00010007914477000900001101020c91447700094065000003" + "e8329bfd",
			`RP-DATA ms-to-n 1 da=+447700900000 tpdu=SMS-SUBMIT mr=2 address=+447700900456 (international) alphabet=gsm7 text="hel"; TP-UDL says 3 octets of user data where there are 4 at octet 24`},
		{"part 4 of 3", "010107914477000900000019440c914477000940650008621132905003400605000309" + "0304",
			`RP-DATA n-to-ms 1 oa=+447700900000 tpdu=SMS-DELIVER address=+447700900456 (international) alphabet=ucs2 scts=2026-11-23T09:05:30+01:00 text=""; part 4 of 3 at octet 32`},
		{"SUBMIT to the handset", "010100000105", `RP-DATA n-to-ms 1; TP-MTI 1 does not go from n-to-ms at octet 5`},
		{"octets behind the end", "06c8ff", `RP-SMMA ms-to-n 200; 1 octets after the end of the RP message at octet 2`},
		{"cause without its octets", "042c0516", `RP-ERROR ms-to-n 44; RP-Cause of 5 octets where 1 are left at octet 2`},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := Decode(fromHex(t, test.body))
			if got := summary(&m); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// TestDescribe wants each octet of a whole message to be in a field.
func TestDescribe(t *testing.T) {
	body := fromHex(t, "010107914477000900000024440c914477000940650008621132905003401106080412340302d83ddc1f0020006f006b")
	_, fields := Describe(body)
	covered := make([]bool, len(body))
	for _, f := range fields {
		if f.From < 0 || f.To > len(body) || f.From > f.To {
			t.Fatalf("%+v is not in the body of %d octets", f, len(body))
		}
		if f.Name == "RP-User-Data" {
			f.To = f.From + 1
		}
		for i := f.From; i < f.To; i++ {
			covered[i] = true
		}
	}
	for i, c := range covered {
		if !c && i != 31 { // TP-UDHL
			t.Errorf("octet %d is in no field", i)
		}
	}
}

func TestLanguages(t *testing.T) {
	if len(languages) != 14 {
		t.Fatalf("%d languages, TS 23.038 has 13", len(languages)-1)
	}
	for n := range languages {
		l := &languages[n]
		for code, r := range l.locking {
			if r == 0 || !utf8.ValidRune(r) {
				t.Errorf("%s: code %#x has no character", l.name, code)
			}
		}
		if l.locking[escape] != escape || l.locking['\n'] != '\n' || l.locking['0'] != '0' || l.locking['a'] != 'a' || l.locking['z'] != 'z' || l.locking[' '] != ' ' {
			t.Errorf("%s: escape, line feed, digits and small letters stay where they are", l.name)
		}
		if l.single[0x65] != '€' || l.single[0x28] != '{' || l.single[0x14] != '^' && n < 4 {
			t.Errorf("%s: the extension table's own characters are missing", l.name)
		}
	}
	for _, at := range []struct {
		language, code int
		single         bool
		want           rune
	}{ // the last character of what differs
		{3, 0x19, false, 'Ó'}, {4, 0x7f, false, '\u09f1'}, {5, 0x7f, false, '\u0af1'}, {6, 0x7f, false, '\u097f'}, {7, 0x60, false, '\u0cd5'},
		{9, 0x60, false, '\u0b56'}, {13, 0x7f, false, '\u0670'}, {3, 0x7f, true, 'â'}, {6, 0x3a, true, '\u0971'}, {12, 0x32, true, '\u0c7f'}, {13, 0x3f, true, '\u06d4'},
	} {
		table := &languages[at.language].locking
		if at.single {
			table = &languages[at.language].single
		}
		if table[at.code] != at.want {
			t.Errorf("language %d code %#x: %q, want %q", at.language, at.code, table[at.code], at.want)
		}
	}
}

// FuzzText encodes a text in each language and reads it again.
func FuzzText(f *testing.F) {
	f.Add("Hello @ {€}", byte(0), byte(0), false)
	f.Add("ğışŞİ€", byte(1), byte(1), true)
	f.Add("à", byte(0), byte(2), true)
	f.Add("\u0905\u0970", byte(6), byte(6), true)
	f.Fuzz(func(t *testing.T, text string, locking, single byte, concat bool) {
		locking, single = locking%byte(len(languages)), single%byte(len(languages))
		header := []byte{singleShift, 1, single, lockingShift, 1, locking}
		if concat {
			header = append(header, concat8, 3, 9, 2, 1)
		}
		body, ok := submit7(text, header, locking, single)
		if !ok {
			t.Skip()
		}
		m := Decode(body)
		if m.TPDU.Text != text || m.TPDU.Characters != utf8.RuneCountInString(text) || len(m.Defects) > 0 {
			t.Errorf("%q became %q of %d characters, defects %v", text, m.TPDU.Text, m.TPDU.Characters, m.Defects)
		}
	})
}

// FuzzDecode wants any octets to be read without a panic, with bounded output and
// fields inside the body.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{"00bb00079144770009000019311f0c914477000940650000a70cc8329bfd066d509bf22605", "042c0116410300d300",
		"010107914477000900000024440c914477000940650008621132905003401106080412340302d83ddc1f0020006f006b", "03bb4109010062117201035040"} {
		f.Add(fromHex(f, s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		m, fields := Describe(body)
		if plain := Decode(body); summary(&plain) != summary(&m) {
			t.Errorf("described: %s\ndecoded: %s", summary(&m), summary(&plain))
		}
		if m.TPDU.Characters > 8*len(body)/7+1 || len(m.TPDU.Text) > 4*8*len(body)/7+4 || len(m.Originator.Digits) > 64 || len(m.Defects) > 4+len(body) {
			t.Errorf("%d octets became %d characters, %d defects", len(body), m.TPDU.Characters, len(m.Defects))
		}
		if !utf8.ValidString(m.TPDU.Text) || utf8.RuneCountInString(m.TPDU.Text) != m.TPDU.Characters {
			t.Errorf("%q has not %d characters", m.TPDU.Text, m.TPDU.Characters)
		}
		for _, f := range fields {
			if f.From < 0 || f.From > f.To || f.To > len(body) {
				t.Errorf("%+v is not in %d octets", f, len(body))
			}
		}
		for _, d := range m.Defects {
			if d.At < 0 || d.At > len(body) {
				t.Errorf("%v is not in %d octets", d, len(body))
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	body := fromHex(b, "00bb00079144770009000019311f0c914477000940650000a70cc8329bfd066d509bf22605")
	b.ReportAllocs()
	for b.Loop() {
		Decode(body)
	}
}
