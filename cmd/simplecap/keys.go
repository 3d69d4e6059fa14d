package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"simplecap/analyze"
	"simplecap/decode"
	"simplecap/decode/esp"
	"simplecap/decode/tls"
)

// keyFlags name the files with keys for TLS and IPsec.
type keyFlags struct {
	logs    []string
	tlsKeys []string
	espKeys []string

	open []*keyLogFile
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
	file *os.File
	pipe bool

	lock sync.Mutex // of what follows, for pipes
	read []byte     // read from a pipe, all of it: further runs need it again
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
	k := &keyLogFile{pipe: !info.Mode().IsRegular()}
	if k.pipe {
		go k.follow(name)
		return k, nil
	}
	if k.file, err = os.Open(name); err != nil {
		return nil, fmt.Errorf("--keylog: %w", err)
	}
	return k, nil
}

// follow reads a pipe, whose other end may not be open yet.
func (k *keyLogFile) follow(name string) {
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
		if len(k.read)+n <= maxPipedLog {
			k.read = append(k.read, buf[:n]...)
		}
		k.lock.Unlock()
	}
}

// keyLogReader is one run's place in a key log.
type keyLogReader struct {
	log    *keyLogFile
	offset int64
}

// more hands on what has come since the last call. A file that has become shorter was
// begun anew.
func (r *keyLogReader) more(buf []byte, take func([]byte)) {
	if r.log.pipe {
		r.log.lock.Lock()
		defer r.log.lock.Unlock()
		take(r.log.read[r.offset:])
		r.offset = int64(len(r.log.read))
		return
	}
	if info, err := r.log.file.Stat(); err == nil && info.Size() < r.offset {
		take([]byte("\n"))
		r.offset = 0
	}
	for {
		n, err := r.log.file.ReadAt(buf, r.offset)
		take(buf[:n])
		if r.offset += int64(n); err != nil || n == 0 {
			return
		}
	}
}

// keyLogEvery is how often key logs are looked at for more.
const keyLogEvery = 50 * time.Millisecond

// keyLog makes what a run asks for the contents of key logs, nil for none.
func (k *keyFlags) keyLog() func() analyze.KeyLog {
	if len(k.open) == 0 {
		return nil
	}
	return func() analyze.KeyLog {
		readers := make([]keyLogReader, len(k.open))
		for i := range readers {
			readers[i].log = k.open[i]
		}
		var last time.Time
		buf := make([]byte, 64<<10)
		return func(take func([]byte), final bool) {
			now := time.Now()
			if !final && now.Sub(last) < keyLogEvery {
				return
			}
			last = now
			for i := range readers {
				readers[i].more(buf, take)
			}
		}
	}
}
