package shared

import (
	"bufio"
	_ "embed"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

//go:embed clickhouse.cjs
var clickhouseScript []byte

// ClickHouse is a server that speaks as ClickHouse does, with its engine from npm. It ends
// with the test.
type ClickHouse struct {
	t       testing.TB
	Address string // HOST:PORT
}

// StartClickHouse starts one, and skips the test where there is no engine.
func StartClickHouse(t testing.TB) *ClickHouse {
	t.Helper()
	modules, dir := NodeModules(t, "chdb"), t.TempDir()
	script := filepath.Join(dir, "clickhouse.cjs")
	if err := os.WriteFile(script, clickhouseScript, 0o600); err != nil {
		t.Fatal(err)
	}
	server := exec.Command("node", script, modules, dir)
	server.Stderr = os.Stderr
	input, err := server.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		input.Close() // its end
		server.Wait()
	})
	port, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal("no ClickHouse: ", err)
	}
	return &ClickHouse{t, "127.0.0.1:" + strings.TrimSpace(port)}
}

// Query returns the answer to a statement in a format such as TabSeparated or JSONCompact.
func (c *ClickHouse) Query(statement, database, format string) (string, error) {
	c.t.Helper()
	target := url.URL{Scheme: "http", Host: c.Address, Path: "/"}
	if database != "" {
		target.RawQuery = url.Values{"database": {database}}.Encode()
	}
	request, err := http.NewRequest(http.MethodPost, target.String(), strings.NewReader(statement))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("X-ClickHouse-Format", format)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		return "", &Refused{string(answer)}
	}
	return strings.TrimSpace(string(answer)), nil
}

// Refused is what the engine has against a statement.
type Refused struct{ Reason string }

// Error implements error.
func (r *Refused) Error() string { return r.Reason }
