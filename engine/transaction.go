package engine

import (
	"context"
	"errors"
	"strconv"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// Transaction is a transaction that Go code runs: its queries see each other's
// writes, and are committed together or not at all. It serves one goroutine,
// until the function that got it returns.
type Transaction struct {
	tx     *tx
	writes bool
}

// Update runs f in a transaction under the rights of secret, and commits what
// it wrote unless it fails. It returns the time of the commit in microseconds.
//
// f is run again when it lost against others, a bounded number of times, the
// last one alone so that it commits. So it begins with what it is given, and
// does nothing that cannot be done twice: what must happen once comes after
// Update.
func (db *DB) Update(ctx context.Context, secret string, f func(*Transaction) error) (int64, error) {
	req := &request{secret: secret}
	req.limited.limit(ctx, db.options.Timeout)
	defer req.limited.release()
	for n := 0; ; n++ {
		ts, err := db.transact(&req.limited, req, f, true, n == DefaultRetries)
		if !errors.Is(err, kv.ErrConflict) || n == DefaultRetries {
			return ts, public(db.answered(ctx, req, err))
		}
	}
}

// View runs f in a transaction that writes nothing.
func (db *DB) View(ctx context.Context, secret string, f func(*Transaction) error) error {
	req := &request{secret: secret}
	req.limited.limit(ctx, db.options.Timeout)
	defer req.limited.release()
	_, err := db.transact(&req.limited, req, f, false, false)
	return public(db.answered(ctx, req, err))
}

// transact runs f once. Alone, nothing else commits meanwhile.
func (db *DB) transact(
	ctx context.Context, req *request, f func(*Transaction) error, writes, alone bool,
) (int64, error) {
	if alone {
		db.gate.Lock()
		defer db.gate.Unlock()
	}
	tx, err := db.open(ctx, req, writes)
	if err != nil {
		return 0, err
	}
	t := &Transaction{tx: tx, writes: writes}
	defer t.end()
	if err := tx.enter(req.secret); err != nil {
		return 0, err
	}
	if err := f(t); err != nil {
		return 0, err
	}
	return tx.commit(alone)
}

// end ends the transaction. Of one that only read, nobody keeps anything: whoever
// uses it later has nothing in hand.
func (t *Transaction) end() {
	if t.writes {
		t.tx.close()
		return
	}
	t.tx.recycle()
	t.tx = nil
}

// Now is the time of the transaction's snapshot in microseconds.
func (t *Transaction) Now() int64 { return t.tx.now }

// Query runs a query given as text. args are bound to variables.
func (t *Transaction) Query(q string, args map[string]any) (value.Value, error) {
	vars, err := variables(args)
	if err != nil {
		return nil, err
	}
	parsed, err := t.tx.db.texts.Parse(q, names(vars)...)
	if err != nil {
		return nil, err
	}
	options := t.tx.db.limits()
	options.Vars = vars
	if !t.writes {
		options.Limited, options.Allow, options.Where = true, ast.Read, "a view"
	}
	v, _, err := query.Eval(t.tx.ctx, t.tx, parsed.Expr, options)
	return v, err
}

// Get returns the live version of a document, nil if there is none. It needs
// the right to read it.
func (t *Transaction) Get(r value.Ref) (*value.Document, error) { return t.tx.Get(r, 0) }

// Decode stores a value of the transaction in what target points to, as
// Result.Decode does. Times of versions that it wrote are those of its snapshot.
func (t *Transaction) Decode(v value.Value, target any) error {
	return value.Decode(value.Resolve(v, t.tx.now), t.tx, target)
}

// AppendJSON appends the JSON of a value to dst, as the answer of a query has
// it.
func (t *Transaction) AppendJSON(dst []byte, v value.Value) ([]byte, error) {
	return value.Renderer{Names: t.tx, TxnTime: t.tx.now}.Append(dst, v)
}

// Next counts up a counter of the transaction's database and returns it: 1,
// 2, 3, ... What was returned and committed is never returned again.
func (t *Transaction) Next(counter string) (int64, error) {
	if err := t.trusted(); err != nil {
		return 0, err
	}
	n, err := t.tx.nextNumber(t.tx.own.Scope, "service/"+counter, 1)
	return int64(n), err
}

// trusted refuses what only an admin of the database may do.
func (t *Transaction) trusted() error {
	if t.tx.rights.builtin != roleAdmin {
		return query.Denied(query.Nowhere)
	}
	return nil
}

// Path names a document: "users/251407645221585408".
func (t *Transaction) Path(r value.Ref) string {
	name := value.NativeName(r.Class)
	if r.Class >= value.FirstUserClass {
		name, _ = t.tx.Name(value.CollectionRef(r.Scope, r.Class))
	}
	var room [64]byte // for most, so that only the text is allocated
	return string(strconv.AppendInt(append(append(room[:0], name...), '/'), r.ID, 10))
}
