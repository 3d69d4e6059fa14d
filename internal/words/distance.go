// Package words compares words, and knows the characters that nobody sees.
package words

import "strings"

// maxWord bounds the words that are compared; what is longer is cut.
const maxWord = 100

// Near returns the word that a misspelt one is likely to mean, or "": a third of its letters
// may be wrong. The known words are in small letters.
func Near(misspelt string, known []string) (near string) {
	best := (len(misspelt) + 2) / 3
	for _, w := range known {
		if n := Distance(strings.ToLower(misspelt), w); n <= best {
			near, best = w, n-1
		}
	}
	return near
}

// Distance is the Levenshtein distance of two short words, by bytes. It does not
// allocate: a rule asks it of words in messages.
func Distance[A, B string | []byte](a A, b B) int {
	var row [maxWord + 1]int
	m, n := min(len(a), maxWord), min(len(b), maxWord)
	for j := range n + 1 {
		row[j] = j
	}
	for i := range m {
		diagonal := row[0]
		row[0] = i + 1
		for j := range n {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, change)
		}
	}
	return row[n]
}
