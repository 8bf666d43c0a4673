package query

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

const (
	tooFewValues  = "format specifiers count must be <= arguments size"
	noSuchValue   = "index must be >= 1 and <= arguments size"
	badConversion = "Invalid conversion format '"
	badSuffix     = "Invalid date/time suffix '"
)

// formatFunctions print values into text, as java.util.Formatter does.
// Source: chapter on functions, section 17.
var formatFunctions = []*Function{{
	Name:   "Format",
	Makes:  true,
	Params: []Param{arg("format", text), {Key: "values", Cast: anything.list(zeroOrMore), Variadic: true}},
	Doc:    "puts values into the places of a string that begin with a percent sign, printed as each place says",
	Examples: []string{
		`Format("%3$s%1$s %2$s", "DB", "rocks", "Fauna") // "FaunaDB rocks"`,
		`Format("%05d|%-6s|%.2f", 42, "ab", 1.005) // "00042|ab    |1.01"`,
		`Format("%tF", Date("1970-03-01")) // "1970-03-01"`,
		`Format("%f", 1) // invalid argument ["values",0]`,
		`Format("%Z") // invalid argument ["format"]`,
	},
	Errors: []string{
		"invalid argument: " + tooFewValues, "invalid argument: " + noSuchValue, "invalid argument: " + badConversion + "<text>'.",
		"invalid argument: " + badSuffix + "<text>'.", "invalid argument: Cannot cast <type> to String.", tooLong,
	},
	Eval: format,
}}

// specifier is one place for a value: %[N$][flags][width][.precision][t]c.
type specifier struct {
	source    string // as it is written
	index     int    // N; -1 when there is none
	flags     string
	width     int  // -1 when there is none
	precision int  // likewise
	dateTime  byte // 't' or 'T' of a date or time, else 0
	// conversion is a letter or one of % @ ^; that of a date or time may be
	// left out, and is 0 then.
	conversion byte
}

// conversions are what a specifier may end with, but for dates and times.
const conversions = "dxXofeEgGsSbB@^%n"

// without returns the specifier as it is written, less its N$.
func (s *specifier) without() string {
	if s.index < 0 {
		return s.source
	}
	_, rest, _ := strings.Cut(s.source, "$")
	return "%" + rest
}

func (s *specifier) has(flag byte) bool { return strings.IndexByte(s.flags, flag) >= 0 }

// upper reports whether the specifier asks for capitals.
func (s *specifier) upper() bool {
	return s.dateTime == 'T' || s.dateTime == 0 && s.conversion >= 'A' && s.conversion <= 'Z'
}

// piece is text that is copied, and the specifier after it, whose source is ""
// when there is none.
type piece struct {
	text string
	spec specifier
}

// parseFormat splits a format. It is false with a specifier that ends in
// nothing known.
func parseFormat(s string) (pieces []piece, bad string, ok bool) {
	pieces = make([]piece, 0, strings.Count(s, "%")+1)
	for {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			return append(pieces, piece{text: s}), "", true
		}
		spec := parseSpecifier(s[i:])
		if spec.dateTime == 0 && (spec.conversion == 0 || strings.IndexByte(conversions, spec.conversion) < 0) {
			return nil, spec.source, false
		}
		pieces = append(pieces, piece{s[:i], spec})
		s = s[i+len(spec.source):]
	}
}

// parseSpecifier reads the longest specifier at the start of s.
func parseSpecifier(s string) specifier {
	spec := specifier{index: -1, width: -1, precision: -1}
	i := 1
	if n, length, ok := cutNumber(s[i:]); ok && strings.HasPrefix(s[i+length:], "$") {
		spec.index = n
		i += length + 1
	}
	spec.flags = s[i : len(s)-len(strings.TrimLeft(s[i:], "-#+ 0,(<"))]
	i += len(spec.flags)
	if n, length, ok := cutNumber(s[i:]); ok {
		spec.width = n
		i += length
	}
	if strings.HasPrefix(s[i:], ".") {
		if n, length, ok := cutNumber(s[i+1:]); ok {
			spec.precision = n
			i += 1 + length
		}
	}
	if i < len(s) && (s[i] == 't' || s[i] == 'T') {
		spec.dateTime = s[i]
		i++
	}
	if i < len(s) && isConversion(s[i]) {
		spec.conversion = s[i]
		i++
	}
	spec.source = s[:i]
	return spec
}

func isConversion(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '%' || c == '@' || c == '^'
}

// cutNumber reads the digits that s begins with. A number beyond maxText is
// lowered to the one after it.
func cutNumber(s string) (n, length int, ok bool) {
	for ; length < len(s) && s[length] >= '0' && s[length] <= '9'; length++ {
		n = min(10*n+int(s[length]-'0'), maxText+1)
	}
	return n, length, length > 0
}

// formatter prints the pieces of one format.
type formatter struct {
	c      *Context
	values value.Array
	next   int // value of the next specifier without number
	out    []byte
}

func format(c *Context, args []value.Value) (value.Value, error) {
	pieces, bad, ok := parseFormat(string(args[0].(value.String)))
	if !ok {
		return nil, c.failAt(InvalidArgument, badConversion+bad+"'.", ast.Key("format"))
	}
	f := formatter{c: c, values: args[1].(value.Array)}
	for i := range pieces {
		p := &pieces[i]
		f.out = append(f.out, p.text...)
		if p.spec.source != "" {
			if err := f.print(&p.spec); err != nil {
				return nil, err
			}
		}
		if len(f.out) > maxText {
			return nil, c.textTooLong()
		}
	}
	return value.String(f.out), nil
}

// print appends the value of one specifier.
func (f *formatter) print(spec *specifier) error {
	if spec.dateTime == 0 {
		switch spec.conversion {
		case '%':
			f.out = append(f.out, '%')
			return nil
		case 'n':
			f.out = append(f.out, '\n')
			return nil
		}
	}
	i, err := f.pick(spec)
	if err != nil {
		return err
	}
	v := f.values[i]
	if spec.dateTime == 0 && (spec.conversion == '@' || spec.conversion == '^') {
		f.out, err = value.Renderer{
			Names: f.c.Host, TxnTime: f.c.Host.Now(), Legacy: spec.conversion == '@',
		}.Append(f.out, v)
		return err
	}
	if description := spec.mismatch(v); description != "" {
		return f.c.failAt(InvalidArgument, description, ast.Key("values"), ast.Index(i))
	}
	if !spec.legal() {
		return f.c.failAt(InvalidArgument, badConversion+spec.without()+"'.", ast.Key("format"))
	}
	if max(spec.width, spec.precision, len(f.out)) > maxText {
		return f.c.textTooLong()
	}
	f.justify(spec, spec.text(v))
	return nil
}

// pick returns the index of a specifier's value.
func (f *formatter) pick(spec *specifier) (int, error) {
	i := spec.index - 1
	switch {
	case spec.index <= 0:
		i = f.next
		f.next++
		if i >= len(f.values) {
			return 0, f.c.failAt(InvalidArgument, tooFewValues, ast.Key("format"))
		}
	case i >= len(f.values):
		return 0, f.c.failAt(InvalidArgument, noSuchValue, ast.Key("format"))
	}
	return i, nil
}

// justify appends s, filled with spaces to the width, but never nanoseconds.
func (f *formatter) justify(spec *specifier, s string) {
	fill := max(spec.width-utf8.RuneCountInString(s), 0)
	if spec.dateTime != 0 && spec.conversion == 'N' {
		fill = 0
	}
	if spec.has('-') {
		f.out = append(f.out, s...)
	}
	for range fill {
		f.out = append(f.out, ' ')
	}
	if !spec.has('-') {
		f.out = append(f.out, s...)
	}
}

// mismatch describes what is wrong with a value that is not of the kind to be
// printed.
func (s *specifier) mismatch(v value.Value) string {
	if s.dateTime != 0 {
		return s.timeMismatch(v)
	}
	switch s.conversion {
	case 'd', 'x', 'X', 'o':
		if v.Kind() != value.KindLong {
			return "Integer expected, " + value.TypeName(v) + " provided."
		}
	case 'f', 'e', 'E', 'g', 'G':
		if v.Kind() != value.KindDouble {
			return "Number expected, " + value.TypeName(v) + " provided."
		}
	case 's', 'S':
		if _, ok := toText(v); !ok {
			return "Cannot cast " + value.TypeName(v) + " to String."
		}
	}
	return ""
}

// text prints a value of the right kind, before it is filled to the width.
func (s *specifier) text(v value.Value) string {
	if s.dateTime != 0 {
		return s.timeText(v)
	}
	switch s.conversion {
	case 'd', 'x', 'X', 'o':
		return s.integer(int64(v.(value.Long)))
	case 'f', 'e', 'E', 'g', 'G':
		return s.double(float64(v.(value.Double)))
	case 'b', 'B':
		return s.cut(strconv.FormatBool(v != value.Boolean(false) && v.Kind() != value.KindNull))
	default:
		text, _ := toText(v)
		return s.cut(text)
	}
}

// cut shortens text to the precision.
func (s *specifier) cut(text string) string {
	if s.precision >= 0 && s.precision < len(text) {
		text = text[:offset(text, min(s.precision, utf8.RuneCountInString(text)))]
	}
	if s.upper() {
		return toUpper(text)
	}
	return text
}

// legal reports whether flags, width and precision go with the conversion and
// with each other.
func (s *specifier) legal() bool {
	for i := range len(s.flags) {
		if strings.IndexByte(s.flags[:i], s.flags[i]) >= 0 {
			return false
		}
	}
	switch {
	case (s.has('-') || s.has('0')) && s.width < 0:
		return false
	case s.has('-') && s.has('0') || s.has('+') && s.has(' '):
		return false
	}
	flags, precision := s.allowed()
	return strings.Trim(s.flags, flags) == "" && (precision || s.precision < 0)
}

// allowed returns the flags that the conversion may have, and whether it may
// have a precision.
func (s *specifier) allowed() (flags string, precision bool) {
	if s.dateTime != 0 {
		return "-", false
	}
	switch s.conversion {
	case 'd':
		return "-0+ ,(", false
	case 'x', 'X', 'o':
		return "-0#", false
	case 'f':
		return "-0+ ,(#", true
	case 'e', 'E':
		return "-0+ (#", true
	case 'g', 'G':
		return "-0+ ,(", true
	default:
		return "-", true
	}
}
