package decode

import (
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// udpPacket is a UDP datagram of a capture file.
type udpPacket struct {
	frame    int
	src, dst netip.AddrPort
	payload  []byte
	cut      bool // by the snapshot length
}

// readUDP is a reader just good enough to test the scanner on files: classic
// little-endian pcap with Ethernet, Linux cooked or raw IP packets, neither
// fragments nor tunnels. ok is false for any other file.
func readUDP(t testing.TB, name string) (packets []udpPacket, ok bool) {
	t.Helper()
	b := readCapture(t, name)
	if len(b) < 24 || binary.LittleEndian.Uint32(b) != 0xa1b2c3d4 && binary.LittleEndian.Uint32(b) != 0xa1b23c4d {
		return nil, false
	}
	link := binary.LittleEndian.Uint32(b[20:])
	for frame, b := 1, b[24:]; len(b) >= 16; frame++ {
		captured, length := binary.LittleEndian.Uint32(b[8:]), binary.LittleEndian.Uint32(b[12:])
		if b = b[16:]; int(captured) > len(b) {
			break
		}
		if p, ok := parseUDP(linkPayload(link, b[:captured])); ok {
			p.frame, p.cut = frame, captured < length
			packets = append(packets, p)
		}
		b = b[captured:]
	}
	return packets, true
}

func readCapture(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	b, err := io.ReadAll(r)
	if err != nil && err != io.ErrUnexpectedEOF {
		t.Fatal(err)
	}
	return b
}

// linkPayload returns the IP packet of an untagged frame, or nil.
func linkPayload(link uint32, b []byte) []byte {
	etherType, header := 0, 0
	switch link {
	case 1:
		etherType, header = 12, 14
	case 113:
		etherType, header = 14, 16
	case 276:
		etherType, header = 0, 20
	case 101, 228, 229:
		return b
	}
	if header == 0 || len(b) < header {
		return nil
	}
	switch binary.BigEndian.Uint16(b[etherType:]) {
	case 0x0800, 0x86dd:
		return b[header:]
	}
	return nil
}

// parseUDP reads an unfragmented IPv4 or IPv6 packet without extension headers.
func parseUDP(ip []byte) (p udpPacket, ok bool) {
	var src, dst netip.Addr
	switch {
	case len(ip) >= 20 && ip[0]>>4 == 4 && ip[9] == 17 && binary.BigEndian.Uint16(ip[6:])&0x3fff == 0:
		src, dst = netip.AddrFrom4([4]byte(ip[12:])), netip.AddrFrom4([4]byte(ip[16:]))
		ip = ip[int(ip[0]&15)*4:]
	case len(ip) >= 40 && ip[0]>>4 == 6 && ip[6] == 17:
		src, dst = netip.AddrFrom16([16]byte(ip[8:])), netip.AddrFrom16([16]byte(ip[24:]))
		ip = ip[40:]
	default:
		return p, false
	}
	if len(ip) < 8 {
		return p, false
	}
	end := min(len(ip), max(8, int(binary.BigEndian.Uint16(ip[4:]))))
	p.src = netip.AddrPortFrom(src, binary.BigEndian.Uint16(ip))
	p.dst = netip.AddrPortFrom(dst, binary.BigEndian.Uint16(ip[2:]))
	p.payload = ip[8:end]
	return p, true
}

// truthFile is what truth.json says of one capture, as far as a scanner can know.
type truthFile struct {
	Requests     map[string]uint64 `json:"requests"`
	Responses    map[string]uint64 `json:"responses"` // "200 MESSAGE"
	Transactions []struct {
		CallID        *string `json:"call_id"`
		CSeq          *uint64 `json:"cseq"`
		CSeqMethod    *string `json:"cseq_method"`
		Branch        *string `json:"branch"`
		SentBy        *string `json:"sent_by"`
		Transport     string  `json:"transport"`
		RequestFrames []int   `json:"request_frames"`
		Identities    int     `json:"identities"` // different Call-IDs and CSeqs under one branch
	} `json:"transactions"`
}

func readTruth(t testing.TB, shared string) map[string]truthFile {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(shared, "pcaps", "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	var truth struct {
		Files map[string]truthFile `json:"files"`
	}
	if err := json.Unmarshal(b, &truth); err != nil {
		t.Fatal(err)
	}
	return truth.Files
}

// collector keeps copies of the messages, by frame.
type collector struct {
	discard
	messages []*Message
}

func (c *collector) Message(m *Message) { c.messages = append(c.messages, m.Clone()) }

// decodeUDP hands every datagram of a file to a Decoder.
func decodeUDP(packets []udpPacket) (*Decoder, *collector) {
	c := &collector{}
	d := NewDecoder(c, Options{})
	for _, u := range packets {
		d.datagram(&packet{
			ref: MakeFrameRef(1, uint64(u.frame)), cut: u.cut,
			src: Endpoint{IP: u.src.Addr().As16(), Port: u.src.Port()},
			dst: Endpoint{IP: u.dst.Addr().As16(), Port: u.dst.Port()},
		}, u.payload)
	}
	return d, c
}

// udpOnly reports whether the truth can be had from whole UDP datagrams: no
// other transport, no tunnel, no fragment, no container that readUDP lacks.
func udpOnly(name string) bool {
	for _, other := range []string{"tcp", "tls", "websocket", "hep3", "fragment", "vlan", "mpls", "gre", "erspan", "ipip",
		"ipv6-in-ipv4", "gtp-u", "geneve", "pppoe", "vxlan", "msrp", "port-high-tcp", "message-text-looks-like-sip", "body-types-tcp",
		"linktype-null", "linktype-loop", "linktype-ppp", "container-cut-gzip"} {
		if strings.Contains(name, other) {
			return false
		}
	}
	return strings.HasSuffix(name, ".pcap") || strings.HasSuffix(name, ".pcap.gz")
}

// TestCapturesWithTruth scans every UDP capture with ground truth: requests by
// method, responses by status and CSeq method, and the parts that each
// transaction is keyed by.
func TestCapturesWithTruth(t *testing.T) {
	shared := sharedDir(t)
	files := 0
	for name, truth := range readTruth(t, shared) {
		if !udpOnly(name) || strings.Contains(name, " ") {
			continue
		}
		packets, ok := readUDP(t, filepath.Join(shared, "pcaps", name))
		if !ok {
			continue
		}
		files++
		t.Run(name, func(t *testing.T) {
			d, c := decodeUDP(packets)
			if diff := cmp.Diff(orEmpty(truth.Requests), d.stats.RequestCounts()); diff != "" {
				t.Errorf("requests (-truth +got)\n%s", diff)
			}
			if diff := cmp.Diff(orEmpty(truth.Responses), responsesByCSeq(c.messages)); diff != "" {
				t.Errorf("responses (-truth +got)\n%s", diff)
			}
			compareKeys(t, truth, c.messages)
		})
	}
	if files < 70 {
		t.Errorf("only %d captures compared", files)
	}
}

func orEmpty(m map[string]uint64) map[string]uint64 {
	if m == nil {
		return map[string]uint64{}
	}
	return m
}

// responsesByCSeq counts responses as truth.json does; "None" is a CSeq that
// the capture does not hold.
func responsesByCSeq(messages []*Message) map[string]uint64 {
	counts := map[string]uint64{}
	for _, m := range messages {
		if m.Kind == Response {
			method := m.Text(m.CSeqMethod)
			if method == "" {
				method = "None"
			}
			counts[strconv.Itoa(m.Status)+" "+method]++
		}
	}
	return counts
}

// compareKeys compares Call-ID, CSeq, branch and sent-by of each request with
// the transaction that truth.json puts its frame in.
func compareKeys(t *testing.T, truth truthFile, messages []*Message) {
	t.Helper()
	byFrame := map[int]*Message{}
	for _, m := range messages {
		byFrame[int(m.Frame.Number())] = m
	}
	for _, tx := range truth.Transactions {
		frames := tx.RequestFrames
		if tx.Identities > 1 {
			frames = frames[:1] // the others have other keys
		}
		for _, frame := range frames {
			m := byFrame[frame]
			if m == nil {
				t.Errorf("frame %d: no message", frame)
				continue
			}
			if tx.CallID != nil && m.Text(m.CallID) != *tx.CallID || tx.CSeq != nil && m.CSeqNumber != *tx.CSeq ||
				tx.CSeqMethod != nil && m.Text(m.CSeqMethod) != *tx.CSeqMethod || tx.SentBy != nil && m.Text(m.SentBy) != *tx.SentBy ||
				m.Text(m.Branch) != deref(tx.Branch) {
				t.Errorf("frame %d: Call-ID %q, CSeq %d %q, sent-by %q, branch %q; the truth is %q %d %q %q %q", frame, m.Text(m.CallID),
					m.CSeqNumber, m.Text(m.CSeqMethod), m.Text(m.SentBy), m.Text(m.Branch),
					deref(tx.CallID), deref(tx.CSeq), deref(tx.CSeqMethod), deref(tx.SentBy), deref(tx.Branch))
			}
		}
	}
}

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// TestNoise checks what is counted of traffic that is not SIP.
func TestNoise(t *testing.T) {
	shared := sharedDir(t)
	packets, _ := readUDP(t, filepath.Join(shared, "pcaps", "noise.pcap"))
	d, c := decodeUDP(packets)
	if len(c.messages) != 10 || d.stats.Messages != 10 {
		t.Errorf("%d messages, want 10", len(c.messages))
	}
	if got, want := d.stats.Census.Packets[ClassOther], uint64(len(packets)-10); got != want {
		t.Errorf("%d packets of other classes, want %d", got, want)
	}
	packets, _ = readUDP(t, filepath.Join(shared, "pcaps", "malformed-requests.pcap"))
	d, _ = decodeUDP(packets)
	if got := d.stats.Census.Packets[ClassSIPOther]; got != 1 {
		t.Errorf("%d packets of SIP in another version, want the one of SIP/3.0", got)
	}
}

// TestCorpusCounts compares the plain UDP captures of other projects with what
// Wireshark counts in them.
func TestCorpusCounts(t *testing.T) {
	corpus := filepath.Join(sharedDir(t), "corpus")
	b, err := os.ReadFile(filepath.Join(corpus, "truth.json"))
	if err != nil {
		t.Skip(err)
	}
	var truth map[string]struct {
		Requests   map[string]uint64 `json:"sip_requests_by_method"`
		Responses  map[string]uint64 `json:"sip_responses_by_status"`
		Transports map[string]int    `json:"transports"`
	}
	if err := json.Unmarshal(b, &truth); err != nil {
		t.Fatal(err)
	}
	beyond := map[string]string{"nextcaller/sip-i.pcap": "its INVITE is in IP fragments"}
	files := 0
	for name, want := range truth {
		_, tcp := want.Transports["tcp"]
		if tcp || beyond[name] != "" || !strings.HasSuffix(name, ".pcap") {
			continue
		}
		packets, ok := readUDP(t, filepath.Join(corpus, name))
		if !ok || len(packets) == 0 {
			continue
		}
		files++
		d, _ := decodeUDP(packets)
		if diff := cmp.Diff(orEmpty(want.Requests), d.stats.RequestCounts()); diff != "" {
			t.Errorf("%s: requests (-truth +got)\n%s", name, diff)
		}
		if diff := cmp.Diff(orEmpty(want.Responses), d.stats.ResponseCounts()); diff != "" {
			t.Errorf("%s: responses (-truth +got)\n%s", name, diff)
		}
	}
	if files < 15 {
		t.Errorf("only %d captures compared", files)
	}
}
