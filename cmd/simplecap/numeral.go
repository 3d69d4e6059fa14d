package main

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/spf13/pflag"
)

// numeral is a number from 1 as a flag, as the tables print it: 8401 or 8,401. 0
// is none.
type numeral uint64

var _ pflag.Value = (*numeral)(nil)

// grouped is a number with a comma before each three digits.
var grouped = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]{1,3}(,[0-9]{3})+$`) })

func (n *numeral) Set(text string) error {
	if grouped().MatchString(text) {
		text = strings.ReplaceAll(text, ",", "")
	}
	v, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return errors.New("want a number such as 17 or 8,401")
	}
	*n = numeral(v)
	return nil
}

func (n *numeral) String() string {
	if *n == 0 {
		return ""
	}
	return strconv.FormatUint(uint64(*n), 10)
}

// Type is the placeholder of the value in help texts.
func (n *numeral) Type() string { return "number" }
