package text

import (
	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"
)

// Parse reads one expression. It implements participle.Parseable.
func (e *expr) Parse(lex *lexer.PeekingLexer) error {
	if !begins(lex.Peek()) {
		return participle.NextMatch
	}
	return e.read(lex)
}

// begins reports whether an expression may begin with a token.
func begins(t *lexer.Token) bool {
	switch t.Type {
	case tokenCall, tokenTag, tokenParameter, tokenName, tokenLiteral:
		return true
	case tokenPunct:
		return t.Value == "{" || t.Value == "[" || t.Value == "("
	}
	return false
}

// read reads an expression that must be there.
func (e *expr) read(lex *lexer.PeekingLexer) error {
	if !begins(lex.Peek()) {
		return unread(lex)
	}
	start := lex.RawCursor()
	err := e.readAs(lex, lex.Next())
	e.Tokens = lex.Range(start, lex.RawCursor())
	return err
}

// readAs reads what follows an expression's first token.
func (e *expr) readAs(lex *lexer.PeekingLexer, first *lexer.Token) (err error) {
	switch first.Type {
	case tokenCall:
		e.Args, err = readList(lex, ")")
	case tokenParameter:
		e.Body, err = readExpr(lex)
	case tokenTag:
		if e.Data, err = readExpr(lex); err == nil {
			err = expect(lex, ")")
		}
	case tokenPunct:
		switch first.Value {
		case "{":
			e.Fields, err = readFields(lex)
		case "[":
			e.Items, err = readList(lex, "]")
		default:
			e.Params, err = readList(lex, ")")
			if err == nil && accept(lex, "=>") {
				e.Result, err = readExpr(lex)
			}
		}
	}
	return err
}

func readExpr(lex *lexer.PeekingLexer) (*expr, error) {
	e := &expr{}
	return e, e.read(lex)
}

// readList reads expressions with commas between them, up to and with end.
func readList(lex *lexer.PeekingLexer, end string) (list []*expr, err error) {
	for !accept(lex, end) {
		if list != nil {
			if err := expect(lex, ","); err != nil {
				return nil, err
			}
		}
		e, err := readExpr(lex)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// readFields reads the members of an object, up to and with its end.
func readFields(lex *lexer.PeekingLexer) (list []*field, err error) {
	for !accept(lex, "}") {
		if list != nil {
			if err := expect(lex, ","); err != nil {
				return nil, err
			}
		}
		f := &field{}
		if err := f.read(lex); err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, nil
}

func (f *field) read(lex *lexer.PeekingLexer) (err error) {
	start := lex.RawCursor()
	switch lex.Peek().Type {
	case tokenKey:
		lex.Next()
	case tokenName, tokenLiteral:
		lex.Next()
		if err := expect(lex, ":"); err != nil {
			return err
		}
	default:
		return unread(lex)
	}
	f.Value, err = readExpr(lex)
	f.Tokens = lex.Range(start, lex.RawCursor())
	return err
}

// accept moves behind the next token if it is this punctuation.
func accept(lex *lexer.PeekingLexer, punct string) bool {
	t := lex.Peek()
	if t.Type != tokenPunct || t.Value != punct {
		return false
	}
	lex.Next()
	return true
}

func expect(lex *lexer.PeekingLexer, punct string) error {
	if accept(lex, punct) {
		return nil
	}
	return unread(lex)
}

// unread is the error of a token that nothing in the grammar expects.
func unread(lex *lexer.PeekingLexer) error {
	return participle.Errorf(lex.Peek().Pos, "unexpected")
}
