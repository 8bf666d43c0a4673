package index

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"slices"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// Changes is what the update of a document does to its entries in an index.
type Changes struct {
	// Removed entries go to the history; the store has their values, with the
	// time since when they were valid. Added ones are written. They are in
	// the order of their keys; a key may be in both.
	Removed, Added []Entry
	// Kept entries have a new ttl only: they are written with the time that
	// the store has (Entry.Since).
	Kept []Entry
}

// Diff returns the changes from the entries of a document's old version to
// those of its new one; either may be nil.
func Diff(old, fresh []Entry) Changes {
	byKey := func(a, b Entry) int { return bytes.Compare(a.Key, b.Key) }
	old, fresh = slices.Clone(old), slices.Clone(fresh)
	slices.SortFunc(old, byKey)
	slices.SortFunc(fresh, byKey)
	var c Changes
	for len(old) > 0 || len(fresh) > 0 {
		order := 1
		switch {
		case len(fresh) == 0:
			order = -1
		case len(old) > 0:
			order = byKey(old[0], fresh[0])
		}
		switch {
		case order < 0:
			c.Removed, old = append(c.Removed, old[0]), old[1:]
		case order > 0:
			c.Added, fresh = append(c.Added, fresh[0]), fresh[1:]
		default:
			c.compare(old[0], fresh[0])
			old, fresh = old[1:], fresh[1:]
		}
	}
	return c
}

// compare tells apart entries with the same key.
func (c *Changes) compare(old, fresh Entry) {
	switch {
	case !bytes.Equal(old.Value[old.body:], fresh.Value[fresh.body:]):
		c.Removed, c.Added = append(c.Removed, old), append(c.Added, fresh)
	case !bytes.Equal(old.Value[1+timeSize:old.body], fresh.Value[1+timeSize:fresh.body]):
		c.Kept = append(c.Kept, fresh)
	}
}

// Since returns e as it is written if it has been valid since a time, in
// microseconds; 0 is pending.
func (e Entry) Since(ts int64) Entry {
	e.Value = bytes.Clone(e.Value)
	binary.BigEndian.PutUint64(e.Value[HeaderStamp:], uint64(ts))
	e.ValueStamps = slices.DeleteFunc(slices.Clone(e.ValueStamps), func(at int) bool { return at == HeaderStamp })
	if ts == 0 {
		e.ValueStamps = append(e.ValueStamps, HeaderStamp)
	}
	return e
}

// Covers reports whether e covers the same values as a stored entry.
func (e Entry) Covers(stored []byte) bool {
	_, body, err := ReadHeader(stored)
	return err == nil && bytes.Equal(body, e.Value[e.body:])
}

// Version is one version of a document in its history: Doc is nil for a
// deletion at TS.
type Version struct {
	TS  int64
	Doc *value.Document
}

// Live is the end of what is still valid.
const Live = math.MaxInt64

// Stretch is a time during which an entry was valid: from From to Until, not
// included.
type Stretch struct {
	Entry
	From, Until int64 // microseconds; 0 is pending
}

// Stored returns the stretch as it is written: a live entry, or one in the
// history.
func (s Stretch) Stored() Entry {
	e := s.Since(s.From)
	if s.Until == Live {
		return e
	}
	key, stamp := RemovedKey(e.Key, s.Until)
	e.Key = key
	if s.Until == 0 {
		e.KeyStamps = append(slices.Clone(e.KeyStamps), stamp)
	}
	return e
}

// Timeline returns all entries that a document ever had in d. The versions are
// those of its history, oldest first. It is for building an index, and for
// what follows a change of history: the difference of two timelines.
//
// A version whose entries are refused has none; the last refusal is returned
// beside the others' entries.
func (d *Definition) Timeline(versions []Version, env Env) (out []Stretch, refused *query.Refusal, err error) {
	var before []Entry
	open := map[string]int{} // by key, the stretch that has not ended
	for _, v := range versions {
		var now []Entry
		if v.Doc != nil {
			now, err = d.Entries(v.Doc, env)
			if errors.As(err, &refused) {
				now = nil
			} else if err != nil {
				return nil, nil, err
			}
		}
		c := Diff(before, now)
		for _, e := range c.Removed {
			out[open[string(e.Key)]].Until = v.TS
			delete(open, string(e.Key))
		}
		for _, e := range c.Added {
			open[string(e.Key)] = len(out)
			out = append(out, Stretch{Entry: e, From: v.TS, Until: Live})
		}
		for _, e := range c.Kept {
			out[open[string(e.Key)]].Entry = e
		}
		before = now
	}
	return out, refused, nil
}
