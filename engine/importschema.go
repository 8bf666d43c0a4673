package engine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/engine/secret"
	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// object is an object of a schema with its versions, on its way into a
// database.
type object struct {
	class value.Class
	name  string // as the export has it
	lines []*entry
	// ref is where it is here; known says that there was one of this name.
	ref   value.Ref
	known bool
}

// schema imports a schema in one transaction: its objects name each other.
func (im *importer) schema(c *chunk) error {
	return im.transact(func(tx *tx, w *batch) error {
		objects := gather(c.entries, w)
		taken := map[value.Ref]bool{}
		for _, o := range objects {
			if err := im.place(tx, o, taken); err != nil {
				return err
			}
		}
		for _, class := range schemaClasses {
			for _, o := range objects {
				if o.class != class {
					continue
				}
				if err := im.object(tx, w, o); err != nil {
					return err
				}
			}
		}
		return nil
	}, c)
}

// gather puts the lines of each object together.
func gather(lines []*entry, w *batch) []*object {
	var out []*object
	known := map[objectName]*object{}
	for _, e := range lines {
		switch {
		case e.wrong != "":
			w.skip(e.line, e.wrong)
			continue
		case e.ref.ID != "" || e.ref.Name == "":
			w.skip(e.line, "it is not an object of a schema")
			continue
		}
		key := objectName{class: e.ref.Class, name: e.ref.Name}
		o := known[key]
		if o == nil {
			o = &object{class: key.class, name: key.name}
			known[key] = o
			out = append(out, o)
		}
		o.lines = append(o.lines, e)
	}
	return out
}

// place finds the number that an object has here: that of the object of its
// name, else its own if that is free, else a new one. taken are the refs that
// others of this schema got.
func (im *importer) place(tx *tx, o *object, taken map[value.Ref]bool) error {
	o.ref = value.Ref{Scope: tx.own.Scope, Class: o.class}
	number, err := int64(0), error(nil)
	if last, _, gone := strings.Cut(o.name, goneMark); gone {
		number, o.known, err = tx.goneObject(o, last)
	} else {
		number, o.known = tx.own.Lookup(o.class, o.name)
	}
	if wanted := o.lines[0].number; err == nil && !o.known {
		if taken[value.Ref{Scope: o.ref.Scope, Class: o.class, ID: wanted}] {
			wanted = 0
		}
		number, err = tx.numberFor(o.ref, wanted)
	}
	o.ref.ID = number
	taken[o.ref] = true
	im.numbers[objectName{o.ref.Scope, o.class, o.name}] = number
	return err
}

// goneObject reports whether an object that is gone is here, as it was there.
func (tx *tx) goneObject(o *object, last string) (number int64, known bool, err error) {
	r := o.ref
	r.ID = o.lines[0].number
	if live, err := tx.isLive(r); live || err != nil {
		return 0, false, err
	}
	name, known := tx.lastName(r)
	return r.ID, known && name == last, nil
}

// numberFor returns a number for a new object: wanted if it is free.
func (tx *tx) numberFor(r value.Ref, wanted int64) (int64, error) {
	kind, lo, hi := "", int64(1), int64(math.MaxInt64)
	switch r.Class {
	case value.Collections:
		kind, lo, hi = "collection", int64(value.FirstUserClass), int64(value.FirstUserClass)+maxCollections-1
	case value.Indexes:
		kind, lo, hi = "index", value.FirstIndex, math.MaxInt32
	default: // ids like those of documents
	}
	if wanted >= lo && wanted <= hi {
		r.ID = wanted
		before, err := tx.pasts(r)
		if err != nil {
			return 0, err
		}
		if len(before) == 0 {
			if kind == "" {
				return wanted, nil
			}
			return wanted, tx.passNumber(r.Scope, kind, uint64(lo), uint64(wanted))
		}
	}
	if kind == "" {
		return tx.NewID()
	}
	n, err := tx.nextNumber(r.Scope, kind, uint64(lo))
	if err == nil && int64(n) > hi {
		err = &query.Error{Code: query.BadRequest, Description: "Maximum sequential ID reached."}
	}
	return int64(n), err
}

// passNumber makes sure that a number of a kind of object is not given again.
func (tx *tx) passNumber(s value.Scope, kind string, first, used uint64) error {
	key := append(scopeKey(spaceNext, s), kind...)
	b, err := tx.t.Get(key)
	if err != nil {
		return err
	}
	next := first
	if len(b) == 8 {
		next = be64(b)
	}
	if used >= next {
		tx.t.Put(kv.Write{Key: key, Value: binary.BigEndian.AppendUint64(nil, used+1)})
	}
	return nil
}

// object imports one object.
func (im *importer) object(tx *tx, w *batch, o *object) error {
	c := &change{Change: query.Change{Verb: query.Create, Ref: o.ref}, row: collections[o.class]}
	versions, kept, err := im.versions(tx, w, o, c)
	if err != nil || len(versions) == 0 {
		delete(im.numbers, objectName{o.ref.Scope, o.class, o.name})
		return err
	}
	last := versions[len(versions)-1]
	if o.known {
		return im.compare(tx, w, o, last)
	}
	if err := im.enterObject(tx, w, o, c, versions); err != nil {
		var r *query.Refusal
		if !errors.As(err, &r) {
			return err
		}
		for _, e := range kept {
			e.wrong = refusalText(r)
		}
		return errAgain
	}
	w.out.Schema += int64(len(versions))
	return nil
}

// versions makes the versions of an object of its lines, and returns the lines
// that could be used.
func (im *importer) versions(tx *tx, w *batch, o *object, c *change) (out []past, kept []*entry, err error) {
	for _, e := range o.lines {
		p, wrong, err := im.version(tx, w, e, c)
		if err != nil {
			return nil, nil, err
		}
		if wrong == "" && len(out) > 0 && p.TS <= out[len(out)-1].TS {
			wrong = "it is not newer than the version before it"
		}
		if wrong != "" {
			w.skip(e.line, wrong)
			continue
		}
		out, kept = append(out, p), append(kept, e)
	}
	return out, kept, nil
}

// compare says where an object that is here already differs.
func (im *importer) compare(tx *tx, w *batch, o *object, last past) error {
	here, err := tx.version(o.ref, 0)
	if err != nil {
		return err
	}
	if here == nil || last.Tombstone {
		w.out.Same += int64(len(o.lines))
		return nil
	}
	have, err := tx.shown(here)
	if err != nil {
		return err
	}
	want, err := tx.shown(last.document(o.ref))
	if err != nil {
		return err
	}
	if !bytes.Equal(have, want) {
		line := o.lines[len(o.lines)-1].line
		w.lose(line, "the "+strings.ToLower(nounOf(o.class))+" "+o.name+" is here with another definition, which stays")
		return nil
	}
	w.out.Same += int64(len(o.lines))
	return nil
}

// shown is what a document shows, less its time and what is given to it here.
func (tx *tx) shown(doc *value.Document) ([]byte, error) {
	fields, err := doc.Fields()
	if err != nil {
		return nil, err
	}
	return value.Renderer{Names: tx, Exact: true}.Append(nil, fields.Without("global_id").Without("active"))
}

// enterObject writes a new object, and puts it into the schema if it is not
// gone.
func (im *importer) enterObject(tx *tx, w *batch, o *object, c *change, versions []past) error {
	last := &versions[len(versions)-1]
	if last.Tombstone {
		return tx.replaceHistory(c, nil, versions)
	}
	fields, err := last.document(o.ref).Fields()
	if err != nil {
		return err
	}
	if name, _ := fields.Get("name"); name != value.Value(value.String(o.name)) {
		return &query.Refusal{Description: "its ref calls it " + strconv.Quote(o.name) + ", its name does not"}
	}
	switch o.class {
	case value.Databases:
		return im.enterDatabase(tx, w, o, c, versions, fields)
	case value.Indexes:
		if fields, err = tx.importedIndex(c, last, fields); err != nil {
			return err
		}
	default: // as they stand
	}
	doc := value.NewDocument(o.ref, last.TS, fields)
	if _, err := tx.own.Change(o.ref, doc); err != nil {
		return &query.Refusal{Description: "it cannot be understood: " + err.Error()}
	}
	if err := tx.replaceHistory(c, nil, versions); err != nil {
		return err
	}
	return tx.enterImported(c, doc)
}

// importedIndex makes the live version of an index that is new here: whether it
// is active follows from what it is to cover here.
func (tx *tx) importedIndex(c *change, last *past, fields value.Object) (value.Object, error) {
	prepared, failures := index.Prepare(nil, fields)
	if len(failures) > 0 {
		return nil, &query.Refusal{Description: failureText(failures[0])}
	}
	c.fields, c.given = prepared, nil
	err := tx.prepareActive(c, nil)
	if err == nil {
		*last, err = versionOf(last.TS, c.fields)
	}
	return c.fields, err
}

// enterImported puts a new object into the schema.
func (tx *tx) enterImported(c *change, doc *value.Document) error {
	if c.Ref.Class == value.Indexes {
		return enterIndex(tx, c, doc)
	}
	if err := enterSchema(tx, c, doc); err != nil || c.Ref.Class != value.Collections {
		return err
	}
	floor, err := tx.historyFloor(c.Ref)
	tx.setSchema(tx.own.WithFloor(value.Class(c.Ref.ID), floor))
	return err
}

// enterDatabase makes a child database. It keeps its global id if no other has
// that.
func (im *importer) enterDatabase(tx *tx, w *batch, o *object, c *change, versions []past, fields value.Object) error {
	text, _ := fields.Get("global_id")
	name, _ := text.(value.String)
	id, ok := secret.ParseGlobalID(string(name))
	if ok && id != 0 {
		taken, err := tx.t.Get(globalKey(id))
		if err != nil {
			return err
		}
		ok = taken == nil
	}
	if !ok || id == 0 {
		var err error
		if id, err = tx.newGlobalID(); err != nil {
			return err
		}
		if text != nil && !im.withSecrets() { // else the line of the database says it
			w.lose(o.lines[len(o.lines)-1].line, "the database "+o.name+" gets another global id, "+
				secret.FormatGlobalID(id)+": its own, "+string(name)+", is that of a database here")
		}
		for i := range versions {
			if err := setGlobalID(&versions[i], o.ref, id); err != nil {
				return err
			}
		}
	}
	if err := tx.replaceHistory(c, nil, versions); err != nil {
		return err
	}
	child := &schema.Child{
		ID: o.ref.ID, Name: o.name, Container: isSet(fields, "container"), Protected: isSet(fields, "protected"),
	}
	if err := tx.foundDatabase(o.ref, id, child); err != nil {
		return err
	}
	tx.setSchema(tx.own.WithChild(child))
	return nil
}

// setGlobalID changes the global id in a version of a database's document.
func setGlobalID(p *past, r value.Ref, id uint64) error {
	if p.Tombstone {
		return nil
	}
	fields, err := p.document(r).Fields()
	if err != nil {
		return err
	}
	*p, err = versionOf(p.TS, fields.With("global_id", value.String(secret.FormatGlobalID(id))))
	return err
}
