package resp

import (
	"context"
	"errors"
	"fmt"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/text"
	"github.com/fawndb/fawn/query/value"
)

// The commands that are a transaction each.

// runQuery is QUERY json.
func runQuery(c *conn, ctx context.Context, args [][]byte) error {
	return c.result(ctx, func() (ast.Expr, error) { return engine.DecodeJSON(args[0]) })
}

// fql is FQL text.
func fql(c *conn, ctx context.Context, args [][]byte) error {
	return c.result(ctx, func() (ast.Expr, error) {
		q, err := c.server.db.Parse(string(args[0]))
		if err != nil {
			return nil, inText("", err)
		}
		return q.Expr, nil
	})
}

// result runs a query and replies the JSON of its result.
func (c *conn) result(ctx context.Context, decode func() (ast.Expr, error)) error {
	res, err := c.server.db.Run(ctx, engine.Request{Secret: c.secret, Decode: decode})
	if err != nil {
		return err
	}
	if c.json, err = res.AppendJSON(c.json[:0]); err != nil {
		return err
	}
	return c.bulk(c.json)
}

// inText turns an error of a text into one of the query, as that of JSON is. A
// fault of the text itself has a line and a column, not a position.
func inText(what string, err error) error {
	var fault *text.Error
	if errors.As(err, &fault) && fault.Err == nil {
		return &query.Error{
			Code: query.InvalidExpression, Position: ast.Position{},
			Description: fmt.Sprintf("%sline %d, column %d: %s", what, fault.Line, fault.Column, fault.Message),
		}
	}
	return err
}

// verify is VERIFY secret. Those that stand one behind the other in what has
// arrived are answered at one moment, which comes after all of them.
func verify(c *conn, ctx context.Context, args [][]byte) error {
	var err error
	if c.inquiry == nil {
		if c.inquiry, err = c.server.options.Tokens.Inquire(ctx, c.secret); err != nil {
			return err
		}
	}
	if c.json, err = c.inquiry.Append(c.json[:0], string(args[0])); err != nil {
		return err
	}
	return c.bulk(c.json)
}

// lookupSize is how many elements LOOKUP replies at most.
const lookupSize = 1000

// lookup is LOOKUP index term ...: the page of Match(Index(index), [term, ...]).
func lookup(c *conn, ctx context.Context, args [][]byte) error {
	res, err := c.server.db.Run(ctx, engine.Request{
		Secret: c.secret, ReadOnly: true, Where: "terms",
		Decode: func() (ast.Expr, error) { return c.lookupExpr(args[0], args[1:]) },
	})
	if err != nil {
		return err
	}
	page, ok := res.Value.(*value.Page)
	if !ok {
		return fmt.Errorf("resp: a page is %T", res.Value)
	}
	render := value.Renderer{Names: res.Names(), TxnTime: res.Time}
	ends := make([]int, page.Len())
	c.json = c.json[:0]
	for i, element := range page.Data() {
		if c.json, err = render.Append(c.json, element); err != nil {
			return err
		}
		ends[i] = len(c.json)
	}
	c.array(len(ends))
	from := 0
	for _, end := range ends {
		if err := c.bulk(c.json[from:end]); err != nil {
			return err
		}
		from = end
	}
	return nil
}

// lookupExpr writes the query of a lookup in its wire form, into which terms
// are put as they were read, and reads it.
//
//	{"paginate":{"match":{"index":"by_name"},"terms":["a",5]},"size":1000}
func (c *conn) lookupExpr(index []byte, terms [][]byte) (ast.Expr, error) {
	b := append(c.json[:0], `{"paginate":{"match":{"index":`...)
	b = append(value.AppendJSON(b, value.String(index), nil), `},"terms":[`...)
	for i, term := range terms {
		q, err := c.server.db.Parse(string(term))
		if err != nil {
			return nil, inText(fmt.Sprintf("term %d, ", i+1), err)
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, q.Wire...)
	}
	b = fmt.Appendf(b, `]},"size":%d}`, lookupSize)
	c.json = b
	return engine.DecodeJSON(b)
}
