package index

// entries reads from an iterator: several entries at a time where it is known
// that so many will be asked for.
type entries struct {
	it         Iterator
	key, value []byte // the present entry, after next or seek was true
	// ahead is how many more elements whoever reads will ask for, unless there
	// are less. Each of them takes an entry at least, so that nothing is read
	// that would not have been.
	ahead int

	keys, values [readAhead][]byte
	n, i         int // keys[i:n] were read ahead
}

// readAhead is how many entries are read at a time.
const readAhead = 16

// next moves to the next entry.
func (e *entries) next() bool {
	if e.i == e.n {
		if e.ahead <= 1 {
			return e.take(e.it.Next())
		}
		most := min(e.ahead, readAhead)
		if e.i, e.n = 0, e.it.Fill(e.keys[:most], e.values[:most]); e.n == 0 {
			return false
		}
	}
	e.key, e.value = e.keys[e.i], e.values[e.i]
	e.i++
	return true
}

// seek moves as an iterator's Seek does. What was read ahead is dropped.
func (e *entries) seek(key []byte) bool {
	e.i, e.n = 0, 0
	return e.take(e.it.Seek(key))
}

func (e *entries) take(ok bool) bool {
	if ok {
		e.key, e.value = e.it.Key(), e.it.Value()
	}
	return ok
}

// passed notes that an element was asked for, and found.
func (e *entries) passed() {
	if e.ahead > 0 {
		e.ahead--
	}
}
