package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"

	"github.com/fawndb/fawn/engine/transfer"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/query/wire"
)

// What one chunk of documents, and so a transaction of an import, has at most.
const (
	chunkLines = 16384
	chunkBytes = 8 << 20
)

// chunk is a stretch of lines that are imported together: of documents up to
// a limit, of a schema all, of others one.
type chunk struct {
	kind    transfer.Kind
	entries []*entry
	line    transfer.Line // where it is one
	// verified is why an export is not as it was written.
	verified error
	// upTo is the index of its last line, state what was read up to there, read
	// how many bytes that were.
	upTo  int64
	last  int64 // the number of that line
	state [sha256.Size]byte
	read  int64
	// again says that an earlier import had done it.
	again bool
	err   error // that of reading, which ends it

	size int
}

// entry is a line with a version of a document or of a schema object.
type entry struct {
	line   int64
	number int64 // that a schema object had, 0 if it does not say
	ref    *ast.Ref
	ts     int64 // 0 if it does not say
	gone   bool  // a deletion
	names  []string
	values []ast.Expr
	seal   *Seal  // of a token of a service
	wrong  string // why it cannot be used
}

// feeder reads and decodes lines while others are written.
type feeder struct {
	ctx    context.Context //nolint:containedctx // a feeder is one call
	r      *transfer.Reader
	from   *progress
	chunks chan chunk
	done   chan struct{}
	next   chunk
}

func newFeeder(ctx context.Context, r *transfer.Reader, from *progress) *feeder {
	return &feeder{ctx: ctx, r: r, from: from, chunks: make(chan chunk, 1), done: make(chan struct{})}
}

// wait waits for the end of run, whose context has ended.
func (f *feeder) wait() { <-f.done }

// run sends chunks until all is read, or ctx ends.
func (f *feeder) run(line transfer.Line) {
	defer close(f.done)
	defer close(f.chunks)
	var err error
	for err == nil {
		if !f.take(line) {
			return
		}
		line, err = f.r.Next()
	}
	if errors.Is(err, io.EOF) && line.Index <= f.from.Index {
		err = ErrOther
	}
	if !f.flush() || errors.Is(err, io.EOF) {
		return
	}
	f.send(chunk{err: err})
}

// take takes in a line. It is false when there is no use to go on.
func (f *feeder) take(line transfer.Line) bool {
	switch line.Kind {
	case transfer.KindDocument, transfer.KindSchema:
		if line.Index <= f.from.Index && line.Kind == transfer.KindDocument {
			return f.passed(line) // it was imported before
		}
		e := decodeEntry(line)
		kind := line.Kind
		if e.ref != nil && e.ref.ID == "" {
			kind = transfer.KindSchema // of a dump
		}
		if len(f.next.entries) > 0 && (kind != f.next.kind || f.next.full(e)) && !f.flush() {
			return false
		}
		f.next.kind = kind
		f.next.entries = append(f.next.entries, e)
		f.next.size += len(line.Text)
		f.mark(&f.next, line)
		return f.passed(line)
	default:
		if !f.flush() {
			return false
		}
		c := chunk{kind: line.Kind, line: line}
		c.line.Text = bytes.Clone(line.Text)
		if line.Kind == transfer.KindEnd {
			c.verified = f.r.Verify(line)
		}
		f.mark(&c, line)
		return f.send(c) && f.passed(line)
	}
}

// mark says that a chunk goes up to a line.
func (f *feeder) mark(c *chunk, line transfer.Line) {
	c.upTo, c.last, c.read, c.state = line.Index, line.Number, f.r.Bytes(), f.r.State()
	c.again = c.upTo <= f.from.Index
}

// full reports whether a chunk takes no more lines before e. The versions of a
// document stay together, unless they are very many.
func (c *chunk) full(e *entry) bool {
	over := max(len(c.entries)/chunkLines, c.size/chunkBytes)
	return c.kind == transfer.KindDocument && over > 0 && (over > 3 || !sameRef(c.entries[len(c.entries)-1], e))
}

// passed compares what was read with what an earlier import had read.
func (f *feeder) passed(line transfer.Line) bool {
	if line.Index != f.from.Index || hexState(f.r.State()) == f.from.State {
		return true
	}
	f.next = chunk{}
	f.send(chunk{err: ErrOther})
	return false
}

func hexState(b [sha256.Size]byte) string { return hex.EncodeToString(b[:]) }

func (f *feeder) flush() bool {
	if len(f.next.entries) == 0 {
		return true
	}
	c := f.next
	f.next = chunk{}
	return f.send(c)
}

// send hands on a chunk of which the last line has just been read.
func (f *feeder) send(c chunk) bool {
	select {
	case f.chunks <- c:
		return true
	case <-f.ctx.Done():
		return false
	}
}

// decodeEntry reads a line with a version.
func decodeEntry(line transfer.Line) *entry {
	e := &entry{line: line.Number, wrong: line.Wrong}
	if e.wrong != "" {
		return e
	}
	expr, err := wire.DecodeData(line.Text, query.Forms())
	if err != nil {
		e.wrong = faultText(err)
		return e
	}
	o, ok := expr.(*ast.Object)
	if !ok {
		e.wrong = "not an object with a ref"
		return e
	}
	for i, name := range o.Names {
		e.member(name, o.Values[i])
	}
	if e.ref == nil && e.wrong == "" {
		e.wrong = "it has no ref"
	}
	return e
}

// faultText says what cannot be read, and where in the line.
func faultText(err error) string {
	var faults wire.Errors
	if !errors.As(err, &faults) || len(faults) == 0 {
		return err.Error()
	}
	at := faults[0].Position.Strings()
	return strings.Join(append(at, faults[0].Description), ": ")
}

// member takes in a member of a line.
func (e *entry) member(name string, v ast.Expr) {
	literal, _ := v.(*ast.Literal)
	switch name {
	case "ref":
		if r, ok := v.(*ast.Ref); ok && !r.Native && r.ID != "self" && len(r.Path) == 0 {
			e.ref = r
		} else {
			e.wrong = "its ref is not that of a document"
		}
	case "ts":
		ok := false
		if literal != nil {
			e.ts, ok = microsOf(literal.Value)
		}
		if !ok || e.ts <= 0 {
			e.wrong = "its ts is not a time in microseconds"
		}
	case "number":
		if literal != nil {
			n, _ := literal.Value.(value.Long)
			e.number = int64(n)
		}
	case "action":
		e.gone = literal != nil && literal.Value == value.Value(value.String("delete"))
	default:
		e.names, e.values = append(e.names, name), append(e.values, v)
	}
}

// microsOf reads a ts: a number, or a time.
func microsOf(v value.Value) (int64, bool) {
	switch v := v.(type) {
	case value.Long:
		return int64(v), true
	case value.Time:
		return v.Micros()
	default:
		return 0, false
	}
}
