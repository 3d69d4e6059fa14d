package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// tlsProxy is a configuration of Kamailio that passes requests over TLS on to 127.0.0.2.
const tlsProxy = `debug=0
log_stderror=yes
children=1
tcp_children=1
enable_tls=yes
auto_aliases=no
dns=no
rev_dns=no
listen=tls:127.0.0.1:5061
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "tls.so"
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "certificate", "DIR/cert.pem")
modparam("tls", "private_key", "DIR/key.pem")
request_route {
	$du = "sip:127.0.0.2:5061;transport=tls";
	t_relay();
}
`

// writeProxy writes the files of the proxy to a directory.
func writeProxy(t *testing.T, dir string, certificate tls.Certificate) (config string) {
	t.Helper()
	key, err := x509.MarshalECPrivateKey(certificate.PrivateKey.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"cert.pem":  pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}),
		"key.pem":   pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: key}),
		"proxy.cfg": []byte(strings.ReplaceAll(tlsProxy, "DIR", dir)),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "proxy.cfg")
}

// answerOverTLS answers each request on the connections of a listener with 200.
func answerOverTLS(l net.Listener, config *tls.Config) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			in, server := bufio.NewReader(nil), tls.Server(c, config)
			in.Reset(server)
			for {
				var answer strings.Builder
				answer.WriteString("SIP/2.0 200 OK\r\n")
				for {
					line, err := in.ReadString('\n')
					if err != nil {
						return
					}
					switch name, _, _ := strings.Cut(line, ":"); name {
					case "Via", "From", "To", "Call-ID", "CSeq", "Content-Length":
						answer.WriteString(line)
					}
					if line == "\r\n" {
						break
					}
				}
				if _, err := server.Write([]byte(answer.String() + "\r\n")); err != nil {
					return
				}
			}
		}()
	}
}

// arrivals are when the rows of Call-IDs came.
type arrivals struct {
	mu   sync.Mutex
	rows map[string][]time.Time
}

// follow notes the rows of an output.
func (a *arrivals) follow(out *bufio.Reader) {
	for {
		line, err := out.ReadString('\n')
		if err != nil {
			return
		}
		_, rest, found := strings.Cut(line, `"call_id":"`)
		id, _, _ := strings.Cut(rest, `"`)
		if found && strings.Contains(line, `"type":"transaction"`) && strings.Contains(line, `"closed":false`) && strings.Contains(line, `"outcome":"success"`) && strings.Contains(line, `"transport":"tls"`) {
			a.mu.Lock()
			a.rows[id] = append(a.rows[id], time.Now())
			a.mu.Unlock()
		}
	}
}

// of is how many rows a Call-ID has, and when the last came.
func (a *arrivals) of(id string) (n int, last time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, at := range a.rows[id] {
		n, last = n+1, at
	}
	return n, last
}

// Through a proxy, with a key log that both ends write while they talk, each leg over
// TLS has its row within a second of the answer.
func TestLiveTLSProxy(t *testing.T) {
	namespace(t, "kamailio")
	dir, certificate := t.TempDir(), serverCertificate(t)
	keys, err := os.Create(filepath.Join(dir, "keys.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer keys.Close()
	live, out := startLive(t, "-i", "any", "--format", "ndjson", "--early", "--keylog", keys.Name())
	rows := arrivals{rows: make(map[string][]time.Time)}
	go rows.follow(out)

	listener, err := net.Listen("tcp", "127.0.0.2:5061")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go answerOverTLS(listener, &tls.Config{Certificates: []tls.Certificate{certificate}, KeyLogWriter: keys})
	proxy := start(t, "kamailio", "-f", writeProxy(t, dir, certificate), "-DD", "-E", "-w", dir, "-Y", dir, "-P", filepath.Join(dir, "pid"))
	t.Cleanup(func() { proxy.end(syscall.SIGTERM) }) // before it is killed: it has children
	listening(t, proxy.Process.Pid, 5061, 2)         // that of the answers is the other

	var worst time.Duration
	for connection := range 3 {
		c, err := tls.Dial("tcp", "127.0.0.1:5061", &tls.Config{InsecureSkipVerify: true, KeyLogWriter: keys})
		if err != nil {
			t.Fatal(err)
		}
		for number := range 5 {
			id := fmt.Sprintf("proxy%d-%d", connection, number)
			answered := requestOverTLS(t, c, id)
			until(t, "both legs of "+id, func() bool { n, _ := rows.of(id); return n >= 2 })
			_, last := rows.of(id)
			worst = max(worst, last.Sub(answered))
		}
		c.Close()
	}
	t.Logf("the last row came %v after its answer", worst)
	live.end(syscall.SIGTERM)
}

// requestOverTLS sends a MESSAGE and says when its answer came.
func requestOverTLS(t *testing.T, c *tls.Conn, id string) time.Time {
	t.Helper()
	_, err := fmt.Fprintf(c, "MESSAGE sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/TLS %s;branch=z9hG4bK%s\r\nFrom: <sip:a@example.com>;tag=1\r\n"+
		"To: <sip:b@example.com>\r\nCall-ID: %s\r\nCSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n", c.LocalAddr(), id, id)
	if err != nil {
		t.Fatal(err)
	}
	c.SetReadDeadline(time.Now().Add(patience))
	buf := make([]byte, 4096)
	n, err := c.Read(buf)
	if err != nil || !strings.HasPrefix(string(buf[:n]), "SIP/2.0 200 ") {
		t.Fatalf("%q, %v", buf[:n], err)
	}
	return time.Now()
}
