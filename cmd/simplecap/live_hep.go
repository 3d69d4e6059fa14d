package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"simplecap/capture/live"
	"simplecap/decode"
	"simplecap/hep"
)

// hepFlags say from whom live takes HEP, and to whom it sends.
type hepFlags struct {
	take   bool
	listen []string
	send   string
	key    string
	id     uint32
	node   string

	secret []byte // the key itself
}

// defaultHEPID is the capture id under which collectors see simplecap.
const defaultHEPID = 3428

func (f *hepFlags) register(set *pflag.FlagSet) {
	set.BoolVar(&f.take, "hep", false, "read HEP that passes the interfaces, too: anybody who can send a packet there can report a message")
	set.StringArrayVar(&f.listen, "hep-listen", nil, "take HEP from capture agents at `ADDRESS`, such as udp://0.0.0.0:9060 or tcp://:9060, which may be given several times; without a host on the loopback, and without -i instead of interfaces")
	set.StringVar(&f.send, "hep-send", "", "send the messages of MESSAGE exchanges to the HEP collector at `ADDRESS`, such as udp://homer:9060")
	set.StringVar(&f.key, "hep-key", "", "take HEP that has the authentication key `KEY` only, and send it; @FILE reads it from a file")
	set.Uint32Var(&f.id, "hep-id", defaultHEPID, "send HEP under the capture id `N`")
	set.StringVar(&f.node, "hep-node", "", "send HEP under the node name `NAME`")
}

// check finds what is wrong with the flags, and reads the key.
func (f *hepFlags) check() error {
	for _, address := range f.listen {
		if _, _, err := hep.ParseAddress(address); err != nil {
			return fmt.Errorf("--hep-listen %w", err)
		}
	}
	if f.send != "" {
		if _, _, err := hep.ParseAddress(f.send); err != nil {
			return fmt.Errorf("--hep-send %w", err)
		}
	}
	if f.send == "" && len(f.listen) == 0 && !f.take && f.key != "" {
		return errors.New("--hep-key needs --hep, --hep-listen or --hep-send")
	}
	if f.send == "" && (f.node != "" || f.id != defaultHEPID) {
		return errors.New("--hep-id and --hep-node need --hep-send")
	}
	return f.readKey()
}

func (f *hepFlags) readKey() error {
	f.secret = []byte(f.key)
	if name, isFile := strings.CutPrefix(f.key, "@"); isFile {
		text, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("--hep-key: read %s: %w", name, withoutPath(err))
		}
		if f.secret = bytes.TrimRight(text, "\r\n"); len(f.secret) == 0 {
			return fmt.Errorf("--hep-key: %s holds no key", name)
		}
	}
	return nil
}

// openHEP begins to listen for HEP; the source is nil where that was not asked for.
func (c *liveCommand) openHEP() (*live.HEP, error) {
	if len(c.hep.listen) == 0 {
		return nil, nil
	}
	reports, err := live.ListenHEP(live.HEPOptions{Addresses: c.hep.listen, Key: c.hep.secret, Notify: func(line string) { say(c.err, line) }})
	if err != nil {
		return nil, usage(err, "")
	}
	if err := c.hep.loops(reports); err != nil {
		reports.Close()
		return nil, usage(err, "")
	}
	return reports, nil
}

// trust says which HEP is read.
func (f *hepFlags) trust() decode.HEPTrust {
	t := decode.HEPTrust{ListenedOnly: !f.take}
	if f.take || len(f.listen) > 0 {
		t.Key = f.secret
	}
	return t
}

// loops fails where what is sent would come back in at an address that listens.
func (f *hepFlags) loops(reports *live.HEP) error {
	if f.send == "" {
		return nil
	}
	network, address, _ := hep.ParseAddress(f.send) // check has been passed
	to, err := net.ResolveTCPAddr(hep.TCP, address) // the same for UDP
	if err != nil {
		return fmt.Errorf("--hep-send %s: %w", f.send, err)
	}
	for name := range strings.SplitSeq(reports.Inputs()[0].Name, ",") {
		listens, text, _ := strings.Cut(name, "://")
		at, err := netip.ParseAddrPort(text)
		if err == nil && listens == network && int(at.Port()) == to.Port && isHere(to.AddrPort().Addr(), at.Addr()) {
			return fmt.Errorf("--hep-send %s: that is where --hep-listen listens", f.send)
		}
	}
	return nil
}

// isHere reports whether packets to an address come to a socket that is bound to
// another one, which may stand for all addresses of this host.
func isHere(to, bound netip.Addr) bool {
	to, bound = to.Unmap(), bound.Unmap()
	if !bound.IsUnspecified() {
		return to == bound
	}
	if to.IsLoopback() || to.IsUnspecified() {
		return true
	}
	interfaces, _ := live.Interfaces()
	return slices.ContainsFunc(interfaces, func(i live.Interface) bool {
		return slices.ContainsFunc(i.Addresses, func(p netip.Prefix) bool { return p.Addr() == to })
	})
}
