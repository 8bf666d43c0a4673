package bolt

import (
	"encoding/binary"
	"hash/fnv"
	"io"
	"os"
)

// The file format of bbolt, version 2, in the byte order of the machine. A
// page has a head of 16 bytes: its number (8), kind (2), count of elements
// (2), and how many pages it goes on for (4). Elements of 16 bytes follow:
//
//	meta      magic 4, version 4, page size 4, flags 4, root bucket 16,
//	          page of the free list 8, end of the pages 8, transaction 8, sum 8
//	branch    position of the key 4, its size 4, page 8
//	leaf      flags 4, position of the key 4, its size 4, size of the value 4
//	free list pages of 8 bytes; the count stands first if it is over 65534
//
// Positions count from the element. A value that is a bucket begins with its
// root page (8) and a sequence (8); with no root page, its page follows.
const (
	pageHead = 16
	element  = 16

	kindBranch = 0x01
	kindLeaf   = 0x02
	kindMeta   = 0x04
	kindFree   = 0x10

	leafIsBucket = 0x01

	metaMagic   = 0xED0CDAED
	metaVersion = 2
	metaSize    = 64
)

// maxVerified bounds the pages that verify reads: with them it sees all
// branches of a file of some GiB, in a few milliseconds.
const maxVerified = 4096

// verifier checks the structure of a file before bbolt maps it, because bbolt
// trusts what it finds. It reads from the root downwards and leaves out most
// leaves, so the contents of documents are not its matter.
type verifier struct {
	file     io.ReaderAt
	pageSize int64
	pages    uint64 // all page numbers are below
	free     uint64 // page of the free list
	root     uint64
	owned    []uint64 // bits of the pages known to be in use
	left     int      // pages that may still be read
}

// verify returns an error that wraps kv.ErrDamaged if f is not a file of
// bbolt, is cut short, or has a damaged structure.
func verify(f *os.File) error {
	info, err := f.Stat()
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return damaged("not a regular file")
	case info.Size() == 0:
		return damaged("it is empty; remove it to start a new store")
	}
	v := &verifier{file: f, left: maxVerified}
	if err := v.meta(); err != nil {
		return err
	}
	if want := int64(v.pages) * v.pageSize; info.Size() < want {
		return damaged("it has %d bytes of %d", info.Size(), want)
	}
	v.owned = make([]uint64, v.pages/64+1)
	v.owned[0] = 0b11 // the meta pages
	if err := v.tree(v.root); err != nil {
		return err
	}
	return v.freeList()
}

// meta finds the newer of the two meta pages that is whole, as bbolt does.
func (v *verifier) meta() error {
	newest, err := v.metaAt(0)
	if err != nil {
		return err
	}
	// The second follows the first. Without that, it may be at any page size.
	from, to := int64(1<<10), int64(16<<20)
	if newest != nil {
		from = int64(binary.NativeEndian.Uint32(newest[8:]))
		to = from
	}
	for at := from; at <= to && at > 0; at *= 2 {
		second, err := v.metaAt(at)
		if err != nil {
			return err
		}
		if second != nil && (newest == nil || transaction(second) > transaction(newest)) {
			newest = second
		}
	}
	if newest == nil {
		return damaged("not a bbolt file, or its first pages are damaged")
	}
	v.pageSize = int64(binary.NativeEndian.Uint32(newest[8:]))
	v.root = binary.NativeEndian.Uint64(newest[16:])
	v.free = binary.NativeEndian.Uint64(newest[32:])
	v.pages = binary.NativeEndian.Uint64(newest[40:])
	power := v.pageSize&(v.pageSize-1) == 0
	if !power || v.pageSize < 1<<10 || v.pageSize > 16<<20 || v.pages > 1<<48/uint64(v.pageSize) {
		return damaged("its first pages make no sense")
	}
	return nil
}

// metaAt returns the meta page at an offset; nothing if it is not whole.
func (v *verifier) metaAt(offset int64) ([]byte, error) {
	var b [pageHead + metaSize]byte
	_, err := v.file.ReadAt(b[:], offset)
	if err == io.EOF {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m := b[pageHead:]
	sum := fnv.New64a()
	_, _ = sum.Write(m[:metaSize-8])
	if binary.NativeEndian.Uint32(m) != metaMagic || binary.NativeEndian.Uint32(m[4:]) != metaVersion ||
		binary.NativeEndian.Uint64(m[metaSize-8:]) != sum.Sum64() {
		return nil, nil
	}
	return m, nil
}

// transaction is the number of a meta page's transaction.
func transaction(meta []byte) uint64 { return binary.NativeEndian.Uint64(meta[48:]) }

// page is a page without its contents: its head and elements.
type page struct {
	number   uint64
	kind     uint16
	size     int64 // of all, with the pages it goes on for
	elements []byte
	content  int64 // where the elements begin, in the file
}

// inUse reports whether a page below v.pages is known to be in use.
func (v *verifier) inUse(number uint64) bool { return v.owned[number/64]>>(number%64)&1 != 0 }

// own notes that n pages from number on are in use, by one owner only.
func (v *verifier) own(number, n uint64) error {
	for ; n > 0; number, n = number+1, n-1 {
		if number >= v.pages || v.inUse(number) {
			return damaged("page %d is used twice or does not exist", number)
		}
		v.owned[number/64] |= 1 << (number % 64)
	}
	return nil
}

// read reads the head and the elements of a page.
func (v *verifier) read(number uint64) (page, error) {
	v.left--
	var head [pageHead]byte
	if number >= v.pages {
		return page{}, damaged("page %d does not exist", number)
	}
	at := int64(number) * v.pageSize
	if _, err := v.file.ReadAt(head[:], at); err != nil {
		return page{}, err
	}
	p := page{number: number, kind: binary.NativeEndian.Uint16(head[8:]), content: at + pageHead}
	follow := uint64(binary.NativeEndian.Uint32(head[12:]))
	if binary.NativeEndian.Uint64(head[:]) != number || follow >= v.pages-number {
		return page{}, damaged("page %d has a damaged head", number)
	}
	p.size = int64(follow+1) * v.pageSize
	if p.kind != kindBranch && p.kind != kindLeaf && p.kind != kindFree {
		return page{}, damaged("page %d is of no known kind", number)
	}
	count := int64(binary.NativeEndian.Uint16(head[10:]))
	if p.kind == kindFree {
		count = 0
	}
	if pageHead+count*element > p.size {
		return page{}, damaged("page %d has more elements than room", number)
	}
	p.elements = make([]byte, count*element)
	if _, err := v.file.ReadAt(p.elements, p.content); err != nil {
		return page{}, err
	}
	return p, v.own(number, follow+1)
}

// tree checks the tree below a root page, level by level. All leaves of a
// tree are at one depth, so when the first page of a level is a leaf the
// others are, and are left unread unless they may hold buckets.
func (v *verifier) tree(root uint64) error {
	level, buckets := []uint64{root}, root == v.root
	for len(level) > 0 {
		var next []uint64
		leaves := false
		for i, number := range level {
			if v.left <= 0 {
				return nil
			}
			if leaves && !buckets {
				if err := v.own(number, 1); err != nil {
					return err
				}
				continue
			}
			p, err := v.read(number)
			if err != nil {
				return err
			}
			if i > 0 && leaves != (p.kind == kindLeaf) || p.kind == kindFree {
				return damaged("page %d is of the wrong kind", number)
			}
			leaves = p.kind == kindLeaf
			children, err := v.children(p, buckets)
			if err != nil {
				return err
			}
			next = append(next, children...)
		}
		level = next
	}
	return nil
}

// children checks the elements of a page and returns the pages below a branch.
// Below a leaf of the list of buckets it checks the tree of each bucket.
func (v *verifier) children(p page, buckets bool) (below []uint64, err error) {
	if p.kind == kindBranch && len(p.elements) == 0 {
		return nil, damaged("page %d is an empty branch", p.number)
	}
	for at := 0; at < len(p.elements); at += element {
		e := p.elements[at : at+element]
		word := func(i int) int64 { return int64(binary.NativeEndian.Uint32(e[4*i:])) }
		from, size := word(0), word(1)
		if p.kind == kindLeaf {
			from, size = word(1), word(2)+word(3)
		}
		if from < int64(len(p.elements)-at) || pageHead+int64(at)+from+size > p.size {
			return nil, damaged("page %d has an element beyond its end", p.number)
		}
		switch {
		case p.kind == kindBranch:
			below = append(below, binary.NativeEndian.Uint64(e[8:]))
		case !buckets:
		case word(0) != leafIsBucket || word(3) < element:
			return nil, damaged("page %d does not list buckets", p.number)
		default:
			if err := v.bucket(p.content+int64(at)+word(1)+word(2), word(3)); err != nil {
				return nil, err
			}
		}
	}
	return below, nil
}

// bucket checks the bucket whose value of the given size is at an offset.
func (v *verifier) bucket(offset, size int64) error {
	var b [element + pageHead]byte
	n := min(size, int64(len(b)))
	if _, err := v.file.ReadAt(b[:n], offset); err != nil {
		return err
	}
	if root := binary.NativeEndian.Uint64(b[:]); root != 0 {
		return v.tree(root)
	}
	inner := page{
		kind:    binary.NativeEndian.Uint16(b[element+8:]),
		size:    size - element,
		content: offset + element + pageHead,
	}
	count := int64(binary.NativeEndian.Uint16(b[element+10:]))
	if n < int64(len(b)) || inner.kind != kindLeaf || pageHead+count*element > inner.size {
		return damaged("a bucket within a page is damaged")
	}
	inner.elements = make([]byte, count*element)
	if _, err := v.file.ReadAt(inner.elements, inner.content); err != nil {
		return err
	}
	_, err := v.children(inner, false)
	return err
}

// freeList checks that the free pages are in order and not in use.
func (v *verifier) freeList() error {
	p, err := v.read(v.free)
	if err != nil {
		return err
	}
	if p.kind != kindFree {
		return damaged("page %d is not the list of free pages", v.free)
	}
	var b [8]byte
	if _, err := v.file.ReadAt(b[:2], p.content-6); err != nil {
		return err
	}
	count, at := uint64(binary.NativeEndian.Uint16(b[:])), p.content
	if count == 0xFFFF {
		if _, err := v.file.ReadAt(b[:], at); err != nil {
			return err
		}
		count, at = binary.NativeEndian.Uint64(b[:]), at+8
	}
	if room := uint64(p.size-(at-p.content)-pageHead) / 8; count > room {
		return damaged("the list of free pages is longer than its page")
	}
	list := make([]byte, 8*count)
	if _, err := v.file.ReadAt(list, at); err != nil {
		return err
	}
	last := uint64(1)
	for ; len(list) > 0; list = list[8:] {
		number := binary.NativeEndian.Uint64(list)
		if number <= last || number >= v.pages || v.inUse(number) {
			return damaged("page %d is free and in use, or does not exist", number)
		}
		last = number
	}
	return nil
}
