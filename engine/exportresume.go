package engine

import (
	"fmt"
	"io"
	"slices"

	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/engine/transfer"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/query/wire"
)

// startingPoint is where an export goes on.
type startingPoint struct {
	path  []string
	after *value.Ref // nil is the beginning of the database
}

func (p *startingPoint) in(path []string) bool { return slices.Equal(p.path, path) }

// resume goes on at the point in the options. That is refused when the state
// of the time of the export cannot be told from the history any more, or its
// schema from the present one.
func (e *exporter) resume(w io.Writer) error {
	p := e.o.Resume
	if p.Header.Secrets != e.o.Secrets || p.Header.History == e.o.NoHistory {
		return fmt.Errorf("engine: the export was begun with other options: secrets %t, history %t",
			p.Header.Secrets, p.Header.History)
	}
	if e.at = p.Header.Time; e.at >= e.tx.now {
		return fmt.Errorf("engine: the export was begun at %s, which is yet to come", micros(e.at))
	}
	if err := e.unchanged(e.root); err != nil {
		return err
	}
	e.skip = &startingPoint{path: p.Path}
	if err := e.find(); err != nil {
		return err
	}
	var err error
	e.out, err = transfer.Resume(w, p)
	return err
}

// unchanged checks that a database, and those below it, can still be shown as
// they were.
func (e *exporter) unchanged(s value.Scope) error {
	if err := e.tx.descend(s); err != nil {
		return err
	}
	own := e.tx.own
	if own.Version > e.at {
		return fmt.Errorf("%w: the schema of %s", ErrChanged, databaseName(s))
	}
	for _, c := range documentClasses(own, e.o.Secrets) {
		if e.tx.minimumTime(s, c) > e.at {
			return fmt.Errorf("%w: the history of that time is not kept any more", ErrChanged)
		}
	}
	for _, child := range own.Databases.All() {
		if err := e.unchanged(child.Scope); err != nil {
			return err
		}
	}
	return nil
}

// find finds the document behind which the export goes on.
func (e *exporter) find() error {
	p := e.o.Resume
	if p.After == nil {
		return nil
	}
	if err := e.tx.descend(e.root); err != nil {
		return err
	}
	expr, err := wire.DecodeData(p.After, query.Forms())
	if err != nil {
		return fmt.Errorf("engine: the last document of the export: %w", err)
	}
	r, ok := expr.(*ast.Ref)
	if !ok {
		return fmt.Errorf("engine: the last document of the export is %s", p.After)
	}
	sch, err := e.tx.below(&session{scope: e.root, builtin: roleAdmin}, p.Path)
	if err != nil {
		return fmt.Errorf("%w: there is no database %v", ErrChanged, p.Path)
	}
	v, err := resolveIn(e.tx, sch, r)
	if err != nil {
		return err
	}
	ref, ok := v.(value.Ref)
	if !ok {
		return fmt.Errorf("%w: the collection of %s is gone", ErrChanged, p.After)
	}
	e.skip.after = &ref
	return nil
}

// documentsAfter writes the documents of classes behind one of them.
func (e *exporter) documentsAfter(classes []value.Class, last value.Ref) error {
	for _, c := range classes {
		from := value.Ref{Scope: last.Scope, Class: c}
		switch {
		case c < last.Class:
			continue
		case c == last.Class:
			refs, err := refsFrom(source{e.tx}.Scan, last, 2)
			if err != nil {
				return err
			}
			for len(refs) > 0 && refs[0] == last {
				refs = refs[1:]
			}
			if len(refs) == 0 {
				continue
			}
			from = refs[0]
		}
		if err := e.class(from); err != nil {
			return err
		}
	}
	return nil
}

// documentClasses are the classes of a database whose documents are exported,
// in their order.
func documentClasses(d *schema.Database, secrets bool) []value.Class {
	var out []value.Class
	if secrets {
		out = slices.Clone(secretClasses)
	}
	for _, c := range d.Collections.All() {
		out = append(out, c.Class)
	}
	return out
}

// count counts the documents of a database and of those below it, with the
// objects of their schemas.
func (e *exporter) count(s value.Scope) error {
	if err := e.tx.descend(s); err != nil {
		return err
	}
	own := e.tx.own
	classes := slices.Concat(schemaClasses, documentClasses(own, e.o.Secrets))
	slices.Sort(classes)
	n, err := e.tx.countDocuments(classes)
	if err != nil {
		return err
	}
	e.total += n
	for _, child := range own.Databases.All() {
		if err := e.count(child.Scope); err != nil {
			return err
		}
	}
	return nil
}
