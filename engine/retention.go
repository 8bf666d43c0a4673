package engine

import (
	"time"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// Retention. Source: chapter on documents, section 1.10.
const (
	graceMicros = int64(15 * time.Minute / time.Microsecond)
	dayMicros   = int64(24 * time.Hour / time.Microsecond)
)

// retained refuses to read a document at a time whose history need not be
// kept any more.
func (tx *tx) retained(r value.Ref, at int64) error {
	lowest := tx.minimumTime(r.Scope, r.Class)
	if at >= lowest {
		return nil
	}
	return &query.Refusal{
		Code: query.BadRequest, Place: query.Nowhere,
		Description: "Requested timestamp " + micros(at) + " less than minimum allowed timestamp " + micros(lowest) + ".",
	}
}

// minimumTime is the time from which on history is kept, 0 if all of it is.
func (tx *tx) minimumTime(s value.Scope, c value.Class) int64 {
	switch {
	case c >= value.FirstUserClass:
		d, err := tx.schemaOf(s)
		if err != nil {
			return 0
		}
		collection, ok := d.Collections.Numbered(int64(c))
		if !ok {
			return 0
		}
		return max(0, max(keptSince(collection.HistoryDays, tx.now), collection.HistoryFloor)-graceMicros)
	case kindOf(c) == identities || c == value.Keys:
		return tx.now - graceMicros
	}
	return 0
}

// keptSince is the time that lies days before another; no days is for ever.
func keptSince(days *int64, now int64) int64 {
	if days == nil || *days > now/dayMicros {
		return 0
	}
	return now - *days*dayMicros
}

// enterCollection puts a collection into the schema, with the time before
// which its history is lost: what was not kept at one time does not come back
// when more is kept later.
func enterCollection(tx *tx, c *change, doc *value.Document) error {
	was, had := tx.own.Collections.Numbered(doc.Ref.ID)
	if err := enterSchema(tx, c, doc); err != nil {
		return err
	}
	is, ok := tx.own.Collections.Numbered(doc.Ref.ID)
	if !ok {
		return nil
	}
	floor := keptSince(is.HistoryDays, tx.now)
	if had {
		floor = max(was.HistoryFloor, keptSince(was.HistoryDays, tx.now))
	}
	tx.setSchema(tx.own.WithFloor(is.Class, floor))
	return nil
}

// historyFloor finds in a collection's own history what enterCollection found
// when the collection was changed.
func (tx *tx) historyFloor(r value.Ref) (int64, error) {
	versions, err := tx.pasts(r)
	if err != nil {
		return 0, err
	}
	floor := int64(0)
	var before *int64
	for i, v := range versions {
		if v.Tombstone {
			continue
		}
		doc := v.document(r)
		f, ok, err := doc.Field("history_days")
		if err != nil {
			return 0, err
		}
		var days *int64
		if n, isLong := f.(value.Long); ok && isLong {
			days = (*int64)(&n)
		}
		if i == 0 {
			before = days
		}
		floor, before = max(floor, keptSince(before, v.TS)), days
	}
	return floor, nil
}
