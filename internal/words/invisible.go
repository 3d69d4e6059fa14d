package words

import "unicode"

// Invisible reports whether a character moves the cursor, reorders text or cannot
// be seen. unicode.IsPrint leaves out the categories C and Z; the other tables
// add letters and marks without a glyph (Hangul fillers, variation selectors).
func Invisible(r rune) bool {
	if r < 0x7f {
		return r < 0x20
	}
	return !unicode.IsPrint(r) || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
