package engine

import (
	"bytes"
	"slices"

	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query/value"
)

// refsFrom returns up to limit documents of from's class in the order of
// their ids, from's own first: live ones, and those that only history has.
func refsFrom(scan func(lo, hi []byte, reverse bool) index.Iterator, from value.Ref, limit int) ([]value.Ref, error) {
	open := func(space byte) index.Iterator {
		class := appendClass([]byte{space}, from.Scope, from.Class)
		return scan(appendRef([]byte{space}, from), after(class), false)
	}
	live, past := open(spaceLive), open(spaceHistory)
	defer live.Close()
	defer past.Close()
	// A key that is cut short is none of a document's: Check reports it.
	next := func(it index.Iterator, ok bool) bool {
		for ok && len(it.Key()) < 1+refSize {
			ok = it.Next()
		}
		return ok
	}
	var out []value.Ref
	isLive, isPast := next(live, live.Next()), next(past, past.Next())
	for len(out) < limit && (isLive || isPast) {
		var key []byte
		if isLive {
			key = live.Key()[1 : 1+refSize]
		}
		if isPast && (key == nil || bytes.Compare(past.Key()[1:1+refSize], key) < 0) {
			key = past.Key()[1 : 1+refSize]
		}
		ref := decodeRef(key)
		out = append(out, ref)
		if isPast && decodeRef(past.Key()[1:]) == ref {
			isPast = next(past, past.Seek(after(historyPrefix(ref))))
		}
		if isLive && decodeRef(live.Key()[1:]) == ref {
			isLive = next(live, live.Next())
		}
	}
	if err := live.Err(); err != nil {
		return nil, err
	}
	return out, past.Err()
}

// documentsFrom returns up to limit documents of classes, which are in
// ascending order, from a class and an id on.
func (tx *tx) documentsFrom(classes []value.Class, class value.Class, id int64, limit int) ([]value.Ref, error) {
	var out []value.Ref
	for _, c := range classes {
		if c < class {
			continue
		}
		from := value.Ref{Scope: tx.own.Scope, Class: c}
		if c == class {
			from.ID = id
		}
		refs, err := refsFrom(source{tx}.Scan, from, limit-len(out))
		if err != nil {
			return nil, err
		}
		if out = append(out, refs...); len(out) >= limit {
			break
		}
	}
	return out, nil
}

// sourcesOf returns the classes that an index covers and that exist, in
// ascending order.
func sourcesOf(sch *schema.Database, d *index.Definition) []value.Class {
	var out []value.Class
	for _, c := range d.Classes() {
		if _, ok := sch.Collections.Numbered(int64(c)); ok || c < value.FirstUserClass {
			out = append(out, c)
		}
	}
	if d.Wildcard() {
		for _, c := range sch.Collections.All() {
			out = append(out, c.Class)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
