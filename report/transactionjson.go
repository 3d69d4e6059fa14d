package report

import (
	"strconv"
	"strings"

	"simplecap/analyze/result"
	"simplecap/decode"
)

// The fields of a transaction, of a report and live. They are not changed.
var (
	transactionFields     = keyedOnce(result.Fields, false)
	liveTransactionFields = keyedOnce(result.Fields, true)
)

// transaction appends the fields of one transaction. What the capture does not
// show is left out.
func (o *object) transaction(t *result.Transaction, live bool) {
	fields := transactionFields()
	if live {
		fields = liveTransactionFields()
	}
	for i := range fields {
		writeField(o, &fields[i], t)
	}
}

// appendEndpoint appends an address and port as plain writes them, without making a
// string.
func appendEndpoint(b []byte, e decode.Endpoint) []byte {
	b = e.AddrPort().Addr().AppendTo(append(b, '"'))
	b = strconv.AppendUint(append(b, ':'), uint64(e.Port), 10)
	return append(b, '"')
}

// plain writes an IPv6 address and port as scripts that compare reports expect
// them: without brackets, the port behind the last colon.
func plain(address string) string {
	if !strings.HasPrefix(address, "[") {
		return address
	}
	return strings.Replace(address[1:], "]", "", 1)
}
