package text

import (
	"strings"
)

// Format returns a source in the one way to write it, which is also that of
// Print: lines of up to 100 characters, indents of two blanks, double quotes,
// bare names, no trailing commas, no q. prefixes. All comments stay, each
// before or behind what it stood at, and empty lines between queries stay as
// one. Every query is followed by a newline. The result means the same, and
// formatting it again changes nothing. The error is of type *Error; functions
// and variables need not exist.
func Format(src string) (string, error) {
	f, err := parse(src)
	if err != nil {
		return "", err
	}
	p := &formatter{src: src, comments: readComments(src)}
	l := layout{width: defaultWidth}
	for i, e := range f.Exprs {
		next := len(src)
		if i+1 < len(f.Exprs) {
			next = f.Exprs[i+1].start()
		}
		p.leading(&l, e)
		n := p.expr(e)
		n.after = p.comments.behind(next)
		l.item(&n, 0, "")
		l.newline(0)
	}
	if p.err != nil {
		return "", p.err
	}
	p.block(&l, len(src))
	return strings.TrimLeft(string(l.dst), "\n"), nil
}

// formatter makes nodes of the grammar's structs.
type formatter struct {
	src      string
	comments *comments
	err      error
}

// leading writes the comments before a query, and the empty line before it.
func (p *formatter) leading(l *layout, e *expr) {
	p.block(l, e.start())
	if emptyLineBefore(p.src, e.start()) {
		l.newline(0)
	}
}

// block writes the comments before an offset, each on a line of its own.
func (p *formatter) block(l *layout, offset int) {
	for len(p.comments.rest) > 0 && p.comments.rest[0].start < offset {
		if p.comments.rest[0].blank {
			l.newline(0)
		}
		l.put(p.comments.rest[0].text)
		l.newline(0)
		p.comments.rest = p.comments.rest[1:]
	}
}

// expr makes the node of an expression. Comments in brackets that only group
// go before it. Other comments inside it that have no place in a list are left
// for whoever prints what comes next.
func (p *formatter) expr(e *expr) node {
	inner := e.inner()
	if inner == e {
		return p.ungrouped(e)
	}
	before := p.comments.until(inner.start())
	n := p.ungrouped(inner)
	n.before = append(before, n.before...)
	return n
}

func (p *formatter) ungrouped(e *expr) node {
	switch e.kind() {
	case literal:
		return p.literal(e.text(), e.start())
	case name:
		return atom(e.text())
	case call:
		return p.list(e.text()+"(", e.Args, e.end(), ")")
	case lambda:
		return p.arrow(e)
	case group:
		p.fail(e.start(), strayGroup)
		return node{}
	case array:
		return p.list("[", e.Items, e.end(), "]")
	case object:
		return p.object(e)
	default:
		return p.list(e.text()+"(", []*expr{e.Data}, e.end(), ")")
	}
}

func (p *formatter) fail(offset int, message string) {
	if p.err == nil {
		p.err = errorAt(p.src, offset, message)
	}
}

// literal keeps numbers, and strings of several lines, as they are.
func (p *formatter) literal(token string, start int) node {
	if !isQuoted(token) || token[0] == '`' && strings.Contains(token, "\n") {
		return atom(token)
	}
	s, offset := unquote(token)
	if offset >= 0 {
		p.fail(start+offset, badEscape)
	}
	return atom(quote(s))
}

// list makes a bracket. Its end is behind the closing one.
func (p *formatter) list(head string, items []*expr, end int, tail string) node {
	nodes := make([]node, len(items))
	for i, item := range items {
		next := end - 1
		if i+1 < len(items) {
			next = items[i+1].start()
		}
		before := p.comments.until(item.start())
		nodes[i] = p.expr(item)
		nodes[i].before = append(before, nodes[i].before...)
		nodes[i].after = p.comments.behind(next)
	}
	last := p.comments.until(end - 1)
	if len(nodes) == 1 && len(last) == 0 && strings.HasSuffix(head, "(") {
		return enclosed(head, nodes[0], tail)
	}
	n := bracket(head, nodes, tail)
	n.last = last
	n.measure()
	return n
}

func (p *formatter) object(e *expr) node {
	nodes := make([]node, len(e.Fields))
	for i, f := range e.Fields {
		next := e.end() - 1
		if i+1 < len(e.Fields) {
			next = e.Fields[i+1].start()
		}
		before := p.comments.until(f.Value.start())
		nodes[i] = prefixed(p.key(f)+": ", p.expr(f.Value))
		nodes[i].before = append(before, nodes[i].before...)
		nodes[i].after = p.comments.behind(next)
	}
	n := bracket("{", nodes, "}")
	n.last = p.comments.until(e.end() - 1)
	n.measure()
	return n
}

// key prints the name of a member.
func (p *formatter) key(f *field) string {
	token := f.text()
	if !isQuoted(token) {
		return token
	}
	s, offset := unquote(token)
	if offset >= 0 {
		p.fail(f.start()+offset, badEscape)
	}
	if isIdent(s) {
		return s
	}
	return quote(s)
}

// arrow makes a lambda. Comments up to its body go before it.
func (p *formatter) arrow(e *expr) node {
	params, body := e.text(), e.Body
	if body == nil {
		names := make([]string, len(e.Params))
		for i, param := range e.Params {
			names[i] = param.text()
			if param.kind() != name {
				p.fail(param.start(), strayParam)
			}
		}
		if params, body = strings.Join(names, ", "), e.Result; len(names) != 1 {
			params = "(" + params + ")"
		}
	}
	before := p.comments.until(body.start())
	n := arrowNode(params, p.expr(body))
	n.before = append(before, n.before...)
	return n
}
