package wire

// maxCaptures bounds how many names the lambdas of one request capture in all:
// each lambda lists its own, also those that a lambda inside it uses.
const maxCaptures = 1 << 18

// scope knows which names are bound where the decoder stands, and which of
// them the lambdas under way use from outside.
type scope struct {
	bindings []binding
	index    map[string]int // the innermost binding of each name, once there are many
	floor    int            // bindings below it are out of sight
	lambdas  []capture      // under way, outermost first
	captures int
}

type binding struct {
	name    string
	shadows int // the binding of the same name that this one hides, or -1; kept with index
}

// capture is a lambda under way: what stands below base is outside of it.
type capture struct {
	base int
	free []string
	seen map[string]struct{} // free again, once there are many
}

// bind binds a name until release is called with an earlier mark.
func (s *scope) bind(name string) {
	s.bindings = append(s.bindings, binding{name, -1})
	last := len(s.bindings) - 1
	switch {
	case s.index != nil:
		s.enter(last)
	case len(s.bindings) > fewNames:
		s.index = make(map[string]int, 2*fewNames)
		for i := range s.bindings {
			s.enter(i)
		}
	}
}

func (s *scope) enter(i int) {
	b := &s.bindings[i]
	if hidden, ok := s.index[b.name]; ok {
		b.shadows = hidden
	}
	s.index[b.name] = i
}

// mark returns the present state, for release.
func (s *scope) mark() int { return len(s.bindings) }

// release undoes all bindings since mark.
func (s *scope) release(mark int) {
	if s.index != nil {
		for i := len(s.bindings) - 1; i >= mark; i-- {
			if b := &s.bindings[i]; b.shadows < 0 {
				delete(s.index, b.name)
			} else {
				s.index[b.name] = b.shadows
			}
		}
	}
	s.bindings = s.bindings[:mark]
}

// use looks a name up for the lambdas under way. It is false if the name is
// not bound.
func (s *scope) use(name string) bool {
	i := s.find(name)
	if i < 0 {
		return false
	}
	for k := len(s.lambdas) - 1; k >= 0 && s.lambdas[k].base > i && s.captures <= maxCaptures; k-- {
		// What a lambda uses of the outside, all around it have been told.
		if !s.lambdas[k].add(name) {
			break
		}
		s.captures++
	}
	return true
}

func (s *scope) find(name string) int {
	if s.index != nil {
		if i, ok := s.index[name]; ok && i >= s.floor {
			return i
		}
		return -1
	}
	for i := len(s.bindings) - 1; i >= s.floor; i-- {
		if s.bindings[i].name == name {
			return i
		}
	}
	return -1
}

// open begins a lambda; close ends it, and returns the names that it uses and
// does not bind, in the order of their first use.
func (s *scope) open() { s.lambdas = append(s.lambdas, capture{base: len(s.bindings)}) }

func (s *scope) close() []string {
	last := len(s.lambdas) - 1
	c := s.lambdas[last]
	s.lambdas[last] = capture{}
	s.lambdas = s.lambdas[:last]
	s.release(c.base)
	return c.free
}

// add notes a name, and is false if it was noted before.
func (c *capture) add(name string) bool {
	if c.seen == nil {
		for _, known := range c.free {
			if known == name {
				return false
			}
		}
	} else if _, ok := c.seen[name]; ok {
		return false
	}
	c.free = append(c.free, name)
	switch {
	case c.seen != nil:
		c.seen[name] = struct{}{}
	case len(c.free) > fewNames:
		c.seen = make(map[string]struct{}, 2*fewNames)
		for _, known := range c.free {
			c.seen[known] = struct{}{}
		}
	}
	return true
}

// reset forgets everything, and lets go of the names.
func (s *scope) reset() {
	clear(s.bindings[:cap(s.bindings)])
	*s = scope{bindings: s.bindings[:0], lambdas: s.lambdas[:0]}
}
