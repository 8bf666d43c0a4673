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
		return r.object()
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

// object reads what follows an opening brace.
func (r *dataReader) object() node {
	var fields []node
	var tag string
	var tagged node
	for t := r.next(); t.Value != "}"; t = r.separator() {
		key, _ := unquote(t.Value)
		r.next()
		v := r.value(r.next())
		if tag = ""; len(fields) == 0 && isTag(key) {
			tag, tagged = key, v
		}
		fields = append(fields, fieldNode(key, v))
	}
	if len(fields) == 1 && tag != "" {
		return enclosed(tag+"(", tagged, ")")
	}
	return bracket("{", fields, "}")
}
