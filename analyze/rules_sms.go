package analyze

import (
	"slices"

	"simplecap/analyze/result"
)

// smsRules are about SMS over IP (TS 24.341): the ledger of texts finds them. The
// clauses of 3GPP rest on secondary sources, as their docs say.
var smsRules = []Rule{rpUndecodable, moReportMissing, mtReportMissing, reportInResponse, reportWithoutInReplyTo, reportToUnknown, rpReferenceMismatch, reportsContradict,
	rpDirection, mtWithoutAssertedIdentity, mtHeaders, mo200Not202, rpErrorRule, mtRedelivered, concatenationGap,
	receiptFromElsewhere, reportTarget, reportIdentity}

// told says what the ledger found, in its words.
func told(words string) func(x *Exchange) string {
	return func(x *Exchange) string {
		if x.Detail == "" {
			return words
		}
		return words + ": " + x.Detail
	}
}

var (
	rpUndecodable = Rule{
		ID: "rp-undecodable", Title: "an SMS whose octets cannot be read", Severity: result.Error, Since: "0.2",
		Doc:       "A length or an element of the RP message or of the short message in it is wrong, or base64 or hexadecimal text stands where octets belong. The other end answers RP-ERROR 95, 96 or 111, or nothing. Correct the sender. The clauses were read in secondary sources.",
		Reference: "TS 24.011 8, TS 23.040 9", Trap: "base64 that Content-Transfer-Encoding declares, and octets that the capture cut off",
		Say: told("sends an SMS that cannot be read as it should"),
	}
	moReportMissing = Rule{
		ID: "mo-report-missing", Title: "an SMS to the network without RP-ACK or RP-ERROR", Severity: result.Error, Since: "0.2",
		Doc:       "The network took the MESSAGE with a 2xx and never said what became of the SMS: the phone shows it as not sent, and people send it again. Look at the IP-SM-GW. Secondary sources give TR1M as 35 to 45 s; narrow-band access adds minutes.",
		Reference: "TS 24.011 10.1, TS 24.341 5.3.1", Trap: "a capture that ends before TR1M, and one that shows one direction only",
		Say: told("takes an SMS and sends no RP-ACK or RP-ERROR within 45 s"),
	}
	mtReportMissing = Rule{
		ID: "mt-report-missing", Title: "an SMS to the handset without RP-ACK or RP-ERROR", Severity: result.Error, Since: "0.2",
		Doc:       "The handset took the MESSAGE and never reported it: the service centre sends the SMS again, and people get it twice. Correct the client. Secondary sources give TR2M as 12 to 20 s.",
		Reference: "TS 24.011 10.1, TS 24.341 5.3.2.4", Trap: "a capture that ends before TR2M, and one that shows one direction only",
		Say: told("takes an SMS and sends no RP-ACK or RP-ERROR within 20 s"),
	}
	reportInResponse = Rule{
		ID: "report-in-response", Title: "the report of an SMS in a 2xx", Severity: result.Error, Since: "0.2",
		Doc:       "RP-ACK and RP-ERROR travel in a MESSAGE of their own. In the body of the 2xx nobody looks for them, and the SMS counts as not reported.",
		Reference: "RFC 3428 7, TS 24.341 5.3", Words: "A 2xx response to a MESSAGE request MUST NOT contain a body", Trap: "a report in a MESSAGE of its own",
		Say: told("sends the report of an SMS in the body of a 2xx"),
	}
	reportWithoutInReplyTo = Rule{
		ID: "report-without-in-reply-to", Title: "a report without In-Reply-To", Severity: result.Warning, Since: "0.2",
		Doc:       "The report of an SMS names the Call-ID of its MESSAGE in In-Reply-To. Without it a gateway that has several open cannot tell which one is meant, and some answer 481 or 488. The clause was read in secondary sources.",
		Reference: "TS 24.341 5.3.2.4", Trap: "an RP-DATA, which has none",
		Say: told("sends the report of an SMS without In-Reply-To"),
	}
	reportToUnknown = Rule{
		ID: "report-to-unknown", Title: "a report of an SMS that nobody sent", Severity: result.Warning, Since: "0.2",
		Doc:       "In-Reply-To names a Call-ID of which the capture has no SMS. The receiver cannot correlate it and answers 488. Look at what changes Call-IDs on the way.",
		Reference: "TS 24.341 5.3.3.4.1", Trap: "the beginning of the capture: the SMS may be from before it",
		Say: told("reports an SMS whose Call-ID is not in the capture"),
	}
	rpReferenceMismatch = Rule{
		ID: "rp-reference-mismatch", Title: "a report whose RP-MR is not that of its SMS", Severity: result.Error, Since: "0.2",
		Doc:       "In-Reply-To names one SMS and RP-Message-Reference another: the wrong one is acknowledged, and the other one is sent again. Correct the sender of the report.",
		Reference: "TS 24.011 8.2.3", Trap: "an RP-MR that is used again after 256 SMS",
		Say: told("reports an SMS with another RP-MR"),
	}
	reportsContradict = Rule{
		ID: "reports-contradict", Title: "an SMS with RP-ACK and RP-ERROR", Severity: result.Error, Since: "0.2",
		Doc:       "One report says that the SMS was taken, another that it was refused. The first ends the transfer for whom it goes to; the end of the text goes by the RP-ACK, whichever it was. Look where each of them came from: a server that answers for another one, a retransmission that was treated anew, or a forged report.",
		Reference: "TS 24.011 5.3.3 and 6.2.3", Trap: "the same report twice, and an SMS that is sent again after an RP-ERROR",
		Say: told("reports an SMS as taken and as refused"),
	}
	rpDirection = Rule{
		ID: "rp-direction", Title: "an RP message of the wrong direction", Severity: result.Error, Since: "0.2",
		Doc:       "The type of an RP message says whether it goes to the network or to the handset. This one contradicts what is in it, or the SMS that it reports, so that the other end drops it. The two builders are swapped.",
		Reference: "TS 24.011 8.2.2", Trap: "a report, which goes the other way than its SMS",
		Say: told("sends an RP message whose type is of the other direction"),
	}
	reportTarget = Rule{
		ID: "report-target", Title: "a report to somebody else than its SMS came from", Severity: result.Warning, Since: "0.2",
		Doc:       "The handset sends its report to the identity that P-Asserted-Identity of the SMS names. To another Request-URI it reaches another gateway, or none, and the SMS is sent again. The clause was read in secondary sources.",
		Reference: "TS 24.341 5.3.2.4", Trap: "the second of two asserted identities, in tel: or sip: form; a Request-URI that a proxy has changed, where To names the identity",
		Say: told("reports an SMS to another Request-URI than P-Asserted-Identity of the SMS names"),
	}
	reportIdentity = Rule{
		ID: "report-identity", Title: "a report refused for its identity", Severity: result.Warning, Since: "0.2",
		Doc:       "The report of an SMS came from another identity than the one that the SMS was for (P-Called-Party-ID), and was answered 403: the network knows no such sender. The SMS is sent again and again. Report with the identity that was called.",
		Reference: "TS 24.341 5.3.2.4", Trap: "another identity of the same handset that the network takes",
		Say: told("reports an SMS by another identity than it was sent to, and is refused with 403"),
	}
	receiptFromElsewhere = Rule{
		ID: "receipt-from-elsewhere", Title: "a receipt from where the text did not go", Severity: result.Warning, Since: "0.2",
		Doc:       "A report or a notification names a text, but comes from a host that no leg of the text went to: anybody can write one. It decides nothing: without another receipt an SMS is without a report, and another text unconfirmed. Where a gateway sends from another network than it receives in, capture both of its sides.",
		Reference: "simplecap", Trap: "a gateway that reports from another address of the same network, a recipient who answers by another proxy, and a proxy of which the capture has one side",
		Level: func(x *Exchange) result.Severity {
			if x.Strict {
				return result.Error
			}
			return result.Warning
		},
		Say: told("sends the receipt of a text that did not go there"),
	}
	mtWithoutAssertedIdentity = Rule{
		ID: "mt-without-asserted-identity", Title: "an SMS to the handset without P-Asserted-Identity", Severity: result.Warning, Since: "0.2",
		Doc:       "The handset addresses its report to the P-Asserted-Identity of the SMS. Without it the report goes nowhere. Correct the IP-SM-GW. The clause was read in secondary sources.",
		Reference: "TS 24.341 5.3.2.4, TS 34.229-1 A.7.1", Trap: "an SMS to the network, which needs none",
		Say: told("sends an SMS to a handset without P-Asserted-Identity"),
	}
	mtHeaders = Rule{
		ID: "mt-headers", Title: "an SMS to the handset that may fork", Severity: result.Note, Since: "0.2",
		Doc:       "An SMS to a handset asks for one device that can take it: Request-Disposition: no-fork and Accept-Contact with +g.3gpp.smsip. Without them a subscriber with several devices may get it twice, or on one that cannot read it. The clause was read in secondary sources.",
		Reference: "TS 24.341 B.6, RFC 3841 9.1", Trap: "an SMS to the network",
		Say: told("sends an SMS to a handset without Request-Disposition: no-fork and Accept-Contact for +g.3gpp.smsip"),
	}
	mo200Not202 = Rule{
		ID: "mo-200-not-202", Title: "an SMS to the network answered 200 and not 202", Severity: result.Info, Since: "0.2",
		Doc:       "A gateway that has only taken the SMS answers 202 Accepted. Both work. The page was read in secondary sources.",
		Reference: "TS 34.229-5 A.13", Trap: "an SMS to the handset, which is answered 200",
		Say: told("answers 200 to an SMS that it has only taken"),
	}
	rpErrorRule = Rule{
		ID: "rp-error", Title: "an SMS refused with RP-ERROR", Severity: result.Warning, Since: "0.2",
		Doc:       "The SMS was refused above SIP, whose answer was a 2xx. The cause says who has to act: 22 is a full memory, 21 and 50 are of the subscription, 38 to 47 of the network, 95 to 111 of the octets.",
		Reference: "TS 24.011 8.2.5.4", Trap: "an RP-ACK",
		Say: told("refuses an SMS with RP-ERROR"),
	}
	mtRedelivered = Rule{
		ID: "mt-redelivered", Title: "an SMS delivered again", Severity: result.Warning, Since: "0.2",
		Doc:       "The same SMS, with the same originator, time stamp and octets, goes to the handset again: its report was lost or refused. People may get it twice. See what became of the first report.",
		Reference: "TS 23.040 9.2.3.11", Trap: "the same text with another time stamp",
		Say: told("sends an SMS to a handset again"),
	}
	concatenationGap = Rule{
		ID: "concatenation-gap", Title: "a part of a concatenated SMS is missing", Severity: result.Warning, Since: "0.2",
		Doc:       "Parts of one text came and others did not, though a minute has passed. The handset shows nothing, or half of it.",
		Reference: "TS 23.040 9.2.3.24.1", Trap: "parts in another order, and the end of the capture",
		Say: told("sends parts of a concatenated SMS, of which some are missing after a minute"),
	}
)

// OfText reports whether a rule is about a text or a receipt, and not about the SIP
// that carries it.
func OfText(id string) bool {
	is := func(r Rule) bool { return r.ID == id }
	return slices.ContainsFunc(smsRules, is) || slices.ContainsFunc(imRules, is)
}
