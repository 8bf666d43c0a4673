package kvtest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/fawndb/fawn/engine/kv"
)

func testStamps(t *testing.T, s kv.Store) {
	b := &kv.Batch{Writes: []kv.Write{
		{
			Key: []byte("k........k"), KeyStamps: []int{1},
			Value: []byte("v................"), ValueStamps: []int{1, 9},
		},
		{Key: []byte("t................"), KeyTimes: []int{1}, KeyStamps: []int{9}},
		{Key: []byte("........"), KeyStamps: []int{0}, Value: []byte("........"), ValueStamps: []int{0}},
		{Key: []byte("x........"), KeyStamps: []int{1}, Delete: true},
	}}
	first := commit(t, s, b)
	key := func(ts int64) string {
		return "k" + string(binary.BigEndian.AppendUint64(nil, ^uint64(ts))) + "k"
	}
	value := func(ts int64) string { return "v" + string(time8(ts)) + string(time8(ts)) }
	snap := snapshot(t, s)
	if got, _ := snap.Get([]byte(key(first))); string(got) != value(first) {
		t.Errorf("the stamped value is %x, want %x", got, value(first))
	}
	if got := rest(t, snap.Scan([]byte("\x80"), nil, false)); len(got) != 1 || got[0].value != string(time8(first)) {
		t.Errorf("the key that is a stamp: %x", got)
	}
	both := binary.BigEndian.AppendUint64(append([]byte("t"), time8(first)...), ^uint64(first))
	if got, _ := snap.Get(both); got == nil {
		t.Errorf("there is no key %x with the time in both forms", both)
	}
	snap.Close()

	second := commit(t, s, b)
	snap = snapshot(t, s)
	defer snap.Close()
	want := []pair{{key(second), value(second)}, {key(first), value(first)}}
	if got := rest(t, snap.Scan([]byte("k"), []byte("l"), false)); !slices.Equal(got, want) {
		t.Errorf("later commits must sort first: %x, want %x", got, want)
	}
	// A stamped key is a key like any other to those who have read it.
	read := &kv.Batch{Since: first + 1, Ranges: []kv.Range{{Lo: []byte(key(second)), Hi: []byte(key(first))}}}
	if _, err := s.Commit(context.Background(), read); !errors.Is(err, kv.ErrConflict) {
		t.Errorf("reading the range of a stamped key: %v, want a conflict", err)
	}
}

// testNothing commits nothing, which is a commit like any other.
func testNothing(t *testing.T, s kv.Store) {
	var told []int64
	cancel := s.Watch(func(c kv.Commit) { told = append(told, c.Time) })
	first := commit(t, s, writes(put("a", "A")))
	second := commit(t, s, &kv.Batch{})
	cancel()
	if first >= second || !slices.Equal(told, []int64{first, second}) {
		t.Errorf("times %d and %d, watched were %v", first, second, told)
	}
	snap := snapshot(t, s)
	defer snap.Close()
	if got := all(t, snap); len(got) != 1 || snap.Time() <= second {
		t.Errorf("at %d, after the commit of nothing at %d, there is %v", snap.Time(), second, got)
	}
}

func testLimits(t *testing.T, s kv.Store) {
	long := func(n int) []byte { return bytes.Repeat([]byte("x"), n) }
	many := func(n, size int) (ws []kv.Write) {
		for i := range n {
			ws = append(ws, kv.Write{Key: []byte{'m', byte(i)}, Value: long(size)})
		}
		return ws
	}
	stamped := func(key, value []int) kv.Write {
		return kv.Write{Key: long(10), Value: long(10), KeyStamps: key, ValueStamps: value}
	}
	for _, c := range []struct {
		name   string
		writes []kv.Write
		want   error
	}{
		{"longest key", []kv.Write{{Key: long(kv.MaxKey)}}, nil},
		{"longest value", []kv.Write{{Key: long(1), Value: long(kv.MaxValue)}}, nil},
		{"no key", []kv.Write{put("a", ""), {Value: long(1)}}, kv.ErrKeySize},
		{"key too long", []kv.Write{{Key: long(kv.MaxKey + 1)}}, kv.ErrKeySize},
		{"deleted key too long", []kv.Write{{Key: long(kv.MaxKey + 1), Delete: true}}, kv.ErrKeySize},
		{"value too long", []kv.Write{{Key: long(1), Value: long(kv.MaxValue + 1)}}, kv.ErrValueSize},
		{"batch too large", many(5, 14<<20), kv.ErrBatchSize},
		{"stamps at the ends", []kv.Write{stamped([]int{0, 2}, []int{2})}, nil},
		{"stamp beyond the key", []kv.Write{stamped([]int{3}, nil)}, kv.ErrStamp},
		{"stamp before the key", []kv.Write{stamped([]int{-1}, nil)}, kv.ErrStamp},
		{"stamp beyond the value", []kv.Write{stamped(nil, []int{1 << 62})}, kv.ErrStamp},
		{"stamp in no value", []kv.Write{{Key: long(9), ValueStamps: []int{0}}}, kv.ErrStamp},
		{"nothing to write", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			ts, err := s.Commit(context.Background(), &kv.Batch{Writes: c.writes})
			if !errors.Is(err, c.want) || (ts == 0) != (err != nil) {
				t.Fatalf("commit: %d, %v, want %v", ts, err, c.want)
			}
		})
	}
	snap := snapshot(t, s)
	defer snap.Close()
	for _, key := range [][]byte{long(kv.MaxKey), long(1)} {
		if got, err := snap.Get(key); got == nil || err != nil {
			t.Errorf("the key of %d bytes: %d bytes, %v", len(key), len(got), err)
		}
	}
	if got, _ := snap.Get([]byte("a")); got != nil {
		t.Error("a refused batch has written")
	}
}

// testNothingKept changes a batch after its commit.
func testNothingKept(t *testing.T, s kv.Store) {
	b := writes(put("key", "value"))
	since := now(t, s)
	commit(t, s, b)
	copy(b.Writes[0].Key, "xxx")
	copy(b.Writes[0].Value, "xxxxx")
	snap := snapshot(t, s)
	defer snap.Close()
	if got, want := all(t, snap), []pair{{"key", "value"}}; !slices.Equal(got, want) {
		t.Errorf("the store has %q, want %q", got, want)
	}
	for key, want := range map[string]error{"key": kv.ErrConflict, "xxx": nil} {
		b := &kv.Batch{Since: since, Keys: [][]byte{[]byte(key)}}
		if _, err := s.Commit(context.Background(), b); !errors.Is(err, want) {
			t.Errorf("a batch that read %q: %v, want %v", key, err, want)
		}
	}
}

func testContext(t *testing.T, s kv.Store) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Commit(ended, writes(put("a", "1"))); !errors.Is(err, context.Canceled) {
		t.Errorf("commit with an ended context: %v", err)
	}

	// While one batch is being written, which Publish holds up, another waits
	// in line. Its context ends: it must not be written. The context of the
	// first ends too: it must be written nevertheless.
	var wg sync.WaitGroup
	first, cancelFirst := context.WithCancel(context.Background())
	second, cancelSecond := context.WithCancel(context.Background())
	published, left := make(chan struct{}), make(chan struct{})
	wg.Go(func() {
		b := writes(put("b", "1"))
		b.Publish = func(int64) { close(published); <-left }
		if _, err := s.Commit(first, b); err != nil {
			t.Errorf("the batch that was being written: %v", err)
		}
	})
	<-published
	cancelFirst()
	waiting := &joined{Context: second, in: make(chan struct{})}
	wg.Go(func() {
		defer close(left)
		if _, err := s.Commit(waiting, writes(put("c", "1"))); !errors.Is(err, context.Canceled) {
			t.Errorf("the batch in line: %v", err)
		}
	})
	<-waiting.in
	cancelSecond()
	wg.Wait()

	snap := snapshot(t, s)
	defer snap.Close()
	if got, want := all(t, snap), []pair{{"b", "1"}}; !slices.Equal(got, want) {
		t.Errorf("the store has %q, want %q", got, want)
	}
}

// joined is a context that tells when somebody first waits for it.
type joined struct {
	context.Context
	once sync.Once
	in   chan struct{}
}

func (j *joined) Done() <-chan struct{} {
	j.once.Do(func() { close(j.in) })
	return j.Context.Done()
}

func testClose(t *testing.T, s kv.Store) {
	const writers = 16
	var wg sync.WaitGroup
	var done, refused atomic.Int32
	committed := make(chan struct{}, 1)
	for w := range writers {
		wg.Go(func() {
			for {
				_, err := s.Commit(context.Background(), writes(put(string(rune('a'+w)), "x")))
				if errors.Is(err, kv.ErrClosed) {
					refused.Add(1)
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				done.Add(1)
				select {
				case committed <- struct{}{}:
				default:
				}
			}
		})
	}
	<-committed
	if err := s.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	wg.Wait()
	if refused.Load() != writers {
		t.Errorf("%d writers learnt that the store is closed, want %d", refused.Load(), writers)
	}
	if _, err := s.Snapshot(); !errors.Is(err, kv.ErrClosed) {
		t.Errorf("snapshot: %v, want %v", err, kv.ErrClosed)
	}
	old := &kv.Batch{Since: -1, Keys: [][]byte{[]byte("a")}}
	if _, err := s.Commit(context.Background(), old); !errors.Is(err, kv.ErrClosed) {
		t.Errorf("commit: %v, want %v", err, kv.ErrClosed)
	}
	if err := s.Close(); !errors.Is(err, kv.ErrClosed) {
		t.Errorf("close again: %v, want %v", err, kv.ErrClosed)
	}
}
