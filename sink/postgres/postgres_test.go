package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/sink"
)

// server starts a PostgreSQL of its own, without passwords, and returns its address. It
// skips the test where there is none.
func server(t *testing.T) (address string) {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		t.Skip("there is no PostgreSQL here")
	}
	bin := filepath.Dir(found[len(found)-1])
	dir, err := os.MkdirTemp("", "simplecap-postgres-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	as := owner(t, dir)
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"), "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
	initdb.SysProcAttr, initdb.Dir = as, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Skipf("initdb: %v: %s", err, out)
	}
	port := freePort(t)
	run := exec.Command(filepath.Join(bin, "postgres"), "-D", filepath.Join(dir, "data"), "-k", dir, "-p", port, "-h", "127.0.0.1", "-F")
	run.SysProcAttr, run.Dir = as, dir
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		run.Process.Signal(syscall.SIGINT)
		run.Wait()
	})
	address = "postgres://tester@127.0.0.1:" + port + "/postgres"
	answers(t, address)
	return address
}

// owner gives the directory to a user who is not root, since PostgreSQL does not run as root.
func owner(t *testing.T, dir string) *syscall.SysProcAttr {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		t.Skip("there is no user postgres here, and root may not run the server")
	}
	uid, _ := strconv.Atoi(account.Uid)
	gid, _ := strconv.Atoi(account.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// answers waits until the server does.
func answers(t *testing.T, address string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		conn, err := pgx.Connect(t.Context(), address)
		if err == nil {
			conn.Close(t.Context())
			return
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

func open(t *testing.T, address string) sink.Store {
	t.Helper()
	a, err := sink.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Resolve(t.Context()); err != nil {
		t.Fatal(err)
	}
	store, err := Open(a, sink.NewSchema())
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// ask returns the one number that a query answers.
func ask(t *testing.T, address, query string) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Errorf("%s: %v", query, err)
	}
	return n
}

// TestPostgres wants rows to come whole, and those that come again to replace themselves.
func TestPostgres(t *testing.T) {
	address := server(t)
	var r *result.Report
	for range 2 {
		src, err := capture.Open([]string{"../../testdata/pcaps/fork-parallel.pcap", "../../testdata/pcaps/sms-end-to-end.pcap", "../../testdata/pcaps/proxy-inleg-200-missing.pcap"}, capture.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s := sink.New(sink.Options{Wait: true, Writer: "w"}, sink.Output{Name: "it", Store: open(t, address)})
		if r, err = analyze.Run(t.Context(), src, analyze.Options{PlainTexts: true}, s); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(r); err != nil {
			t.Fatal(err)
		}
		src.Close()
	}
	for query, want := range map[string]uint64{
		"SELECT count(*) FROM simplecap.deliveries":                                                                      r.Summary.Deliveries,
		"SELECT count(*) FROM simplecap.deliveries WHERE failed":                                                         r.Summary.Undelivered,
		"SELECT count(*) FROM simplecap.transactions JOIN simplecap.deliveries USING (delivery_id)":                      r.Summary.Transactions,
		"SELECT sum(transactions)::int FROM simplecap.minutes":                                                           r.Summary.Transactions,
		"SELECT count(*) FROM simplecap.findings":                                                                        uint64(len(r.Findings)),
		"SELECT count(*) FROM simplecap.texts WHERE 'rp-ack' = ANY(receipts) AND kind LIKE 'sms%'":                       3,
		"SELECT count(*) FROM simplecap.transactions WHERE outcome = 'success' AND array_length(response_frames, 1) > 0": r.Summary.Success,
	} {
		if n := ask(t, address, query); uint64(n) != want {
			t.Errorf("%s: %d, want %d", query, n, want)
		}
	}
	versions(t, address)
	older(t, address)
	away(t, address)
}

// one is a batch with one delivery.
func one(id string, version int64) sink.Batch {
	table := sink.NewSchema()[sink.Deliveries]
	row := make(sink.Row, len(table.Columns))
	for c, v := range map[string]any{"delivery_id": id, "version": version, "weight": 1.0, "writer": "w", "verdict": fmt.Sprint("v", version)} {
		row[table.Column(c)] = v
	}
	return sink.Batch{{Table: sink.Deliveries, Row: row}}
}

// versions wants the highest version to stay, in one batch and over several.
func versions(t *testing.T, address string) {
	t.Helper()
	store := open(t, address)
	defer store.Close()
	for _, b := range []sink.Batch{append(one("x", 2), one("x", 1)...), one("x", 1), one("x", 3), one("x", 2)} {
		if err := store.Write(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if n := ask(t, address, "SELECT count(*) FROM simplecap.deliveries WHERE delivery_id = 'x' AND verdict = 'v3'"); n != 1 {
		t.Errorf("%d rows have the latest version", n)
	}
}

// older wants a table that an older version made to get the columns that it lacks.
func older(t *testing.T, address string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), "ALTER TABLE simplecap.deliveries DROP COLUMN unseen"); err != nil {
		t.Fatal(err)
	}
	store := open(t, address)
	defer store.Close()
	if err := store.Write(t.Context(), one("y", 1)); err != nil {
		t.Error(err)
	}
}

// away wants a broken connection to be made again, and what no other try mends to be said
// to be so.
func away(t *testing.T, address string) {
	t.Helper()
	store := open(t, address)
	defer store.Close()
	if err := store.Write(t.Context(), one("z", 1)); err != nil {
		t.Fatal(err)
	}
	ask(t, address, "SELECT count(pg_terminate_backend(pid))::int FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = 'tester'")
	if err := store.Write(t.Context(), one("z", 2)); err == nil || sink.IsPermanent(err) {
		t.Errorf("the connection was cut: %v", err)
	}
	if err := store.Write(t.Context(), one("z", 2)); err != nil {
		t.Errorf("the next try: %v", err)
	}
	stranger := open(t, strings.Replace(address, "/postgres?", "/", 1)+"x")
	if err := stranger.Write(t.Context(), one("z", 3)); !sink.IsPermanent(err) || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("no such database: %v", err)
	}
}

// TestAway wants no server to be an error that another try may mend, without a password in it.
func TestAway(t *testing.T) {
	store := open(t, "postgres://me:secret@127.0.0.1:"+freePort(t)+"/db?sslmode=disable")
	err := store.Write(t.Context(), one("z", 1))
	if err == nil || sink.IsPermanent(err) || strings.Contains(err.Error(), "secret") || errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	a, _ := sink.Parse("postgres://me:secret@127.0.0.1/db?sslmode=sometimes")
	if _, err := Open(a, sink.NewSchema()); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("an option that there is not: %v", err)
	}
}
