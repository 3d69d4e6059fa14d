package content

import "simplecap/decode/content/sms"

// short reads a body of SMS over IP.
func (r *reader) short(media string, body []byte) {
	if !r.take(SMS, media) {
		return
	}
	if out, name := undeclared(body); name != "" {
		body, r.c.Undeclared = out, name
	}
	m := r.sms
	sms.DecodeTo(m, body)
	r.c.SMS = m
	r.c.Defects = append(r.c.Defects, m.Defects...)
	r.c.Text, r.c.HasText, r.c.Characters = m.TPDU.Text, m.TPDU.HasText, m.TPDU.Characters
	if r.c.CPIM != nil && r.c.Wrapped == "" {
		r.c.Wrapped = "message/cpim"
	}
}
