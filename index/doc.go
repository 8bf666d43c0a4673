// Package index is what lies between documents and sets: the definition of an
// index, the entries that a document has in it, the order of keys, and sets
// as iterators over sorted entries.
//
// It owns the layout of index entries in the store (layout.go) and the
// encoding of values in keys (key.go): bytes that sort as the values do. It
// knows no store. What sets need of a transaction is the interface Source,
// which the engine implements; there, too, rights are checked.
//
// A set is read through streams (stream.go): elements in the set's order, in
// one direction, with a seek. Sets made of sets are streams over streams, so
// that the intersection of three elements with a million reads a few entries,
// and a page costs its own size and not that of what stands before it.
// Histories (events.go) are the exception: they are gathered and sorted.
package index
