package tls_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	stdtls "crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"

	"simplecap/decode/tls"
)

// wiretap keeps what one end of a connection sends.
type wiretap struct {
	net.Conn
	sent bytes.Buffer
}

func (w *wiretap) Write(b []byte) (int, error) {
	w.sent.Write(b)
	return w.Conn.Write(b)
}

// session sends a text through TLS, and returns what each end sent and the key log.
func session(text string) (client, server, keyLog []byte) {
	public, private, _ := ed25519.GenerateKey(rand.Reader)
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		log.Fatal(err)
	}
	a, b := net.Pipe()
	var keys bytes.Buffer
	c, s := &wiretap{Conn: a}, &wiretap{Conn: b}
	go func() {
		conn := stdtls.Client(c, &stdtls.Config{InsecureSkipVerify: true, KeyLogWriter: &keys})
		conn.Write([]byte(text))
		conn.Close()
	}()
	io.ReadAll(stdtls.Server(s, &stdtls.Config{SessionTicketsDisabled: true, Certificates: []stdtls.Certificate{{Certificate: [][]byte{der}, PrivateKey: private}}}))
	return c.sent.Bytes(), s.sent.Bytes(), keys.Bytes()
}

// printer prints application data. Bytes are marked with the numbers of segments.
type printer struct{}

func (printer) Plain(side tls.Side, b []byte, first, last int) { fmt.Printf("side %d: %s\n", side, b) }
func (printer) Lost(side tls.Side, at int)                     { fmt.Println("data is missing") }
func (printer) Over()                                          { fmt.Println("over") }

// Read a session with the key log of one of its ends.
func Example() {
	client, server, keyLog := session("MESSAGE sip:bob@example.com SIP/2.0")

	env := tls.NewEnv(tls.Limits{})
	keys := tls.KeyLog{Add: env.Secrets.Add}
	keys.Write(keyLog)
	keys.Flush()

	conn := tls.NewConn[int](env, printer{})
	conn.Feed(0, client, 1)
	conn.Feed(1, server, 2)
	conn.End(0)
	conn.End(1)
	fmt.Println(tls.VersionName(conn.Status().Version))
	// Output:
	// side 0: MESSAGE sip:bob@example.com SIP/2.0
	// over
	// TLS 1.3
}
