// Package redact puts pseudonyms in the place of users, telephone numbers and
// hosts in SIP messages and in what is said of them, and takes texts and
// credentials out of captured frames.
//
// A pseudonym has the length of what it stands for, and each of its characters
// is of the same kind: a digit for a digit, a small letter for a small letter;
// what separates them stays. So Content-Length and the lengths of UDP, TCP and
// IP stay right, and a redacted capture has the findings of the original. With
// one key, equal values have equal pseudonyms and different values different
// ones, however short they are: a pseudonym is a permutation (a Feistel network
// over HMAC-SHA256), not a hash.
//
// What stands in a place where users and numbers do not belong, such as the
// words of a header field that nobody has registered, is found in [All] only.
// IP addresses stay: without them a capture says nothing of a network.
package redact
