package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"simplecap/decode"
	"simplecap/decode/esp"
	"simplecap/decode/tls"
	"simplecap/report"
)

// keyFlags name the files with keys for TLS and IPsec.
type keyFlags struct {
	logs    []string
	tlsKeys []string
	espKeys []string

	open []*keyLogFile
	live bool // the capture does not end before the key logs do
}

func (k *keyFlags) register(set *pflag.FlagSet) {
	set.StringArrayVar(&k.logs, "keylog", nil, "read TLS with the secrets in `FILE`, a key log as SSLKEYLOGFILE makes it; may be repeated, is followed as it grows")
	set.StringArrayVar(&k.tlsKeys, "tls-key", nil, "read TLS with RSA key exchange with the server's private key in `FILE`, in PEM form")
	set.StringArrayVar(&k.espKeys, "esp-keys", nil, "read IPsec with the keys in `FILE`, lines of Wireshark's esp_sa table or the output of ip xfrm state")
}

// maxKeyFile bounds what is read of a file that is no key log.
const maxKeyFile = 16 << 20

// load reads the files, all but key logs, which it opens, so that they can be followed
// when the command has given up its rights.
func (k *keyFlags) load() (keys decode.Keys, err error) {
	for _, name := range k.tlsKeys {
		data, err := readKeyFile("--tls-key", name)
		if err != nil {
			return keys, err
		}
		if _, err := tls.NewSecrets(tls.Limits{}).AddPEM(data); err != nil {
			return keys, fmt.Errorf("--tls-key %q: %w", name, err)
		}
		keys.TLS = append(keys.TLS, data)
	}
	for _, name := range k.espKeys {
		data, err := readKeyFile("--esp-keys", name)
		if err != nil {
			return keys, err
		}
		if all, err := esp.ParseKeys(data); len(all) == 0 {
			return keys, fmt.Errorf("--esp-keys %q: %w", name, err)
		} else if err != nil {
			fmt.Fprintf(os.Stderr, "simplecap: --esp-keys %q: %v\n", name, err)
		}
		keys.ESP = append(keys.ESP, data)
	}
	for _, name := range k.logs {
		f, err := openKeyLog(name)
		if err != nil {
			return keys, err
		}
		k.open = append(k.open, f)
		keys.Logs = append(keys.Logs, f.log)
	}
	return keys, nil
}

func readKeyFile(flag, name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", flag, err)
	case len(data) > maxKeyFile:
		return nil, fmt.Errorf("%s %q: more than %d bytes", flag, name, maxKeyFile)
	}
	return data, nil
}

// keyLogFile is a key log that may grow.
type keyLogFile struct {
	*os.File
	name string
	log  *tls.Log

	pipe  bool
	ended chan struct{} // closed at the end of a pipe
	lock  sync.Mutex    // of what follows
	read  []byte        // read from a pipe, all of it: it is looked up again
	left  int64         // bytes of it that there was no room for
	came  time.Time     // when something came last
}

// maxPipedLog bounds what is kept of a key log that comes from a pipe.
const maxPipedLog = 64 << 20

func openKeyLog(name string) (*keyLogFile, error) {
	info, err := os.Stat(name)
	if err == nil && info.IsDir() {
		err = &fs.PathError{Op: "open", Path: name, Err: errors.New("is a directory")}
	}
	if err != nil {
		return nil, fmt.Errorf("--keylog: %w", err)
	}
	k := &keyLogFile{name: name, pipe: !info.Mode().IsRegular(), ended: make(chan struct{})}
	k.log = tls.NewLog(k, tls.Limits{})
	if k.pipe {
		go k.follow(name)
		return k, nil
	}
	if k.File, err = os.Open(name); err != nil {
		return nil, fmt.Errorf("--keylog: %w", err)
	}
	return k, nil
}

// follow reads a pipe, whose other end may not be open yet.
func (k *keyLogFile) follow(name string) {
	defer close(k.ended)
	f, err := os.Open(name)
	if err != nil {
		return
	}
	defer f.Close()
	buf := make([]byte, 32<<10)
	for err == nil {
		var n int
		n, err = f.Read(buf)
		k.lock.Lock()
		room := min(n, max(0, maxPipedLog-len(k.read)))
		k.read = append(k.read, buf[:room]...)
		k.left, k.came = k.left+int64(n-room), time.Now()
		k.lock.Unlock()
	}
}

// pipeTime is how long the end of a pipe is waited for when that of the capture has
// come and nothing more comes: who writes to it may be slower.
const pipeTime = 3 * time.Second

func (k *keyLogFile) await() {
	for wait := pipeTime; wait > 0; {
		select {
		case <-k.ended:
			return
		case <-time.After(wait):
		}
		k.lock.Lock()
		wait = pipeTime - time.Since(k.came)
		k.lock.Unlock()
	}
}

// tooMuch says how much of a pipe was left out, "" where nothing was.
func (k *keyLogFile) tooMuch() string {
	k.lock.Lock()
	defer k.lock.Unlock()
	if k.left == 0 {
		return ""
	}
	return fmt.Sprintf("; %d bytes behind the first %d MiB of this pipe were left out: name a file, of which any length is read", k.left, maxPipedLog>>20)
}

// Size implements tls.LogFile.
func (k *keyLogFile) Size() (int64, error) {
	if k.pipe {
		k.lock.Lock()
		defer k.lock.Unlock()
		return int64(len(k.read)), nil
	}
	info, err := k.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// ReadAt implements io.ReaderAt.
func (k *keyLogFile) ReadAt(b []byte, at int64) (int, error) {
	if !k.pipe {
		return k.File.ReadAt(b, at)
	}
	k.lock.Lock()
	defer k.lock.Unlock()
	n := copy(b, k.read[min(at, int64(len(k.read))):])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// keyLogEvery is how often key logs are looked at for more.
const keyLogEvery = 50 * time.Millisecond

// readOn makes what reads on in key logs, nil where there are none.
func (k *keyFlags) readOn() func(final bool) bool {
	if len(k.open) == 0 {
		return nil
	}
	var last time.Time
	return func(final bool) (grown bool) {
		now := time.Now()
		if !final && now.Sub(last) < keyLogEvery {
			return false
		}
		last = now
		for _, l := range k.open {
			if final && l.pipe && !k.live {
				l.await()
			}
			grown = l.log.More(final) || grown
		}
		return grown
	}
}

// tell says what is wrong with key logs, and with everything what was in them. It tells
// nothing of the secrets.
func (k *keyFlags) tell(talk io.Writer, everything bool) {
	for _, l := range k.open {
		stats, what := l.log.Stats(), ""
		switch {
		case l.log.Err() != nil:
			what = withoutPath(l.log.Err()).Error()
		case stats.Lines > 0 && stats.Secrets == 0:
			what = "no TLS secret in " + counted(stats.Lines, "line")
		case stats.Junk > 0:
			what = fmt.Sprintf("%d of %s could not be used", stats.Junk, counted(stats.Lines, "line"))
		case everything:
			what = counted(stats.Secrets, "TLS secret")
		}
		if n := l.log.Evicted(); n > 0 {
			what += fmt.Sprintf("; the first %d connections were forgotten", n)
		}
		if what += l.tooMuch(); what != "" {
			say(talk, fmt.Sprintf("--keylog %s: %s", report.Clean(l.name, 0), strings.TrimPrefix(what, "; ")))
		}
	}
}

func counted(n uint64, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
