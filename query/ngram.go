package query

import (
	"unicode/utf8"

	"github.com/fawndb/fawn/query/value"
)

// maxNgrams is how many elements ngram may return; a string of half a
// million characters has as many.
const maxNgrams = 1 << 20

// Source: chapter on functions, section 15.10.
var ngramFunction = &Function{
	Name:   "NGram",
	Makes:  true,
	Params: []Param{many("ngram", scalar), opt("min", integer), opt("max", integer)},
	Doc:    "returns the n-grams of strings: all their parts of min to max characters, 1 to 2 if not given",
	Examples: []string{
		`NGram("what", 2, 3) // ["wh", "wha", "ha", "hat", "at"]`, `NGram(["ab", 1]) // ["a", "ab", "b", 1]`,
		`NGram("abc", 1, 3) // invalid argument []`,
	},
	Errors: []string{
		"invalid argument: min ngram size must be > 0 and <= max",
		"invalid argument: min ngram size must be >= max - 1",
		"invalid argument: max ngram size must be > 0",
		"invalid argument: max ngram size must be > 0 and >= min",
		"invalid argument: max ngram size must be <= min + 1",
		"invalid argument: number of ngrams must be less than or equal to 1048576",
	},
	Eval: ngram,
}

func ngram(c *Context, args []value.Value) (value.Value, error) {
	lo, hi, err := c.ngramSizes(args[1], args[2])
	if err != nil {
		return nil, err
	}
	terms := args[0].(value.Array)
	n := 0
	for _, term := range terms {
		if s, ok := term.(value.String); !ok {
			n++
		} else {
			n += gramCount(utf8.RuneCountInString(string(s)), lo, hi)
		}
	}
	if n > maxNgrams {
		return nil, c.fail(InvalidArgument, "number of ngrams must be less than or equal to 1048576")
	}
	out := make(value.Array, 0, n)
	for _, term := range terms {
		if s, ok := term.(value.String); ok {
			out = appendGrams(out, string(s), lo, hi)
		} else {
			out = append(out, term)
		}
	}
	return out, nil
}

// ngramSizes checks min and max, which are nil when they were not given, and
// reports all that is wrong with them.
func (c *Context) ngramSizes(least, most value.Value) (lo, hi int64, err error) {
	lo, hi = 1, 2
	if least != nil {
		lo = int64(least.(value.Long))
	}
	if most != nil {
		hi = int64(most.(value.Long))
	}
	check := func(wrong bool, description string) {
		if wrong {
			err = join(err, c.fail(InvalidArgument, description))
		}
	}
	// The differences are compared without subtracting: they may not fit.
	wide := lo < hi && hi-1 != lo
	check(least != nil && (lo > hi || lo <= 0), "min ngram size must be > 0 and <= max")
	check(least != nil && most == nil && wide, "min ngram size must be >= max - 1")
	check(least != nil && most != nil && hi <= 0, "max ngram size must be > 0")
	check(least == nil && most != nil && hi <= lo, "max ngram size must be > 0 and >= min")
	check(most != nil && wide, "max ngram size must be <= min + 1")
	return lo, hi, err
}

// gramCount returns how many parts of lo to hi, which is at most lo+1,
// characters n characters have.
func gramCount(n int, lo, hi int64) int {
	count := 0
	for size := lo; size <= hi && size <= int64(n); size++ {
		count += n - int(size) + 1
	}
	return count
}

// appendGrams appends the parts of s of lo and hi characters, which is at
// most one more, in the order of where they begin.
func appendGrams(out value.Array, s string, lo, hi int64) value.Array {
	if int64(utf8.RuneCountInString(s)) < lo {
		return out
	}
	for start, end := 0, offset(s, int(lo)); ; {
		out = append(out, value.String(s[start:end]))
		if end == len(s) {
			return out
		}
		next := end + offset(s[end:], 1)
		if hi > lo {
			out = append(out, value.String(s[start:next]))
		}
		start, end = start+offset(s[start:], 1), next
	}
}
