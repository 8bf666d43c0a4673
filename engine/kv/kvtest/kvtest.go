// Package kvtest is the suite that every store behind kv must pass, and two
// wrappers of a store for other tests: one that fails at the n-th operation,
// one that counts what is read.
package kvtest

import (
	"context"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/fawndb/fawn/engine/kv"
)

// Run checks that the stores which open returns keep the contract of kv. Each
// call of open returns an empty store of its own, which Run closes.
func Run(t *testing.T, open func(t *testing.T) kv.Store) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, s kv.Store)
	}{
		{"Get", testGet},
		{"Scan", testScan},
		{"Seek", testSeek},
		{"ScanLong", testScanLong},
		{"Isolation", testIsolation},
		{"Stamps", testStamps},
		{"Nothing", testNothing},
		{"Conflicts", testConflicts},
		{"ConflictForgotten", testConflictForgotten},
		{"Limits", testLimits},
		{"Increments", testIncrements},
		{"WriteSkew", testWriteSkew},
		{"NothingKept", testNothingKept},
		{"Publish", testPublish},
		{"Watch", testWatch},
		{"WatchCancel", testWatchCancel},
		{"Context", testContext},
		{"Times", testTimes},
		{"TimesUnderLoad", testTimesUnderLoad},
		{"Close", testClose},
		{"Model", testModel},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := open(t)
			t.Cleanup(func() {
				if err := s.Close(); err != nil && !errors.Is(err, kv.ErrClosed) {
					t.Errorf("close: %v", err)
				}
			})
			test.run(t, s)
		})
	}
}

// commit commits b, which must succeed, and returns its time.
func commit(t *testing.T, s kv.Store, b *kv.Batch) int64 {
	t.Helper()
	ts, err := s.Commit(context.Background(), b)
	if err != nil {
		t.Fatalf("commit: %v", err)
	}
	return ts
}

// put returns the write of value at key.
func put(key, value string) kv.Write { return kv.Write{Key: []byte(key), Value: []byte(value)} }

// del returns the deletion of key.
func del(key string) kv.Write { return kv.Write{Key: []byte(key), Delete: true} }

// writes returns a batch that writes ws and has read nothing.
func writes(ws ...kv.Write) *kv.Batch { return &kv.Batch{Writes: ws} }

// snapshot takes a snapshot, which must succeed.
func snapshot(t *testing.T, s kv.Store) kv.Snapshot {
	t.Helper()
	snap, err := s.Snapshot()
	if err != nil {
		t.Fatalf("snapshot: %v", err)
	}
	return snap
}

// now takes a snapshot, closes it, and returns its time.
func now(t *testing.T, s kv.Store) int64 {
	t.Helper()
	snap := snapshot(t, s)
	defer snap.Close()
	return snap.Time()
}

// pair is an entry as text.
type pair struct{ key, value string }

// rest reads it to its end and closes it.
func rest(t *testing.T, it kv.Iterator) []pair {
	t.Helper()
	defer it.Close()
	var got []pair
	for it.Next() {
		got = append(got, pair{string(it.Key()), string(it.Value())})
	}
	if it.Next() {
		t.Error("an iterator at its end moves on")
	}
	if it.Key() != nil || it.Value() != nil {
		t.Error("an iterator at its end has an entry")
	}
	if err := it.Err(); err != nil {
		t.Errorf("scan: %v", err)
	}
	return got
}

// all returns every entry of snap.
func all(t *testing.T, snap kv.Snapshot) []pair {
	t.Helper()
	return rest(t, snap.Scan(nil, nil, false))
}

// bound returns the bound that a case writes as text: "-" is nil.
func bound(s string) []byte {
	if s == "-" {
		return nil
	}
	return []byte(s)
}

// time8 returns the 8 bytes of a stamp in a value.
func time8(ts int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(ts)) }
