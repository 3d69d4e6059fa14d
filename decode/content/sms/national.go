package sms

// language is a national language with its shift tables (TS 23.038 A).
type language struct {
	name            string
	locking, single table
}

// languages are in the order of their numbers (TS 23.038 6.2.1.2.4); 0 is none.
// Spanish has no locking shift table of its own.
var languages = [...]language{
	{"", defaultTable, extension},
	{"Turkish", turkish, changed(extension, change{0x47, "Ğ"}, change{0x49, "İ"}, change{0x53, "Ş"}, change{0x63, "ç"}, change{0x67, "ğ"}, change{0x69, "ı"}, change{0x73, "ş"})},
	{"Spanish", defaultTable, changed(extension, change{0x09, "ç"}, change{0x41, "Á"}, change{0x49, "Í"}, change{0x4f, "Ó"}, change{0x55, "Ú"},
		change{0x61, "á"}, change{0x69, "í"}, change{0x6f, "ó"}, change{0x75, "ú"})},
	{"Portuguese", portuguese, portugueseSingle},
	{"Bengali", indic(0x980, "\x0d\x0e\x11\x12\x29\x31\x33\x34\x35\x45\x46\x49\x4a", "\x4e", "\x57\x5c\x5d\x70\x71"),
		indicSingle(change{0x19, "\u09e6\u09e7"}, change{0x1c, "\u09e8\u09e9\u09ea\u09eb\u09ec\u09ed\u09ee\u09ef\u09df\u09e0\u09e1\u09e2"}, change{0x2a, "\u09e3\u09f2\u09f3\u09f4\u09f5"},
			change{0x30, "\u09f6\u09f7\u09f8\u09f9\u09fa"})},
	{"Gujarati", indic(0xa80, "\x0e\x12\x29\x31\x34\x46\x4a", "\x50", "\x60\x61\x62\x63\x71"), indicSingle(dandas, digits(0xae6))},
	{"Hindi", indic(0x900, "", "\x50", "\x72\x7b\x7c\x7e\x7f"),
		indicSingle(dandas, digits(0x966), change{0x26, "\u0951\u0952"}, change{0x2a, "\u0953\u0954\u0958\u0959\u095a"},
			change{0x30, "\u095b\u095c\u095d\u095e\u095f\u0960\u0961\u0962\u0963\u0970\u0971"})},
	{"Kannada", indic(0xc80, "\x01\x0d\x11\x29\x34\x45\x49", "\x55", "\x56\x60\x61\x62\x63"),
		indicSingle(dandas, digits(0xce6), change{0x26, "\u0cde\u0cf1"}, change{0x2a, "\u0cf2"})},
	{"Malayalam", indic(0xd00, "\x01\x0d\x11\x29\x3c\x45\x49", "\x57", "\x60\x61\x62\x63\x79"),
		indicSingle(dandas, digits(0xd66), change{0x26, "\u0d70\u0d71"}, change{0x2a, "\u0d72\u0d73\u0d74\u0d75\u0d7a"}, change{0x30, "\u0d7b\u0d7c\u0d7d\u0d7e\u0d7f"})},
	{"Oriya", indic(0xb00, "\x0d\x0e\x11\x12\x29\x31\x34\x45\x46\x49\x4a", "\x56", "\x57\x60\x61\x62\x63"),
		indicSingle(dandas, digits(0xb66), change{0x26, "\u0b5c\u0b5d"}, change{0x2a, "\u0b5f\u0b70\u0b71"})},
	{"Punjabi", indic(0xa00, "\x0b\x0c\x0d\x0e\x11\x12\x29\x31\x34\x37\x3d\x43\x44\x45\x46\x49\x4a", "\x51", "\x70\x71\x72\x73\x74"),
		indicSingle(dandas, digits(0xa66), change{0x26, "\u0a59\u0a5a"}, change{0x2a, "\u0a5b\u0a5c\u0a5e\u0a75"})},
	{"Tamil", indic(0xb80, "\x01\x0b\x0c\x0d\x11\x16\x17\x18\x1b\x1d\x20\x21\x22\x25\x26\x27\x2b\x2c\x2d\x3c\x3d\x43\x44\x45\x49", "\x50", "\x57\x70\x71\x72\x79"),
		indicSingle(dandas, digits(0xbe6), change{0x26, "\u0bf3\u0bf4"}, change{0x2a, "\u0bf5\u0bf6\u0bf7\u0bf8\u0bfa"})},
	{"Telugu", indic(0xc00, "\x0d\x11\x29\x34\x3c\x45\x49", "\x55", "\x56\x60\x61\x62\x63"),
		indicSingle(digits(0xc66), change{0x26, "\u0c58\u0c59"}, change{0x2a, "\u0c78\u0c79\u0c7a\u0c7b\u0c7c"}, change{0x30, "\u0c7d\u0c7e\u0c7f"})},
	{"Urdu", urdu, urduSingle},
}

var (
	turkish = changed(defaultTable, change{0x04, "€"}, change{0x07, "ı"}, change{0x0b, "Ğğ"}, change{0x1c, "Şş"}, change{0x40, "İ"}, change{0x60, "ç"})

	portuguese = changed(defaultTable, change{0x04, "ê"}, change{0x06, "úíóç"}, change{0x0b, "Ôô"}, change{0x0e, "Áá"}, change{0x12, "ªÇÀ∞^\\€Ó|"},
		change{0x1c, "Ââ"}, change{0x1e, "Ê"}, change{0x24, "º"}, change{0x40, "Í"}, change{0x5b, "ÃÕÚ"}, change{0x60, "~"}, change{0x7b, "ãõ`"})

	portugueseSingle = changed(extension, change{0x05, "ê"}, change{0x09, "ç"}, change{0x0b, "Ôô"}, change{0x0e, "Áá"}, change{0x12, "ΦΓ"}, change{0x15, "ΩΠΨΣΘ"},
		change{0x1f, "Ê"}, change{0x41, "À"}, change{0x49, "Í"}, change{0x4f, "Ó"}, change{0x55, "Ú"}, change{0x5b, "ÃÕ"}, change{0x61, "Â"},
		change{0x69, "í"}, change{0x6f, "ó"}, change{0x75, "ú"}, change{0x7b, "ãõ"}, change{0x7f, "â"})

	urdu = changed(table{},
		change{0x00, "\u0627\u0622\u0628\u067b\u0680\u067e\u06a6\u062a\u06c2\u067f\n\u0679\u067d\r\u067a\u067c"},
		change{0x10, "\u062b\u062c\u0681\u0684\u0683\u0685\u0686\u0687\u062d\u062e\u062f\x1b\u068c\u0688\u0689\u068a"},
		change{0x20, " !\u068f\u068d\u0630\u0631\u0691\u0693)(\u0699\u0632,\u0696.\u0698"}, change{0x30, "0123456789:;\u069a\u0633\u0634?"},
		change{0x40, "\u0635\u0636\u0637\u0638\u0639\u0641\u0642\u06a9\u06aa\u06ab\u06af\u06b3\u06b1\u0644\u0645\u0646"},
		change{0x50, "\u06ba\u06bb\u06bc\u0648\u06c4\u06d5\u06c1\u06be\u0621\u06cc\u06d0\u06d2\u064d\u0650\u064f\u0657"},
		change{0x60, "\u0654abcdefghijklmnopqrstuvwxyz\u0655\u0651\u0653\u0656\u0670"})

	urduSingle = indicSingle(change{0x19, "\u0600\u0601"}, digits(0x6f0), change{0x26, "\u060c\u060d"}, change{0x2a, "\u060e\u060f\u0610\u0611\u0612"},
		change{0x30, "\u0613\u0614\u061b\u061f\u0640\u0652\u0658\u066b\u066c\u0672\u0673\u06cd"}, change{0x3f, "\u06d4"})

	dandas = change{0x19, "\u0964\u0965"}
)

// indic builds the locking shift table of an Indian language. They share one
// layout: the characters of the language's block of Unicode, which begins at base,
// in order, between the controls, digits and letters that stay. missing are the
// offsets that the block does not have, which are spaces; last stands before the
// small letters and tail behind them.
func indic(base rune, missing, last, tail string) table {
	var t table
	i := 0
	letters := func(offsets string) {
		for _, o := range []byte(offsets) {
			t[i] = base + rune(o)
			for _, m := range []byte(missing) {
				if m == o {
					t[i] = ' '
				}
			}
			i++
		}
	}
	plain := func(text string) {
		for _, r := range text {
			t[i] = r
			i++
		}
	}
	letters("\x01\x02\x03\x05\x06\x07\x08\x09\x0a\x0b")
	plain("\n")
	letters("\x0c\x0d")
	plain("\r")
	letters("\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a")
	plain("\x1b")
	letters("\x1b\x1c\x1d\x1e")
	plain(" !")
	letters("\x1f\x20\x21\x22\x23\x24")
	plain(")(")
	letters("\x25\x26")
	plain(",")
	letters("\x27")
	plain(".")
	letters("\x28")
	plain("0123456789:;")
	letters("\x29\x2a\x2b")
	plain("?")
	letters("\x2c\x2d\x2e\x2f\x30\x31\x32\x33\x34\x35\x36\x37\x38\x39\x3c\x3d")
	letters("\x3e\x3f\x40\x41\x42\x43\x44\x45\x46\x47\x48\x49\x4a\x4b\x4c\x4d" + last)
	plain("abcdefghijklmnopqrstuvwxyz")
	letters(tail)
	return t
}

// indicSingle is the single shift table that the Indian languages and Urdu share,
// with the changes of one.
func indicSingle(changes ...change) table {
	t := changed(extension, change{0x00, "@£$¥¿\"¤%&'\f*+"}, change{0x0e, "-/<=>¡^¡_#*"}, change{0x41, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"})
	return changed(t, changes...)
}

// digits are the ten digits of a script.
func digits(zero rune) change {
	var text []rune
	for r := range rune(10) {
		text = append(text, zero+r)
	}
	return change{0x1c, string(text)}
}
