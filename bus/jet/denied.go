package jet

import (
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

// unreachable says why no server is connected to, each reason once. It is tried again, since
// a bus that is away comes back; who has never been connected is told what to look at.
func (b *Bus) unreachable(err error) {
	if b.reached.Load() || errors.Is(err, nats.ErrNoServers) || !b.denied.first(err.Error()) {
		return
	}
	advice := "is the URL right, and does a server listen there?"
	var unknown x509.UnknownAuthorityError
	switch text := err.Error(); {
	case errors.Is(err, nats.ErrAuthorization) || strings.Contains(strings.ToLower(text), "authorization"):
		advice = "are user and password of the URL, or the credentials, those of the bus?"
	case errors.Is(err, nats.ErrSecureConnWanted) || errors.Is(err, nats.ErrSecureConnRequired):
		advice = "does the bus have TLS? tls:// wants it, nats:// does not"
	case errors.As(err, &unknown):
		advice = "give the certificates that vouch for the bus"
	case strings.Contains(text, "certificate"):
		advice = "does the bus want a client certificate, and is its own for the name in the URL?"
	}
	b.options.Notify(fmt.Sprintf("the bus cannot be reached, which is tried again: %v (%s)", err, advice))
}

// credentials reads a file with the token and the seed of a user, and looks that both are
// there: the server would only refuse.
func credentials(name string) ([]byte, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	_, token := nkeys.ParseDecoratedJWT(content)
	_, seed := nkeys.ParseDecoratedUserNKey(content)
	if err := errors.Join(token, seed); err != nil {
		return nil, fmt.Errorf("%s: no token and seed of a user as nsc writes them", name)
	}
	return content, nil
}

// denied are the permissions that were found to be missing, and the reasons why no server is
// connected to, each said once.
type denied struct {
	mutex sync.Mutex
	said  map[string]bool
}

// mostDenied bounds them.
const mostDenied = 64

// first reports whether something is missed for the first time.
func (d *denied) first(what string) bool {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.said[what] || len(d.said) == mostDenied {
		return false
	}
	if d.said == nil {
		d.said = make(map[string]bool)
	}
	d.said[what] = true
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
		_, rest, found = strings.Cut(err.Error(), "for Subscription to ")
	}
	if !found { // a server that words it otherwise
		may, rest = "do something: ", err.Error()
	}
	subject, _, _ := strings.Cut(strings.TrimPrefix(rest, `"`), `"`)
	if subject = family(subject); b.denied.first(may + subject) {
		b.options.Notify("the bus does not let this user " + may + subject + ": give it that permission (docs/many-hosts.md has all that it needs); it is tried again")
	}
}

// family is what a permission for a subject is written as: names that are made anew each
// time are any.
func family(subject string) string {
	tokens := strings.Split(subject, ".")
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
	return subject
}
