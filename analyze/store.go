package analyze

// store holds the open transactions, in order of creation and by two keys.
type store struct {
	chunks     []*chunk // by number; 0 is none
	numbers    []uint32 // numbers that are free again
	first      *chunk   // the oldest, and through chunk.next all others in order of creation
	last       *chunk
	free       []spare // memory of emptied chunks, kept to be filled again
	packer     packer
	size       int64              // bytes of all chunks in use
	open       int                // open records
	added      uint64             // records ever added
	draining   bool               // nothing is looked up any more
	grown      func(int64)        // Options.Grown
	dict       [dictSize]interned // of the newest chunk
	deliveries uint64             // numbered so far
	byBranch   index
	byCall     index
}

// maxFree is of how many emptied chunks the memory is kept.
const maxFree = 4

// init makes the store empty; grown may be nil. Of what is open, unpacked bytes are not
// packed.
func (s *store) init(unpacked int64, grown func(bytes int64)) {
	s.packer.limit, s.packer.done = unpacked, make(chan packed, 1)
	if s.grown = grown; grown == nil {
		s.grown = func(int64) {}
	}
	s.chunks = make([]*chunk, 1)
	s.byBranch.init(branchLinks, branchHash)
	s.byCall.init(callLinks, callHash)
}

// at returns the open transaction with the handle.
func (s *store) at(h handle) txn {
	c := s.chunks[h>>chunkBits]
	s.awake(c)
	return txn{c, &c.records[h%chunkRecords]}
}

// list returns the chunks in order of creation.
func (s *store) list() (chunks []*chunk) {
	for c := s.first; c != nil; c = c.next {
		chunks = append(chunks, c)
	}
	return chunks
}

// add makes a new record.
func (s *store) add() (handle, txn) {
	c := s.last
	if c == nil || c.used == chunkRecords || len(c.text) > maxChunkText {
		c = s.grow()
	}
	r := &c.records[c.used]
	*r = record{flags: isOpen}
	h := c.handle(c.used)
	c.used++
	c.live++
	s.open++
	s.added++
	return h, txn{c, r}
}

// grow begins a new chunk.
func (s *store) grow() *chunk {
	c := &chunk{number: s.number()}
	c.use(s.take())
	c.begin()
	c.firstID, c.deliveries = s.added+1, s.deliveries-1<<31
	s.chunks[c.number] = c
	if s.last == nil {
		s.first = c
	} else {
		s.last.next, c.prev = c, s.last
		s.last.full = true
		s.last.dict = s.last.few[:]
		s.retire(s.last) // which goes out of the list if nothing in it is open
	}
	clear(s.dict[:])
	c.dict = s.dict[:]
	s.last = c
	if s.packer.next == nil {
		s.packer.next = c
	}
	s.account(c)
	s.packOld()
	s.grown(s.outside())
	return c
}

// number returns a chunk number that is not in use.
func (s *store) number() uint32 {
	if n := len(s.numbers); n > 0 {
		number := s.numbers[n-1]
		s.numbers = s.numbers[:n-1]
		return number
	}
	s.chunks = append(s.chunks, nil)
	return uint32(len(s.chunks) - 1)
}

// outside is how many bytes the store takes outside the heap. What emptied chunks have
// touched stays with them.
func (s *store) outside() int64 {
	bytes := s.size + s.byBranch.size() + s.byCall.size()
	for _, spare := range s.free {
		bytes += spare.touched
	}
	return bytes + int64(cap(s.packer.scratch)+cap(s.packer.out))
}

// account brings size up to date after c may have grown.
func (s *store) account(c *chunk) {
	bytes := c.bytes()
	s.size += bytes - c.counted
	c.counted = bytes
}

// drain says that nothing will be added or looked up any more: all that is left
// to do is to remove the records, which then need not leave the indexes one by one.
func (s *store) drain() {
	s.settle()
	s.byBranch.close()
	s.byCall.close()
	s.draining = true
}

// remove closes a record, and frees its chunk with the last one.
func (s *store) remove(h handle) {
	tx := s.at(h)
	if !s.draining {
		s.byBranch.unlink(s, h)
		s.byCall.unlink(s, h)
	}
	tx.setIf(isOpen, false)
	tx.live--
	s.open--
	s.retire(tx.chunk)
}

// retire frees the chunk if nothing in it is open and nothing will be added.
func (s *store) retire(c *chunk) {
	if c.live > 0 || !c.full {
		return
	}
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		s.first = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	}
	s.chunks[c.number] = nil
	s.numbers = append(s.numbers, c.number)
	s.size -= c.counted
	if s.packer.next == c {
		s.packer.next = c.next
	}
	c.prev, c.next, c.counted = nil, nil, 0
	s.packer.mu.Lock() // another goroutine may unpack, at the end
	s.give(c)
	bytes := s.outside()
	s.packer.mu.Unlock()
	s.grown(bytes)
}

// close gives all memory back: what is outside the heap is not collected.
func (s *store) close() {
	s.settle()
	for c := s.first; c != nil; c = c.next {
		if r := c.rest.Load(); r != nil {
			giveBack(r.memory)
		} else {
			giveBack(c.memory)
		}
	}
	for _, spare := range s.free {
		giveBack(spare.memory)
	}
	s.byBranch.close()
	s.byCall.close()
	*s = store{}
}

// oldest returns the open record that was created first, or 0.
func (s *store) oldest() handle {
	for c := s.first; c != nil; c = c.next {
		for ; c.head < c.used; c.head++ {
			if c.isOpen(c.head) {
				return c.handle(c.head)
			}
		}
	}
	return 0
}

// touch reads something of what a response is compared with: see analyzer.warm.
func (s *store) touch(h handle) uint32 {
	c := s.chunks[h>>chunkBits]
	if c.rest.Load() != nil {
		return 0
	}
	r := &c.records[h%chunkRecords]
	return r.cseq + uint32(r.flags) + uint32(r.final)
}

// spare is memory for a chunk, and how much of it has been written.
type spare struct {
	memory  []byte
	touched int64
}

// take returns memory for a chunk. What was in it is there still.
func (s *store) take() []byte {
	if n := len(s.free); n > 0 {
		memory := s.free[n-1].memory
		s.free = s.free[:n-1]
		return memory
	}
	return reserve(chunkRecords*recordBytes + textBytes + chunkNodes*nodeBytes)
}

// give takes the memory of a chunk back. Of some, little is kept.
func (s *store) give(c *chunk) {
	if len(s.free) < maxFree {
		s.free = append(s.free, spare{c.memory, c.bytes()})
	} else {
		giveBack(c.memory)
	}
	c.memory, c.records, c.text, c.nodes = nil, nil, nil, nil
}
