package main

// profiles are the kinds, by what each makes grow.
var profiles = []profile{
	// Transactions and deliveries.
	{name: "open", n: 40_000, make: unanswered(number)},
	{name: "open-long", n: 4_000, make: unanswered(long)},
	{name: "same-call", n: 40_000, make: unanswered(func(n int) message { m := number(n); m.callID = "same"; return m })},
	{name: "same-branch", n: 40_000, make: unanswered(func(n int) message { m := number(n); m.branch = "z9hG4bKsame"; return m })},
	{name: "closed-hops", n: 40_000, make: closedHops(0)},
	{name: "closed-hops-long", n: 4_000, make: closedHops(3800)},
	{name: "clock-stands", n: 40_000, make: standing(0)},
	{name: "repeated", n: 60_000, make: repeated},
	{name: "future", n: 30_000, make: future},
	{name: "icmp", n: 100_000, make: icmpErrors},
	// Peers, findings, names.
	{name: "peers", n: 20_000, make: answered(manyServers, number)},
	{name: "findings", n: 5_000, make: answered(manyClients, clumsy)},
	{name: "names", n: 30_000, make: answered(one, names)},
	{name: "header-fields", n: 400, make: unanswered(fields)},
	{name: "vias", n: 500, make: unanswered(vias)},
	// Texts.
	{name: "texts-asking", n: 20_000, make: texts("message/cpim", asking)},
	{name: "cpim-nested", n: 4_000, make: texts("message/cpim", nested)},
	{name: "sms-parts", n: 30_000, make: texts("application/vnd.3gpp.sms", concatenated)},
	{name: "in-reply-to", n: 400, make: replies},
	{name: "imdn-lost", n: 600, make: texts("message/cpim", ofNothing)},
	{name: "imdn-many", n: 60, make: notifications},
	{name: "packed-parts", n: 200, make: packed},
	{name: "xml-pieces", n: 300, make: texts("application/im-iscomposing+xml", pieces)},
	{name: "msrp-paths", n: 400, make: longPaths},
	{name: "msrp-sessions", n: 10_000, make: msrpSessions},
	// Streams and fragments.
	{name: "tcp-held", n: 64, make: held},
	{name: "tcp-begun", n: 40_000, make: begun},
	{name: "tcp-bytes", n: 300_000, make: singleBytes},
	{name: "tcp-holes", n: 100, make: holes},
	{name: "start-lines", n: 300, make: startLines},
	{name: "fragments", n: 60_000, make: fragments},
	{name: "fragments-tiny", n: 300_000, make: tinyFragments},
	// What carries SIP.
	{name: "tls-flood", n: 10_000, make: handshakes, keys: keyLog, args: []string{"--keylog", "DIR/keys"}},
	{name: "tls-waiting", n: 300, make: records},
	{name: "tls-greetings", n: 2_000, make: greetings},
	{name: "sctp", n: 60_000, make: associations},
	{name: "sctp-mixed", n: 100, make: mixedFragments},
	{name: "ws-fragments", n: 20_000, make: webSocketFragments},
	{name: "ws-deflate", n: 2_000, make: deflateBombs},
	{name: "hep-chunks", n: 4_000, make: hepChunks},
	{name: "hep-deflate", n: 2_000, make: hepBombs},
	// The file.
	{name: "late-frames", n: 5_000, make: latePins},
	{name: "interfaces", n: 65_000, make: interfaces},
	{name: "secrets", n: 2_000, make: secretsBlocks},
}
