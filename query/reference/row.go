package reference

import (
	"slices"
	"strings"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/ast"
)

// Argument is what a reader is told of one parameter.
type Argument struct {
	Key   string // on the wire and in signatures: "precision"
	Takes string // "Integer, optional"
}

// Arguments describes the parameters of a row, in the order of evaluation.
func Arguments(f *query.Function) []Argument {
	var out []Argument
	for i := range f.Params {
		p := &f.Params[i]
		takes := takes(p)
		switch list, nonEmpty := p.Cast.Lists(); {
		case nonEmpty:
			takes += ", one or more"
		case list:
			takes += ", any number"
		}
		switch {
		case p.Named:
			takes += ", optional and by name"
		case p.Optional:
			takes += ", optional"
		}
		out = append(out, Argument{p.Key, takes})
	}
	return out
}

// takes is the type of an argument, or of one of several.
func takes(p *query.Param) string {
	switch p.Syntax {
	case ast.LambdaOnly:
		return "Lambda"
	case ast.ExpressionList:
		return "Any, one or more"
	case ast.Quoted:
		return "Data"
	default:
		return p.Cast.Name
	}
}

// Wire is the form of a call on the wire, with the types of its arguments:
//
//	{"round": Number, "precision": Integer}
func Wire(f *query.Function) string {
	parts := make([]string, len(f.Params))
	for i := range f.Params {
		p := &f.Params[i]
		of := takes(p)
		if list, _ := p.Cast.Lists(); list || p.Syntax == ast.ExpressionList {
			of = "[" + strings.TrimSuffix(of, ", one or more") + ", ...]"
		}
		parts[i] = `"` + p.Key + `": ` + of
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// Sentence says what a function does.
func Sentence(f *query.Function) string { return f.Name + " " + strings.TrimSuffix(f.Doc, ".") + "." }

// Effect says what a call does to the database, apart from its arguments.
func Effect(f *query.Function) string {
	switch f.Effect {
	case ast.Read:
		return "It reads."
	case ast.Write:
		return "It writes."
	default:
		return "It is pure."
	}
}

// Notes are what else there is to say: that a function is an old one, or
// cannot be called.
func Notes(f *query.Function) []string {
	var out []string
	if f.Deprecated != "" {
		out = append(out, "It is an old name: use "+f.Deprecated+".")
	}
	if f.Missing != "" {
		out = append(out, f.Missing)
	}
	return out
}

// Errors are those of a function and of the casts of its arguments, each once.
func Errors(f *query.Function) []string {
	var out []string
	for i := range f.Params {
		out = append(out, f.Params[i].Cast.Errors()...)
	}
	out = append(out, f.Errors...)
	seen := map[string]bool{}
	return slices.DeleteFunc(out, func(e string) bool {
		was := seen[e]
		seen[e] = true
		return was
	})
}
