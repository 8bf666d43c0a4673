package transfer

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
)

// Point is how far an export has come that was cut short.
type Point struct {
	Header Header
	Counts Counts
	// Offset is the size of what is kept; what follows is to be cut off.
	Offset int64
	// Path is the database that the export was in.
	Path []string
	// After is the ref, as JSON, of the document up to which all is there; nil
	// if the database is yet to begin.
	After []byte

	state []byte // of the digest
}

// Errors of ReadPoint.
var (
	// ErrWhole: the export has ended; there is nothing to go on with.
	ErrWhole = errors.New("transfer: the export is whole")
	// ErrNoExport: the first line is none of an export.
	ErrNoExport = errors.New("transfer: not an export")
)

// ReadPoint finds the end of an export that was cut short: the last document
// of which it is not known whether all versions are there is written again, as
// is a database that has no document yet.
func ReadPoint(r io.Reader) (*Point, error) {
	in := bufio.NewReaderSize(r, 256<<10)
	p := &pointer{sum: sha256.New()}
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			if p.at == nil {
				return nil, ErrNoExport
			}
			return p.at, nil
		}
		if err != nil {
			return nil, err
		}
		if err := p.take(line); err != nil {
			return nil, err
		}
	}
}

// pointer reads the lines of an export.
type pointer struct {
	now  Point
	sum  hash.Hash
	last []byte // the ref of the document last read
	at   *Point
}

// take reads a line with its end.
func (p *pointer) take(line []byte) error {
	switch {
	case p.now.Offset == 0:
		if err := content(line, headerPrefix, &p.now.Header); err != nil {
			return ErrNoExport
		}
		if p.now.Header.Format > Format {
			return fmt.Errorf("transfer: the export has format %d, this version knows up to %d", p.now.Header.Format, Format)
		}
	case bytes.HasPrefix(line, endPrefix):
		return ErrWhole
	case bytes.HasPrefix(line, databasePrefix):
		var d Database
		if err := content(line, databasePrefix, &d); err != nil {
			return err
		}
		p.now.Path, p.now.After, p.last = d.Path, nil, nil
		if err := p.mark(); err != nil {
			return err
		}
		p.now.Counts.Databases++
	case bytes.HasPrefix(line, schemaPrefix):
		p.now.Counts.Schema++
	default:
		if err := p.document(line); err != nil {
			return err
		}
	}
	p.sum.Write(line)
	p.now.Offset += int64(len(line))
	return nil
}

func (p *pointer) document(line []byte) error {
	if ref := refOf(line); !bytes.Equal(ref, p.last) {
		if p.last != nil {
			p.now.After = bytes.TrimPrefix(p.last, documentPrefix)
			if err := p.mark(); err != nil {
				return err
			}
		}
		p.now.Counts.Documents++
		p.last = bytes.Clone(ref)
	}
	p.now.Counts.Versions++
	return nil
}

// mark makes the place before the present line the point.
func (p *pointer) mark() error {
	at := p.now
	at.Path = slices.Clone(at.Path)
	var err error
	at.state, err = state(p.sum)
	p.at = &at
	return err
}

// content reads the object that a line has behind its prefix.
func content(line, prefix []byte, into any) error {
	line = bytes.TrimSpace(line)
	rest, ok := bytes.CutPrefix(line, prefix)
	if !ok || len(rest) == 0 {
		return errors.New("transfer: not a line of an export")
	}
	return json.Unmarshal(rest[:len(rest)-1], into)
}
