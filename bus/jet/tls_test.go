package jet_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"

	"simplecap/analyze"
	"simplecap/bus"
	"simplecap/bus/jet"
	"simplecap/internal/wire"
)

// authority vouches for certificates.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t, dir: t.TempDir()}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	a.cert, a.key = a.sign(template, "ca")
	return a
}

// sign writes a certificate and its key: NAME.pem and NAME.key.
func (a *authority) sign(template *x509.Certificate, name string) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	parent, by := a.cert, a.key
	if parent == nil {
		parent, by = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
	if err != nil {
		a.t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	for ending, block := range map[string]*pem.Block{".pem": {Type: "CERTIFICATE", Bytes: der}, ".key": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(a.file(name+ending), pem.EncodeToMemory(block), 0o600); err != nil {
			a.t.Fatal(err)
		}
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, key
}

func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

// TestTLS wants rows over a bus that asks for TLS and a client certificate, and nothing
// from one that shows none, or that does not know who vouches for the bus.
func TestTLS(t *testing.T) {
	a := newAuthority(t)
	a.sign(&x509.Certificate{SerialNumber: big.NewInt(2), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}, "server")
	a.sign(&x509.Certificate{SerialNumber: big.NewInt(3), NotAfter: time.Now().Add(time.Hour), Subject: pkix.Name{CommonName: "host"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, "client")
	pair, err := tls.LoadX509KeyPair(a.file("server.pem"), a.file("server.key"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	s := startServer(t, &server.Options{JetStream: true, StoreDir: t.TempDir(), TLSTimeout: 5,
		TLS: true, TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert}})
	url := strings.Replace(s.ClientURL(), "nats://", "tls://", 1)
	ctx, cancel := context.WithTimeout(context.Background(), testTime)
	defer cancel()
	known := jet.Options{Servers: []string{url}, MaxBytes: 64 << 20, CA: a.file("ca.pem"), Cert: a.file("client.pem"), Key: a.file("client.key")}
	for name, o := range map[string]jet.Options{"no certificate": {Servers: known.Servers, CA: known.CA}, "nobody vouches": {Servers: known.Servers, Cert: known.Cert, Key: known.Key}} {
		if err := overTLS(ctx, t, o, 2*time.Second); err == nil {
			t.Errorf("%s: published", name)
		}
	}
	if err := overTLS(ctx, t, known, testTime); err != nil {
		t.Fatal(err)
	}
	b, err := jet.Connect(known)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	c, got := joining(t)
	if err := b.Consume(ctx, 0, &collector{Collector: c, agents: 1}); err != nil {
		t.Fatal(err)
	}
	c.End()
	if diff := cmp.Diff(asOne(t, hosts(t, "two-proxies-in-series")[:1]), got.sorted()); diff != "" {
		t.Error(diff)
	}
}

// overTLS publishes what one host captured.
func overTLS(ctx context.Context, t *testing.T, o jet.Options, patience time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	b, err := jet.Connect(o)
	if err != nil {
		return err
	}
	defer b.Close()
	spool, err := bus.OpenSpool("", 0, bus.Limits{})
	if err != nil {
		return err
	}
	agent := bus.NewAgent(bus.AgentOptions{Name: "host", Epoch: 1, Replay: true}, spool)
	one := options
	one.Legs = agent
	if _, err := analyze.Run(ctx, &wire.Memory{Frames: hosts(t, "two-proxies-in-series")[0]}, one, &rows{}); err != nil {
		return err
	}
	agent.Close()
	spool.Close()
	return b.Publish(ctx, spool)
}
