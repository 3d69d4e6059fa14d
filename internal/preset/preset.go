// Package preset gives bounds that nobody has set their defaults.
package preset

import "reflect"

// Numbers gives the numbers of a struct that are 0 or less, times among them, the values of
// its defaults: all of them, so that none is forgotten. Fields of other kinds, such as the
// bounds of another package, stay. It is too slow for what is made per message.
func Numbers[L any](limits *L, defaults L) {
	set, unset := reflect.ValueOf(limits).Elem(), reflect.ValueOf(defaults)
	for i := range set.NumField() {
		if f := set.Field(i); f.CanInt() && f.Int() <= 0 {
			f.SetInt(unset.Field(i).Int())
		}
	}
}
