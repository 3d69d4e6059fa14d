package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"simplecap/analyze"
)

// busFlags say which bus, and how to get at it.
type busFlags struct {
	servers              []string
	creds, ca, cert, key string
	replicas             int
}

func (f *busFlags) register(set *pflag.FlagSet) {
	set.StringVar(&f.creds, "nats-creds", "", "the bus knows this host by the credentials in `FILE`")
	set.StringVar(&f.ca, "nats-ca", "", "the servers of the bus are vouched for by the certificates in `FILE` (default those of the system)")
	set.StringVar(&f.cert, "nats-cert", "", "show the servers the client certificate in `FILE`")
	set.StringVar(&f.key, "nats-key", "", "whose key is in `FILE`")
	set.IntVar(&f.replicas, "nats-replicas", 1, "where the stream is not there yet, have the servers of the bus keep it `N` times")
}

// check finds what is wrong with the flags.
func (f *busFlags) check(flag string) error {
	for _, server := range f.servers {
		u, err := url.Parse(server)
		if err != nil || u.Host == "" || u.Scheme != "nats" && u.Scheme != "tls" {
			return fmt.Errorf("%s %q: want nats://HOST:4222 or tls://HOST:4222", flag, server)
		}
	}
	if (f.cert == "") != (f.key == "") {
		return errors.New("--nats-cert and --nats-key belong together")
	}
	if f.replicas < 1 || f.replicas > 5 {
		return fmt.Errorf("--nats-replicas %d: want 1 to 5", f.replicas)
	}
	return nil
}

// natsPort is that of a server whose URL names none.
const natsPort = 4222

// ports are those that servers listen at.
func (f *busFlags) ports() (ports []uint16) {
	for _, server := range f.servers {
		if u, err := url.Parse(server); err == nil {
			n, err := strconv.ParseUint(u.Port(), 10, 16)
			if err != nil {
				n = natsPort
			}
			ports = append(ports, uint16(n))
		}
	}
	return ports
}

// publishFlags are those about the bus of read and live.
type publishFlags struct {
	bus   busFlags
	agent string
	spool string
	rate  size // of evidence, 0 for none

	dir  string // of the spool, "" for memory
	size size
}

// defaultSpool is how much a directory may hold where no size is named with it.
const defaultSpool = size(1 << 30)

func (f *publishFlags) register(set *pflag.FlagSet) {
	set.StringSliceVar(&f.bus.servers, "publish", nil, "publish what this host sees for simplecap collect, at `URL,...` such as nats://bus:4222 (simplecap-full)")
	set.StringVar(&f.agent, "agent", "", "with --publish, call this host `NAME` (default its host name)")
	set.StringVar(&f.spool, "spool", "", "with --publish, keep what the bus has not taken in a directory, as `DIR,SIZE` (default 64 MiB in memory; 1GiB where SIZE is left out)")
	set.Var(&f.rate, "publish-evidence", "with --publish, publish the packets of failing deliveries too, at most `SIZE` a second such as 64KiB, with texts hidden and names as --redact says")
	set.Lookup("publish-evidence").DefValue = "0"
	f.bus.register(set)
}

// dirAndSize reads DIR,SIZE.
func dirAndSize(text string) (dir string, bytes int64, err error) {
	bound := defaultSpool
	dir, given, sized := strings.Cut(text, ",")
	switch {
	case dir == "":
		err = errors.New("want DIR,SIZE such as /var/spool/simplecap,1GiB")
	case sized:
		err = bound.Set(given)
	}
	return dir, int64(bound), err
}

// on reports whether anything is to be published.
func (f *publishFlags) on() bool { return len(f.bus.servers) > 0 }

// check finds what is wrong with the flags.
func (f *publishFlags) check() error {
	if !f.on() {
		if f.spool != "" || f.agent != "" || f.rate > 0 {
			return errors.New("--spool, --agent and --publish-evidence need --publish")
		}
		return nil
	}
	if f.agent == "" {
		f.agent, _ = os.Hostname()
	}
	if f.agent == "" || strings.ContainsAny(f.agent, " \t\r\n") || len(f.agent) > 128 {
		return fmt.Errorf("--agent %q: want a name without spaces", f.agent)
	}
	if f.spool != "" {
		dir, bytes, err := dirAndSize(f.spool)
		if err != nil {
			return fmt.Errorf("--spool %q: %w", f.spool, err)
		}
		f.dir, f.size = dir, size(bytes)
	}
	return f.bus.check("--publish")
}

// publishing is a run whose legs go to the bus. A nil one publishes nothing.
type publishing struct {
	legs   analyze.LegHandler
	pieces pieces       // nil without --publish-evidence
	stop   func() error // publishes what is left
}

// pieces take the packets of failing deliveries.
type pieces interface {
	// Room reports whether packets may be published at a time of the capture.
	Room(now int64) bool
	// Most is how many bytes of pcapng a Put takes.
	Most() int
	// Put publishes the packets of one delivery, as pcapng.
	Put(verdict string, pcapng []byte)
}

// close publishes what is left, and says what could not be.
func (p *publishing) close() error {
	if p == nil {
		return nil
	}
	return p.stop()
}

// onto has the run publish.
func (p *publishing) onto(options *analyze.Options) {
	if p != nil {
		options.Legs = p.legs
	}
}

// writable are the directories that publishing writes to.
func (f *publishFlags) writable() []string {
	if f.dir == "" {
		return nil
	}
	return []string{f.dir}
}
