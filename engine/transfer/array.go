package transfer

import (
	"errors"
	"fmt"
	"io"
)

// element reads an element of the array. Where it ends is told by its brackets
// and strings alone, so that what is wrong within it does not spoil the next.
func (r *Reader) element() (Line, error) {
	if !r.open {
		return r.behind()
	}
	s := scan{r: r}
	c, err := s.first()
	switch {
	case errors.Is(err, io.EOF):
		r.open = false
		return Line{Number: r.number, Wrong: "the array has no end"}, nil
	case err != nil:
		return Line{}, err
	case c == ']':
		r.open = false
		return r.behind()
	}
	out := Line{Number: r.number}
	r.text = r.text[:0]
	for ; ; c, err = s.next() {
		if errors.Is(err, io.EOF) {
			r.open = false
			out.Wrong = "the array has no end"
			return out, nil
		}
		if err != nil {
			return out, err
		}
		if s.depth == 0 && !s.quoted && (c == ',' || c == ']') {
			r.open = c == ','
			break
		}
		s.take(c)
		if len(r.text) < r.limit {
			r.text = append(r.text, c)
		} else {
			out.Wrong = fmt.Sprintf("longer than %d bytes", r.limit)
		}
	}
	r.digest(r.text)
	r.digest(newline)
	out.Text = r.text
	return out, nil
}

// behind reads what follows the array, which must be nothing.
func (r *Reader) behind() (Line, error) {
	s := scan{r: r}
	_, err := s.first()
	if err != nil {
		return Line{}, err
	}
	out := Line{Number: r.number, Wrong: "something follows the end of the array"}
	if _, err := io.Copy(io.Discard, r.in); err != nil {
		return out, err
	}
	return out, nil
}

// scan goes through the bytes of an array.
type scan struct {
	r       *Reader
	depth   int
	quoted  bool // within a string
	escaped bool
}

// first returns the next byte that is no blank and no comma.
func (s *scan) first() (byte, error) {
	for {
		c, err := s.next()
		if err != nil {
			return 0, err
		}
		switch c {
		case ' ', '\t', '\r', '\n', ',':
		default:
			return c, nil
		}
	}
}

func (s *scan) next() (byte, error) {
	c, err := s.r.in.ReadByte()
	if err == nil {
		s.r.read++
	}
	if c == '\n' {
		s.r.number++
	}
	return c, err
}

// take follows strings and brackets.
func (s *scan) take(c byte) {
	switch {
	case s.escaped:
		s.escaped = false
	case s.quoted:
		s.escaped, s.quoted = c == '\\', c != '"'
	case c == '"':
		s.quoted = true
	case c == '{' || c == '[':
		s.depth++
	case (c == '}' || c == ']') && s.depth > 0:
		s.depth--
	}
}
