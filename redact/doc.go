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
// No place is taken for harmless. In [All] what stays is a list: the words that
// specifications define and known programs write, the digits that the grammar has
// in a place (RFC 3261 25.1), and IP addresses, without which a capture says
// nothing of a network. All else is a pseudonym, names of header fields that
// nobody has registered among it. In [Numbers] words stay, and no number does but
// those of the grammar, however its digits are separated, escaped or encoded.
package redact
