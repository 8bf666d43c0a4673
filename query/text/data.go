package text

import "github.com/alecthomas/participle/v2/lexer"

// dataNode prints JSON that is data: as it is, with bare names, and with its
// tags as calls: {"@ts":"..."} becomes @ts("..."). The JSON is of our own
// making and therefore correct.
func dataNode(json []byte) node {
	r := dataReader{scanner{src: string(json)}}
	return r.value(r.next())
}

// dataReader reads JSON, of which the text form's tokens are a superset.
type dataReader struct{ scanner }

func (r *dataReader) next() lexer.Token {
	t, err := r.Next()
	if err != nil {
		panic("text: the wire form is not JSON: " + err.Error())
	}
	return t
}

// value reads the value that starts with t.
func (r *dataReader) value(t lexer.Token) node {
	switch t.Value {
	case "[":
		var items []node
		for t = r.next(); t.Value != "]"; t = r.separator() {
			items = append(items, r.value(t))
		}
		return bracket("[", items, "]")
	case "{":
		n, _ := r.object()
		return n
	}
	return scalarNode(t.Value)
}

// scalarNode prints a token: a string in our own quotes, all else as it is.
func scalarNode(token string) node {
	if !isQuoted(token) {
		return atom(token)
	}
	s, _ := unquote(token)
	return atom(quote(s))
}

// separator reads the token behind an item or, if that is a comma, the next.
func (r *dataReader) separator() lexer.Token {
	t := r.next()
	if t.Value == "," {
		return r.next()
	}
	return t
}

// object reads what follows an opening brace. The second node is the object
// as it stands in @obj, where its one member is no tag.
func (r *dataReader) object() (n, plain node) {
	var fields []node
	var tag string
	var content node
	for t := r.next(); t.Value != "}"; t = r.separator() {
		word, _ := cutWord(t)
		key, _ := unquote(word)
		if t.Type != tokenKey {
			r.next()
		}
		v, inner := r.member(r.next())
		if isTag(key) && len(fields) == 0 {
			if tag, content = key, v; key == "@obj" {
				content = inner
			}
		}
		fields = append(fields, fieldNode(key, v))
	}
	plain = bracket("{", fields, "}")
	if len(fields) == 1 && tag != "" {
		return enclosed(tag+"(", content, ")"), plain
	}
	return plain, plain
}

// member reads the value that starts with t; plain is what it is in @obj.
func (r *dataReader) member(t lexer.Token) (n, plain node) {
	if t.Value == "{" {
		return r.object()
	}
	n = r.value(t)
	return n, n
}
