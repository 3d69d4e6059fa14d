package jet_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"simplecap/bus/jet"
)

// operator signs accounts and their users.
type operator struct {
	t        *testing.T
	key      nkeys.KeyPair
	claims   *jwt.OperatorClaims
	accounts server.MemAccResolver
}

func newOperator(t *testing.T) *operator {
	t.Helper()
	o := &operator{t: t}
	o.key = o.pair(nkeys.CreateOperator)
	token := o.encoded(jwt.NewOperatorClaims(o.public(o.key)), o.key)
	claims, err := jwt.DecodeOperatorClaims(token)
	if err != nil {
		t.Fatal(err)
	}
	o.claims = claims
	return o
}

func (o *operator) pair(create func() (nkeys.KeyPair, error)) nkeys.KeyPair {
	o.t.Helper()
	key, err := create()
	if err != nil {
		o.t.Fatal(err)
	}
	return key
}

func (o *operator) public(key nkeys.KeyPair) string {
	o.t.Helper()
	text, err := key.PublicKey()
	if err != nil {
		o.t.Fatal(err)
	}
	return text
}

func (o *operator) encoded(claims jwt.Claims, by nkeys.KeyPair) string {
	o.t.Helper()
	token, err := claims.Encode(by)
	if err != nil {
		o.t.Fatal(err)
	}
	return token
}

// account makes an account that may or may not keep streams.
func (o *operator) account(keeps bool) nkeys.KeyPair {
	o.t.Helper()
	key := o.pair(nkeys.CreateAccount)
	claims := jwt.NewAccountClaims(o.public(key))
	if keeps {
		claims.Limits.DiskStorage, claims.Limits.Streams, claims.Limits.Consumer = jwt.NoLimit, jwt.NoLimit, jwt.NoLimit
	}
	if err := o.accounts.Store(claims.Subject, o.encoded(claims, o.key)); err != nil {
		o.t.Fatal(err)
	}
	return key
}

// creds writes the credentials of a user of an account, who may publish to these subjects,
// to all where there are none.
func (o *operator) creds(account nkeys.KeyPair, publishes ...string) string {
	o.t.Helper()
	key := o.pair(nkeys.CreateUser)
	claims := jwt.NewUserClaims(o.public(key))
	claims.Pub.Allow.Add(publishes...)
	seed, err := key.Seed()
	if err != nil {
		o.t.Fatal(err)
	}
	content, err := jwt.FormatUserConfig(o.encoded(claims, account), seed)
	if err != nil {
		o.t.Fatal(err)
	}
	name := filepath.Join(o.t.TempDir(), "user.creds")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		o.t.Fatal(err)
	}
	return name
}

// hostMay is what docs/many-hosts.md says that the user of a host needs to publish to.
var hostMay = []string{"sc.v1.leg.>", "sc.v1.beat", "$JS.API.STREAM.INFO.SIMPLECAP-1", "sc.evidence.>", "$JS.API.STREAM.INFO.SIMPLECAP-EVIDENCE-1"}

// startServer starts a NATS server on a free port of the loopback, which ends with the test.
func startServer(t *testing.T, options *server.Options) *server.Server {
	t.Helper()
	options.Host, options.Port, options.NoSigs, options.NoLog = "127.0.0.1", server.RANDOM_PORT, true, true
	s, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(s.Shutdown)
	if !s.ReadyForConnections(testTime) {
		t.Fatal("no server")
	}
	return s
}

// TestCredentials wants rows over a bus whose operator trusts nobody but the users of its
// accounts: from a host that may publish and no more, for a collector that may do all, and
// nothing from a stranger, without credentials, or in an account without streams.
func TestCredentials(t *testing.T) {
	o := newOperator(t)
	system, works := o.account(false), o.account(true)
	s := startServer(t, &server.Options{JetStream: true, StoreDir: t.TempDir(),
		TrustedOperators: []*jwt.OperatorClaims{o.claims}, AccountResolver: &o.accounts, SystemAccount: o.public(system)})
	ctx, cancel := context.WithTimeout(context.Background(), testTime)
	defer cancel()
	with := func(creds string) jet.Options {
		return jet.Options{Servers: []string{s.ClientURL()}, MaxBytes: 64 << 20, Creds: creds}
	}
	b, err := jet.Connect(with(o.creds(works)))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	c, got := joining(t)
	consumed := make(chan error, 1)
	go func() { consumed <- b.Consume(ctx, 0, &collector{Collector: c, agents: 1}) }() // makes the stream
	stranger := newOperator(t)
	for name, creds := range map[string]string{"none": "", "a stranger": stranger.creds(stranger.account(true)), "no streams": o.creds(o.account(false))} {
		if err := overTLS(ctx, t, with(creds), 2*time.Second); err == nil {
			t.Errorf("%s: published", name)
		}
	}
	if err := overTLS(ctx, t, with(o.creds(works, hostMay...)), testTime); err != nil {
		t.Fatal(err)
	}
	if err := <-consumed; err != nil {
		t.Fatal(err)
	}
	evidenceOver(ctx, t, b, with(o.creds(works, hostMay...)))
	c.End()
	if diff := cmp.Diff(asOne(t, hosts(t, "two-proxies-in-series")[:1]), got.sorted()); diff != "" {
		t.Error(diff)
	}
}
