package sink

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"simplecap/internal/dial"
)

// Address is where a store is and what it is asked for, as users write it:
// SCHEME:NAME or SCHEME://HOST/..., with ?OPTION=VALUE&... behind it.
type Address struct {
	Scheme string        // parquet, ndjson, postgres, clickhouse+http, ...
	Name   string        // of a file or directory; "" where there is a URL
	URL    *url.URL      // without the options that are ours and without the part of the scheme before "+"; nil where there is a Name
	Sample float64       // share of successes, 0 where it was not asked for
	Every  time.Duration // 0 where it was not asked for
	Query  url.Values    // the options that are left for the store

	names dial.Names // of the host
}

// Parse reads an address.
func Parse(text string) (*Address, error) {
	scheme, rest, ok := strings.Cut(text, ":")
	if !ok || scheme == "" || rest == "" {
		return nil, errors.New("want a store such as ndjson:FILE or clickhouse+http://HOST:8123")
	}
	rest, query, _ := strings.Cut(rest, "?")
	a := &Address{Scheme: scheme, Query: optionsOf(query)}
	var err error
	if strings.HasPrefix(rest, "//") {
		err = a.parseURL(rest)
	} else {
		a.Name = rest
	}
	if err == nil {
		err = a.takeOptions()
	}
	return a, err
}

// optionsOf reads options. A percent sign that escapes nothing stands for itself, as in
// sample=1%.
func optionsOf(query string) url.Values {
	values := make(url.Values)
	for _, option := range strings.Split(query, "&") {
		name, value, _ := strings.Cut(option, "=")
		if plain, err := url.QueryUnescape(value); err == nil {
			value = plain
		}
		if name != "" {
			values.Add(name, value)
		}
	}
	return values
}

func (a *Address) parseURL(rest string) error {
	_, over, ok := strings.Cut(a.Scheme, "+")
	if !ok {
		over = a.Scheme
	}
	u, err := url.Parse(over + ":" + rest)
	if err != nil {
		return errors.New("it is no URL") // the error would quote the password
	}
	if u.Hostname() == "" && a.Scheme != "postgres" {
		return errors.New("want a host behind //")
	}
	a.URL = u
	return nil
}

// takeOptions reads the options that all stores have.
func (a *Address) takeOptions() (err error) {
	if text := a.Take("sample"); text != "" {
		if a.Sample, err = parseShare(text); err != nil {
			return err
		}
	}
	if text := a.Take("every"); text != "" {
		if a.Every, err = time.ParseDuration(text); err != nil || a.Every < time.Second {
			return fmt.Errorf("every=%s: want a duration of a second or more, such as 5m", text)
		}
	}
	return nil
}

// Take returns the value of an option, "" where it is not given, and takes it out.
func (a *Address) Take(option string) string {
	value := a.Query.Get(option)
	a.Query.Del(option)
	return value
}

// NoMore is an error if an option is left that nobody took.
func (a *Address) NoMore() error {
	for option := range a.Query {
		return fmt.Errorf("%s has no option %q", a.Scheme, option)
	}
	return nil
}

// String is the address without its password and options.
func (a *Address) String() string {
	if a.URL == nil {
		return a.Scheme + ":" + a.Name
	}
	u := *a.URL
	u.RawQuery = ""
	before, _, ok := strings.Cut(a.Scheme, "+")
	if !ok {
		return u.Redacted()
	}
	return before + "+" + u.Redacted()
}

// parseShare reads 1%, 0.01 or 1/100.
func parseShare(text string) (float64, error) {
	share, err := 0.0, error(nil)
	if percent, ok := strings.CutSuffix(text, "%"); ok {
		share, err = strconv.ParseFloat(percent, 64)
		share /= 100
	} else if over, under, ok := strings.Cut(text, "/"); ok {
		a, errA := strconv.ParseFloat(over, 64)
		b, errB := strconv.ParseFloat(under, 64)
		share, err = a/b, errors.Join(errA, errB)
	} else {
		share, err = strconv.ParseFloat(text, 64)
	}
	if err != nil || !(share > 0 && share <= 1) {
		return 0, fmt.Errorf("sample=%s: want the share of successes to keep, such as 1%%", text)
	}
	return share, nil
}
