package tls

import "strconv"

// VersionName names a version, as "TLS 1.2".
func VersionName(version uint16) string {
	switch version {
	case VersionSSL30:
		return "SSL 3.0"
	case VersionTLS10, VersionTLS11, VersionTLS12, VersionTLS13:
		return "TLS 1." + strconv.Itoa(int(version-VersionTLS10))
	}
	return "version 0x" + strconv.FormatUint(uint64(version), 16)
}

// alertNames are the alerts of RFC 8446 6 and RFC 5246 7.2.
var alertNames = map[int]string{
	0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 22: "record_overflow", 30: "decompression_failure",
	40: "handshake_failure", 42: "bad_certificate", 43: "unsupported_certificate", 44: "certificate_revoked",
	45: "certificate_expired", 46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied",
	50: "decode_error", 51: "decrypt_error", 70: "protocol_version", 71: "insufficient_security", 80: "internal_error",
	86: "inappropriate_fallback", 90: "user_canceled", 100: "no_renegotiation", 109: "missing_extension",
	110: "unsupported_extension", 112: "unrecognized_name", 113: "bad_certificate_status_response",
	115: "unknown_psk_identity", 116: "certificate_required", 120: "no_application_protocol",
}

// AlertName names an alert by its number.
func AlertName(code int) string {
	if name, ok := alertNames[code]; ok {
		return name
	}
	return strconv.Itoa(code)
}
