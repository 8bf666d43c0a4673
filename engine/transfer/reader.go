package transfer

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
)

// MaxLine bounds a line, in bytes. The largest version of a document takes a
// quarter of that.
const MaxLine = 64 << 20

// Kind says what a line is.
type Kind uint8

// The kinds of line.
const (
	// KindDocument is anything that is not one of the others: a version of a
	// document or of a schema object.
	KindDocument Kind = iota
	// KindSchema is a version of a schema object with its number.
	KindSchema
	// KindHeader, KindDatabase and KindEnd are those of an export.
	KindHeader
	KindDatabase
	KindEnd
)

// Line is one line, or one element of an array.
type Line struct {
	Kind Kind
	// Number is the line where it begins, from 1. Index counts what was
	// returned; elements of an array may stand on one line.
	Number, Index int64
	// Text is the JSON, valid until the next line is read.
	Text []byte
	// Wrong says why the line cannot be used, "" if it can.
	Wrong string
}

// Reader reads lines, or the elements of an array.
type Reader struct {
	in     *bufio.Reader
	sum    hash.Hash
	before string // the digest of what is before the last line
	number int64  // of the line that is read next
	index  int64  // how many were returned
	read   int64
	export bool
	begun  bool
	array  bool
	open   bool // within the array
	text   []byte
	limit  int // MaxLine, but for tests
	counts Counts
	last   []byte // the ref of the document last read
}

// NewReader returns a reader.
func NewReader(r io.Reader) *Reader {
	return &Reader{in: bufio.NewReaderSize(r, 256<<10), sum: sha256.New(), number: 1, limit: MaxLine}
}

// Bytes is how much was read.
func (r *Reader) Bytes() int64 { return r.read }

// State stands for everything up to the last line that was returned: two
// readers that have read the same have the same.
func (r *Reader) State() [sha256.Size]byte {
	var out [sha256.Size]byte
	r.sum.Sum(out[:0])
	return out
}

// Next returns the next line that is not empty; io.EOF ends them. Any other
// error is that of what is read.
func (r *Reader) Next() (Line, error) {
	line, err := r.next()
	r.index++
	line.Index = r.index
	return line, err
}

func (r *Reader) next() (Line, error) {
	if !r.begun {
		r.begun = true
		if err := r.begin(); err != nil {
			return Line{}, err
		}
	}
	if r.array {
		return r.element()
	}
	for {
		line, err := r.line()
		if err != nil || len(line.Text) > 0 || line.Wrong != "" {
			return line, err
		}
	}
}

// begin finds out which form it is.
func (r *Reader) begin() error {
	if mark, err := r.in.Peek(3); err == nil && string(mark) == "\xef\xbb\xbf" {
		if _, err := r.in.Discard(3); err != nil {
			return err
		}
	}
	for {
		c, err := r.in.Peek(1)
		if err != nil {
			return err
		}
		switch c[0] {
		case ' ', '\t', '\r', '\n', '[':
			if c[0] == '\n' {
				r.number++
			}
			r.array = c[0] == '['
			r.open = r.array
			r.read++
			if _, err := r.in.Discard(1); err != nil || r.array {
				return err
			}
		default:
			start, err := r.in.Peek(len(headerPrefix))
			r.export = err == nil && bytes.Equal(start, headerPrefix)
			return nil
		}
	}
}

// line reads up to the end of a line.
func (r *Reader) line() (Line, error) {
	out := Line{Number: r.number}
	r.text = r.text[:0]
	for {
		part, err := r.in.ReadSlice('\n')
		r.read += int64(len(part))
		if len(r.text)+len(part) > r.limit {
			out.Wrong = fmt.Sprintf("longer than %d bytes", r.limit)
			r.digest(r.text)
			r.text = r.text[:0]
		}
		r.text = append(r.text, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		// A line of an export that has no end is cut short: it is not there.
		if errors.Is(err, io.EOF) && len(r.text) > 0 && !r.export {
			err = nil
		}
		if err != nil {
			return out, err
		}
		break
	}
	r.number++
	out.Text = bytes.TrimSpace(r.text)
	if out.Wrong == "" {
		out.Kind = r.kind(out.Text)
	}
	if out.Kind == KindEnd {
		r.before = hex.EncodeToString(r.sum.Sum(nil))
	}
	r.digest(r.text)
	return out, nil
}

func (r *Reader) digest(b []byte) { r.sum.Write(b) }

// kind says what a line is, and counts it.
func (r *Reader) kind(text []byte) Kind {
	switch {
	case len(text) == 0 || !r.export:
		return KindDocument
	case bytes.HasPrefix(text, headerPrefix):
		return KindHeader
	case bytes.HasPrefix(text, databasePrefix):
		r.counts.Databases++
		r.last = r.last[:0]
		return KindDatabase
	case bytes.HasPrefix(text, schemaPrefix):
		r.counts.Schema++
		return KindSchema
	case bytes.HasPrefix(text, endPrefix):
		return KindEnd
	}
	r.counts.Versions++
	if ref := refOf(text); !bytes.Equal(ref, r.last) {
		r.counts.Documents++
		r.last = append(r.last[:0], ref...)
	}
	return KindDocument
}

// Header reads a line of that kind. The error says why it cannot be used.
func (l Line) Header() (Header, error) {
	var h Header
	if err := content(l.Text, headerPrefix, &h); err != nil {
		return h, err
	}
	if h.Format < 1 || h.Format > Format {
		return h, fmt.Errorf("the export has format %d, this version knows up to %d", h.Format, Format)
	}
	return h, nil
}

// Database reads a line of that kind.
func (l Line) Database() (Database, error) {
	var d Database
	err := content(l.Text, databasePrefix, &d)
	return d, err
}

// Verify reads a line of the kind KindEnd, the last one that was read, and
// compares it with all that came before it.
func (r *Reader) Verify(l Line) error {
	var end End
	if err := content(l.Text, endPrefix, &end); err != nil {
		return err
	}
	switch {
	case end.SHA256 != r.before:
		return fmt.Errorf("the digest of the lines before is %s, the file says %s", r.before, end.SHA256)
	case end.Counts != r.counts:
		return fmt.Errorf("there are %s, the file says %s", r.counts, end.Counts)
	}
	return nil
}
