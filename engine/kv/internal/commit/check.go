package commit

import "github.com/fawndb/fawn/engine/kv"

// stampSize is the length of a time written into a key or a value.
const stampSize = 8

// measure returns the bytes of all keys and values that b writes, or the
// error of the first limit that b breaks.
func measure(b *kv.Batch) (size int, err error) {
	for i := range b.Writes {
		w := &b.Writes[i]
		switch {
		case len(w.Key) == 0 || len(w.Key) > kv.MaxKey:
			return 0, kv.ErrKeySize
		case len(w.Value) > kv.MaxValue:
			return 0, kv.ErrValueSize
		case !stampsFit(w.KeyStamps, w.Key), !stampsFit(w.KeyTimes, w.Key), !stampsFit(w.ValueStamps, w.Value):
			return 0, kv.ErrStamp
		}
		size += len(w.Key) + len(w.Value)
	}
	if size > kv.MaxBatch {
		return 0, kv.ErrBatchSize
	}
	return size, nil
}

// stampsFit reports whether every stamp lies within b.
func stampsFit(stamps []int, b []byte) bool {
	for _, at := range stamps {
		if at < 0 || at > len(b)-stampSize {
			return false
		}
	}
	return true
}
