package analyze

import (
	"strconv"

	"simplecap/analyze/result"
	"simplecap/decode/sip"
)

// authRules are about challenges and credentials, message by message.
var authRules = []Rule{
	{
		ID:        "challenge-missing",
		Title:     "401 or 407 without a challenge",
		Doc:       "A 401 asks for credentials in WWW-Authenticate, a 407 in Proxy-Authenticate. Without it the client knows neither realm nor nonce: it cannot answer, and the MESSAGE is not delivered. Correct the server.",
		Reference: "RFC 3261 21.4.2, 22.2 and 22.3", Words: "the WWW-Authenticate response-header field MUST be included in 401 (Unauthorized) response messages", Severity: result.Error, Since: "0.2",
		Trap:     "a header field that the snapshot length cut away; a 401 whose challenge is in the other of the two header fields still lacks its own",
		Scope:    EachMessage,
		Kind:     sip.Response,
		EndToEnd: true,
		Check: func(x *Exchange) bool {
			challenge, status := challengeOf(x.Message.Status)
			return status && x.lacks(challenge)
		},
		Say: func(x *Exchange) string {
			name := "WWW-Authenticate"
			if x.Message.Status == 407 {
				name = "Proxy-Authenticate"
			}
			return "answers a MESSAGE with " + strconv.Itoa(x.Message.Status) + " without " + name + ": the client cannot answer it"
		},
	},
}

// challengeOf returns the header field that a response of the status challenges with.
func challengeOf(status int) (field sip.HeaderID, is bool) {
	switch status {
	case 401:
		return sip.HeaderWWWAuthenticate, true
	case 407:
		return sip.HeaderProxyAuthenticate, true
	}
	return 0, false
}
