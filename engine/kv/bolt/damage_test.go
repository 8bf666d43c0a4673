package bolt_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/kv/bolt"
)

// sample returns the bytes of a store with branches, small buckets, free
// pages, and values that go on over several pages.
func sample(t testing.TB) []byte {
	t.Helper()
	path := newPath(t)
	s, err := bolt.Open(path, bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 8 {
		b := &kv.Batch{}
		for j := range 120 {
			key := fmt.Appendf(nil, "a%04d", 7*j+i)
			b.Writes = append(b.Writes, kv.Write{Key: key, Value: bytes.Repeat(key, j%20)})
		}
		b.Writes = append(b.Writes,
			kv.Write{Key: fmt.Appendf(nil, "b%d", i), Value: []byte("small")},
			kv.Write{Key: []byte("large"), Value: make([]byte, 10000+i)})
		if _, err := s.Commit(context.Background(), b); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return read(t, path)
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// foreign returns the bytes of a file that bbolt knows and we do not. fill
// may write to it.
func foreign(t testing.TB, fill func(tx *bbolt.Tx) error) []byte {
	t.Helper()
	path := newPath(t)
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(fill), db.Close()); err != nil {
		t.Fatal(err)
	}
	return read(t, path)
}

// head writes our header with the given values.
func head(format, time []byte) func(tx *bbolt.Tx) error {
	return func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket([]byte("fawn"))
		if err != nil {
			return err
		}
		return errors.Join(b.Put([]byte("format"), format), b.Put([]byte("prefix"), nil), b.Put([]byte("time"), time))
	}
}

// pagesOf returns the offsets of the newest list of buckets in a file, of the
// root of the first bucket, and of the list of free pages.
func pagesOf(file []byte) (list, bucket, free int) {
	size := os.Getpagesize()
	meta := file[16:]
	if other := file[size+16:]; binary.NativeEndian.Uint64(other[48:]) > binary.NativeEndian.Uint64(meta[48:]) {
		meta = other
	}
	list = int(binary.NativeEndian.Uint64(meta[16:])) * size
	free = int(binary.NativeEndian.Uint64(meta[32:])) * size
	first := list + 16 // the first element of the list of buckets
	at := first + int(binary.NativeEndian.Uint32(file[first+4:])) + int(binary.NativeEndian.Uint32(file[first+8:]))
	return list, int(binary.NativeEndian.Uint64(file[at:])) * size, free
}

// TestRefused opens files that are no store. Each must be refused with its
// error, in one line, and left as it was.
func TestRefused(t *testing.T) {
	whole := sample(t)
	list, bucket, free := pagesOf(whole)
	page := os.Getpagesize()
	nothing := func(*bbolt.Tx) error { return nil }
	damage := func(change func(b []byte)) []byte {
		b := bytes.Clone(whole)
		change(b)
		return b
	}
	for name, c := range map[string]struct {
		content []byte
		want    error
	}{
		"empty":                   {nil, kv.ErrDamaged},
		"one byte":                {[]byte("x"), kv.ErrDamaged},
		"text":                    {[]byte(strings.Repeat("not a store\n", 5000)), kv.ErrDamaged},
		"zeros":                   {make([]byte, 1<<16), kv.ErrDamaged},
		"cut within the head":     {whole[:50], kv.ErrDamaged},
		"cut after the heads":     {whole[:2*page], kv.ErrDamaged},
		"cut in the middle":       {whole[:len(whole)/2], kv.ErrDamaged},
		"bbolt file":              {foreign(t, nothing), kv.ErrDamaged},
		"header without a time":   {foreign(t, head([]byte{2}, nil)), kv.ErrDamaged},
		"header without a format": {foreign(t, head(nil, make([]byte, 8))), kv.ErrDamaged},
		"older format":            {foreign(t, head([]byte{1}, make([]byte, 8))), kv.ErrFormat},
		"newer format":            {foreign(t, head([]byte{3}, make([]byte, 8))), kv.ErrFormat},
		"both heads damaged":      {damage(func(b []byte) { b[40]++; b[page+40]++ }), kv.ErrDamaged},
		"list of buckets":         {damage(func(b []byte) { clear(b[list : list+page]) }), kv.ErrDamaged},
		"page number":             {damage(func(b []byte) { b[bucket]++ }), kv.ErrDamaged},
		"kind of page":            {damage(func(b []byte) { b[bucket+8] = 0x10 }), kv.ErrDamaged},
		"no such kind":            {damage(func(b []byte) { b[bucket+8] = 0x03 }), kv.ErrDamaged},
		"count":                   {damage(func(b []byte) { b[bucket+11] = 0xff }), kv.ErrDamaged},
		"no elements":             {damage(func(b []byte) { b[bucket+10], b[bucket+11] = 0, 0 }), kv.ErrDamaged},
		"overflow":                {damage(func(b []byte) { b[bucket+15] = 0x7f }), kv.ErrDamaged},
		"key beyond":              {damage(func(b []byte) { b[bucket+16+3] = 0x7f }), kv.ErrDamaged},
		"child is itself":         {damage(func(b []byte) { copy(b[bucket+24:], b[bucket:bucket+8]) }), kv.ErrDamaged},
		"child twice":             {damage(func(b []byte) { copy(b[bucket+24:bucket+32], b[bucket+40:]) }), kv.ErrDamaged},
		"no child":                {damage(func(b []byte) { b[bucket+30] = 1 }), kv.ErrDamaged},
		"no free list":            {damage(func(b []byte) { b[free+8] = 0x02 }), kv.ErrDamaged},
		"long free list":          {damage(func(b []byte) { b[free+11] = 0xf0 }), kv.ErrDamaged},
		"free and used":           {damage(func(b []byte) { binary.NativeEndian.PutUint64(b[free+16:], uint64(list/page)) }), kv.ErrDamaged},
		"free and absent":         {damage(func(b []byte) { b[free+22] = 1 }), kv.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			path := newPath(t)
			write(t, path, c.content)
			before, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			s, err := bolt.Open(path, bolt.Options{})
			if err == nil {
				_ = s.Close()
			}
			if !errors.Is(err, c.want) {
				t.Fatalf("open: %v, want %v", err, c.want)
			}
			if strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), path) {
				t.Errorf("the error is not one line that names the file: %q", err)
			}
			after, err := os.Stat(path)
			if err != nil || !after.ModTime().Equal(before.ModTime()) || !bytes.Equal(read(t, path), c.content) {
				t.Errorf("the file has changed: %v, %v", after, err)
			}
			if files, err := os.ReadDir(filepath.Dir(path)); err != nil || len(files) != 1 {
				t.Errorf("the folder has %v, %v", files, err)
			}
		})
	}
}

// TestOneHeadDamaged opens a file whose newest head was not written whole, as
// a power cut may leave it: it has the state before.
func TestOneHeadDamaged(t *testing.T) {
	for i := range 2 {
		content := sample(t)
		content[i*os.Getpagesize()+40]++
		path := newPath(t)
		write(t, path, content)
		s := open(t, path, bolt.Options{NoSync: true})
		if entries, err := dump(s); err != nil || len(entries) < 120*7 {
			t.Errorf("head %d damaged: %d entries, %v", i, len(entries), err)
		}
		put(t, s, "a", "1")
	}
}

func TestNotAFile(t *testing.T) {
	folder := t.TempDir()
	if _, err := bolt.Open(folder, bolt.Options{}); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("a folder was opened: %v", err)
	}
	if _, err := bolt.Open(os.DevNull, bolt.Options{}); !errors.Is(err, kv.ErrDamaged) {
		t.Errorf("a device: %v", err)
	}
}

// TestCutShort cuts a file that is open. What is gone must be an error to
// readers and writers, and no fault of the process.
func TestCutShort(t *testing.T) {
	path := newPath(t)
	write(t, path, sample(t))
	s := open(t, path, bolt.Options{NoSync: true})
	snap, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, int64(2*os.Getpagesize())); err != nil {
		t.Fatal(err)
	}
	if _, err := snap.Get([]byte("a0001")); !errors.Is(err, kv.ErrDamaged) {
		t.Errorf("get: %v", err)
	}
	for _, reverse := range []bool{false, true} {
		it := snap.Scan([]byte("a"), []byte("b"), reverse)
		if it.Next() || !errors.Is(it.Err(), kv.ErrDamaged) || it.Next() || it.Key() != nil {
			t.Errorf("scan: %q, %v", it.Key(), it.Err())
		}
		it.Close()
	}
	snap.Close()
	for range 2 {
		if _, err := s.Commit(context.Background(), entry("a", "1")); !errors.Is(err, kv.ErrDamaged) {
			t.Errorf("commit: %v", err)
		}
	}
}

// FuzzDamaged damages a store anywhere. It is refused, or whatever is done
// with it ends well or in an error.
func FuzzDamaged(f *testing.F) {
	whole := sample(f)
	list, bucket, free := pagesOf(whole)
	for _, at := range []int{0, 24, list, list + 12, list + 20, bucket, bucket + 8, bucket + 16, bucket + 24, free + 10, free + 16, len(whole) / 2} {
		f.Add(uint32(at), []byte{1})
		f.Add(uint32(at), []byte{0xff, 0xff, 0xff, 0xff})
	}
	path := newPath(f)
	f.Fuzz(func(t *testing.T, at uint32, change []byte) {
		content := bytes.Clone(whole)
		for i, c := range change {
			content[(int(at)+i)%len(content)] ^= c
		}
		write(t, path, content)
		s, err := bolt.Open(path, bolt.Options{NoSync: true})
		if err != nil {
			if !errors.Is(err, kv.ErrDamaged) && !errors.Is(err, kv.ErrFormat) {
				t.Errorf("open: %v", err)
			}
			return
		}
		use(t, s)
		if err := s.Close(); err != nil && !errors.Is(err, kv.ErrDamaged) {
			t.Errorf("close: %v", err)
		}
	})
}

// use reads and writes all over a store that may be damaged.
func use(t *testing.T, s kv.Store) {
	snap, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, reverse := range []bool{false, true} {
		it := snap.Scan(nil, nil, reverse)
		for n := 0; it.Next() && n < 10000; n++ {
			for _, c := range it.Value() {
				sum += int(c)
			}
		}
		it.Close()
	}
	for i := range 900 {
		_, _ = snap.Get(fmt.Appendf(nil, "a%04d", i))
	}
	snap.Close()
	for i := range 20 {
		b := entry(fmt.Sprintf("a%04dx", 47*i), "new")
		b.Writes = append(b.Writes, kv.Write{Key: fmt.Appendf(nil, "a%04d", 31*i), Delete: true})
		if _, err := s.Commit(context.Background(), b); err != nil && !errors.Is(err, kv.ErrDamaged) {
			t.Errorf("commit: %v", err)
		}
	}
}
