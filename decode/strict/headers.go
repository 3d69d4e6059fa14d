package strict

import (
	"hash/maphash"
	"maps"
	"strings"

	sipgo "github.com/emiago/sipgo/sip"
)

// headerParsers returns sipgo's parsers of header fields, where those that many
// messages have word for word remember what they made of them. Equal text gives
// equal results, so that nothing else changes. The message of BenchmarkParser takes
// 26 allocations instead of 32.
func headerParsers() map[string]sipgo.HeaderParser {
	parsers := maps.Clone(sipgo.DefaultHeadersParser())
	for _, names := range [][]string{{"cseq"}, {"max-forwards"}, {"content-length", "l"}, {"content-type", "c"}} {
		one := remembering(parsers[names[0]])
		for _, name := range names {
			parsers[name] = one
		}
	}
	for _, name := range []string{"User-Agent", "Server"} { // sipgo has no parsers for them
		parsers[strings.ToLower(name)] = remembering(func(_ []byte, value string) (sipgo.Header, error) {
			return sipgo.NewHeader(name, value), nil
		})
	}
	return parsers
}

// Bounds of what a parser of header fields remembers.
const (
	rememberedValues = 64 // a power of two
	rememberedBytes  = 64 // of one value
)

// remembering is parse, and returns again what it returned for the same value.
func remembering(parse sipgo.HeaderParser) sipgo.HeaderParser {
	seed := maphash.MakeSeed()
	var recent [rememberedValues]struct {
		value  string
		header sipgo.Header
	}
	return func(name []byte, value string) (sipgo.Header, error) {
		n := len(value)
		if n == 0 || n > rememberedBytes {
			return parse(name, value)
		}
		slot := &recent[maphash.String(seed, value)%rememberedValues]
		if slot.header != nil && slot.value == value {
			return slot.header, nil
		}
		value = strings.Clone(value) // of bytes that are another message's next
		header, err := parse(name, value)
		if err == nil {
			slot.value, slot.header = value, header
		}
		return header, err
	}
}
