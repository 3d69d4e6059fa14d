package capture

// Secrets opens a block of secrets that a capture holds, such as a TLS key log, of the
// type that pcapng gives it. What it returns takes the data, in pieces that are valid
// for the call; nil passes it over.
type Secrets func(kind uint32) func(piece []byte, last bool)

// SecretSource is a Source whose captures may hold secrets (pcapng Decryption Secrets
// Blocks). They come while ReadBatch runs, wherever in the file they stand.
type SecretSource interface {
	// OnSecrets sets who takes them. It is called before the first ReadBatch.
	OnSecrets(open Secrets)
}

// secretsHeader is the type and the length before the data of a Decryption Secrets
// Block, in bytes.
const secretsHeader = 8

// secretBlock is the rest of a block of secrets that is being read. They go on as they
// come, since the block may be longer than what is kept in memory.
type secretBlock struct {
	data func(piece []byte, last bool)
	left int64 // bytes of data that come
}

// beginSecrets reads the beginning of a Decryption Secrets Block.
func (p *pcapngParser) beginSecrets(body []byte) {
	p.secret = secretBlock{}
	if len(body) < secretsHeader || p.facts.secrets == nil {
		return
	}
	p.secret.left = int64(p.order.uint32(body[4:]))
	if p.secret.data = p.facts.secrets(p.order.uint32(body)); p.secret.left == 0 {
		p.secret.data = nil
	}
}

// take takes the next bytes of a block.
func (s *secretBlock) take(b []byte) {
	if s.data == nil {
		return
	}
	n := min(int64(len(b)), s.left)
	s.left -= n
	if s.data(b[:n], s.left == 0); s.left == 0 {
		s.data = nil
	}
}

// OnSecrets implements SecretSource.
func (s *Files) OnSecrets(open Secrets) {
	s.secrets = open
	for _, f := range s.files {
		if f.reader != nil {
			f.reader.facts.secrets = open
		}
	}
}
