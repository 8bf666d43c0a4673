package query

import (
	"errors"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/pattern"
	"github.com/fawndb/fawn/query/value"
)

// maxMatches is how many matches findstrregex returns at most.
// Source: chapter on functions, section 22.
const maxMatches = 1024

const (
	badPattern     = "invalid argument: Search pattern /<pattern>/ is not a valid regular expression."
	endless        = "invalid argument: Search pattern /<pattern>/ takes too long to match."
	badReplacement = "invalid argument: Replacement '<text>' is not valid."
)

// regexpFunctions search and replace by regular expressions, those of Java.
// Source: chapter on functions, sections 15.4, 15.6, 15.11, 15.14 and 16.
var regexpFunctions = []*Function{
	{
		Name:   "ContainsStrRegex",
		Params: []Param{arg("containsstrregex", text), arg("pattern", regex)},
		Doc:    "reports whether a regular expression matches anywhere in a string",
		Examples: []string{
			`ContainsStrRegex("ABC1", "[0-9]") // true`, `ContainsStrRegex("", "{") // invalid argument ["pattern"]`,
		},
		Errors: []string{endless},
		Eval:   containsRegexp,
	},
	{
		Name:  "FindStrRegex",
		Makes: true,
		Params: []Param{
			arg("findstrregex", text), arg("pattern", regex), opt("start", integer), opt("num_results", integer),
		},
		Doc: "returns what a regular expression matches in a string, at or after start, and where: at most 1024 matches",
		Examples: []string{
			`FindStrRegex("one fish", "[fF]ish") // [{ start: 4, end: 7, data: "fish" }]`,
			`FindStrRegex("a1b2", "[0-9]", 2, 5) // [{ start: 3, end: 3, data: "2" }]`,
		},
		Errors: []string{endless},
		Eval:   findRegexp,
	},
	{
		Name:  "ReplaceStrRegex",
		Makes: true,
		Params: []Param{
			arg("replacestrregex", text), arg("pattern", regex), arg("replace", text), opt("first", boolean),
		},
		Doc: "replaces what a regular expression matches, everywhere or the first time; $1 and ${name} stand for groups",
		Examples: []string{
			`ReplaceStrRegex("1 Cat 2 Cap", "[cC]a.", "FISH", true) // "1 FISH 2 Cap"`,
			`ReplaceStrRegex("abc", "(b)", "[$1]") // "a[b]c"`,
			`ReplaceStrRegex("abc", "b", "$") // invalid argument ["replace"]`,
		},
		Errors: []string{endless, badReplacement, tooLong},
		Eval:   replaceRegexp,
	},
	{
		Name:   "RegexEscape",
		Makes:  true,
		Params: []Param{arg("regexescape", text)},
		Doc:    "returns the regular expression that matches just a string",
		Examples: []string{
			`RegexEscape("ABCDEF") // "\\QABCDEF\\E"`, `RegexEscape(1) // invalid argument ["regexescape"]`,
		},
		Eval: mapText(pattern.Quote),
	},
}

// regex is the cast that accepts a regular expression.
var regex = Cast{Name: "String", fails: []string{mistyped("String"), badPattern}, check: func(c *Context, v value.Value) (value.Value, error) {
	s, ok := v.(value.String)
	if !ok {
		return nil, c.typeError("String", v)
	}
	if _, err := pattern.Compile(string(s)); err != nil {
		return nil, c.fail(InvalidArgument, patternError(s, err))
	}
	return v, nil
}}

// patternError describes a pattern that does not compile, or whose match was
// stopped because it takes too long: that is the pattern's fault as well, and
// to ask again would not help.
func patternError(source value.String, err error) string {
	if errors.Is(err, pattern.ErrEndless) {
		return "Search pattern /" + string(source) + "/ takes too long to match."
	}
	return "Search pattern /" + string(source) + "/ is not a valid regular expression."
}

// compiledPattern returns the pattern that its cast has checked.
func compiledPattern(v value.Value) (*pattern.Pattern, error) {
	return pattern.Compile(string(v.(value.String)))
}

func containsRegexp(c *Context, args []value.Value) (value.Value, error) {
	p, err := compiledPattern(args[1])
	if err != nil {
		return nil, c.matchError(args, err)
	}
	found, err := p.Match(string(args[0].(value.String)))
	if err != nil {
		return nil, c.matchError(args, err)
	}
	return value.Boolean(found), nil
}

func findRegexp(c *Context, args []value.Value) (value.Value, error) {
	limit := maxMatches
	if args[3] != nil {
		limit = int(min(args[3].(value.Long), maxMatches))
	}
	if limit <= 0 {
		return value.Array{}, nil
	}
	p, err := compiledPattern(args[1])
	if err != nil {
		return nil, c.matchError(args, err)
	}
	s := string(args[0].(value.String))
	start := startOf(s, args[2])
	runes := []rune(s)[start:]
	found := value.Array{}
	err = p.Find(c.ctx, runes, func(lo, hi int) bool {
		found = append(found, value.Object{
			{Name: "start", Value: value.Long(start + lo)},
			{Name: "end", Value: value.Long(start + max(lo, hi-1))},
			{Name: "data", Value: value.String(runes[lo:hi])},
		})
		return len(found) < limit
	})
	if err != nil {
		return nil, c.matchError(args, err)
	}
	return found, nil
}

func replaceRegexp(c *Context, args []value.Value) (value.Value, error) {
	p, err := compiledPattern(args[1])
	if err != nil {
		return nil, c.matchError(args, err)
	}
	first := args[3] != nil && bool(args[3].(value.Boolean))
	s, err := p.Replace(c.ctx, string(args[0].(value.String)), string(args[2].(value.String)), first, maxText)
	if err != nil {
		return nil, c.matchError(args, err)
	}
	return value.String(s), nil
}

// matchError is the error of a search with the pattern args[1].
func (c *Context) matchError(args []value.Value, err error) error {
	switch {
	case c.ctx.Err() != nil:
		return &Error{Code: TimeOut, Description: "Read timed out"}
	case errors.Is(err, pattern.ErrLength):
		return c.textTooLong()
	case errors.Is(err, pattern.ErrReplacement):
		return c.failAt(InvalidArgument, "Replacement '"+string(args[2].(value.String))+"' is not valid.", ast.Key("replace"))
	default:
		return c.failAt(InvalidArgument, patternError(args[1].(value.String), err), ast.Key("pattern"))
	}
}
