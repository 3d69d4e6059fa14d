package jet_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"simplecap/bus"
	"simplecap/bus/jet"
	"simplecap/internal/wire"
)

// collectorMay is what docs/many-hosts.md says that the user of a collector of the group
// "one" needs to publish to where the streams are there; collectorMakes what it needs
// beside that to make them.
var (
	collectorMay = []string{"$JS.API.STREAM.INFO.SIMPLECAP-1", "$JS.API.CONSUMER.CREATE.SIMPLECAP-1.>", "$JS.API.CONSUMER.MSG.NEXT.SIMPLECAP-1.>"}
	sharerMay    = []string{"$JS.API.STREAM.INFO.KV_SIMPLECAP-1-one", "$JS.API.CONSUMER.CREATE.KV_SIMPLECAP-1-one.>", "$JS.API.DIRECT.GET.KV_SIMPLECAP-1-one.>", "$KV.SIMPLECAP-1-one.>",
		"$JS.API.CONSUMER.INFO.SIMPLECAP-1.>", "sc.v1.promise.one"}
	// Where a consumer is made again, nobody publishes, and legs cross partitions.
	atTimesMay = []string{"$JS.API.CONSUMER.DELETE.SIMPLECAP-1.>", "sc.v1.beat", "sc.v1.hand.one.>"}
	makerMay   = []string{"$JS.API.INFO", "$JS.API.STREAM.CREATE.SIMPLECAP-1", "$JS.API.STREAM.CREATE.KV_SIMPLECAP-1-one"}
)

// TestUnreachable wants of what keeps somebody from the bus that it is said, with what to
// look at.
func TestUnreachable(t *testing.T) {
	s := startServer(t, &server.Options{Users: []*server.User{user("host", nil, nil)}})
	for url, advice := range map[string]string{"nats://host:wrong@" + s.Addr().String(): "are user and password", "tls://" + s.Addr().String(): "does the bus have TLS", "nats://127.0.0.1:1": "is the URL right"} {
		said := new(heardLines)
		b, err := jet.Connect(jet.Options{Servers: []string{url}, Notify: said.say})
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, advice, func() bool { return said.with(advice) > 0 })
		b.Close()
	}
	bad := filepath.Join(t.TempDir(), "bad.creds")
	if err := os.WriteFile(bad, []byte("nothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := jet.Connect(jet.Options{Servers: []string{s.ClientURL()}, Creds: bad}); err == nil || !strings.Contains(err.Error(), "no token") {
		t.Error(err)
	}
	if _, err := jet.Listen(s.Addr().String(), t.TempDir(), 0); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Error(err)
	}
}

func user(name string, publish, subscribe []string) *server.User {
	return &server.User{Username: name, Password: "secret", Permissions: &server.Permissions{Publish: &server.SubjectPermission{Allow: publish}, Subscribe: &server.SubjectPermission{Allow: subscribe}}}
}

// sharing has a collector with the rights of a user make rows of what is on the bus.
func sharing(ctx context.Context, t *testing.T, at, name string, said *heardLines) (*store, error) {
	kept := new(store)
	b, err := jet.Connect(jet.Options{Servers: []string{strings.Replace(at, "//", "//"+name+":secret@", 1)}, MaxBytes: 64 << 20, Notify: said.say})
	if err != nil {
		return nil, err
	}
	defer b.Close()
	err = b.Share(ctx, jet.ShareOptions{Group: "one", ID: name, Lease: time.Second, Once: true, Open: func(_ int, from bus.Checkpoint, o bus.PartOptions) (*bus.Part, func(), error) {
		o.Analyze, o.Rows, o.Notify = options, &partRows{store: kept}, said.say
		p, err := bus.NewPart(from, o)
		return p, func() {}, err
	}})
	return kept, err
}

// TestPermissions wants rows from a host and a collector that may do what the document says
// they need, and of each permission that a collector lacks that this one is named.
func TestPermissions(t *testing.T) {
	inbox, may := []string{"_INBOX.>"}, slices.Concat(collectorMay, sharerMay)
	users := []*server.User{user("maker", slices.Concat(may, atTimesMay, makerMay), inbox), user("host", hostMay, inbox), user("deaf", may, []string{"other"})}
	for i := range may {
		users = append(users, user(fmt.Sprint("lacks", i), slices.Delete(slices.Clone(may), i, i+1), inbox))
	}
	s := startServer(t, &server.Options{JetStream: true, StoreDir: t.TempDir(), Users: users})
	ctx, cancel := context.WithTimeout(t.Context(), testTime)
	defer cancel()
	frames, err := wire.Parse(renamed(5))
	if err != nil {
		t.Fatal(err)
	}
	hosts := wire.ByHost(frames[:len(frames)-1])
	made := make(chan int, 1)
	said := new(heardLines)
	go func() {
		kept, err := sharing(ctx, t, s.ClientURL(), "maker", said)
		if err != nil {
			t.Error(err)
		}
		made <- len(kept.lines)
	}()
	publish(ctx, t, strings.Replace(s.ClientURL(), "//", "//host:secret@", 1), hosts)()
	select {
	case n := <-made:
		made <- n
	case <-time.After(20 * time.Second):
		t.Fatalf("%q", said.lines)
	}
	if n := <-made; n == 0 || len(said.lines) > 0 {
		t.Fatalf("%d rows, %q", n, said.lines)
	}
	wantDenied := func(name, permission string) {
		t.Helper()
		lacking, cancel := context.WithCancel(ctx)
		defer cancel()
		said := new(heardLines)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			sharing(lacking, t, s.ClientURL(), name, said)
		}()
		for d := time.Now().Add(8 * time.Second); said.with(" to "+permission+":") == 0; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(d) {
				t.Errorf("never: %s %q", permission, said.lines)
				break
			}
		}
		cancel()
		select {
		case <-ended:
		case <-time.After(testTime):
			t.Error("does not end")
		}
	}
	wantDenied("deaf", inbox[0])
	for i, permission := range may {
		if *awayTime == 0 {
			break // some seconds each
		}
		wantDenied(fmt.Sprint("lacks", i), permission)
	}
}
