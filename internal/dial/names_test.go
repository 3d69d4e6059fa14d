package dial

import (
	"context"
	"net"
	"testing"
)

// TestDial: a name that was looked up needs no resolver any more, and an address that
// nobody listens at is no end.
func TestDial(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skip(err)
	}
	defer listener.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	ctx := context.Background()
	names := Names{"store.invalid": {"127.0.0.2", "127.0.0.1"}}
	conn, err := names.Dial(ctx, "tcp", net.JoinHostPort("store.invalid", port))
	if err != nil {
		t.Fatal(err)
	}
	if got := conn.RemoteAddr().String(); got != listener.Addr().String() {
		t.Errorf("connected to %s", got)
	}
	conn.Close()
	if _, err := names.Dial(ctx, "tcp", "no port"); err == nil {
		t.Error("an address without a port was dialed")
	}
	if got := names.Of("other"); len(got) != 1 || got[0] != "other" {
		t.Errorf("a name that was not looked up is %v", got)
	}
}

// TestLookUp: one host that is not found is no reason to know none.
func TestLookUp(t *testing.T) {
	names, err := LookUp(context.Background(), "127.0.0.3", "127.0.0.1")
	if err != nil || names.Of("127.0.0.1")[0] != "127.0.0.1" {
		t.Errorf("%v, %v", names, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	names, err = LookUp(ctx, "nobody.invalid", "127.0.0.1")
	if err == nil || len(names.Of("127.0.0.1")) != 1 {
		t.Errorf("%v, %v", names, err)
	}
}
