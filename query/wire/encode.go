package wire

import (
	"math"
	"strings"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// Append appends e as JSON from which Decode makes e again, in one spelling:
// compact, keys in declared order, the bindings of let as one object unless a
// name repeats, a bare operand of and or or in an array, refs as objects.
// Only Let.List and Array.Bare may therefore come back different.
// Source: chapter on functions, section 7.7.
func Append(dst []byte, e ast.Expr) []byte {
	switch e := e.(type) {
	case *ast.Literal:
		return appendLiteral(dst, e.Value)
	case *ast.Ref:
		return appendRef(dst, e)
	case *ast.Array:
		return appendList(dst, e.Items, Append)
	case *ast.Object:
		dst = append(dst, `{"object":`...)
		return append(appendMembers(dst, e.Names, e.Values, Append), '}')
	case *ast.Wrapped:
		dst = append(dst, `{"@obj":`...)
		return append(Append(dst, e.Expr), '}')
	case *ast.SetLiteral:
		return appendSet(dst, e.Call)
	case *ast.QueryLiteral:
		dst = append(dst, `{"@query":`...)
		return append(appendClosed(dst, e.Lambda), '}')
	case *ast.Let:
		return appendLet(dst, e)
	case *ast.Var:
		dst = append(dst, `{"var":`...)
		return append(appendString(dst, e.Name), '}')
	case *ast.Lambda:
		return appendLambda(append(dst, '{'), e)
	case *ast.Call:
		return appendCall(dst, e)
	default:
		panic("wire: unknown expression")
	}
}

// appendLiteral appends a value. What responses show in a form that requests
// may not use is written otherwise: infinity as a number, and a time in a year
// of ten digits, which only an offset can reach, with that offset.
func appendLiteral(dst []byte, v value.Value) []byte {
	switch v := v.(type) {
	case value.Double:
		if math.IsInf(float64(v), 0) {
			return append(value.AppendDouble(dst, math.Copysign(1, float64(v))), "E999"...)
		}
	case value.Time:
		const maxOffset = 18 * 3600
		if year, _, _ := v.Civil(); year > maxYear {
			return appendShifted(dst, v, -maxOffset, "-18:00")
		} else if year < -maxYear {
			return appendShifted(dst, v, maxOffset, "+18:00")
		}
	default: // written as in a reply
	}
	return value.AppendJSON(dst, v, nil)
}

const maxYear = 999_999_999

func appendShifted(dst []byte, t value.Time, seconds int64, offset string) []byte {
	t.Sec += seconds
	dst = t.AppendFormat(append(dst, `{"@ts":"`...))
	return append(append(dst[:len(dst)-len("Z")], offset...), `"}`...)
}

func appendList(dst []byte, items []ast.Expr, item func([]byte, ast.Expr) []byte) []byte {
	dst = append(dst, '[')
	for i, e := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = item(dst, e)
	}
	return append(dst, ']')
}

// appendMembers appends an object with the given members, in @obj if one of
// the names looks like a tag.
func appendMembers(dst []byte, names []string, values []ast.Expr, item func([]byte, ast.Expr) []byte) []byte {
	wrap := false
	for _, name := range names {
		wrap = wrap || strings.HasPrefix(name, "@")
	}
	if wrap {
		dst = append(dst, `{"@obj":`...)
	}
	dst = append(dst, '{')
	for i, name := range names {
		dst = item(appendKey(dst, name), values[i])
	}
	dst = append(dst, '}')
	if wrap {
		dst = append(dst, '}')
	}
	return dst
}

// appendKey appends a key and its colon, and a comma unless it is the first.
func appendKey(dst []byte, key string) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	return append(appendString(dst, key), ':')
}

func appendLet(dst []byte, e *ast.Let) []byte {
	dst = append(dst, `{"let":`...)
	if !repeats(e.Names) {
		dst = appendMembers(dst, e.Names, e.Values, Append)
	} else {
		dst = append(dst, '[')
		for i := range e.Names {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendMembers(dst, e.Names[i:i+1], e.Values[i:i+1], Append)
		}
		dst = append(dst, ']')
	}
	dst = append(dst, `,"in":`...)
	return append(Append(dst, e.In), '}')
}

// repeats reports whether a name occurs twice.
func repeats(list []string) bool {
	if len(list) <= fewNames {
		for i, name := range list {
			for _, other := range list[:i] {
				if name == other {
					return true
				}
			}
		}
		return false
	}
	seen := make(map[string]struct{}, len(list))
	for _, name := range list {
		seen[name] = struct{}{}
	}
	return len(seen) < len(list)
}

func appendCall(dst []byte, e *ast.Call) []byte {
	dst = append(dst, '{')
	for i, arg := range e.Args {
		if arg == nil {
			continue
		}
		operand := &e.Form.Operands[i]
		dst = appendKey(dst, operand.Key)
		if operand.Syntax == ast.Quoted {
			dst = appendData(dst, arg)
		} else {
			dst = Append(dst, arg)
		}
	}
	return append(dst, '}')
}

// appendData appends what is not evaluated: objects as they are.
func appendData(dst []byte, e ast.Expr) []byte {
	switch e := e.(type) {
	case *ast.Array:
		return appendList(dst, e.Items, appendData)
	case *ast.Object:
		return appendMembers(dst, e.Names, e.Values, appendData)
	default:
		return Append(dst, e)
	}
}

// appendSet appends a set literal: operands as data, lambdas without a tag.
func appendSet(dst []byte, call *ast.Call) []byte {
	dst = append(dst, `{"@set":{`...)
	for i, arg := range call.Args {
		if arg == nil {
			continue
		}
		dst = appendKey(dst, call.Form.Operands[i].Key)
		if l, ok := arg.(*ast.Lambda); ok {
			dst = appendClosed(dst, l)
		} else {
			dst = appendData(dst, arg)
		}
	}
	return append(dst, "}}"...)
}

// appendClosed appends a lambda with its version.
func appendClosed(dst []byte, l *ast.Lambda) []byte {
	dst = append(dst, `{"api_version":`...)
	return appendLambda(append(appendString(dst, l.Version), ','), l)
}

// appendLambda appends the members of a lambda and the closing brace.
func appendLambda(dst []byte, l *ast.Lambda) []byte {
	dst = appendParams(append(dst, `"lambda":`...), l)
	dst = append(dst, `,"expr":`...)
	return append(Append(dst, l.Body), '}')
}

func appendParams(dst []byte, l *ast.Lambda) []byte {
	if l.Single {
		return appendString(dst, l.Params[0])
	}
	dst = append(dst, '[')
	for i, name := range l.Params {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, name)
	}
	return append(dst, ']')
}
