package redact

import (
	"strings"
	"sync"

	"simplecap/internal/words"
)

// protocolWords are the words that specifications define and programs write by
// themselves, in lower case: methods, option tags, media types, event packages,
// parameters and their values, schemes, transports. A word is a run of letters
// and digits: "application/vnd.3gpp.sms" has four. Whatever else stands where
// one of them is expected may be somebody's.
var protocolWords = setOf(
	// methods and what somebody may take for one (RFC 3428)
	"message ack bye cancel info invite notify options prack publish refer register subscribe update msg sms im text chat service",
	// protocols, schemes and transports
	"sip sips tel udp tcp tls sctp ws wss dtls q850 q 850 http https urn cid mailto xmpp pres fax isup preemption release cause",
	// option tags (IANA SIP parameters) and the parts of their names
	"100rel 199 answermode early session eventlist explicitsub from change geolocation histinfo ice join multiple norefersub nosub",
	"outbound path policy precondition privacy recipient list invite replaces resource priority sdp anat sec agree siprec tdialog timer",
	"trickle uui gin gruu location ms subscribe control v dialog",
	// event packages, and why a subscription ends
	"presence winfo conference kpml reg consent spirits vq rtcpxr xcap diff ua profile poc settings certificate summary load",
	"active pending terminated deactivated probation rejected timeout giveup noresource invariant",
	// media types
	"application audio video image multipart model example plain html css csv xml json octet stream cpim imdn sipfrag rfc822 mixed related",
	"alternative signed encrypted digest form data vnd 3gpp 3gpp2 oma sms pidf rlmi iscomposing x xhtml pkcs7 mime signature resource lists",
	"location isup qsig dtmf relay conference media control mansmanscdp mansrtsp manscdp rcs ft vcard watcherinfo simple message delivery notification",
	"external body access mcptt mcvideo mcdata payload ussd broadworks broadsoft httpcallback g711 trickle ice sdpfrag rls services partial",
	// dispositions, encodings, character sets and languages
	"attachment inline render icon alert session aib optional required by reference handling gzip deflate compress identity 8bit binary base64",
	"quoted printable utf us ascii iso gb2312 gbk gb18030 big5 euc kr jp shift jis windows koi8 latin en de fr es it zh pt nl ja ko ru cn gb",
	// parameters of header fields and URIs, and their values
	"expires lr transport user phone ip dialstring method ttl rport received branch maddr tag ob keep alias index mp np rc reg id refresher uac uas",
	"comp sigcomp name filename charset boundary format flowed delsp type start level purpose card sub duration retry after reason text protocol",
	"screen party called calling counter limit off on yes no true false full uri header critical none history gr phone context ext isub encoding",
	"npdi rn cic cpc oli ordinary payphone prison hotel operator prison unknown unavailable bearer screen ind nsap ia5 bcd user provided network",
	"passed failed conditional unconditional deflection busy answer time of day do not disturb follow me out service away no ftag did nat r2 vsf",
	"sip instance feature g icsi ref iari oma smsip mmtel ims ics srvcc mid call automata isfocus mobility fixed mobile events actor principal",
	"attendant msg taker class business personal schemes extensions methods description duplex half receive send only msgserver data application",
	"proxy redirect fork nofork parallel sequential queue recurse cancel",
	// parameters of credentials
	"realm nonce cnonce opaque username response stale algorithm qop nc auth int md5 sess sha 256 512 akav1 akav2 domain nextnonce rspauth digest basic",
	"userhash integrity protected",
	// priority, service names and emergencies
	"emergency urgent normal non non urgent counseling sos ambulance fire police marine mountain poison physician directory gas",
	"3gppservice 3gpp service anonymous invalid localhost")

// textWords are further words that programs write to people: reason phrases
// (RFC 3261 21 and its extensions), and the names that programs have for
// themselves.
var textWords = setOf(
	"trying ringing is being forwarded queued progress ok accepted notification choices moved permanently temporarily use alternative bad request",
	"unauthorized payment forbidden not found allowed acceptable authentication conflict gone length conditional failed entity too large long media",
	"unsupported scheme extension security agreement interval brief small min se invalid anonymity flow referrer identity token anchor missing depth",
	"max hops address incomplete ambiguous temporarily unavailable does exist loop detected many here event undecipherable everywhere",
	"decline declined anywhere unwanted consent needed terminated provisional responses first hop lacks support already in time server internal error",
	"implemented gateway bad version required exceeded push notifications supported global failure the a an of for to and or with without at be has been",
	"transaction destination unreachable route no such uri resource limit rate blacklisted reached capacity overloaded overload try again later",
	"available offline online endpoint peer host unknown wrong number missing header field value content type body empty malformed syntax parse",
	"expired unauthenticated authorized relaying denied storing stored message messages user users phone client device up down completed elsewhere",
	// programs
	"kamailio opensips openser ser asterisk pbx freepbx freeswitch mod sofia linphone linphonec belle liblinphone pjsua pjsip pjproject microsip",
	"jitsi twinkle baresip libre zoiper bria eyebeam xlite lite counterpath sipp sipsak sipgo sip js jssip jain nist reciprocate resip resiprocate repro",
	"yate doubango boghe imsdroid clearwater open5gs open ims core cscf pcscf icscf scscf osips rtpengine oversip drachtio fsclient yealink grandstream snom polycom cisco",
	"avaya mitel fanvil gigaset ericsson nokia huawei zte samsung apple iphone ipad android ios linux gnu windows mac macos darwin x86 x64 i386 i486 i586",
	"i686 amd64 arm64 armv7l aarch64 mips glibc git dev rc beta alpha release debian ubuntu centos fedora alpine dfsg deb build rev",
	"simplecap sngrep homer heplify tester test volte vonr gsma rcs service softphone softswitch sbc b2bua ua uac uas proxy registrar")

// setOf makes a set of the words of some lines when it is first asked for: most runs
// redact nothing.
func setOf(lines ...string) func() map[string]bool {
	return sync.OnceValue(func() map[string]bool {
		set := map[string]bool{}
		for _, line := range lines {
			for word := range strings.FieldsSeq(line) {
				set[word] = true
			}
		}
		return set
	})
}

// registered are the names of header fields, in lower case, beyond those that
// have a kind here (IANA SIP parameters, "Header Fields"). Other names may
// tell of anybody.
var registered = setOf(
	"accept-resource-priority additional-identity alert-info answer-mode attestation-info authentication-info call-info cellular-network-info",
	"content-language content-id date-time dc-info encryption error-info feature-caps flow-timer geolocation geolocation-error geolocation-routing hide",
	"history-info info-package join max-breadth mime-version min-expires min-se organization origination-id p-access-network-info p-answer-state",
	"p-asserted-service p-charging-function-addresses p-charging-vector p-dcs-trace-party-id p-dcs-osps p-dcs-billing-info p-dcs-laes p-dcs-redirect",
	"p-early-media p-media-authorization p-preferred-service p-private-network-indication p-profile-key p-refused-uri-list p-served-user",
	"p-user-database p-visited-network-id path permission-missing policy-contact policy-id priority priority-share priority-verstat priv-answer-mode",
	"proxy-authentication-info proxy-require rack recv-info refer-events-at refer-sub relayed-charge replaces reply-to resource-priority resource-share",
	"response-key response-source restoration-info route security-client security-server security-verify service-interact-info service-route",
	"session-id sip-etag sip-if-match suppress-if-match target-dialog trigger-consent user-to-user diversion remote-party-id")

// known reports whether all words of b, which are runs of letters and digits,
// are of the protocol. Words of digits alone are where they have no more digits
// than are left.
func known(b []byte, digits *int, sets ...map[string]bool) bool {
	left := *digits
	for i := 0; i < len(b); i++ {
		from, letters := i, false
		for i < len(b) && isWord(b[i]) {
			letters = letters || !isDigit(b[i])
			i++
		}
		switch word := b[from:i]; {
		case len(word) == 0:
		case !letters:
			if left -= len(word); left < 0 {
				return false
			}
		case !isIn(word, sets):
			return false
		}
	}
	*digits = left
	return true
}

// longestWord is the length of the longest word that is looked up.
const longestWord = 24

func isIn(word []byte, sets []map[string]bool) bool {
	var lower [longestWord]byte
	if len(word) > len(lower) {
		return false
	}
	for i, c := range word {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	for _, set := range sets {
		if set[string(lower[:len(word)])] {
			return true
		}
	}
	return false
}

// isProtocol reports whether b consists of words of the protocol alone.
func isProtocol(b []byte) bool { return known(b, new(int), protocolWords()) }

// isMethod reports whether a token is a method, or close enough to MESSAGE that
// it is judged as a slip of the pen: at most two changes away (analyze's rule
// method-near-miss).
func isMethod(b []byte) bool {
	return isProtocol(b) && len(b) > 0 || len(b) <= 9 && words.Distance(strings.ToUpper(string(b)), "MESSAGE") <= 2
}
