package jet

import (
	"errors"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
)

// denied are the permissions that were found to be missing, each said once.
type denied struct {
	mutex sync.Mutex
	said  map[string]bool
}

// mostDenied bounds them.
const mostDenied = 64

// first reports whether a permission is missed for the first time.
func (d *denied) first(permission string) bool {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.said[permission] || len(d.said) == mostDenied {
		return false
	}
	if d.said == nil {
		d.said = make(map[string]bool)
	}
	d.said[permission] = true
	return true
}

// forbidden says which permission is missing: the server only tells the connection, and
// what waits for an answer waits in vain until the user has it.
func (b *Bus) forbidden(err error) {
	if !errors.Is(err, nats.ErrPermissionViolation) {
		return
	}
	may := "publish to "
	_, rest, found := strings.Cut(err.Error(), "for Publish to ")
	if !found {
		may = "subscribe to "
		_, rest, _ = strings.Cut(err.Error(), "for Subscription to ")
	}
	subject := family(strings.Trim(rest, `"`))
	if b.denied.first(may + subject) {
		b.options.Notify("the bus does not let this user " + may + subject + ": give it that permission (docs/many-hosts.md has all that it needs); it is tried again")
	}
}

// family is what a permission for a subject is written as: names that are made anew each
// time are any.
func family(subject string) string {
	tokens := strings.Split(strings.Fields(subject + " ")[0], ".")
	for i, token := range tokens {
		switch {
		case token == "_INBOX":
			return "_INBOX.>"
		case i == 5 && tokens[1] == "API" && tokens[2] == "CONSUMER" && tokens[3] != "MSG", i == 6 && tokens[1] == "API" && tokens[3] == "MSG":
			return strings.Join(tokens[:i], ".") + ".>"
		case i == 5 && tokens[1] == "API" && tokens[2] == "DIRECT", i == 2 && tokens[0] == "$KV":
			return strings.Join(tokens[:i], ".") + ".>"
		case i == 2 && tokens[1] == "FC":
			return "$JS.FC.>"
		}
	}
	return strings.Trim(strings.Join(tokens, "."), `"`)
}
