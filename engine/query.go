package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/text"
	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/query/wire"
)

// DefaultRetries is how often a query that lost against others is run again.
const DefaultRetries = 7

// Request says how a query is run.
type Request struct {
	// Secret is whose query it is; a scope may follow it.
	Secret string
	// Expr is the query. It is nil if Decode is given.
	Expr ast.Expr
	// Decode makes the expression once the secret is known to be good: a
	// stranger's query is not even read.
	Decode func() (ast.Expr, error)
	// Args are bound to variables around the query.
	Args []value.Field
	// ReadOnly refuses queries that may write.
	ReadOnly bool
	// Where names the surroundings in the error of a query that may write
	// although it is read-only: "get requests".
	Where string
	// LastSeen is a time in microseconds that the caller has seen: the query
	// sees everything up to it.
	LastSeen int64
	// Timeout, when set, bounds the query beside what the context says.
	// Without it, and without a deadline of the context, that is the
	// database's.
	Timeout time.Duration
	// Retries, when set, replaces DefaultRetries, and the last run is not
	// alone: it may fail with a contended transaction.
	Retries *int
}

// Result is what a query returned.
type Result struct {
	Value value.Value
	// Created is set when the value itself is a document that the query made.
	Created bool
	// Time is the commit's time, or that of the snapshot if nothing was
	// written: microseconds.
	Time  int64
	Stats Stats

	names lastingNames
	limit int64 // of the response, in bytes; 0 or less is no bound
}

// Stats count what a query did.
type Stats struct {
	Calls        int64 // functions and lambdas evaluated
	ReadOps      int64 // pieces of 4096 bytes read, at least one for each read
	WriteOps     int64 // pieces of 1024 bytes of documents with their entries
	BytesRead    int64
	BytesWritten int64
	Retries      int
}

// AppendJSON appends the value in its tagged JSON form. The error is a
// *query.Error when that is longer than a response may be.
func (r *Result) AppendJSON(dst []byte) ([]byte, error) {
	out, err := value.Renderer{Names: &r.names, TxnTime: r.Time, Limit: int(max(r.limit, 0))}.Append(dst, r.Value)
	if errors.Is(err, value.ErrTooLong) {
		err = &query.Error{
			Code:        query.BadRequest,
			Description: "Response exceeds max size. Max: " + strconv.FormatInt(r.limit, 10) + ".",
		}
	}
	return out, err
}

// Names are the names that refs in the value have.
func (r *Result) Names() value.Names { return &r.names }

// Select stores what lies at a path of the value in what target points to.
func (r *Result) Select(target any, path ...string) error {
	steps := make(value.Path, len(path))
	for i, name := range path {
		steps[i] = value.Member(name)
	}
	v, ok, err := value.Select(r.Value, steps, &r.names)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("engine: the result has no %s", strings.Join(path, "."))
	}
	return value.Decode(value.Resolve(v, r.Time), &r.names, target)
}

// Decode stores the value in what target points to: structs (fields named by
// the tag `fauna:"name"`), maps, slices, scalars, time.Time, or a value.Value.
func (r *Result) Decode(target any) error {
	return value.Decode(value.Resolve(r.Value, r.Time), &r.names, target)
}

// Query runs a query given as text. args are bound to variables, so that no
// program builds a query by pasting strings:
//
//	db.Query(ctx, secret, `Get(Ref(Collection("users"), Var("id")))`, map[string]any{"id": id})
//
// The error is a *query.Error or query.Errors if the query is at fault, a
// *text.Error if it cannot be read, ErrUnauthorized if the secret is.
func (db *DB) Query(ctx context.Context, secret, q string, args map[string]any) (*Result, error) {
	vars, err := variables(args)
	if err != nil {
		return nil, err
	}
	return db.Run(ctx, Request{Secret: secret, Args: vars, Decode: func() (ast.Expr, error) {
		parsed, err := db.texts.Parse(q, names(vars)...)
		if err != nil {
			return nil, err
		}
		return parsed.Expr, nil
	}})
}

// Parse reads a query from text, for Run.
func (db *DB) Parse(q string, vars ...string) (*text.Query, error) {
	return db.texts.Parse(q, vars...)
}

// DecodeJSON reads a query from its wire form, for Run.
func DecodeJSON(body []byte, vars ...string) (ast.Expr, error) {
	return wire.Decode(body, query.Forms(), vars...)
}

func variables(args map[string]any) ([]value.Field, error) {
	v, err := value.From(args)
	if err != nil {
		return nil, fmt.Errorf("engine: argument: %w", err)
	}
	fields, _ := v.(value.Object)
	return fields, nil
}

func names(vars []value.Field) []string {
	out := make([]string, len(vars))
	for i := range vars {
		out[i] = vars[i].Name
	}
	return out
}

// Run runs a query. Beside an error of the query there may be a Result
// without a value: its time, and, if the query was aborted, what it had read.
func (db *DB) Run(ctx context.Context, r Request) (*Result, error) {
	req := &request{secret: r.Secret}
	if _, ok := ctx.Deadline(); !ok || r.Timeout > 0 {
		req.limited.limit(ctx, cmp.Or(r.Timeout, db.options.Timeout))
		defer req.limited.release()
		ctx = &req.limited
	}
	if err := db.await(ctx, r.LastSeen); err != nil {
		return nil, err
	}
	res, err := db.runs(ctx, &r, req)
	if err = db.answered(ctx, req, err); err != nil {
		return res, public(err)
	}
	return res, nil
}

// runs runs a query until it does not lose against others.
func (db *DB) runs(ctx context.Context, r *Request, req *request) (*Result, error) {
	retries := DefaultRetries
	if r.Retries != nil {
		retries = *r.Retries
	}
	for n := 0; ; n++ {
		alone := n > 0 && n == retries && r.Retries == nil
		res, err := db.attempt(ctx, r, req, alone)
		if res != nil {
			res.Stats.Retries = n
		}
		switch {
		case err == nil:
			return res, nil
		case !errors.Is(err, kv.ErrConflict):
			return res, err
		case n >= retries:
			return res, db.contended(ctx, req.lost)
		}
	}
}

// writes reports whether a query may write; one that is still to be decoded may
// not yet.
func (r *Request) writes() bool {
	return !r.ReadOnly && r.Expr != nil && ast.EffectOf(r.Expr) == ast.Write
}

// attempt runs a query once. Alone, nothing else commits meanwhile.
func (db *DB) attempt(ctx context.Context, r *Request, req *request, alone bool) (*Result, error) {
	if alone {
		db.gate.Lock()
		defer db.gate.Unlock()
	}
	tx, err := db.openSince(ctx, req, r.writes(), r.LastSeen, alone)
	if err != nil {
		return nil, err
	}
	defer tx.recycle()
	if err := tx.enter(r.Secret); err != nil {
		return nil, err
	}
	if r.Expr == nil {
		if r.Expr, err = r.Decode(); err != nil {
			return &Result{Time: tx.now}, err
		}
		if r.writes() {
			if err := tx.track(r.Secret); err != nil {
				return nil, err
			}
		}
	}
	tx.t.ResetStats()
	options := db.limits()
	options.Vars = r.Args
	if r.ReadOnly {
		options.Limited, options.Allow, options.Where = true, ast.Read, r.Where
	}
	v, stats, err := query.Eval(ctx, tx, r.Expr, options)
	if err != nil {
		return tx.failed(stats, err), err
	}
	return tx.finish(v, stats, alone)
}

// openSince is open at a time that is not before seen. The clock has passed
// that time; only a group of commits on its way to the disk holds snapshots
// back, and an empty commit waits for that.
func (db *DB) openSince(ctx context.Context, req *request, writes bool, seen int64, alone bool) (*tx, error) {
	for {
		tx, err := db.open(ctx, req, writes)
		if err != nil || tx.now >= seen {
			return tx, err
		}
		tx.close()
		if _, err := db.commit(ctx, &kv.Batch{Since: tx.now}, alone); err != nil {
			return nil, err
		}
	}
}

// limits are the options of every evaluation.
func (db *DB) limits() query.Options {
	return query.Options{MaxSteps: db.options.MaxSteps, MaxMemory: db.options.MaxMemory}
}

// failed is what is left of a query that ended with an error: an abort keeps
// what it read, everything else did nothing.
func (tx *tx) failed(stats query.Stats, err error) *Result {
	res := &Result{Time: tx.now}
	if e := query.Decisive(err); e != nil && e.Code == query.TransactionAborted {
		s := tx.t.Stats()
		res.Stats = Stats{Calls: stats.Calls, ReadOps: s.ReadOps, BytesRead: s.BytesRead}
	}
	return res
}

// finish commits and gives the result its time.
func (tx *tx) finish(v value.Value, stats query.Stats, alone bool) (*Result, error) {
	ts, err := tx.commit(alone)
	if err != nil {
		return &Result{Time: tx.now, names: tx.lasting(tx.now)}, err
	}
	s := tx.t.Stats()
	res := &Result{Value: v, Time: ts, names: tx.lasting(ts), limit: tx.db.options.MaxMemory, Stats: Stats{
		Calls: stats.Calls, ReadOps: s.ReadOps, WriteOps: tx.writeOps, BytesRead: s.BytesRead, BytesWritten: s.BytesWritten,
	}}
	if doc, ok := v.(*value.Document); ok {
		res.Created = doc.Fresh
	}
	return res, nil
}

// public turns an error of the store into one that a caller can act on.
func public(err error) error {
	if err == nil {
		return nil
	}
	switch {
	case errors.Is(err, kv.ErrClosed):
		return ErrClosed
	case errors.Is(err, context.DeadlineExceeded):
		return &query.Error{Code: query.TimeOut, Description: "Read timed out"}
	case errors.Is(err, kv.ErrKeySize), errors.Is(err, kv.ErrValueSize), errors.Is(err, kv.ErrBatchSize):
		return &query.Error{Code: query.BadRequest, Description: "Transaction exceeded limit: " + err.Error()}
	}
	var r *query.Refusal
	if errors.As(err, &r) {
		return &query.Error{Code: r.Code, Description: r.Description, Failures: r.Failures}
	}
	return err
}

// await waits until the clock has passed a time that the caller has seen.
func (db *DB) await(ctx context.Context, seen int64) error {
	if seen == 0 {
		return nil
	}
	ahead := seen - db.now()
	if ahead <= 0 {
		return nil
	}
	timer := time.NewTimer(time.Duration(min(ahead, int64(time.Hour/time.Microsecond))) * time.Microsecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return public(ctx.Err())
	}
}
