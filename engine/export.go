package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/fawndb/fawn/engine/secret"
	"github.com/fawndb/fawn/engine/transfer"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// ExportOptions say what an export holds.
type ExportOptions struct {
	// Secrets takes keys, tokens and credentials along, with the digests by
	// which their secrets and passwords are known.
	Secrets bool
	// NoHistory leaves out versions of documents that are no longer live.
	NoHistory bool
	// Resume goes on with an export that was cut short, whose file ends at the
	// point: it gets the state of the time at which that was begun.
	Resume *transfer.Point
	// Progress, when set, is called now and then with how many documents were
	// written, of how many.
	Progress func(done, total int64)
	// Problem, when set, is called with what cannot be carried over.
	Problem func(transfer.Problem)
}

// ErrChanged is returned when an export cannot go on, because what it would
// have to show is gone.
var ErrChanged = errors.New("engine: the database has changed too much since the export began")

// Export writes the database that a secret opens, with all below it, as lines
// (package transfer), all in the state of one time. The secret must be root's
// or an admin key's. Writers are not held up.
func (db *DB) Export(ctx context.Context, presented string, w io.Writer, o ExportOptions) (transfer.Counts, error) {
	tx, err := db.openAdmin(ctx, presented, false)
	if err != nil {
		return transfer.Counts{}, err
	}
	defer tx.close()
	e := &exporter{tx: tx, o: o, root: tx.own.Scope, at: tx.now, out: transfer.NewWriter(w)}
	e.names = exportNames{tx: tx}
	e.renderer = value.Renderer{Names: &e.names, Exact: true}
	if o.Progress != nil {
		if err := e.count(e.root); err != nil {
			return transfer.Counts{}, err
		}
		o.Progress(0, e.total)
	}
	if o.Resume != nil {
		err = e.resume(w)
	} else {
		err = e.out.Header(transfer.Header{Time: e.at, Secrets: o.Secrets, History: !o.NoHistory})
	}
	if err == nil {
		err = e.database(e.root, []string{})
	}
	if err == nil {
		err = e.out.End()
	}
	return e.out.Counts(), public(err)
}

// openAdmin begins a transaction for a secret, which must be root's or an
// admin key's.
func (db *DB) openAdmin(ctx context.Context, presented string, writes bool) (*tx, error) {
	tx, err := db.open(ctx, &request{}, writes)
	if err != nil {
		return nil, err
	}
	s, err := tx.authenticate(presented)
	if err == nil && (s.builtin != roleAdmin || s.identity != nil) {
		err = &query.Error{Code: query.PermissionDenied, Description: "Insufficient privileges to perform the action."}
	}
	if err == nil {
		err = tx.begun(s)
	}
	if err != nil {
		tx.close()
		return nil, err
	}
	return tx, nil
}

// descend goes over to a database below, with the rights of an admin. What was
// looked up so far is of the database before.
func (tx *tx) descend(s value.Scope) error {
	tx.own = nil
	return tx.begun(&session{scope: s, builtin: roleAdmin})
}

// exporter is one export.
type exporter struct {
	tx       *tx
	o        ExportOptions
	root     value.Scope
	at       int64 // the time that is shown, microseconds
	out      *transfer.Writer
	renderer value.Renderer
	names    exportNames
	// skip is where an export goes on; nil behind it.
	skip        *startingPoint
	done, total int64
	line        []byte
}

// schemaClasses are the kinds of schema objects in the order in which they are
// written.
var schemaClasses = []value.Class{
	value.Databases, value.Collections, value.Indexes, value.Functions, value.Roles, value.AccessProviders,
}

// secretClasses are those that an export has only when it is asked for.
var secretClasses = []value.Class{value.Keys, value.Tokens, value.Credentials}

// database writes a database and those below it.
func (e *exporter) database(s value.Scope, path []string) error {
	if err := e.tx.descend(s); err != nil {
		return err
	}
	own := e.tx.own
	if err := e.content(path); err != nil {
		return err
	}
	for _, child := range own.Databases.All() {
		if err := e.database(child.Scope, append(path[:len(path):len(path)], child.Name)); err != nil {
			return err
		}
	}
	return nil
}

// content writes a database without those below it.
func (e *exporter) content(path []string) error {
	own := e.tx.own
	documents := documentClasses(own, e.o.Secrets)
	if e.skip != nil {
		if !e.skip.in(path) {
			return nil
		}
		after := e.skip.after
		e.skip = nil
		if after != nil {
			return e.documentsAfter(documents, *after)
		}
	}
	section := transfer.Database{Path: path}
	for _, id := range globalIDs(own) {
		section.GlobalIDs = append(section.GlobalIDs, secret.FormatGlobalID(id))
	}
	if err := e.out.Database(section); err != nil {
		return err
	}
	for _, c := range schemaClasses {
		if err := e.class(value.Ref{Scope: own.Scope, Class: c}); err != nil {
			return err
		}
	}
	for _, c := range documents {
		if err := e.class(value.Ref{Scope: own.Scope, Class: c}); err != nil {
			return err
		}
	}
	return nil
}

// class writes the documents of a class from one on.
func (e *exporter) class(from value.Ref) error {
	const chunk = 1024
	for {
		if err := e.tx.ctx.Err(); err != nil {
			return err
		}
		refs, err := refsFrom(source{e.tx}.Scan, from, chunk+1)
		if err != nil {
			return err
		}
		for _, r := range refs[:min(chunk, len(refs))] {
			if err := e.document(r); err != nil {
				return fmt.Errorf("%s: %w", documentName(r), err)
			}
		}
		if e.done += int64(min(chunk, len(refs))); e.o.Progress != nil {
			e.o.Progress(e.done, e.total)
		}
		if len(refs) <= chunk {
			return nil
		}
		from = refs[chunk]
	}
}

// document writes the versions of a document up to the time that is shown.
func (e *exporter) document(r value.Ref) error {
	list, err := e.tx.pasts(r)
	if err != nil {
		return err
	}
	for len(list) > 0 && list[len(list)-1].TS > e.at {
		list = list[:len(list)-1]
	}
	if len(list) == 0 {
		return nil
	}
	last := &list[len(list)-1]
	switch {
	case !last.Tombstone && last.Expired(e.at):
		return nil // to queries it is gone
	case r.Class.Named() || !e.o.NoHistory:
	case last.Tombstone:
		return nil
	default:
		list = list[len(list)-1:]
	}
	for i := range list {
		if err := e.version(r, &list[i]); err != nil {
			return err
		}
	}
	return nil
}

// version writes one version.
func (e *exporter) version(r value.Ref, p *past) error {
	doc := value.StoredDocument(r, p.TS, p.fields)
	if p.Tombstone {
		doc = value.NewDocument(r, p.TS, value.Object{{Name: "action", Value: value.String("delete")}})
	}
	var err error
	if r.Class == value.Tokens && p.key[0] == spaceLive {
		if doc.Once, err = e.tx.sealMember(r); err != nil {
			return err
		}
	}
	e.names.missing = false
	if e.line, err = e.renderer.Append(e.line[:0], doc); err != nil {
		return err
	}
	if e.names.missing && e.o.Problem != nil {
		e.o.Problem(transfer.Problem{
			Reason: documentName(r) + " of " + strconv.FormatInt(p.TS, 10) + ": a ref to something that is gone without a name is left out",
		})
	}
	if r.Class.Named() {
		return e.out.Schema(r.ID, e.line)
	}
	return e.out.Document(e.line)
}

// exportNames are the names in an export, by which every object is told from
// any other: one that is gone has its number beside its last name, "users#1024".
// No object can be called that.
type exportNames struct {
	*tx
	missing bool // a name was asked for that is not known
}

// Name implements value.Names.
func (n *exportNames) Name(r value.Ref) (string, bool) {
	if r.Native() {
		return n.tx.Name(r)
	}
	if d, err := n.tx.schemaOf(r.Scope); err == nil {
		if name, ok := d.Name(r.Class, r.ID); ok {
			return name, true
		}
	}
	name, ok := n.tx.lastName(r)
	if !ok {
		n.missing = true
		return "", false
	}
	return name + goneMark + strconv.FormatInt(r.ID, 10), true
}

// goneMark stands between the last name of an object that is gone and its
// number.
const goneMark = "#"
