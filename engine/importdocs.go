package engine

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// chunkWrites is at about how many bytes a transaction of an import ends.
const chunkWrites = 16 << 20

// documents imports a chunk of documents. Usually that is one transaction.
func (im *importer) documents(c *chunk) error {
	for done := 0; done < len(c.entries); {
		next := done
		err := im.transact(func(tx *tx, w *batch) error {
			var err error
			next, err = im.some(tx, w, c.entries, done)
			w.partial = next < len(c.entries)
			return err
		}, c)
		if err != nil {
			return err
		}
		done = next
	}
	return nil
}

// some imports documents from one on, up to a limit, and returns the next.
func (im *importer) some(tx *tx, w *batch, list []*entry, from int) (next int, err error) {
	for from < len(list) && (tx.t.Size() < chunkWrites || im.o.DryRun) {
		to := from + 1
		for to < len(list) && sameRef(list[from], list[to]) {
			to++
		}
		if err := im.document(tx, w, list[from:to]); err != nil {
			return from, err
		}
		from = to
	}
	return from, nil
}

// sameRef reports whether two lines are of the same document.
func sameRef(a, b *entry) bool {
	return a.ref != nil && b.ref != nil && a.ref.ID == b.ref.ID && a.ref.Name == b.ref.Name && a.ref.Class == b.ref.Class
}

// document imports the versions of a document that stand together.
func (im *importer) document(tx *tx, w *batch, lines []*entry) error {
	c := &change{}
	versions := make([]past, 0, len(lines))
	reasons := make([]string, len(lines))
	for i, e := range lines {
		p, wrong, err := im.documentVersion(tx, w, e, c)
		if err != nil {
			return err
		}
		if reasons[i] = wrong; wrong != "" {
			w.skip(e.line, wrong)
			continue
		}
		versions = append(versions, p)
	}
	if len(versions) == 0 {
		return nil
	}
	n, same, err := tx.load(c, versions, w, im.o.DryRun)
	if err == nil && n > 0 && c.Ref.Class == value.Tokens && !im.o.DryRun {
		err = tx.sealImported(c.Ref, lines[len(lines)-1].seal)
	}
	var r *query.Refusal
	if errors.As(err, &r) {
		for i, e := range lines {
			e.wrong = cmp.Or(reasons[i], refusalText(r))
		}
		return errAgain
	}
	w.out.Same += int64(same)
	if w.out.Versions += int64(n); n > 0 {
		w.out.Documents++
	}
	return err
}

// documentVersion makes a version of a line. The first that can be used says
// which document it is, in c. wrong says why it cannot be used.
func (im *importer) documentVersion(tx *tx, w *batch, e *entry, c *change) (p past, wrong string, err error) {
	if e.wrong != "" {
		return p, e.wrong, nil
	}
	if c.row == nil {
		v := converter{im, tx, w, e}
		ref, wrong, err := v.ref(e.ref)
		if wrong != "" || err != nil {
			return p, wrong, err
		}
		if ref.Class >= value.FirstUserClass && !tx.own.Has(ref.Class) {
			return p, "its collection is gone", nil
		}
		c.Change = query.Change{Verb: query.Insert, Ref: ref}
		c.row = collectionOf(c.Change)
	}
	return im.version(tx, w, e, c)
}

// refusalText is a refusal in one line.
func refusalText(r *query.Refusal) string {
	out := r.Description
	for _, f := range r.Failures {
		out += " " + failureText(f)
	}
	return out
}

func failureText(f query.Failure) string {
	return strings.Join(append(slices.Clone(f.Field), f.Description), ": ")
}

// version makes a version of a line. wrong says why it cannot be used.
func (im *importer) version(tx *tx, w *batch, e *entry, c *change) (p past, wrong string, err error) {
	ts := e.ts
	if ts == 0 {
		ts = tx.now // which is no commit's
	}
	if ts > tx.now {
		return p, "its time, " + micros(ts) + ", is yet to come", nil
	}
	if e.gone {
		return deletionOf(ts), "", nil
	}
	v := converter{im, tx, w, e}
	fields, err := v.fields()
	if err != nil {
		return p, "", err
	}
	if c.Ref.Class == value.Tokens {
		if fields, e.seal, wrong, err = tx.takeSeal(c.Ref, fields); wrong != "" || err != nil {
			return p, wrong, err
		}
	}
	if wrong, err = tx.checkImported(c, fields); wrong != "" || err != nil {
		return p, wrong, err
	}
	p, err = versionOf(ts, fields)
	var r *query.Refusal
	if errors.As(err, &r) {
		return p, refusalText(r), nil
	}
	if errors.Is(err, value.ErrTooDeep) {
		return p, "it is nested too deeply", nil
	}
	return p, "", err
}

// checkImported says what is wrong with the fields of a document, "" if
// nothing.
func (tx *tx) checkImported(c *change, fields value.Object) (string, error) {
	c.given, c.fields, c.failures = fields, fields, nil
	row := c.row
	if c.row.variant != nil && c.row.variant(fields) != nil {
		row = mintRow
	}
	for i := range row.fields {
		row.fields[i].check(c)
	}
	if len(c.failures) > 0 {
		return failureText(c.failures[0]), nil
	}
	if c.Ref.Class != value.Tokens && c.Ref.Class != value.Keys {
		return "", nil
	}
	digest, _ := fields.Get("hashed_secret")
	text, ok := digest.(value.String)
	switch {
	case row != mintRow && !ok:
		return undigested, nil
	case c.Ref.Class == value.Keys:
		err := tx.checkOnlyKey(c, "hashed_secret", func(stored []byte) bool { return string(stored) == string(text) })
		if err == nil && len(c.failures) > 0 {
			return "its secret is that of a key of another database here", nil
		}
		return "", err
	}
	return "", nil
}

// load adds versions to the history of a document, in the order of their
// times. It returns how many are new, and how many were there. The error is a
// refusal when the document cannot be as it would be then; what was written is
// of no use then. With dry nothing is written.
func (tx *tx) load(c *change, versions []past, w *batch, dry bool) (n, same int, err error) {
	var old []past
	if beyond, err := tx.beyond(c.Ref, w); err != nil {
		return 0, 0, err
	} else if !beyond {
		if old, err = tx.pasts(c.Ref); err != nil {
			return 0, 0, err
		}
	}
	fresh := slices.Clone(old)
	for _, p := range versions {
		at, found := slices.BinarySearchFunc(fresh, p.TS, func(p past, ts int64) int { return cmp.Compare(p.TS, ts) })
		if !found {
			fresh = slices.Insert(fresh, at, p)
			n++
			continue
		}
		ok, err := tx.sameVersion(c.Ref, fresh[at].record, p.record)
		if err != nil {
			return 0, 0, err
		}
		if !ok {
			return 0, 0, &query.Refusal{Description: "another version of it has the same time, " + micros(p.TS)}
		}
		same++
	}
	if n == 0 {
		return 0, same, nil
	}
	last := fresh[len(fresh)-1]
	if err := tx.checkUniqueLoaded(c, last.version(c.Ref).Doc); err != nil {
		return 0, 0, err
	}
	if !dry {
		return n, same, tx.replaceHistory(c, old, fresh)
	}
	definitions, err := tx.definitions(c.Ref)
	for _, d := range definitions {
		if err != nil {
			break
		}
		var refused *query.Refusal
		if _, refused, err = tx.stretches(d, c.Ref, fresh); refused != nil {
			err = refused
		}
	}
	return n, same, err
}

// beyond reports whether a document comes behind all others of its class, and
// so is new. Exports have their documents in this order, and need not look for
// each.
func (tx *tx) beyond(r value.Ref, w *batch) (bool, error) {
	class := value.Ref{Scope: r.Scope, Class: r.Class}
	last, known := w.last[class]
	if !known {
		for _, space := range []byte{spaceLive, spaceHistory} {
			prefix := appendClass([]byte{space}, r.Scope, r.Class)
			it := tx.t.Scan(prefix, after(prefix), true)
			if it.Next() && len(it.Key()) >= 1+refSize {
				last = last.or(be64(it.Key()[len(prefix):]))
			}
			err := it.Err()
			it.Close()
			if err != nil {
				return false, err
			}
		}
	}
	if w.last == nil {
		w.last = map[value.Ref]lastOf{}
	}
	id := uint64(r.ID)
	beyond := !last.any || id > last.id
	w.last[class] = last.or(id)
	return beyond, nil
}

// lastOf is the greatest id of a class, as keys have it, if there is any.
type lastOf struct {
	any bool
	id  uint64
}

func (l lastOf) or(id uint64) lastOf { return lastOf{true, max(l.id, id)} }

// sameVersion compares versions. The bytes may differ in the size of numbers,
// and in how a function holds what it captured.
func (tx *tx) sameVersion(r value.Ref, a, b record) (bool, error) {
	if a.Header != b.Header || bytes.Equal(a.fields, b.fields) {
		return a.Header == b.Header, nil
	}
	have, err := tx.shown(a.document(r))
	if err != nil {
		return false, err
	}
	want, err := tx.shown(b.document(r))
	return bytes.Equal(have, want), err
}

// checkUniqueLoaded refuses a document, nil if it is not live, whose entries in
// a unique index another one has.
func (tx *tx) checkUniqueLoaded(c *change, doc *value.Document) error {
	if doc == nil {
		return nil
	}
	definitions, err := tx.definitions(c.Ref)
	if err != nil {
		return err
	}
	for _, d := range definitions {
		if !d.Unique {
			continue
		}
		entries, err := tx.entries(d, doc)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := tx.checkUnique(c, d, e); err != nil {
				if isRefusal(err) {
					return &query.Refusal{Description: "it is not unique in the index " + d.Name}
				}
				return err
			}
		}
	}
	return nil
}
