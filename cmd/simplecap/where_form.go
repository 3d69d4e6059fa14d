package main

import (
	"fmt"
	"net/netip"
	"strings"
)

// formOf says how a field is written whose values are open and have one form, nil for
// others.
func formOf(field string) func(word string) error {
	switch field {
	case "src", "dst", "text_src", "text_dst":
		return func(word string) error { return isEndpoint(field, word) }
	case "src_host", "dst_host":
		return func(word string) error { return isHost(field, word) }
	}
	return nil
}

func isEndpoint(field, word string) error {
	if e, err := netip.ParseAddrPort(word); err == nil && e.String() == word {
		return nil
	} else if err == nil {
		return fmt.Errorf("%s is never %q: did you mean %s?", field, word, e)
	}
	alone := ""
	if !strings.HasPrefix(field, "text_") {
		alone = "; " + field + "_host is the address alone"
	}
	return fmt.Errorf("%s is never %q: it is an address with a port, such as 192.0.2.10:5060 or [2001:db8::10]:5060%s", field, word, alone)
}

func isHost(field, word string) error {
	host, err := netip.ParseAddr(word)
	if err == nil && host.String() == word {
		return nil
	}
	if e, portErr := netip.ParseAddrPort(word); portErr == nil {
		host, err = e.Addr(), nil
	} else if err != nil {
		host, err = netip.ParseAddr(strings.Trim(word, "[]"))
	}
	if err == nil {
		return fmt.Errorf("%s is never %q: did you mean %s?", field, word, host)
	}
	return fmt.Errorf("%s is never %q: it is an address without a port, such as 192.0.2.10 or 2001:db8::10", field, word)
}

// pitfalls are what people write who do not know the language of expressions, as its
// compiler complains of it, and what to write instead.
var pitfalls = []struct{ complaint, hint string }{
	{`unexpected token Operator("=")`, `== compares, as in status == 408`},
	{`bad number syntax`, `a duration is written duration("1s")`},
	{`mismatched types time.Duration`, `a duration is written duration("1s"); rtt_ms and the like are numbers`},
	{`contains (mismatched types []string`, `a list is searched as in '"RULE" in findings', or 'any(findings, # startsWith "408")'`},
	{`expected bool`, `want what is true or false, as in status == 408`},
}

// hintOf says what to write where an expression is wrong.
func hintOf(err error) string {
	for _, p := range pitfalls {
		if strings.Contains(err.Error(), p.complaint) {
			return p.hint
		}
	}
	return namesHint(err)
}
