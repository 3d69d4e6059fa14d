package main

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"simplecap/capture"
	"simplecap/capture/live"
)

// liveFilter are the flags that say which packets the kernel lets through.
type liveFilter struct {
	expression         string
	hosts              []string
	udpPorts, tcpPorts []uint
	print              int
}

func (f *liveFilter) register(set *pflag.FlagSet) {
	set.StringVarP(&f.expression, "filter", "f", "", "let through what matches `EXPRESSION` too; the same as trailing words")
	set.StringArrayVar(&f.hosts, "host", nil, "let through packets from or to `ADDRESS`, which may be given several times")
	set.UintSliceVar(&f.udpPorts, "udp-port", nil, "let through UDP from or to `PORT,...`")
	set.UintSliceVar(&f.tcpPorts, "tcp-port", nil, "let through TCP from or to `PORT,...`")
	set.Lookup("udp-port").DefValue, set.Lookup("tcp-port").DefValue = "", ""
	set.CountVarP(&f.print, "print-filter", "d", "print the kernel's filter program and end; -dd as C, -ddd as numbers")
}

// check takes the trailing words in and finds what is wrong.
func (f *liveFilter) check(words []string) error {
	if len(words) > 0 {
		if f.expression != "" {
			return errors.New("a filter expression is given twice: as -f and as trailing words")
		}
		f.expression = strings.Join(words, " ")
	}
	if strings.ContainsRune(f.expression, 0) {
		return errors.New("the filter expression holds a NUL")
	}
	for _, h := range f.hosts {
		if _, err := netip.ParseAddr(h); err != nil {
			return fmt.Errorf("--host %q: want an IP address; names are not looked up", h)
		}
	}
	for _, p := range slices.Concat(f.udpPorts, f.tcpPorts) {
		if p == 0 || p > math.MaxUint16 {
			return fmt.Errorf("port %d: want one from 1 to 65535", p)
		}
	}
	return nil
}

// sip makes the filter; check has been passed.
func (f *liveFilter) sip() *live.SIPFilter {
	filter := &live.SIPFilter{UDPPorts: ports(f.udpPorts), TCPPorts: ports(f.tcpPorts)}
	for _, h := range f.hosts {
		filter.Hosts = append(filter.Hosts, netip.MustParseAddr(h))
	}
	if f.expression != "" {
		filter.Expression = live.Tcpdump(f.expression)
	}
	return filter
}

// narrows reports whether less is let through than all that can be SIP.
func (f *liveFilter) narrows() bool {
	return f.expression != "" || len(f.hosts)+len(f.udpPorts)+len(f.tcpPorts) > 0
}

func ports(list []uint) (ports []uint16) {
	for _, p := range list {
		ports = append(ports, uint16(p))
	}
	return ports
}

// warnings say what an expression does not let through although one might think so.
func (f *liveFilter) warnings() (lines []string) {
	words := strings.FieldsFunc(f.expression, func(r rune) bool { return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789", r) })
	if slices.Contains(words, "vlan") {
		lines = append(lines, "the word vlan rarely matches: Linux takes the tags of packets out before the filter sees them; leave it out")
	} else if f.expression != "" {
		lines = append(lines, "the filter expression does not match packets that leave with a VLAN tag in them, nor what is inside tunnels; "+
			"later fragments pass it")
	}
	if len(f.udpPorts)+len(f.tcpPorts) > 0 && (len(f.udpPorts) == 0 || len(f.tcpPorts) == 0) {
		protocol := "UDP"
		if len(f.udpPorts) > 0 {
			protocol = "TCP"
		}
		lines = append(lines, "ports of one protocol only: no "+protocol+" is captured")
	}
	return lines
}

// printFilter prints the program, without capturing and without the right to.
func (c *liveCommand) printFilter() error {
	link := capture.LinkSLL2
	if len(c.interfaces) == 1 && c.interfaces[0] != live.AnyInterface {
		list, err := live.Interfaces()
		if err != nil {
			return usage(err, "")
		}
		for _, i := range list {
			if i.Name == c.interfaces[0] {
				link = i.Link
			}
		}
	}
	program, err := c.filter.sip().Program(link)
	if err != nil {
		return usage(err, "")
	}
	if err := live.PrintProgram(c.out, program, live.ProgramFormat(min(c.filter.print, 3))); err != nil {
		return written(err)
	}
	return nil
}
