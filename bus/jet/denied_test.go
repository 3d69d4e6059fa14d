package jet

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
)

// What the server says of a missing permission is taken apart however it words it.
func TestForbidden(t *testing.T) {
	for said, want := range map[string]string{
		`Permissions Violation for Publish to "sc.v1.legs.7"`:                                    "publish to sc.v1.legs.7:",
		`Permissions Violation for Subscription to "_INBOX.x.y" using queue "q"`:                 "subscribe to _INBOX.>:",
		`Permissions Violation for Publish to "$JS.API.CONSUMER.CREATE.SIMPLECAP-1.one.sc.v1.x"`: "publish to $JS.API.CONSUMER.CREATE.SIMPLECAP-1.>:",
		`Permissions Violation for Publish to ""`:                                                "publish to :",
		`no`: "do something: ",
	} {
		var line string
		b := &Bus{options: Options{Notify: func(text string) { line = text }}}
		b.forbidden(fmt.Errorf("%w: %s", nats.ErrPermissionViolation, said))
		if !strings.Contains(line, want) {
			t.Errorf("%s: %q, want %q", said, line, want)
		}
	}
}
