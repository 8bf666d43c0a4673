package query

import "github.com/fawndb/fawn/query/value"

// Limits of the values that a fold makes of its own results. Whatever walks a
// value calls itself for each level, and nothing else bounds how often a fold
// may wrap one. They are looked at now and then, so that a value may exceed
// them by what a few hundred applications of a lambda add.
const (
	maxNesting = 10_000
	maxParts   = 10_000_000
	foldsApart = 256
)

// nested refuses the result of one step of a fold that has become too deep or
// too large.
func (c *Context) nested(v value.Value) error {
	if c.folds++; c.folds%foldsApart != 0 {
		return nil
	}
	parts := maxParts
	if !fits(v, maxNesting, &parts) {
		return &Error{Code: BadRequest, Description: "Value exceeds the limit of nesting."}
	}
	return nil
}

// fits reports whether v has at most so many levels, and takes its parts from
// those that are left.
func fits(v value.Value, levels int, parts *int) bool {
	if *parts--; levels == 0 || *parts < 0 {
		return false
	}
	switch v := v.(type) {
	case value.Array:
		return allFit(v, levels-1, parts)
	case value.Object:
		return membersFit(v, levels-1, parts)
	case *value.Sourced:
		return fits(v.Value, levels-1, parts)
	case *value.Page:
		return allFit(v.Data(), levels-1, parts)
	case *value.Set:
		return allFit(v.Sets, levels-1, parts) && allFit(v.Terms, levels-1, parts)
	case *value.Lambda:
		return membersFit(v.Captured, levels-1, parts)
	default:
		return true
	}
}

func allFit(list []value.Value, levels int, parts *int) bool {
	for _, v := range list {
		if !fits(v, levels, parts) {
			return false
		}
	}
	return true
}

func membersFit(o value.Object, levels int, parts *int) bool {
	for _, f := range o {
		if !fits(f.Value, levels, parts) {
			return false
		}
	}
	return true
}
