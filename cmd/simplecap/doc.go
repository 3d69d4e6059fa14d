// Command simplecap analyses the SIP MESSAGE requests (RFC 3428) in packet
// captures: which were sent on each hop, what answered each one, which never got
// their 200 and why, how long the answers took, and what breaks the standards.
//
//	simplecap FILE...                 read captures and print a report
//	simplecap --format json FILE...   the same for programs
//	simplecap check FILE...           judge them for a build
//	tcpdump -U -w - | simplecap -     read a capture from a pipe
//	simplecap show FILE --delivery N  one delivery in full
//	simplecap rules [ID]              list what is checked, or explain a rule
//
// Data goes to standard output. Talk goes to standard error: each line begins
// with "simplecap: ", in lower case and without a full stop, and a line that
// begins with "hint: " says what to do.
//
// # Exit codes
//
//	0    done
//	1    check failed: findings, budgets or expectations
//	2    wrong usage, expression or policy, a file, delivery or rule that does not exist, or an output that cannot be written
//	3    an input could not be read to its end; what was read is still reported
//	4    check found no MESSAGE
//	5    check found the capture too poor to judge
//	130  interrupted before any packet
//
// A run that is interrupted later reports what it has read and ends with 3. A
// reader of standard output that goes away (| head) ends the run quietly with 0.
package main
