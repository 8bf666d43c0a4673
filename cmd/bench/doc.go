// Command bench measures Fawn beside its floor: the same work done by hand
// over bbolt, net/http or encoding/json. Absolute figures drift with the
// machine, so what counts is the ratio of two figures taken in turn, in one
// run. Each row says which ratio is asked for.
//
// A database holds users, and tokens of theirs, 4 each, in no order; the floor
// holds the same in four buckets of bbolt:
//
//	d  id -> document of some 200 bytes of msgpack    s  SHA-256 of a secret -> id
//	u  user -> document                               i  user, id -> nothing
//
// Reads are measured by their median time: on a busy machine the mean says
// little. Everything that runs side by side is measured by its rate; there
// work is how much processor time Fawn takes for one thing, as a ratio: less
// noisy than a rate where others use the machine.
//
// With -peers Fawn is measured beside other databases (peers.go): SQLite and
// PocketBase are a program of a module of its own, PostgreSQL must be
// installed. What is not to be had is said.
package main
