package decode

import (
	"simplecap/decode/esp"
	"simplecap/decode/tls"
	"simplecap/internal/order"
)

// Keys are what the operator has to read hidden transports with, beside the key logs
// that Decoder.KeyLog takes.
type Keys struct {
	TLS  [][]byte   // private RSA keys of TLS servers, in PEM form
	Logs []*tls.Log // TLS key logs, which decoders may share that run one after the other
	ESP  [][]byte   // security associations, in the forms that esp.ParseKeys reads
}

// secretsTLS is the type of the secrets in a pcapng Decryption Secrets Block that are
// a TLS key log (pcapng, 4.8).
const secretsTLS = 0x544c534b

// hiding is what a Decoder has for transports that hide what they carry.
type hiding struct {
	tls    *tls.Env
	log    tls.KeyLog // of KeyLog
	logs   []*tls.Log
	inside tls.LogStats
	esp    *esp.Reader
	active order.List[tlsConn] // the TLS connections that are read or wait
	hidden hiddenTable
	peers  peerSet

	clients endpointSet // that sent SIP over TLS
	servers endpointSet // that took SIP over TLS which was read
}

// init makes the readers and gives them the keys. What is wrong with those is the
// business of who reads their files.
func (h *hiding) init(keys Keys, limits *Limits) {
	h.tls = tls.NewEnv(limits.TLS)
	h.esp = esp.NewReader(limits.ESP)
	h.log.Add = h.tls.Secrets.Add
	for _, pem := range keys.TLS {
		h.tls.Secrets.AddPEM(pem)
	}
	for _, l := range keys.Logs {
		h.tls.Secrets.Use(l)
	}
	h.logs = keys.Logs
	for _, text := range keys.ESP {
		all, _ := esp.ParseKeys(text)
		h.esp.Add(all)
	}
	h.hidden.limit, h.peers.limit, h.clients.limit, h.servers.limit = limits.Hidden, limits.Peers, limits.Peers, limits.Peers
}

// KeyLog takes the next bytes of TLS key logs, in NSS form; it never fails. A line is read
// once its end has come. What waits for these secrets is read at the next call of UseSecrets.
func (d *Decoder) KeyLog(b []byte) { d.hiding.log.Write(b) }

// Secrets returns what takes the secrets that a capture holds itself, by the type of a
// pcapng Decryption Secrets Block; nil for types other than TLS key logs. It is a
// capture.Secrets.
func (d *Decoder) Secrets(kind uint32) func(piece []byte, last bool) {
	if kind != secretsTLS {
		return nil
	}
	log := tls.KeyLog{Add: d.hiding.tls.Secrets.Add}
	return func(piece []byte, last bool) {
		log.Write(piece)
		if last {
			log.Flush()
			d.hiding.inside.Add(log.Stats)
		}
	}
}

// UseSecrets reads what has been waiting for secrets that are known by now.
func (d *Decoder) UseSecrets() { d.hiding.tls.Retry() }
