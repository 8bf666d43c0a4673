package text

import (
	"errors"
	"strings"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"
)

// The grammar. Its structs never leave the package: they are written as the
// wire form (encode.go), or printed again with their comments (format.go).

// file is a list of queries. Each ends with a semicolon or with its line.
type file struct {
	Exprs []*expr `parser:"( @@ ';'* )*"`
}

// expr is one expression; its first token says which:
//
//	Expr  = ( Call ( Expr ( "," Expr )* )? ")" | Literal | Name
//	        | "{" ( Field ( "," Field )* )? "}"
//	        | "[" ( Expr ( "," Expr )* )? "]"
//	        | "(" ( Expr ( "," Expr )* )? ")" ( "=>" Expr )?
//	        | Parameter Expr
//	        | Tag Expr ")" )
//	Field = ( Key | ( Name | Literal ) ":" ) Expr
//
// Brackets around one expression are that expression, unless an arrow
// follows: x => body and (x, y) => body.
//
// It is read by hand (expression.go), because reflection over every node costs
// more than all the rest of reading a query.
type expr struct {
	Tokens []lexer.Token
	Args   []*expr  // of a call
	Fields []*field // of an object
	Items  []*expr  // of an array
	Params []*expr  // in brackets
	Result *expr    // behind brackets and an arrow
	Body   *expr    // behind a parameter
	Data   *expr    // in a tag
}

// field is one member of an object.
type field struct {
	Tokens []lexer.Token
	Value  *expr
}

var parser = participle.MustBuild[file](participle.Lexer(tokenKinds), participle.UseLookahead(1))

// parse reads a source into the grammar's structs.
func parse(src string) (*file, error) {
	if len(src) > maxSource {
		return nil, errorAt(src, maxSource, "the text is too long: it has more than 8 MiB")
	}
	f, err := parser.ParseString("", src)
	if err == nil {
		return f, separated(src, f)
	}
	var own *Error
	var fault participle.Error
	switch {
	case errors.As(err, &own):
		return nil, own
	case errors.As(err, &fault):
		return nil, unexpected(src, fault.Position().Offset)
	}
	return nil, errorAt(src, 0, err.Error())
}

// separated checks that each query of f stands on a line of its own, or behind
// a semicolon.
func separated(src string, f *file) error {
	for i := 1; i < len(f.Exprs); i++ {
		start := f.Exprs[i].start()
		if between := src[f.Exprs[i-1].end():start]; !hasBreak(between) {
			return unexpected(src, start)
		}
	}
	return nil
}

// hasBreak reports whether there is a semicolon or an end of line in what
// stands between two tokens.
func hasBreak(between string) bool {
	for s := between; s != ""; {
		switch {
		case s[0] == ';', s[0] == '\n', strings.HasPrefix(s, "//"):
			return true
		case strings.HasPrefix(s, "/*"):
			n := strings.Index(s[2:], "*/") + 4
			if strings.Contains(s[:n], "\n") {
				return true
			}
			s = s[n:]
		default:
			s = s[1:]
		}
	}
	return false
}

// kind is a kind of expression.
type kind uint8

const (
	literal kind = iota // a string or a number
	name                // a variable, true, false, null
	call                // Name(args)
	lambda              // x => body, (x, y) => body
	group               // brackets that hold not exactly one expression
	array
	object
	tagged // @tag(data)
)

// kind says what e is. It is asked of what inner returns.
func (e *expr) kind() kind {
	switch e.Tokens[0].Type {
	case tokenCall:
		return call
	case tokenParameter:
		return lambda
	case tokenName:
		return name
	case tokenLiteral:
		return literal
	case tokenTag:
		return tagged
	}
	switch {
	case e.Tokens[0].Value == "[":
		return array
	case e.Tokens[0].Value == "{":
		return object
	case e.Result != nil:
		return lambda
	}
	return group
}

// text returns the word that e starts with: the name of a call or variable, a
// literal.
func (e *expr) text() string {
	word, _ := cutWord(e.Tokens[0])
	return word
}

// start and end are e's place in the source.
func (e *expr) start() int { return e.Tokens[0].Pos.Offset }

func (e *expr) end() int { return endOf(e.Tokens) }

func endOf(tokens []lexer.Token) int {
	last := &tokens[len(tokens)-1]
	return last.Pos.Offset + len(last.Value)
}

// inner removes brackets that only group.
func (e *expr) inner() *expr {
	for e.Tokens[0].Value == "(" && e.Result == nil && len(e.Params) == 1 {
		e = e.Params[0]
	}
	return e
}
