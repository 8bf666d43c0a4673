package engine

import (
	"errors"

	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// derivation is the transaction as the deriving of index entries sees it. A
// version of a document must have the same entries whenever they are derived:
// when it is written, when it is replaced, and when the index is built or
// checked. So nothing is known that may change: no names of schema objects,
// and no time. What asks for them finds null.
type derivation struct{ *tx }

// env is what entries are derived with.
func (tx *tx) env() index.Env {
	d := derivation{tx}
	return index.Env{Names: d, Bind: d.bind}
}

// errNameless is the failure of a binding that looks a name up.
var errNameless = errors.New("engine: there are no names here")

// Name implements value.Names.
func (derivation) Name(value.Ref) (string, bool) { return "", false }

// Resolve implements query.Host: refs of system collections, and by number.
func (d derivation) Resolve(r *ast.Ref, literal bool) (value.Value, error) {
	if r.Name != "" || len(r.Path) > 0 {
		return nil, errNameless
	}
	return d.tx.Resolve(r, literal)
}

// bind evaluates an index binding. It sees the document as it was when it was
// written: with a time still pending, which takes its place in the result.
func (d derivation) bind(l *value.Lambda, doc *value.Document) (value.Value, error) {
	options := d.db.limits()
	options.Limited, options.Timeless, options.Where = true, true, "index bindings"
	fields, err := doc.Fields()
	if err != nil {
		return nil, err
	}
	v, err := query.Apply(d.ctx, d, l, value.NewDocument(doc.Ref, 0, fields), options)
	if err == nil && doc.TS != 0 {
		v = value.Resolve(v, doc.TS)
	}
	return v, err
}
