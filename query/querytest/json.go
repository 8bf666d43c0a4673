package querytest

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// node is a JSON value as it stands: members in order, numbers as written.
type node struct {
	kind  byte   // '{', '[', '"', 'n' for numbers, or 'l' for true, false, null
	text  string // of a string without escapes, a number, a literal
	names []string
	items []*node
}

func parseJSON(s string) (*node, error) {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	n, err := parseNode(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("more than one value")
	}
	return n, nil
}

func parseNode(d *json.Decoder) (*node, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Delim:
		return parseList(d, byte(t))
	case string:
		return &node{kind: '"', text: t}, nil
	case json.Number:
		return &node{kind: 'n', text: t.String()}, nil
	case nil:
		return &node{kind: 'l', text: "null"}, nil
	default:
		return &node{kind: 'l', text: fmt.Sprint(t)}, nil
	}
}

func parseList(d *json.Decoder, kind byte) (*node, error) {
	n := &node{kind: kind}
	for d.More() {
		if kind == '{' {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			n.names = append(n.names, name.(string))
		}
		item, err := parseNode(d)
		if err != nil {
			return nil, err
		}
		n.items = append(n.items, item)
	}
	_, err := d.Token()
	return n, err
}

// String returns the compact JSON.
func (n *node) String() string {
	var b strings.Builder
	n.write(&b)
	return b.String()
}

func (n *node) write(b *strings.Builder) {
	switch n.kind {
	case '"':
		b.WriteString(quote(n.text))
	case '[', '{':
		b.WriteByte(n.kind)
		for i, item := range n.items {
			if i > 0 {
				b.WriteByte(',')
			}
			if n.kind == '{' {
				b.WriteString(quote(n.names[i]) + ":")
			}
			item.write(b)
		}
		b.WriteByte(n.kind + 2)
	default:
		b.WriteString(n.text)
	}
}

func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // strings never fail
	return strings.TrimSuffix(b.String(), "\n")
}

// without returns n less every member of that name.
func (n *node) without(name string) *node {
	out := &node{kind: n.kind, text: n.text}
	for i, item := range n.items {
		if n.kind == '{' {
			if n.names[i] == name {
				continue
			}
			out.names = append(out.names, n.names[i])
		}
		out.items = append(out.items, item.without(name))
	}
	return out
}

// member returns the member of an object, nil when there is none.
func (n *node) member(name string) *node {
	for i := range n.names {
		if n.names[i] == name {
			return n.items[i]
		}
	}
	return nil
}
