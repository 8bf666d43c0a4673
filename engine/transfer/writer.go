package transfer

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"strconv"
)

// Writer writes lines. Nothing is sure to be written before End.
type Writer struct {
	w      *bufio.Writer
	sum    hash.Hash
	counts Counts
	last   []byte // the ref of the document last written
}

// NewWriter returns a writer of a new export.
func NewWriter(w io.Writer) *Writer {
	return &Writer{w: bufio.NewWriterSize(w, 256<<10), sum: sha256.New()}
}

// Resume returns a writer that goes on at a point, where w must stand.
func Resume(w io.Writer, p *Point) (*Writer, error) {
	out := NewWriter(w)
	out.counts = p.Counts
	return out, setState(out.sum, p.state)
}

// Counts returns what was written.
func (w *Writer) Counts() Counts { return w.counts }

// Header writes the first line.
func (w *Writer) Header(h Header) error {
	h.Format = Format
	return w.control(headerPrefix, h)
}

// Database writes the line that begins a database.
func (w *Writer) Database(d Database) error {
	w.counts.Databases++
	w.last = w.last[:0]
	return w.control(databasePrefix, d)
}

// Schema writes a version of the schema object with a number.
func (w *Writer) Schema(number int64, version []byte) error {
	w.counts.Schema++
	line := strconv.AppendInt(append(make([]byte, 0, len(version)+32), schemaPrefix...), number, 10)
	line = append(line, ',')
	return w.line(append(line, version[1:]...))
}

// Document writes a version of a document: {"ref":…,"ts":…,…}.
func (w *Writer) Document(version []byte) error {
	w.counts.Versions++
	if ref := refOf(version); !bytes.Equal(ref, w.last) {
		w.counts.Documents++
		w.last = append(w.last[:0], ref...)
	}
	return w.line(version)
}

// End writes the last line, and all that was not written before.
func (w *Writer) End() error {
	end := End{Counts: w.counts, SHA256: hex.EncodeToString(w.sum.Sum(nil))}
	if err := w.control(endPrefix, end); err != nil {
		return err
	}
	return w.w.Flush()
}

// control writes a line that is no document.
func (w *Writer) control(prefix []byte, content any) error {
	b, err := json.Marshal(content)
	if err != nil {
		return err
	}
	return w.line(append(append(bytes.Clone(prefix), b...), '}'))
}

func (w *Writer) line(b []byte) error {
	w.sum.Write(b)
	w.sum.Write(newline)
	if _, err := w.w.Write(b); err != nil {
		return err
	}
	return w.w.WriteByte('\n')
}

var newline = []byte{'\n'}

// refOf returns the ref in a line that a Writer made of a document.
func refOf(line []byte) []byte {
	if i := bytes.Index(line, refEnd); i >= 0 {
		return line[:i]
	}
	return line
}

// state returns what it takes to go on with a digest.
func state(sum hash.Hash) ([]byte, error) {
	m, ok := sum.(encoding.BinaryMarshaler)
	if !ok {
		return nil, fmt.Errorf("transfer: %T cannot be carried on", sum)
	}
	return m.MarshalBinary()
}

func setState(sum hash.Hash, state []byte) error {
	m, ok := sum.(encoding.BinaryUnmarshaler)
	if !ok {
		return fmt.Errorf("transfer: %T cannot be carried on", sum)
	}
	return m.UnmarshalBinary(state)
}
