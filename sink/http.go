package sink

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"simplecap/internal/dial"
)

// ports are those of addresses without one.
var ports = map[string]string{"http": "80", "https": "443", "clickhouse+http": "8123", "clickhouse+https": "8443", "otlp+http": "4318", "otlp+https": "4318", "postgres": "5432"}

// Port is the TCP port of a store in the network, "" of others.
func (a *Address) Port() string {
	if a.URL == nil {
		return ""
	}
	if port := a.URL.Port(); port != "" {
		return port
	}
	return ports[a.Scheme]
}

// Resolve looks the host up, once: when a connection has to be made again, the process may
// not be able to. Root certificates are read too.
func (a *Address) Resolve(ctx context.Context) (err error) {
	if a.URL == nil || a.URL.Hostname() == "" {
		return nil
	}
	_, _ = x509.SystemCertPool()
	a.names, err = dial.LookUp(ctx, a.URL.Hostname())
	return err
}

// Lookup returns what Resolve found.
func (a *Address) Lookup(_ context.Context, host string) ([]string, error) {
	return a.names.Of(host), nil
}

// dial connects to one of the addresses that Resolve found.
func (a *Address) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	return a.names.Dial(ctx, network, net.JoinHostPort(a.URL.Hostname(), a.Port()))
}

// poster sends requests to one server.
type poster struct {
	client  *http.Client
	url     string
	headers http.Header
	gzip    *gzip.Writer // reused
	buffer  bytes.Buffer
}

// requestTime is how long a server may take for a batch.
const requestTime = time.Minute

func newPoster(a *Address, path string) *poster {
	u := *a.URL
	u.User = nil
	if u.Path = strings.TrimSuffix(u.Path, "/"); path != "" {
		u.Path += path
	}
	transport := &http.Transport{DialContext: a.dial, MaxIdleConns: 2, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true}
	p := &poster{client: &http.Client{Transport: transport, Timeout: requestTime, CheckRedirect: stay}, url: u.String(), headers: make(http.Header)}
	p.headers.Set("User-Agent", "simplecap")
	p.gzip = gzip.NewWriter(&p.buffer)
	return p
}

// stay follows no redirection: rows go where the user said.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// compress returns body as gzip. It is valid until the next call.
func (p *poster) compress(body []byte) ([]byte, error) {
	p.buffer.Reset()
	p.gzip.Reset(&p.buffer)
	if _, err := p.gzip.Write(body); err != nil {
		return nil, err
	}
	err := p.gzip.Close()
	return p.buffer.Bytes(), err
}

// post sends a body and returns the beginning of the answer. What the server says of a
// wrong request is a permanent error.
func (p *poster) post(ctx context.Context, to string, body []byte, headers map[string]string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return nil, Permanent(err)
	}
	request.Header = p.headers.Clone()
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	response, err := p.client.Do(request)
	if err != nil {
		return nil, withoutURL(err)
	}
	defer response.Body.Close()
	said, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err == nil && response.StatusCode/100 != 2 {
		err = statusError(response.StatusCode, said)
	}
	return said, err
}

// withoutURL is the cause of an error, which would be said with the whole address.
func withoutURL(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

// statusError is an answer that is no success.
func statusError(status int, said []byte) error {
	line, _, _ := strings.Cut(strings.TrimSpace(string(said)), "\n")
	err := fmt.Errorf("it answers %d %s %s", status, http.StatusText(status), Clean(line, 300))
	if status/100 == 4 && status != http.StatusRequestTimeout && status != http.StatusTooManyRequests || status/100 == 3 {
		return Permanent(err)
	}
	return err
}
