package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"sync/atomic"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/query/value"
)

// known remembers whose the secrets of tokens are that came lately: a request
// with one of them reads neither the token nor its instance.
//
// What it remembers holds for a snapshot if neither document was written since,
// up to that snapshot. Writes are noted before any snapshot can contain them,
// so a secret that is revoked is refused by the very next query. Documents that
// expire are not remembered, and of a secret only a part of its digest is.
type known struct {
	blocks [knownBlocks]atomic.Pointer[knownBlock]
	// wrote are the times of the last commits that wrote documents, by their
	// refs. Where refs fall together, what holds is looked up in vain.
	wrote [1 << wroteBits]atomic.Int64
}

const (
	knownBlocks = 1 << 9
	knownGroups = 1 << 6 // in a block
	knownWays   = 4      // in a group: with 32 bytes each, 4 MiB at most
	wroteBits   = 14
)

// knownBlock is made when it is first needed.
type knownBlock struct {
	mu     sync.Mutex
	groups [knownGroups][knownWays]knownToken
}

// knownToken is a token that was good.
type knownToken struct {
	sum      digestPart
	class    value.Class // of its instance, which is in the token's database
	id       int64
	snapshot int64 // time of the one it was read from; 0 is a free place
}

// digestPart is enough of a SHA-256 to tell secrets apart.
type digestPart [12]byte

// place returns what is kept of a secret, and where.
func (k *known) place(secret string) (part digestPart, block *atomic.Pointer[knownBlock], group int) {
	var room [64]byte // for all but the longest, so that nothing is allocated
	sum := sha256.Sum256(append(room[:0], secret...))
	at := binary.BigEndian.Uint16(sum[len(part):])
	return digestPart(sum[:]), &k.blocks[at%knownBlocks], int(at / knownBlocks % knownGroups)
}

// instance returns the instance of a token whose secret is known to be good
// in the snapshot of a time.
func (k *known) instance(token value.Ref, secret string, now int64) (value.Ref, bool) {
	part, block, group := k.place(secret)
	b := block.Load()
	if b == nil {
		return value.Ref{}, false
	}
	found := knownToken{}
	b.mu.Lock()
	for _, t := range &b.groups[group] {
		if t.sum == part && t.snapshot != 0 {
			found = t
		}
	}
	b.mu.Unlock()
	r := value.Ref{Scope: token.Scope, Class: found.class, ID: found.id}
	since := min(found.snapshot, now)
	return r, found.snapshot != 0 && k.wroteTo(token).Load() <= since && k.wroteTo(r).Load() <= since
}

// learn remembers a secret that was good in the snapshot of a time, in place
// of the one of its group that was learned first.
func (k *known) learn(secret string, instance value.Ref, now int64) {
	part, block, group := k.place(secret)
	b := block.Load()
	if b == nil {
		block.CompareAndSwap(nil, new(knownBlock))
		b = block.Load()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	places := &b.groups[group]
	oldest := 0
	for i := range places {
		if places[i].sum == part {
			oldest = i
			break
		}
		if places[i].snapshot < places[oldest].snapshot {
			oldest = i
		}
	}
	places[oldest] = knownToken{part, instance.Class, instance.ID, now}
}

// note takes in what a commit writes.
func (k *known) note(writes []kv.Write, ts int64) {
	for i := range writes {
		if key := writes[i].Key; len(key) == 1+refSize && key[0] == spaceLive {
			k.wroteTo(decodeRef(key[1:])).Store(ts)
		}
	}
}

// wroteTo is the place for a document's last commit. Commits come in order of
// their times.
func (k *known) wroteTo(r value.Ref) *atomic.Int64 {
	const odd = 0x9E3779B97F4A7C15
	h := (uint64(r.ID)*odd ^ uint64(r.Class)<<32 ^ uint64(r.Scope)) * odd
	return &k.wrote[h>>(64-wroteBits)]
}
