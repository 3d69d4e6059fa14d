package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// connected returns both ends of a TCP connection on lo, in the namespace of the thread.
func connected(t *testing.T) (client, server net.Conn) {
	t.Helper()
	var l net.Listener
	vacant(t, func() (err error) {
		l, err = net.Listen("tcp", "127.0.0.1:5061")
		return err
	})
	defer l.Close()
	var err error
	if client, err = net.Dial("tcp", "127.0.0.1:5061"); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return client, server
}

// serverCertificate makes a certificate that nobody checks.
func serverCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// overTLS sends a MESSAGE and its answer over a new TLS connection and returns the key
// log of that.
func overTLS(t *testing.T, certificate tls.Certificate, number int) []byte {
	t.Helper()
	a, b := connected(t)
	defer a.Close()
	defer b.Close()
	var log bytes.Buffer
	client := tls.Client(a, &tls.Config{InsecureSkipVerify: true, KeyLogWriter: &log})
	server := tls.Server(b, &tls.Config{Certificates: []tls.Certificate{certificate}})
	head := fmt.Sprintf("Via: SIP/2.0/TLS 127.0.0.1:5061;branch=z9hG4bKtls%d\r\nFrom: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\n"+
		"Call-ID: tls%d@example.com\r\nCSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n", number, number)
	done := make(chan error, 1)
	go func() {
		_, err := server.Read(make([]byte, 4096))
		if err == nil {
			_, err = server.Write([]byte("SIP/2.0 200 OK\r\n" + head))
		}
		done <- err
	}()
	if _, err := client.Write([]byte("MESSAGE sip:b@example.com SIP/2.0\r\n" + head)); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Read(make([]byte, 4096)); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return log.Bytes()
}

// A key log that grows is followed: the rows of a connection are there within a second
// of its secrets, which come when the connection is over.
func TestLiveKeyLogGrows(t *testing.T) {
	namespace(t)
	file := filepath.Join(t.TempDir(), "keys.txt")
	log, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	b, out := startLive(t, "--format", "ndjson", "--early", "--keylog", file)
	certificate := serverCertificate(t)
	for number := range 3 {
		secrets := overTLS(t, certificate, number)
		log.Write(secrets)
		written := time.Now()
		line := nextOf(t, out, "transaction")
		for !strings.Contains(line, `"closed":false`) { // of the connection before
			line = nextOf(t, out, "transaction")
		}
		if !strings.Contains(line, fmt.Sprintf(`"call_id":"tls%d@example.com"`, number)) || !strings.Contains(line, `"transport":"tls"`) ||
			!strings.Contains(line, `"outcome":"success"`) {
			t.Error(line)
		}
		if took := time.Since(written); took > time.Minute { // on a machine that has time for it, a second
			t.Errorf("the row came %v after the secrets", took)
		}
	}
	b.end(syscall.SIGTERM)
}
