package analyze

// strangerTests are reports that the capture has before the leg of the SMS that they answer,
// or without it. They are written as textTests are.
var strangerTests = []textTest{
	{"a leg that the capture has after its report", `
0.00 alice > proxy MESSAGE
  {down}
0.10 bob > proxy MESSAGE #2
  {from bob alice}
  In-Reply-To: call-1@example.com
  {ack-up}
0.50 proxy > bob MESSAGE
  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1
  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-1.2
  {down}
60 end`, []string{"received in-reply-to"}},
	{"a link behind the proxy that is not in the capture in the one direction", `
0.00 alice > proxy MESSAGE
  {down}
0.10 bob > proxy MESSAGE #2
  {from bob alice}
  {ack-up}
0.11 proxy > alice MESSAGE #2
  Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK-2
  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-2.2
  {from bob alice}
  {ack-up}
60 end`, []string{"received rp-mr"}},
	{"nothing but what the proxy sends", `
0.00 proxy > bob MESSAGE
  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1
  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-1.2
  {down}
0.10 proxy > alice MESSAGE #2
  Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK-2
  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-2.2
  {from bob alice}
  {ack-up}
60 end`, []string{"received rp-mr"}},
	{"a forged RP-ACK by the proxy of the SMS", `
0.00 alice > proxy MESSAGE
  {down}
0.01 proxy > bob MESSAGE
  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1
  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-1.2
  {down}
0.10 9.9.9.9 > proxy MESSAGE #2
  {from bob alice}
  In-Reply-To: call-1@example.com
  {ack-up}
0.11 proxy > alice MESSAGE #2
  Via: SIP/2.0/UDP 9.9.9.9:5060;branch=z9hG4bK-2
  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-2.2
  {from bob alice}
  In-Reply-To: call-1@example.com
  {ack-up}
60 end`, []string{"no-report in-reply-to foreign"}},
	{"an RP-ACK that the capture has before its SMS, and an hour of it", `
0.00 bob > alice MESSAGE #2
  {from bob alice}
  In-Reply-To: call-1@example.com
  {ack-up}
0.05 alice > bob MESSAGE
  {down}
3600 carol > dave MESSAGE #9
3601 end`, []string{"received in-reply-to"}},
	{"an RP-ACK without In-Reply-To just before its SMS", `
0.00 bob > alice MESSAGE #2
  {from bob alice}
  {ack-up}
0.05 alice > bob MESSAGE
  {down}
60 end`, []string{"received rp-mr"}},
	{"sent again with TP-RD, which the first one had not", `
0.00 alice > bob MESSAGE
  {up}
0.02 bob > alice 202 Accepted
50.00 alice > bob MESSAGE #2
  {up-rd}
50.02 bob > alice 202 Accepted #2
50.10 bob > alice MESSAGE #3
  {from bob alice}
  In-Reply-To: call-2@example.com
  {ack-down}
120 end`, []string{"no-report", "submitted in-reply-to", "made good 1"}},
	{"the same words twice", `
0.00 alice > bob MESSAGE
  {up-rd}
0.02 bob > alice 202 Accepted
50.00 alice > bob MESSAGE #2
  {up}
50.02 bob > alice 202 Accepted #2
50.10 bob > alice MESSAGE #3
  {from bob alice}
  In-Reply-To: call-2@example.com
  {ack-down}
120 end`, []string{"no-report", "submitted in-reply-to"}},
	{"and long before another one", `
0.00 bob > alice MESSAGE #2
  {from bob alice}
  {ack-up}
0.50 alice > bob MESSAGE
  {down}
60 end`, []string{"no-report"}},
}
