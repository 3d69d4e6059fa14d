package capture

import "bufio"

// walker passes a compressed file on unchanged, and stops before each part of it
// that says how much memory it asks for. A step looks at what comes next without
// passing it on, and says how much of it may pass and which step is then due.
type walker struct {
	in   *bufio.Reader
	pass int64 // bytes that may be passed on before the next step
	step func() error
}

func (w *walker) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for w.pass == 0 {
		if err := w.step(); err != nil {
			return 0, err
		}
	}
	n, err := w.in.Read(p[:min(int64(len(p)), w.pass)])
	w.pass -= int64(n)
	return n, notEOF(err)
}

// then lets n bytes pass and goes on with the next step.
func (w *walker) then(n int64, next func() error) error {
	w.pass, w.step = n, next
	return nil
}

// need returns the next n bytes without passing them on; the file may not end there.
func (w *walker) need(n int) ([]byte, error) {
	b, err := w.in.Peek(n)
	return b, notEOF(err)
}
