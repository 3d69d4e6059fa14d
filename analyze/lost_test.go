package analyze

import (
	"strings"
	"testing"
)

// leg3 is the leg behind that of leg2, of a second proxy, carol.
func leg3(packet string) string {
	return packet + "\n  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\n  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-p\n  +Via: SIP/2.0/UDP 10.0.0.4:5060;branch=z9hG4bK-q\n"
}

// toCarol is the leg of the first proxy to the second one.
func toCarol(packet string) string {
	return packet + "\n  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\n  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-p\n"
}

// sentAgain is a segment again, as a TCP sends it that has no acknowledgement.
func sentAgain(packet string) (text string) {
	for _, at := range []string{"1.3", "2", "3.5", "7"} {
		text += at + " " + packet + "\n"
	}
	return text
}

// What real hosts do on a network that loses, repeats and delays packets: who lost the message or
// its answer, as far as the capture shows it.
func TestWhoLostIt(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"two proxies give up on a silent host", inbound + toCarol("0.01 proxy > carol MESSAGE") + leg3("0.02 carol > bob MESSAGE") + leg3("0.52 carol > bob MESSAGE") + toCarol("8 carol > proxy 408 Request Timeout") +
			"8.01 proxy > alice 408 Request Timeout\n40 end", "1 no-answer by #3: #1<0 #2<1+10-10 #3<2+10"},
		{"two proxies give up on a host whose answer cannot be matched", inbound + toCarol("0.01 proxy > carol MESSAGE") + leg3("0.02 carol > bob MESSAGE") +
			strings.Replace(leg3("0.05 bob > carol 200 OK"), "-q", "-wrong", 1) + toCarol("8 carol > proxy 408 Request Timeout") +
			"8.01 proxy > alice 408 Request Timeout\n40 end", "1 unmatchable by #3: #1<0 #2<1+10-10 #3<2+10"},
		{"the 408 of a proxy behind a silent host", inbound + toCarol("0.01 proxy > carol MESSAGE") + leg3("0.02 carol > bob MESSAGE") + "0.5 alice > proxy MESSAGE\n" + leg3("0.52 carol > bob MESSAGE") +
			toCarol("8 carol > proxy 408 Request Timeout") + "40 end", "1 no-answer by #3: #1<0 #2<1+10 #3<2+10"},
		{"a 408 is all that a host has that forwarded", inbound + leg2("0.01", "") + leg2("0.5", "408 Request Timeout") + "0.5 alice > proxy MESSAGE\n40 end", "1 no-answer by #2: #1<0 #2<1+10"},
		{"the timers of sender and proxy go side by side", inbound + leg2("0.01", "") + leg2("0.05", "200 OK") + "0.5 alice > proxy MESSAGE\n" + leg2("0.53", "") + leg2("0.57", "200 OK") + "1.5 alice > proxy MESSAGE\n" + leg2("1.54", "") + "40 end",
			"1 answer-not-received by #2: #1<0 #2<1+10"},
		{"a proxy that sends on what comes", inbound + leg2("0.01", "") + leg2("0.05", "200 OK") + "0.5 alice > proxy MESSAGE\n" + leg2("0.511", "") + leg2("0.57", "200 OK") + "1.5 alice > proxy MESSAGE\n" + leg2("1.512", "") + "40 end",
			"1 answer-not-relayed by #2: #1<0 #2<1+10"},
		{"the answer to the last request but one before Timer F", "0 alice > bob MESSAGE\n0.5 alice > bob MESSAGE\n23.5 alice > bob MESSAGE\n23.52 bob > alice 200 OK\n27.5 alice > bob MESSAGE\n27.52 bob > alice 200 OK\n32.05 carol > dave MESSAGE #2\n70 end",
			"1 delivered by #1: #1<0\n2 unknown: #2<0"},
		{"answers that are late and many, and one is asked for again", "0 alice > bob MESSAGE\n0.5 alice > bob MESSAGE\n1.5 alice > bob MESSAGE\n3.2 bob > alice 200 OK\n3.5 alice > bob MESSAGE\n3.51 bob > alice 200 OK\n4.4 bob > alice 200 OK\n4.7 bob > alice 200 OK\n40 end",
			"1 delivered by #1: #1<0"},
		{"the last of many answers is seen further on", "0 alice > bob MESSAGE\n0.02 bob > alice 200 OK\n0.5 alice > bob MESSAGE\n0.52 bob > alice 200 OK\n1.5 alice > bob MESSAGE\n1.52 bob > alice 200 OK\n3.5 alice > bob MESSAGE\n3.52 bob > alice 200 OK\n3.5205 copy\n40 end",
			"1 delivered by #1: #1<0"},
		{"all of many answers are seen twice", "0 alice > bob MESSAGE\n0.02 bob > alice 200 OK\n0.0205 copy\n0.5 alice > bob MESSAGE\n0.52 bob > alice 200 OK\n1.5 alice > bob MESSAGE\n1.52 bob > alice 200 OK\n3.5 alice > bob MESSAGE\n3.52 bob > alice 200 OK\n3.5205 copy\n40 end",
			"1 answer-not-received by #1: #1<0"},
		{"the request is seen at two places and its answer at one", inbound + leg2("0.01", "") + "0.0103 copy\n" + leg2("0.05", "404 Not Found") + "0.5 alice > proxy MESSAGE\n" + leg2("0.51", "") + "0.5103 copy\n" + leg2("0.55", "404 Not Found") + "40 end",
			"1 answer-not-received by #2: #1<0 #2<1+10"},
		{"both are seen at two places", inbound + leg2("0.01", "") + "0.0103 copy\n" + leg2("0.05", "404 Not Found") + "0.0503 copy\n" + "0.5 alice > proxy MESSAGE\n40 end",
			"1 answer-not-relayed by #2: #1<0 #2<1+10"},
		{"a failure that is lost, and then a 2xx", "0 alice > bob MESSAGE\n1 bob > alice 408 Request Timeout\n1.5 alice > bob MESSAGE\n1.6 bob > alice 200 OK\n40 end", "1 delivered by #1: #1<0"},
		{"a 2xx that is lost, and then a failure", "0 alice > bob MESSAGE\n0.02 bob > alice 200 OK\n0.5 alice > bob MESSAGE\n0.52 bob > alice 408 Request Timeout\n40 end", "1 answer-not-received by #1: #1<0"},
		{"a failure, and a 2xx that nobody asked for", "0 alice > bob MESSAGE\n1 bob > alice 408 Request Timeout\n1.6 bob > alice 200 OK\n40 end", "1 refused by #1: #1<0"},
		{"a failure that is asked for again, and a 2xx that nobody asked for", "0 alice > bob MESSAGE\n0.02 bob > alice 404 Not Found\n0.5 alice > bob MESSAGE\n0.52 bob > alice 404 Not Found\n20 bob > alice 200 OK\n40 end", "1 refused by #1: #1<0"},
		{"a 2xx that is asked for again, and a failure that nobody asked for", "0 alice > bob MESSAGE\n0.02 bob > alice 200 OK\n0.5 alice > bob MESSAGE\n0.52 bob > alice 200 OK\n20 bob > alice 408 Request Timeout\n40 end", "1 delivered by #1: #1<0"},
		{"a failure that is lost, and then a 1xx and a 2xx", "0 alice > bob MESSAGE\n1 bob > alice 408 Request Timeout\n1.5 alice > bob MESSAGE\n1.51 bob > alice 100 Trying\n1.6 bob > alice 200 OK\n40 end", "1 delivered by #1: #1<0"},
		{"a failure that is lost, and a 2xx that a proxy makes up", inbound + leg2("0.01", "") + leg2("0.02", "404 Not Found") + "0.03 proxy > alice 404 Not Found\n0.5 alice > proxy MESSAGE\n0.51 proxy > alice 200 OK\n40 end",
			"1 refused by #2: #1<0 #2<1+10-10"},
		{"a 2xx that a proxy makes up of a failure that it cannot match", inbound + leg2("0.01", "") + strings.Replace(leg2("0.05", "404 Not Found"), "-p", "-wrong", 1) + "0.06 proxy > alice 200 OK\n" + leg2("0.51", "") + "0.52 bob > proxy icmp\n40 end",
			"1 unmatchable by #2: #1<0 #2<1+10"},
		{"answers with the time of their requests, as a clock of milliseconds gives it", "0 alice > bob MESSAGE\n0.02 bob > alice 200 OK\n7.5 alice > bob MESSAGE\n7.5 bob > alice 200 OK\n11.5 alice > bob MESSAGE\n11.5 bob > alice 200 OK\n15.5 alice > bob MESSAGE\n15.5 bob > alice 200 OK\n19.5 alice > bob MESSAGE\n19.5 bob > alice 200 OK\n60 end",
			"1 answer-not-received by #1: #1<0"},
		{"a proxy passes on an answer that it cannot match", inbound + leg2("0.01", "") + strings.Replace(leg2("0.05", "200 OK"), "-p", "-wrong", 1) + "0.06 proxy > alice 200 OK\n" + leg2("0.51", "") + "0.52 bob > proxy icmp\n40 end",
			"1 delivered by #1: #1<0 #2<1+10"},
		{"fragments of one copy are lost", "0 alice > bob MESSAGE\n0.01 bob > alice icmp reassembly\n0.5 alice > bob MESSAGE\n0.52 bob > alice icmp reassembly\n40 end", "1 unreachable by #1: #1<0"},
		{"fragments of the first copy are lost, and the error comes late", "0 alice > bob MESSAGE\n0.5 alice > bob MESSAGE\n30 bob > alice icmp reassembly\n40 end", "1 no-answer by #1: #1<0"},
		{"the request is seen at two places, and its answer again when it has come there", inbound + leg2("0.01", "") + "0.0103 copy\n" + leg2("0.05", "404 Not Found") + leg2("2.05", "404 Not Found") + "40 end",
			"1 answer-not-relayed by #2: #1<0 #2<1+10"},
		{"a request that does not come to the second place, where a proxy has sent others on", inbound + "0.0001 copy\n" + leg2("0.01", "") + leg2("0.05", "200 OK") + "0.06 proxy > alice 200 OK\n1 alice > proxy MESSAGE #2\n1.5 alice > proxy MESSAGE #2\n40 end",
			"1 delivered by #1: #1<0 #2<1+10-10\n2 no-answer by #3: #3<0"},
		{"a failure that a second proxy keeps, and gives up", inbound + toCarol("0.01 proxy > carol MESSAGE") + leg3("0.02 carol > bob MESSAGE") + leg3("0.05 bob > carol 503 Service Unavailable") + "0.5 alice > proxy MESSAGE\n" + toCarol("8 carol > proxy 408 Request Timeout") + "40 end",
			"1 answer-not-relayed by #3: #1<0 #2<1+10 #3<2+10-7950"},
		{"an answer over TCP that nobody acknowledges", "0 alice:40000 > bob tcp MESSAGE\n0.02 bob > alice:40000 tcp 200 OK\n" + sentAgain("bob > alice:40000 tcp again 200 OK") + "40 end", "1 answer-not-received by #1: #1<0"},
		{"an answer over TCP that is acknowledged in the end", "0 alice:40000 > bob tcp MESSAGE\n0.02 bob > alice:40000 tcp 200 OK\n" + sentAgain("bob > alice:40000 tcp again 200 OK") + "12 alice:40000 > bob fin\n40 end", "1 delivered by #1: #1<0"},
		{"an answer over TCP that nobody has acknowledged yet", "0 alice:40000 > bob tcp MESSAGE\n0.02 bob > alice:40000 tcp 200 OK\n0.2 bob > alice:40000 tcp again 200 OK\n1.4 bob > alice:40000 tcp again 200 OK\n2 end", "1 delivered by #1: #1<0"},
		{"an answer over TCP, and the next one is not acknowledged", "0 alice:40000 > bob tcp MESSAGE\n0.02 bob > alice:40000 tcp 200 OK\n1 alice:40000 > bob tcp MESSAGE #2\n1.02 bob > alice:40000 tcp 200 OK #2\n" + sentAgain("bob > alice:40000 tcp again 200 OK #2") + "40 end",
			"1 delivered by #1: #1<0\n2 answer-not-received by #2: #2<0"},
		{"a request over TCP that does not come to a proxy", inbound + leg2("0.01", "") + leg2("0.05", "200 OK") + "0.06 proxy > alice 200 OK\n0.1 alice:40000 > proxy syn\n0.1 proxy > alice:40000 syn-ack\n0.1 alice:40000 > proxy tcp MESSAGE #2\n" +
			sentAgain("alice:40000 > proxy tcp again MESSAGE #2") + "40 end", "1 delivered by #1: #1<0 #2<1+10-10\n2 no-answer by #3: #3<0"},
		{"another server when Timer F has fired", "0 alice > bob MESSAGE\n0.5 alice > bob MESSAGE\n31.5 alice > bob MESSAGE\n32.002 alice > carol MESSAGE @2\n32.05 carol > alice 200 OK @2\n80 end", "1 delivered by #2: #1<0 #2<0"},
		{"another server when Timer F has fired, which does not answer either", "0 alice > bob MESSAGE\n0.5 alice > bob MESSAGE\n32.002 alice > carol MESSAGE @2\n32.5 alice > carol MESSAGE @2\n64.004 alice > dave MESSAGE @3\n64.1 dave > alice 202 Accepted @3\n120 end",
			"1 accepted by #3: #1<0 #2<0 #3<0"},
		{"requests alone are seen, and one is not sent again as often as the other", "0 alice > bob MESSAGE #2\n0.5 alice > bob MESSAGE #2\n1.5 alice > bob MESSAGE #2\n3.5 alice > bob MESSAGE #2\n5 alice > bob MESSAGE\n5.5 alice > bob MESSAGE\n80 end", "1 no-answer by #1: #1<0\n2 unknown: #2<0"},
		{"a host that is never seen to answer, and a sender that gives up early", "0 alice > bob MESSAGE #2\n0.5 alice > bob MESSAGE #2\n1.5 alice > bob MESSAGE #2\n5 alice > bob MESSAGE\n5.5 alice > bob MESSAGE\n6.5 alice > bob MESSAGE\n80 end", "1 no-answer by #1: #1<0\n2 no-answer by #2: #2<0"},
		{"an answer that waits in a proxy's TCP behind another one", "0 alice:40000 > proxy tcp MESSAGE #2\n0 alice:40000 > proxy tcp MESSAGE\n  Via: SIP/2.0/TCP 10.0.0.1:40000;branch=z9hG4bK-1\n0.01 proxy > bob MESSAGE\n  Via: SIP/2.0/TCP 10.0.0.1:40000;branch=z9hG4bK-1\n  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-p\n" +
			"0.02 proxy > alice:40000 tcp 200 OK #2\n0.05 bob > proxy 200 OK\n  Via: SIP/2.0/TCP 10.0.0.1:40000;branch=z9hG4bK-1\n  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-p\n" + sentAgain("proxy > alice:40000 tcp again 200 OK #2") + "40 end",
			"1 answer-not-received by #1: #1<0\n2 answer-not-received by #2: #2<0 #3<2+10"},
		{"another server after a 408", "0 alice > bob MESSAGE\n8 bob > alice 408 Request Timeout\n8.01 alice > carol MESSAGE @2\n8.05 carol > alice 200 OK @2\n", "1 delivered by #2: #1<0 #2<0"},
		{"another server after a 408, in vain, and the first had passed it on", inbound + leg2("0.01", "") + leg2("0.05", "200 OK") + "8 proxy > alice 408 Request Timeout\n8.01 alice > carol MESSAGE @2\n8.05 carol > alice 404 Not Found @2\n40 end",
			"1 answer-not-relayed by #2: #1<0 #2<1+10-7950 #3<0"},
		{"a failure that is lost behind a NAT, and then a 2xx", "0 alice:40000 > bob MESSAGE\n0.001 alice:40002 > bob MESSAGE\n  Via: SIP/2.0/UDP 10.0.0.1:40000;branch=z9hG4bK-1\n0.1 bob > alice:40002 408 Request Timeout\n  Via: SIP/2.0/UDP 10.0.0.1:40000;branch=z9hG4bK-1\n" +
			"0.5 alice:40000 > bob MESSAGE\n0.501 alice:40002 > bob MESSAGE\n  Via: SIP/2.0/UDP 10.0.0.1:40000;branch=z9hG4bK-1\n0.55 bob > alice:40002 200 OK\n  Via: SIP/2.0/UDP 10.0.0.1:40000;branch=z9hG4bK-1\n0.551 bob > alice:40000 200 OK\n40 end",
			"1 delivered by #1: #1<0 #2<1+1-451"},
	} {
		t.Run(test.name, func(t *testing.T) { holdVerdicts(t, test.text, test.want) })
	}
}
