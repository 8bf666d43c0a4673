package wire

import (
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// Code returns a lambda's tree as the body of a lambda value, written as
// Append writes it. Lambda gives the tree back.
func Code(l *ast.Lambda) value.Code { return code{l} }

// Lambda returns the tree that c was made of by Code, nil if c is other code.
func Lambda(c value.Code) *ast.Lambda {
	if c, ok := c.(code); ok {
		return c.lambda
	}
	return nil
}

type code struct{ lambda *ast.Lambda }

// AppendParams implements value.Code.
func (c code) AppendParams(dst []byte) []byte { return appendParams(dst, c.lambda) }

// AppendBody implements value.Code.
func (c code) AppendBody(dst []byte) []byte { return Append(dst, c.lambda.Body) }

// DecodeLambda reads a stored lambda: what a value.Code appended as parameters
// and body, and the version it was written under. Its body may use the
// variables called captured, beside those it binds. The error is Errors, with
// positions as in {"lambda": params, "expr": body}.
func DecodeLambda(params, body []byte, version string, forms *ast.Forms, captured ...string) (*ast.Lambda, error) {
	d := newDecoder(forms, version)
	defer d.recycle()
	at, err := d.read(params, maxStoredDepth)
	if err != nil {
		return nil, Errors{{ast.Position{ast.Key("lambda")}, err.Error()}}
	}
	in, err := d.read(body, maxStoredDepth)
	if err != nil {
		return nil, Errors{{ast.Position{ast.Key("expr")}, err.Error()}}
	}
	d.expect()
	for _, name := range captured {
		d.scope.bind(name)
	}
	l := d.function(at, in)
	if errs := d.faults(); errs != nil {
		return nil, errs
	}
	return l, nil
}
