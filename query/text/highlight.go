package text

import (
	"strings"

	"github.com/alecthomas/participle/v2/lexer"
)

// The colours of a terminal, as escape sequences.
const (
	plainColour    = "\x1b[0m"
	functionColour = "\x1b[34m" // blue
	stringColour   = "\x1b[32m" // green
	numberColour   = "\x1b[36m" // cyan
	constantColour = "\x1b[35m" // magenta: true, false, null, tags
	commentColour  = "\x1b[90m" // grey
)

// Highlight appends src in the colours of an ANSI terminal. Its characters
// stay as they are; from what is no token on, nothing is coloured, so that a
// line that is still being typed can be shown.
func Highlight(dst []byte, src string) []byte {
	list := []comment{}
	s := &scanner{src: src, comments: &list}
	done := 0
	for {
		t, err := s.Next()
		for _, c := range list {
			dst = append(dst, src[done:c.start]...)
			dst = coloured(dst, commentColour, src[c.start:c.end])
			done = c.end
		}
		list = list[:0]
		if err != nil || t.EOF() {
			return append(dst, src[done:]...)
		}
		start := t.Pos.Offset
		dst = append(dst, src[done:start]...)
		word, _ := cutWord(t)
		dst = coloured(dst, colour(t), word)
		done = start + len(word)
	}
}

// coloured appends s in a colour, line by line; "" is the terminal's own.
func coloured(dst []byte, colour, s string) []byte {
	if colour == "" {
		return append(dst, s...)
	}
	for i, line := range strings.Split(s, "\n") {
		if i > 0 {
			dst = append(dst, '\n')
		}
		dst = append(append(append(dst, colour...), line...), plainColour...)
	}
	return dst
}

func colour(t lexer.Token) string {
	switch t.Type {
	case tokenCall:
		return functionColour
	case tokenTag:
		return constantColour
	case tokenLiteral:
		if isQuoted(t.Value) {
			return stringColour
		}
		return numberColour
	case tokenName:
		switch t.Value {
		case "true", "false", "null":
			return constantColour
		}
	}
	return ""
}
