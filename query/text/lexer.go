package text

import (
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alecthomas/participle/v2/lexer"
)

// The kinds of token. The scanner looks at what follows a word on its line, so
// that one token of lookahead is enough for the grammar and it has few tokens
// to read. Punctuation is one kind, told apart by its text.
const (
	tokenCall      lexer.TokenType = lexer.EOF - 1 - iota // Name(
	tokenTag                                              // @name(
	tokenParameter                                        // name =>
	tokenKey                                              // name: or "name":
	tokenName                                             // any other name
	tokenLiteral                                          // a string or a number
	tokenPunct
)

const (
	// maxSource is the longest source that is read, in bytes; maxTokens is how
	// many tokens it may have. A token costs about a hundred times its bytes.
	maxSource = 8 << 20
	maxTokens = 1 << 20
	// maxNesting bounds how deep brackets and arrows nest. The language's own
	// limit of 1,000 is that of the wire form and is enforced there; one level
	// of it takes at most two brackets of text. This one protects the stack.
	maxNesting = 2048
)

// tokens is the lexer.Definition of the text form. Positions of its tokens
// hold the offset only; lines and columns are counted when somebody asks.
type tokens map[string]lexer.TokenType

var tokenKinds = tokens{
	"EOF": lexer.EOF, "Call": tokenCall, "Tag": tokenTag, "Parameter": tokenParameter, "Key": tokenKey,
	"Name": tokenName, "Literal": tokenLiteral, "Punct": tokenPunct,
}

// Symbols implements lexer.Definition.
func (d tokens) Symbols() map[string]lexer.TokenType { return d }

// Lex implements lexer.Definition.
func (d tokens) Lex(filename string, r io.Reader) (lexer.Lexer, error) {
	src, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return d.LexString(filename, string(src))
}

// LexString implements lexer.StringDefinition.
func (tokens) LexString(_, src string) (lexer.Lexer, error) {
	return &scanner{src: src, left: maxTokens}, nil
}

// scanner cuts a source into tokens. The text of a token is its source as it
// stands, so that nothing is copied. The prefix of q.Name and a comma before a
// closing bracket belong to no token.
type scanner struct {
	src      string
	pos      int
	left     int        // how many more tokens there may be, plus one; 0 is no limit of any kind
	depth    int        // brackets and arrows around pos
	open     []opening  // the open brackets, outermost first
	before   byte       // last byte of the last token
	comments *[]comment // where comments go, nil to drop them
}

// opening is a bracket that is open, '@' for a tag's, and the depth outside it.
type opening struct {
	bracket byte
	depth   int
}

// Next implements lexer.Lexer. Its errors are of type *Error.
func (s *scanner) Next() (lexer.Token, error) {
	for {
		if err := s.space(); err != nil {
			return lexer.Token{}, err
		}
		start := s.pos
		if start == len(s.src) {
			return lexer.EOFToken(lexer.Position{Offset: start}), nil
		}
		if s.left > 0 {
			if s.left--; s.left == 0 {
				return lexer.Token{}, s.fail(start, "the text is too long: it has more than a million words and signs")
			}
		}
		if s.skip() {
			continue
		}
		kind, err := s.scan(s.src[start])
		if err != nil {
			return lexer.Token{}, err
		}
		s.before = s.src[s.pos-1]
		return lexer.Token{Type: kind, Value: s.src[start:s.pos], Pos: lexer.Position{Offset: start}}, nil
	}
}

// skip moves behind what is no token: the prefix q. of a name, and a comma
// between an item and a closing bracket.
func (s *scanner) skip() bool {
	rest := s.src[s.pos:]
	switch rest[0] {
	case 'q':
		if len(rest) < 3 || rest[1] != '.' || identLength(rest[2:]) == 0 {
			return false
		}
		s.pos += 2
		return true
	case ',':
		if s.inside() == '@' || strings.IndexByte(",;:>([{", s.before) >= 0 {
			return false
		}
		after := scanner{src: s.src, pos: s.pos + 1}
		if err := after.space(); err != nil || after.pos == len(s.src) || !isCloser(s.src[after.pos]) {
			return false
		}
		s.pos++
		s.before = ','
		return true
	}
	return false
}

func isCloser(c byte) bool { return c == ')' || c == ']' || c == '}' }

// inside returns the innermost open bracket, 0 if there is none.
func (s *scanner) inside() byte {
	if n := len(s.open); n > 0 {
		return s.open[n-1].bracket
	}
	return 0
}

// scan moves behind the token that starts with c.
func (s *scanner) scan(c byte) (lexer.TokenType, error) {
	switch c {
	case '(', '[', '{', ')', ']', '}', ',', ':', ';':
		s.pos++
		return tokenPunct, s.nest(c)
	case '=':
		if strings.HasPrefix(s.src[s.pos:], "=>") {
			s.pos += 2
			return tokenPunct, s.nest('=')
		}
	case '"', '\'', '`':
		if err := s.quoted(c); err != nil {
			return 0, err
		}
		return s.use(tokenLiteral)
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return tokenLiteral, s.number()
	case '@':
		if n := identLength(s.src[s.pos+1:]); n > 0 {
			s.pos += 1 + n
			return s.use(tokenTag)
		}
	default:
		if n := identLength(s.src[s.pos:]); n > 0 {
			s.pos += n
			return s.use(tokenName)
		}
	}
	r, _ := utf8.DecodeRuneInString(s.src[s.pos:])
	if r == utf8.RuneError {
		return 0, s.fail(s.pos, "the text is not valid UTF-8")
	}
	return 0, s.fail(s.pos, "found "+quote(string(r))+", which starts nothing")
}

// use says which kind of token the word before pos is, and takes the sign that
// says so into the token. A word by itself is of the given kind.
func (s *scanner) use(word lexer.TokenType) (lexer.TokenType, error) {
	at := s.pos
	for at < len(s.src) && (s.src[at] == ' ' || s.src[at] == '\t') {
		at++
	}
	rest := s.src[at:]
	switch {
	case word != tokenTag && strings.HasPrefix(rest, ":"):
		s.pos = at + 1
		return tokenKey, nil
	case word == tokenTag && !strings.HasPrefix(rest, "("):
		return 0, s.fail(at, `expected "(" behind a tag`)
	case word == tokenTag:
		s.pos = at + 1
		return word, s.nest('@')
	case word == tokenName && strings.HasPrefix(rest, "("):
		s.pos = at + 1
		return tokenCall, s.nest('(')
	case word == tokenName && strings.HasPrefix(rest, "=>"):
		s.pos = at + 2
		return tokenParameter, s.nest('=')
	}
	return word, nil
}

// nest keeps count of the depth. A comma or semicolon ends the arrows before
// it, a closing bracket those inside it.
func (s *scanner) nest(c byte) error {
	switch c {
	case '(', '[', '{', '@':
		s.open = append(s.open, opening{c, s.depth})
		s.depth++
	case '=':
		s.depth++
	case ')', ']', '}':
		if n := len(s.open); n > 0 {
			s.depth = s.open[n-1].depth
			s.open = s.open[:n-1]
		}
	case ',', ';':
		s.depth = 0
		if n := len(s.open); n > 0 {
			s.depth = s.open[n-1].depth + 1
		}
	}
	if s.left > 0 && s.depth > maxNesting {
		return s.fail(s.pos-1, "expressions are nested too deeply")
	}
	return nil
}

// space moves behind white space and comments.
func (s *scanner) space() error {
	for s.pos < len(s.src) {
		switch c := s.src[s.pos]; {
		case c == ' ' || c >= '\t' && c <= '\r':
			s.pos++
		case c == '/':
			if err := s.comment(); err != nil {
				return err
			}
		case c < utf8.RuneSelf:
			return nil
		default:
			r, n := utf8.DecodeRuneInString(s.src[s.pos:])
			if !unicode.IsSpace(r) && r != '\ufeff' {
				return nil
			}
			s.pos += n
		}
	}
	return nil
}

// comment moves behind one comment, and keeps it if comments are wanted.
func (s *scanner) comment() error {
	start, rest := s.pos, s.src[s.pos:]
	switch {
	case strings.HasPrefix(rest, "//"):
		if n := strings.IndexByte(rest, '\n'); n >= 0 {
			s.pos += n
		} else {
			s.pos = len(s.src)
		}
	case strings.HasPrefix(rest, "/*"):
		n := strings.Index(rest[2:], "*/")
		if n < 0 {
			return s.fail(start, "the comment has no end")
		}
		s.pos += n + 4
	default:
		return s.fail(start, `found "/", which starts nothing`)
	}
	if !utf8.ValidString(s.src[start:s.pos]) {
		return s.fail(start, "the text is not valid UTF-8")
	}
	if s.comments != nil {
		*s.comments = append(*s.comments, comment{start: start, end: s.pos, separated: s.before == ',' || s.before == ';'})
	}
	return nil
}

// quoted moves behind a string. What its escapes mean is the business of
// whoever reads it; here they only must not end it.
func (s *scanner) quoted(mark byte) error {
	start := s.pos
	for i := start + 1; i < len(s.src); i++ {
		switch c := s.src[i]; {
		case c == mark:
			s.pos = i + 1
			if !utf8.ValidString(s.src[start:s.pos]) {
				return s.fail(start, "the string is not valid UTF-8")
			}
			return nil
		case c == '\\':
			i++
			if strings.HasPrefix(s.src[i:], "\r\n") {
				i++
			}
		case mark != '`' && (c == '\n' || c == '\r'):
			return s.fail(start, "the string has no end on its line; one between ` may have several")
		case mark == '`' && c == '$' && strings.HasPrefix(s.src[i:], "${"):
			return s.fail(i, "${...} is not supported: write Concat or Format, or \\${ for the characters")
		}
	}
	return s.fail(start, "the string has no end")
}

// number moves behind a number, which has the syntax of JSON.
func (s *scanner) number() error {
	start := s.pos
	s.accept("-")
	zero := strings.HasPrefix(s.src[s.pos:], "0")
	n := s.digits()
	ok := n == 1 || n > 1 && !zero
	if s.accept(".") {
		ok = s.digits() > 0 && ok
	}
	if s.accept("eE") {
		s.accept("+-")
		ok = s.digits() > 0 && ok
	}
	if letters := identLength(s.src[s.pos:]); !ok || letters > 0 {
		s.pos += letters
		return s.fail(start, "found "+quote(s.src[start:s.pos])+", which is not a number")
	}
	return nil
}

// accept moves behind the present byte if it is one of these.
func (s *scanner) accept(bytes string) bool {
	if s.pos == len(s.src) || strings.IndexByte(bytes, s.src[s.pos]) < 0 {
		return false
	}
	s.pos++
	return true
}

func (s *scanner) digits() int {
	start := s.pos
	for s.pos < len(s.src) && s.src[s.pos] >= '0' && s.src[s.pos] <= '9' {
		s.pos++
	}
	return s.pos - start
}

func (s *scanner) fail(offset int, message string) error { return errorAt(s.src, offset, message) }

// identLength returns the length of the identifier that s starts with, 0 if
// there is none. Identifiers are JavaScript's, without its escapes.
func identLength(s string) int {
	for i := 0; i < len(s); {
		c := s[i]
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '$' || i > 0 && c >= '0' && c <= '9' {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			return i
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if !unicode.IsLetter(r) && (i == 0 || !unicode.In(r, unicode.Mn, unicode.Mc, unicode.Nd)) {
			return i
		}
		i += n
	}
	return len(s)
}

// isIdent reports whether the whole of s is an identifier.
func isIdent(s string) bool { return s != "" && identLength(s) == len(s) }
