// Package sms reads the short messages that SMS over IP carries
// (application/vnd.3gpp.sms, TS 24.341): the relay layer of TS 24.011 (RP-DATA,
// RP-ACK, RP-ERROR, RP-SMMA), the transfer layer of TS 23.040 in it (SUBMIT,
// DELIVER, STATUS-REPORT, COMMAND and the reports), and the alphabets of TS 23.038.
//
// Bytes go in and values come out; the package does no input or output, keeps no
// state, and imports nothing of the project. What is broken is read as far as it
// goes, and each defect is named with the byte it stands at: nothing is an error.
// The clauses of 3GPP were not at hand in full when this was written: tables were
// checked against what other implementations and Wireshark make of the same octets.
package sms
