package text

import (
	"strings"
	"unicode/utf8"
)

const (
	defaultWidth = 100 // characters of a line
	indentWidth  = 2
	// maxIndent is how deep lines are indented at most, so that a text never
	// grows by more than a factor.
	maxIndent = 40
	// never is the width of what cannot stand on one line.
	never = 1 << 30
)

// node is a piece of printed text: a bracket with items in it, or an atom,
// which has only head. What stands before a bracket ("key: ", "x => ",
// "Paginate(") is part of its head.
//
//	head item, item tail
type node struct {
	head  string
	items []node
	tail  string
	pad   bool // blanks inside the brackets on one line: { a: 1 }
	width int  // on one line, never if it has to break

	before []string // comments on lines of their own before it
	after  string   // comment behind it, on its last line
	last   []string // comments on lines of their own before tail
}

func atom(s string) node {
	return node{head: s, width: lineWidth(s)}
}

// lineWidth is the width of s, never if it has several lines.
func lineWidth(s string) int {
	if strings.Contains(s, "\n") {
		return never
	}
	return utf8.RuneCountInString(s)
}

// bracket returns a node of items between an opening and a closing bracket.
func bracket(head string, items []node, tail string) node {
	n := node{head: head, items: items, tail: tail}
	n.pad = strings.HasSuffix(head, "{") && len(items) > 0
	n.measure()
	return n
}

// measure sets the width of a node whose items have theirs.
func (n *node) measure() {
	n.width = lineWidth(n.head) + lineWidth(n.tail)
	if n.pad {
		n.width += 2
	}
	for i := range n.items {
		if i > 0 {
			n.width += 2
		}
		n.width += n.items[i].width
		if len(n.items[i].before) > 0 || n.items[i].after != "" {
			n.width = never
		}
	}
	if len(n.last) > 0 {
		n.width = never
	}
	n.width = min(n.width, never)
}

// prefixed returns n with text before it.
func prefixed(prefix string, n node) node {
	n.head = prefix + n.head
	n.width = min(n.width+lineWidth(prefix), never)
	return n
}

// enclosed returns n in brackets of its own: Head( n ). If n has brackets, the
// two break as one.
func enclosed(head string, n node, tail string) node {
	if len(n.before) > 0 || n.after != "" || !opens(n.head) {
		return bracket(head, []node{n}, tail)
	}
	n.head, n.tail = head+n.head, n.tail+tail
	n.width = min(n.width+lineWidth(head)+lineWidth(tail), never)
	return n
}

// opens reports whether a head is nothing but a bracket of a literal.
func opens(head string) bool { return head == "[" || head == "{" }

// layout writes nodes as lines.
type layout struct {
	dst   []byte
	width int
	start int // where the present line starts in dst
}

// column is the width of the present line so far.
func (l *layout) column() int { return utf8.RuneCount(l.dst[l.start:]) }

func (l *layout) put(s string) {
	l.dst = append(l.dst, s...)
	if n := strings.LastIndexByte(s, '\n'); n >= 0 {
		l.start = len(l.dst) - len(s) + n + 1
	}
}

func (l *layout) newline(indent int) {
	l.dst = append(l.dst, '\n')
	l.start = len(l.dst)
	for range indentWidth * min(indent, maxIndent) {
		l.dst = append(l.dst, ' ')
	}
}

// node writes n where more characters follow on its last line.
func (l *layout) node(n *node, indent, more int) {
	if n.width < never && l.column()+n.width+more <= l.width {
		l.flat(n)
		return
	}
	l.put(n.head)
	if len(n.items) > 0 || len(n.last) > 0 {
		for i := range n.items {
			comma := ","
			if i == len(n.items)-1 {
				comma = ""
			}
			l.newline(indent + 1)
			l.item(&n.items[i], indent+1, comma)
		}
		for _, c := range n.last {
			l.newline(indent + 1)
			l.put(c)
		}
		l.newline(indent)
	}
	l.put(n.tail)
}

// item writes a node that has its lines to itself, with its comments.
func (l *layout) item(n *node, indent int, comma string) {
	for _, c := range n.before {
		l.put(c)
		l.newline(indent)
	}
	l.node(n, indent, len(comma))
	l.put(comma)
	if n.after != "" {
		l.put(" " + n.after)
	}
}

// flat writes n on one line.
func (l *layout) flat(n *node) {
	l.put(n.head)
	if n.pad {
		l.put(" ")
	}
	for i := range n.items {
		if i > 0 {
			l.put(", ")
		}
		l.flat(&n.items[i])
	}
	if n.pad {
		l.put(" ")
	}
	l.put(n.tail)
}
