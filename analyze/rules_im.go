package analyze

import "simplecap/analyze/result"

// imRules are about CPIM, IMDN and session mode: the ledger of texts finds them.
var imRules = []Rule{cpimSyntax, imdnWithoutID, imdnContentType, imdnOfIMDN, imdnFields, imdnRepeated, imdnContradicts, imdnNegativeAfterFailure, imdnOrphan, imdnMissing, sessionMode, imdnAnonymous, imdnFromIntermediary, imdnIDReused}

var (
	cpimSyntax = Rule{
		ID: "cpim-syntax", Title: "CPIM that is not as it must be", Severity: result.Warning, Since: "0.2",
		Doc:       "Names of CPIM header fields are case-sensitive, a space stands behind the colon, an empty line before the header fields of the content, and a prefix is declared by NS. Strict clients show nothing of a message that is otherwise.",
		Reference: "RFC 3862 2", Trap: "another prefix than imdn that NS declares, and unknown header fields",
		Say: told("sends CPIM against its syntax"),
	}
	imdnAnonymous = Rule{
		ID: "imdn-anonymous", Title: "an anonymous sender who asks for a notification", Severity: result.Note, Since: "0.2",
		Doc:       "Who wants to stay unknown cannot be sent a notification: the recipient's client would have to address it to nobody. The notification tells a server on the way who it was, or never comes.",
		Reference: "RFC 5438 12.1.1", Trap: "RCS, which writes an anonymous From into CPIM and the sender into the request",
		Say: told("asks for a notification and is anonymous"),
	}
	imdnFromIntermediary = Rule{
		ID: "imdn-from-intermediary", Title: "a delivery notification that is not the recipient's", Severity: result.Warning, Since: "0.2",
		Doc:       "Only the recipient may say that a message was delivered to it; a server on the way says processed or stored. This one says delivered for somebody else, so that the sender believes what nobody has seen yet.",
		Reference: "RFC 5438 12.2", Trap: "processed and stored, which servers may say, and notifications that a list server collects",
		Say: told("says delivered for another recipient"),
	}
	imdnWithoutID = Rule{
		ID: "imdn-without-id", Title: "a notification asked for without Message-ID or DateTime", Severity: result.Error, Since: "0.2",
		Doc:       "Who asks for a notification gives the message an id and a date, by which the notification names it. Without them none can be matched. Correct the client.",
		Reference: "RFC 5438 7.1.1", Trap: "an empty Disposition-Notification, which asks for nothing",
		Say: told("asks for a notification without Message-ID or DateTime"),
	}
	imdnIDReused = Rule{
		ID: "imdn-id-reused", Title: "one Message-ID for several texts", Severity: result.Warning, Since: "0.2",
		Doc:       "Two texts of one client have the same Message-ID. A notification names the id: it says that one of them arrived, and nobody can tell which. Their end is unconfirmed until each of them has its own. Correct the client.",
		Reference: "RFC 5438 6.3 and 7.1.1", Trap: "a text that is sent again, and the copies that a server makes",
		Say: told("gives a text the Message-ID of another one"),
	}
	imdnContentType = Rule{
		ID: "imdn-content-type", Title: "a notification outside CPIM", Severity: result.Error, Since: "0.2",
		Doc:       "An IMDN travels in message/cpim, whose header fields say who it is from and to. Bare, as some clients send it, gateways drop it.",
		Reference: "RFC 5438 12.1.1", Trap: "an IMDN in a multipart in CPIM",
		Say: told("sends an IMDN that is not in message/cpim"),
	}
	imdnOfIMDN = Rule{
		ID: "imdn-of-imdn", Title: "a notification about a notification", Severity: result.Error, Since: "0.2",
		Doc:       "An IMDN asks for no notification, and none is sent about one: two clients would go on for ever.",
		Reference: "RFC 5438 7.2", Trap: "an empty Disposition-Notification",
		Say: told("asks for a notification about a notification, or sends one"),
	}
	imdnFields = Rule{
		ID: "imdn-fields", Title: "a notification that lacks fields", Severity: result.Warning, Since: "0.2",
		Doc:       "An IMDN has a Message-ID of its own and Content-Disposition: notification in its CPIM, and well-formed XML with the id and the status.",
		Reference: "RFC 5438 7.2 and 11", Trap: "namespace prefixes in the XML",
		Say: told("sends an IMDN that lacks fields"),
	}
	imdnRepeated = Rule{
		ID: "imdn-repeated", Title: "the same notification twice", Severity: result.Warning, Since: "0.2",
		Doc:       "One notification of each kind is sent for a message. More cost battery and load; a client that repeats them may loop.",
		Reference: "RFC 5438 7.2", Trap: "notifications of several recipients or of several devices, which a fork reached; delivered before displayed; one that was refused and is sent again",
		Say: told("sends the same notification again"),
	}
	imdnContradicts = Rule{
		ID: "imdn-contradicts", Title: "a text that was delivered and that failed", Severity: result.Error, Since: "0.2",
		Doc:       "One notification says that the text reached a recipient, another that it failed for the same one. One of them is wrong, and nobody can tell which: the text is unconfirmed. Look where each of them came from: a server that gave up and a device that had it already, two devices of one user, or a forged notification.",
		Reference: "RFC 5438 7.2", Trap: "notifications of several recipients",
		Say: told("says of a text that it failed and that it was delivered, to one recipient"),
	}
	imdnNegativeAfterFailure = Rule{
		ID: "imdn-negative-after-failure", Title: "a negative notification beside a SIP failure", Severity: result.Warning, Since: "0.2",
		Doc:       "The sender knows already, from the failure response, that the message was not delivered.",
		Reference: "RFC 5438 12.1.3.1", Trap: "a negative notification after a 2xx",
		Say: told("sends a negative notification about a MESSAGE that was refused"),
	}
	imdnOrphan = Rule{
		ID: "imdn-orphan", Title: "a notification about a message that is not in the capture", Severity: result.Info, Since: "0.2",
		Doc:       "The message may be from before the capture, or have gone another way.",
		Reference: "RFC 5438 7.1.2", Trap: "a notification that comes before the answer to its message",
		Say: told("sends a notification about a message that is not in the capture"),
	}
	imdnMissing = Rule{
		ID: "imdn-missing", Title: "a notification that was asked for and did not come", Severity: result.Info, Since: "0.2",
		Doc:       "Nobody must send one: privacy settings, an offline recipient and a client without IMDN look the same.",
		Reference: "RFC 5438 7.2", Trap: "a message that asks only about failures",
		Say: told("sends no notification that the message asked for"),
	}
	sessionMode = Rule{
		ID: "session-mode", Title: "a message session", Severity: result.Info, Since: "0.2",
		Doc:       "An INVITE sets up a session of MSRP: its texts go over a connection of their own and are counted apart from MESSAGE.",
		Reference: "RFC 4975 8", Trap: "an INVITE with audio",
		Say: told("sets up a message session (MSRP)"),
	}
)
