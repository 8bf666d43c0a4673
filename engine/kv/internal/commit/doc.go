// Package commit owns what every store of ours does with a batch between the
// call of Commit and its answer: the line in which batches wait, the group
// that is written together, the check that nothing a batch read has changed,
// the times of commits and snapshots, and the watchers.
//
// There is no timer. One goroutine takes whatever waits, writes it as one
// group, answers, and looks again: a lone commit never waits for company, and
// commits that come while a group is being written form the next one.
//
// A store brings a Writer, which makes a group durable, and asks the Clock
// for the time of each snapshot.
package commit
