package analyze

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"simplecap/decode/content/sms"
)

// withGB puts bodies of GB/T 28181 in the place of {gb ROOT COMMAND NUMBER}.
func withGB(text string) string {
	var lines []string
	for _, line := range strings.Split(strings.TrimPrefix(text, "\n"), "\n") {
		words := strings.Fields(strings.Trim(line, " {}"))
		if !strings.HasPrefix(line, "  {gb ") {
			lines = append(lines, line)
			continue
		}
		lines = append(lines, "  Content-Type: Application/MANSCDP+xml",
			`  | <?xml version="1.0"?><`+words[1]+"><CmdType>"+words[2]+"</CmdType><SN>"+words[3]+"</SN><DeviceID>34020000001320000001</DeviceID></"+words[1]+">")
	}
	return strings.Join(lines, "\n") + "\n"
}

const fromBob = "  From: <sip:bob@example.com>;tag=a9\n  To: <sip:alice@example.com>\n"

// A Response of GB/T 28181 belongs to the latest request of the other side with its
// command and number, and to no other.
func TestExchanges(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"a Query and two parts of its answer", `
0 alice > bob MESSAGE
  {gb Query Catalog 7}
0.01 bob > alice 200 OK
0.10 bob > alice MESSAGE #2
` + fromBob + `  {gb Response Catalog 7}
0.11 alice > bob 200 OK #2
0.20 bob > alice MESSAGE #3
` + fromBob + `  {gb Response Catalog 7}
0.21 alice > bob 200 OK #3
700 end`, []string{"other asked answered by [2 3] after 100ms", "other answers 1", "other answers 1"}},
		{"an answer behind the 32 s of the transaction", `
0 alice > bob MESSAGE
  {gb Control DeviceControl 8}
0.01 bob > alice 200 OK
50 bob > alice MESSAGE #2
` + fromBob + `  {gb Response DeviceControl 8}
50.1 alice > bob 200 OK #2`, []string{"other asked answered by [2] after 50s", "other answers 1"}},
		{"a number that is used again", `
0 alice > bob MESSAGE
  {gb Query DeviceInfo 1}
1 alice > bob MESSAGE #2
  {gb Query DeviceInfo 1}
1.1 bob > alice MESSAGE #3
` + fromBob + `  {gb Response DeviceInfo 1}`, []string{"other asked", "other asked answered by [3] after 100ms", "other answers 2"}},
		{"another number, another command, another device, and the same side", `
0 alice > bob MESSAGE
  {gb Query Catalog 1}
1 bob > alice MESSAGE #2
` + fromBob + `  {gb Response Catalog 2}
2 bob > alice MESSAGE #3
` + fromBob + `  {gb Response DeviceInfo 1}
3 carol > alice MESSAGE #4
  From: <sip:carol@example.com>;tag=a9
  To: <sip:alice@example.com>
  {gb Response Catalog 1}
4 alice > bob MESSAGE #5
  {gb Response Catalog 1}`, []string{"other asked", "other", "other", "other", "other"}},
		{"an alarm and its confirmation", `
0 alice > bob MESSAGE
  {gb Notify Alarm 5}
1 bob > alice MESSAGE #2
` + fromBob + `  {gb Response Alarm 5}`, []string{"other answered by [2] after 1s", "other answers 1"}},
	} {
		h, _ := analyseTexts(t, withGB(test.text))
		var got []string
		for _, id := range slices.Sorted(maps.Keys(h.exchanges)) {
			got = append(got, h.exchanges[id])
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", test.name, got, test.want)
		}
	}
}

// A character of two halves that is cut between two parts of a text is whole in the whole.
func TestHalvesOfParts(t *testing.T) {
	parse := func(body string) sms.TPDU {
		m := sms.Decode([]byte(body))
		return m.TPDU
	}
	head := "\x00\x01\x00\x03\x91\x55\x55"
	part := func(n byte, data string) string {
		ud := "\x05\x00\x03\x07\x02" + string(n) + data
		return head + string([]byte{byte(10 + len(ud))}) + "\x41\x01\x04\x91\x55\x55\x00\x08" + string([]byte{byte(len(ud))}) + ud
	}
	w := wholeParts{said: []sms.TPDU{parse(part(1, "\x00a\xd8\x3d")), parse(part(2, "\xde\x00\x00b"))}}
	if got := w.text(); got != "a😀b" {
		t.Errorf("%+q of %+q and %+q", got, w.said[0].Text, w.said[1].Text)
	}
	w.said[1] = parse(part(2, "\x00b"))
	if got := w.text(); got != "a\ufffdb" {
		t.Errorf("%+q, want the half as it is", got)
	}
}
