package content

import "simplecap/decode/content/sms"

// sms reads a body of SMS over IP.
func (r *reader) sms(media string, body []byte) {
	if !r.take(SMS, media) {
		return
	}
	if out, name := undeclared(body); name != "" {
		body, r.c.Undeclared = out, name
	}
	m := sms.Decode(body)
	r.c.SMS, r.c.SMSBody = &m, body
	r.c.Defects = append(r.c.Defects, m.Defects...)
	r.c.Text, r.c.HasText, r.c.Characters = m.TPDU.Text, m.TPDU.HasText, m.TPDU.Characters
	if r.c.CPIM != nil && r.c.Wrapped == "" {
		r.c.Wrapped = "message/cpim"
	}
}
