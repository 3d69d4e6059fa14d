package capture

// The merge takes the file whose next frame has the smallest sort key. The key of
// a frame is the largest time in its file up to it, so that a frame that is out
// of order waits with its file and the frames of a file never change places.
// Frames stay in the buffers of their files; only their descriptions are copied.

// advance fills frames from the files being read. It returns 0 where a file had
// to be read or ended first.
func (s *Files) advance(frames []Frame) int {
	if f := s.active[0]; len(s.active) == 1 && (s.each || len(s.pending) == 0) && len(f.batch) == 0 {
		n := f.next(frames)
		if n == 0 {
			s.retire()
		}
		return n
	}
	return s.merge(frames)
}

// merge fills frames in time order. It ends at the first file whose frames are
// used up, because reading more of it would change those handed out.
func (s *Files) merge(frames []Frame) int {
	n := 0
	for n < len(frames) && len(s.active) > 0 {
		f := s.active[0]
		if len(f.batch) == 0 {
			if n == 0 {
				s.refill(f)
			}
			break
		}
		n += f.emit(frames[n:], s.runnerUp())
		s.reorder()
		s.admit()
	}
	return n
}

// refill reads more frames of the first active file.
func (s *Files) refill(f *file) {
	if f.nextBatch() {
		s.reorder()
	} else {
		s.retire()
	}
}

// retire ends the first active file.
func (s *Files) retire() {
	f := s.active[0]
	s.active = append(s.active[:0], s.active[1:]...)
	s.latest = max(s.latest, f.latest)
	s.close(f)
}

// close closes a file that is done and keeps its buffer.
func (s *Files) close(f *file) {
	if buf := f.close(); buf != nil {
		s.buffers = append(s.buffers, buf)
	}
	f.batch, f.storage = nil, nil
	if f.regular {
		s.done.Add(f.size - f.read) // what was not needed counts as done
	}
}

// admit begins to read the pending files whose first frame is due.
func (s *Files) admit() {
	for len(s.pending) > 0 && (len(s.active) == 0 || !s.each && s.pending[0].before(s.active[0])) {
		f := s.pending[0]
		s.pending = s.pending[1:]
		if !f.done && f.reader == nil {
			f.open(s, len(s.active) == 0)
		}
		if f.done && len(f.batch) == 0 {
			s.close(f)
			continue
		}
		s.assign(f)
		s.active = append([]*file{f}, s.active...)
		s.reorder()
	}
}

// assign says to which trace a file belongs that is about to be read: to a new one
// where nothing is being read and there is a gap to what was.
func (s *Files) assign(f *file) {
	apart := s.each || s.apart > 0 && f.key > noTime && s.latest > noTime && f.key-s.latest > int64(s.apart)
	if s.trace == 0 || apart && len(s.active) == 0 {
		s.trace++
	}
	f.trace = s.trace
}

// buffer returns a read buffer for one more file.
func (s *Files) buffer() []byte {
	if last := len(s.buffers) - 1; last >= 0 {
		buf := s.buffers[last]
		s.buffers = s.buffers[:last]
		return buf
	}
	return make([]byte, s.limits.window(len(s.active)))
}

// reorder moves the first active file to its place. Files rarely overlap by
// many, and then their order rarely changes, so there is no heap here.
func (s *Files) reorder() {
	for i := 1; i < len(s.active) && s.active[i].before(s.active[i-1]); i++ {
		s.active[i-1], s.active[i] = s.active[i], s.active[i-1]
	}
}

// runnerUp returns the file whose frame comes after those of the first active
// one, or nil.
func (s *Files) runnerUp() *file {
	var next *file
	if len(s.active) > 1 {
		next = s.active[1]
	}
	if len(s.pending) > 0 && !s.each && (next == nil || s.pending[0].before(next)) {
		next = s.pending[0]
	}
	return next
}

// nextBatch reads frames to be merged, and reports false when the file is done.
func (f *file) nextBatch() bool {
	if f.storage == nil {
		f.storage = make([]Frame, batchFrames)
	}
	f.batch = f.storage[:f.next(f.storage)]
	f.raiseKey()
	return len(f.batch) > 0
}

// emit copies the ready frames that come before those of file next, which may be
// nil, into frames.
func (f *file) emit(frames []Frame, next *file) int {
	ready := f.batch[:min(len(f.batch), len(frames))]
	bound := int64(lastKey) // of this file's sort key
	if next != nil {
		bound = next.key
		if f.number > next.number {
			bound-- // equal keys: the other comes first
		}
	}
	n := 0
	for ; n < len(ready); n++ {
		if !ready[n].HasTime {
			continue
		}
		if ready[n].Time > bound {
			break
		}
		f.key = max(f.key, ready[n].Time)
	}
	copy(frames, ready[:n])
	f.batch = f.batch[n:]
	f.raiseKey()
	return n
}

// raiseKey raises the sort key to the time of the first ready frame. It never
// falls, so that the frames of a file keep their order.
func (f *file) raiseKey() {
	if len(f.batch) > 0 && f.batch[0].HasTime {
		f.key = max(f.key, f.batch[0].Time)
	}
}
