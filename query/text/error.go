package text

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/participle/v2/lexer"
)

// Error is a fault of a source, at a place in it.
type Error struct {
	// Line and Column count from 1; columns are characters, not bytes.
	Line, Column int
	Message      string
	// Source is the line, without its end.
	Source string
	// Err is what the wire form's reader said, nil if the text itself is at
	// fault.
	Err error
}

// Error implements error. It shows the line and marks the place:
//
//	line 2, column 7: found "]", expected an expression
//	  Add(1, ]
//	         ^
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Message
	}
	line, column := window(e.Source, e.Column)
	return fmt.Sprintf("line %d, column %d: %s\n  %s\n  %s^", e.Line, e.Column, e.Message, line, blank(line, column))
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// shown is how many characters of a long line are shown.
const shown = 120

// window cuts a long line down to what is near column.
func window(line string, column int) (part string, at int) {
	if utf8.RuneCountInString(line) <= shown {
		return line, column
	}
	runes := []rune(line)
	lo := max(0, min(column-shown/2, len(runes)-shown))
	return string(runes[lo:min(lo+shown, len(runes))]), column - lo
}

// blank returns white space as wide as line before column: a tab for a tab.
func blank(line string, column int) string {
	var b strings.Builder
	for _, r := range line {
		if column--; column == 0 {
			break
		}
		if r != '\t' {
			r = ' '
		}
		b.WriteRune(r)
	}
	return b.String()
}

// errorAt returns an error at an offset in src.
func errorAt(src string, offset int, message string) *Error {
	line, column, text := place(src, offset)
	return &Error{Line: line, Column: column, Message: message, Source: text}
}

// place returns where an offset is, and the line there. The end of a source
// that ends its last line is behind that line.
func place(src string, offset int) (line, column int, text string) {
	if offset = min(offset, len(src)); offset == len(src) {
		offset = len(strings.TrimRight(src, " \t\r\n"))
	}
	start := strings.LastIndexByte(src[:offset], '\n') + 1
	text = src[start:]
	if n := strings.IndexByte(text, '\n'); n >= 0 {
		text = text[:n]
	}
	text = strings.TrimSuffix(text, "\r")
	return strings.Count(src[:start], "\n") + 1, utf8.RuneCountInString(src[start:offset]) + 1, text
}

// unexpected is the error of a token that cannot stand where it does. What
// could stand there follows from the tokens before it. The grammar stops at a
// comma if what follows that is no item; then it is this that is unexpected.
func unexpected(src string, offset int) *Error {
	s := &scanner{src: src}
	var before, last lexer.Token
	for {
		inside := s.inside()
		t, err := s.Next()
		if err != nil {
			return err.(*Error) //nolint:errorlint // a scanner has no other errors
		}
		wanted := expected(before, last, inside)
		switch comma := t.Value == "," && strings.HasPrefix(wanted, `","`); {
		case !t.EOF() && (t.Pos.Offset < offset || comma):
			before, last = last, t
		case !t.EOF() && inside == 0 && isCloser(t.Value[0]):
			return errorAt(src, t.Pos.Offset, "found "+found(t)+", which closes nothing")
		default:
			return errorAt(src, t.Pos.Offset, "found "+found(t)+", expected "+wanted)
		}
	}
}

// found names a token, cut short.
func found(t lexer.Token) string {
	if t.EOF() {
		return "the end"
	}
	word, _ := cutWord(t)
	if runes := []rune(word); len(runes) > 30 {
		return quote(string(runes[:30]) + "...")
	}
	return quote(word)
}

// cutWord cuts a token into its word and the sign that belongs to it: "(",
// "=>", ":" or none. Of punctuation it is the sign.
func cutWord(t lexer.Token) (word, sign string) {
	switch t.Type {
	case tokenCall, tokenTag:
		sign = "("
	case tokenParameter:
		sign = "=>"
	case tokenKey:
		sign = ":"
	case tokenPunct:
		return t.Value, t.Value
	}
	return strings.TrimRight(strings.TrimSuffix(t.Value, sign), " \t"), sign
}

// expected says what could stand behind the tokens before and last, in a
// bracket.
func expected(before, last lexer.Token, bracket byte) string {
	closer := map[byte]string{'(': `")"`, '[': `"]"`, '{': `"}"`, '@': `")"`}[bracket]
	switch _, sign := cutWord(last); sign {
	case ";", ":", "=>":
		return "an expression"
	case "(", "[", "{", ",":
		switch bracket {
		case '{':
			return "a name or " + closer
		case '@':
			return "an expression"
		}
		return "an expression or " + closer
	}
	switch {
	case last.Value == "":
		return "an expression"
	case bracket == 0:
		return `";" or a new line`
	case bracket == '@':
		return closer
	case bracket == '{' && (before.Value == "{" || before.Value == ","):
		return `":"`
	}
	return `"," or ` + closer
}
