package wire

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// maxDepth is how many arrays and objects of a request may stand inside each
// other. Stored lambdas get maxStoredDepth: writing one down may wrap what
// was written without a wrap (an operand of and, captured variables).
const (
	maxDepth       = 1000
	maxStoredDepth = 4 * maxDepth
)

type kind uint8

const (
	jsonNull kind = iota
	jsonFalse
	jsonTrue
	jsonLong
	jsonDouble
	jsonString
	jsonArray
	jsonObject
)

// node is one JSON value. Nodes stand in the order of the text; the subtree of
// node i is nodes[i:nodes[i].end], so the first child of i is i+1 and the
// next sibling of c is nodes[c].end. Nodes hold no pointers.
type node struct {
	kind  kind
	end   int32
	count int32  // children
	key   span   // the member's name, in an object
	text  span   // of a string
	bits  uint64 // of a number: int64 or float64
}

func (n *node) long() int64     { return int64(n.bits) }
func (n *node) double() float64 { return math.Float64frombits(n.bits) }

// span is a string: a piece of the source, or, with size -1, the string made
// of one with escapes, by its place among the unescaped.
type span struct{ start, size int32 }

// arena reads JSON into nodes. Keys of an object are distinct: of several
// equal ones the first is kept.
type arena struct {
	nodes     []node
	src       string
	unescaped []string
	pos       int
	depth     int
	limit     int
}

// string returns what s stands for: without escapes a slice of the source.
func (a *arena) string(s span) string {
	if s.size < 0 {
		return a.unescaped[s.start]
	}
	return a.src[s.start : s.start+s.size]
}

// key and text return the strings of node i.
func (a *arena) key(i int) string  { return a.string(a.nodes[i].key) }
func (a *arena) text(i int) string { return a.string(a.nodes[i].text) }

// read appends the nodes of a whole JSON text and returns the first of them.
func (a *arena) read(src []byte, limit int) (root int, err error) {
	if !utf8.Valid(src) || len(src) > math.MaxInt32-len(a.src) {
		return 0, notJSON
	}
	a.pos, a.depth, a.limit = len(a.src), 0, limit
	a.src += string(src)
	root = len(a.nodes)
	a.space()
	if a.pos == len(a.src) {
		return 0, noQuery
	}
	if err := a.value(span{}); err != nil {
		return 0, err
	}
	a.space()
	if a.pos != len(a.src) {
		return 0, notJSON
	}
	return root, nil
}

func (a *arena) space() {
	for a.pos < len(a.src) {
		switch a.src[a.pos] {
		case ' ', '\n', '\r', '\t':
			a.pos++
		default:
			return
		}
	}
}

// peek skips blanks and returns the next byte, 0 at the end.
func (a *arena) peek() byte {
	a.space()
	if a.pos == len(a.src) {
		return 0
	}
	return a.src[a.pos]
}

// leaf appends a value without children.
func (a *arena) leaf(n node) {
	n.end = int32(len(a.nodes) + 1)
	a.nodes = append(a.nodes, n)
}

func (a *arena) value(key span) error {
	switch a.peek() {
	case '{':
		return a.nested(key, jsonObject)
	case '[':
		return a.nested(key, jsonArray)
	case '"':
		text, err := a.quoted()
		a.leaf(node{kind: jsonString, key: key, text: text})
		return err
	case 'n':
		return a.word("null", node{kind: jsonNull, key: key})
	case 't':
		return a.word("true", node{kind: jsonTrue, key: key})
	case 'f':
		return a.word("false", node{kind: jsonFalse, key: key})
	default:
		return a.number(key)
	}
}

func (a *arena) word(word string, n node) error {
	if end := a.pos + len(word); end <= len(a.src) && a.src[a.pos:end] == word {
		a.pos = end
		a.leaf(n)
		return nil
	}
	return notJSON
}

// nested reads an array or object; the present byte opens it.
func (a *arena) nested(key span, k kind) error {
	if a.depth == a.limit {
		return tooDeep
	}
	a.depth++
	a.pos++
	at := len(a.nodes)
	a.nodes = append(a.nodes, node{kind: k, key: key})
	var count int32
	var err error
	if k == jsonArray {
		count, err = a.elements()
	} else {
		count, err = a.members(at)
	}
	a.depth--
	a.nodes[at].count, a.nodes[at].end = count, int32(len(a.nodes))
	return err
}

func (a *arena) elements() (count int32, err error) {
	if a.peek() == ']' {
		a.pos++
		return 0, nil
	}
	for {
		if err := a.value(span{}); err != nil {
			return 0, err
		}
		count++
		if done, err := a.separator(']'); done || err != nil {
			return count, err
		}
	}
}

func (a *arena) members(object int) (count int32, err error) {
	if a.peek() == '}' {
		a.pos++
		return 0, nil
	}
	seen := names{object: object}
	for {
		if a.peek() != '"' {
			return 0, notJSON
		}
		name, err := a.quoted()
		if err != nil {
			return 0, err
		}
		if a.peek() != ':' {
			return 0, notJSON
		}
		a.pos++
		start := len(a.nodes)
		repeated := seen.repeated(a, a.string(name), count)
		if err := a.value(name); err != nil {
			return 0, err
		}
		if repeated {
			a.nodes = a.nodes[:start]
		} else {
			count++
		}
		if done, err := a.separator('}'); done || err != nil {
			return count, err
		}
	}
}

// separator reads a comma, or the byte that closes a list.
func (a *arena) separator(closing byte) (done bool, err error) {
	switch a.peek() {
	case ',':
		a.pos++
		return false, nil
	case closing:
		a.pos++
		return true, nil
	}
	return false, notJSON
}

// names are the keys of an object under way: looked through while they are
// few, in a set when they are many.
type names struct {
	object int
	set    map[string]struct{}
}

const fewNames = 16

func (s *names) repeated(a *arena, name string, count int32) bool {
	if count < fewNames {
		for c := s.object + 1; c < len(a.nodes); c = int(a.nodes[c].end) {
			if a.key(c) == name {
				return true
			}
		}
		return false
	}
	if s.set == nil {
		s.set = make(map[string]struct{}, 2*fewNames)
		for c := s.object + 1; c < len(a.nodes); c = int(a.nodes[c].end) {
			s.set[a.key(c)] = struct{}{}
		}
	}
	if _, ok := s.set[name]; ok {
		return true
	}
	s.set[name] = struct{}{}
	return false
}

// number reads a number: with a fraction or an exponent a double, else an
// integer, which must fit 64 bits.
func (a *arena) number(key span) error {
	start := a.pos
	_ = a.next('-')
	if !a.next('0') && !a.digits() {
		return notJSON
	}
	double := false
	if a.next('.') {
		if double = a.digits(); !double {
			return notJSON
		}
	}
	if a.next('e') || a.next('E') {
		_ = a.next('-') || a.next('+')
		if double = a.digits(); !double {
			return notJSON
		}
	}
	token := a.src[start:a.pos]
	if double {
		f, _ := strconv.ParseFloat(token, 64) // out of range is infinite, as in the original
		a.leaf(node{kind: jsonDouble, key: key, bits: math.Float64bits(f)})
		return nil
	}
	n, err := strconv.ParseInt(token, 10, 64)
	if err != nil {
		return notJSON
	}
	a.leaf(node{kind: jsonLong, key: key, bits: uint64(n)})
	return nil
}

func (a *arena) next(c byte) bool {
	if a.pos < len(a.src) && a.src[a.pos] == c {
		a.pos++
		return true
	}
	return false
}

func (a *arena) digits() bool {
	start := a.pos
	for a.pos < len(a.src) && '0' <= a.src[a.pos] && a.src[a.pos] <= '9' {
		a.pos++
	}
	return a.pos > start
}

// child returns the member of object i called key, or -1.
func (a *arena) child(i int, key string) int {
	end := int(a.nodes[i].end)
	for c := i + 1; c < end; c = int(a.nodes[c].end) {
		if a.key(c) == key {
			return c
		}
	}
	return -1
}
