package resp

import (
	"bytes"
	"fmt"
	"io"

	"github.com/fawndb/fawn/server/conns"
)

// Limits of a command. Source: chapter on token services, section 5.11.
const (
	maxCommand   = conns.MaxRequest // bytes, as it is sent
	maxArguments = 1024             // its name is one of them
	maxNesting   = 16               // the array of the arguments is the first level
)

const (
	// firstBuffer is the size of a connection's buffer until more is needed.
	firstBuffer = 2 << 10
	// keptBuffer is the size of a buffer that is kept for the next command.
	keptBuffer = 64 << 10
	// maxLine is the length of a line that says a type and a size.
	maxLine = 64
)

// protocolError is what is wrong with a frame; the connection cannot go on.
type protocolError string

// Error implements error.
func (e protocolError) Error() string { return "Protocol error: " + string(e) }

func malformed(format string, args ...any) error { return protocolError(fmt.Sprintf(format, args...)) }

// argumentError is a frame that is well-formed, but holds something else than
// the bulk strings that commands are made of.
type argumentError int

// Error implements error.
func (e argumentError) Error() string {
	if e == 0 {
		return "the name of a command is a bulk string"
	}
	return fmt.Sprintf("argument %d is not a bulk string", int(e))
}

// reader cuts commands out of what arrives. A command is an array of bulk
// strings:
//
//	*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n
type reader struct {
	src io.Reader
	// vouch is asked before more than keptBuffer of one command is read.
	vouch func() error

	buf     []byte
	lo, hi  int // buf[lo:hi] is what has arrived of the command, and after it
	at      int // how much of the command is read
	vouched bool
	items   int // counted in the command, at all levels
	spans   [][2]int
	args    [][]byte
}

// waiting is how many bytes of a command have arrived while the rest has not.
func (r *reader) waiting() int { return r.hi - r.lo }

// next returns the next command: its name and arguments, valid until the
// following next. Errors are those of src, a protocolError, or an
// argumentError, after which the next command can be read.
func (r *reader) next() ([][]byte, error) {
	r.drop()
	r.items, r.spans, r.vouched = 0, r.spans[:0], false
	n := 0
	for n <= 0 { // what is empty is no command
		r.lo, r.at = r.lo+r.at, 0
		kind, err := r.kind()
		if err != nil {
			return nil, err
		}
		switch kind {
		case '\r': // an empty line, as redis-cli --pipe sends
			r.at--
			n, err = 0, r.crlf()
		case '*':
			n, err = r.count(-1)
		default:
			err = malformed("expected '*', got %q", kind)
		}
		if err != nil {
			return nil, err
		}
	}
	alien := -1
	for i := range n {
		kind, err := r.kind()
		if err != nil {
			return nil, err
		}
		if kind != '$' {
			if err := r.skip(kind, 1); err != nil {
				return nil, err
			}
			if alien < 0 {
				alien = i
			}
			continue
		}
		span, err := r.bulk()
		if err != nil {
			return nil, err
		}
		r.spans = append(r.spans, span)
	}
	if alien >= 0 {
		return nil, argumentError(alien)
	}
	r.args = r.args[:0]
	for _, s := range r.spans {
		r.args = append(r.args, r.buf[r.lo+s[0]:r.lo+s[1]:r.lo+s[1]])
	}
	return r.args, nil
}

// drop forgets the command that was read last.
func (r *reader) drop() {
	r.lo += r.at
	r.at = 0
	if r.lo == r.hi {
		r.lo, r.hi = 0, 0
		if len(r.buf) > keptBuffer {
			r.buf = nil
		}
	}
}

// fill waits for more to arrive.
func (r *reader) fill() error {
	size := r.hi - r.lo
	if size > maxCommand {
		return malformed("a command has at most %d bytes", maxCommand)
	}
	if size >= keptBuffer && !r.vouched {
		if err := r.vouch(); err != nil {
			return err
		}
		r.vouched = true
	}
	if r.hi == len(r.buf) {
		room := r.buf
		if r.lo == 0 {
			room = make([]byte, max(firstBuffer, 2*len(r.buf)))
		}
		copy(room, r.buf[r.lo:r.hi])
		r.buf, r.lo, r.hi = room, 0, size
	}
	n, err := r.src.Read(r.buf[r.hi:])
	r.hi += n
	if n > 0 {
		return nil
	}
	return err
}

// need waits until n more bytes of the command have arrived.
func (r *reader) need(n int) error {
	if n > maxCommand-r.at {
		return malformed("a command has at most %d bytes", maxCommand)
	}
	for r.hi-r.lo < r.at+n {
		if err := r.fill(); err != nil {
			return err
		}
	}
	return nil
}

// kind reads the first byte of a value.
func (r *reader) kind() (byte, error) {
	if err := r.need(1); err != nil {
		return 0, err
	}
	r.at++
	return r.buf[r.lo+r.at-1], nil
}

// line reads up to the end of a line, which it cuts off.
func (r *reader) line() ([]byte, error) {
	for seen := 0; ; {
		rest := r.buf[r.lo+r.at : r.hi]
		rest = rest[:min(len(rest), maxLine)]
		if i := bytes.IndexByte(rest[seen:], '\n'); i >= 0 {
			i += seen
			if i == 0 || rest[i-1] != '\r' {
				return nil, malformed("a line ends with CR and LF")
			}
			r.at += i + 1
			return rest[:i-1], nil
		}
		if seen = len(rest); seen == maxLine {
			return nil, malformed("a line has more than %d bytes", maxLine)
		}
		if err := r.need(seen + 1); err != nil {
			return nil, err
		}
	}
}

// number reads a line with the size of a value: digits, or -1.
func (r *reader) number(what string, lo, hi int) (int, error) {
	line, err := r.line()
	if err != nil {
		return 0, err
	}
	n := 0
	if lo < 0 && string(line) == "-1" {
		return -1, nil
	}
	if len(line) == 0 {
		return 0, malformed("a number is missing: %s", what)
	}
	for _, c := range line {
		if c < '0' || c > '9' {
			return 0, malformed("%q is not %s", line, what)
		}
		if n = 10*n + int(c-'0'); n > hi {
			return 0, malformed("%s is at most %d", what, hi)
		}
	}
	return n, nil
}

// count reads how many values follow; lo is -1 where that may be unsaid.
func (r *reader) count(lo int) (int, error) {
	n, err := r.number("the number of arguments", lo, maxArguments)
	if err != nil {
		return 0, err
	}
	if r.items += max(n, 0); r.items > maxArguments {
		return 0, malformed("the number of arguments is at most %d", maxArguments)
	}
	return n, nil
}

// bulk reads a string behind its kind, and returns its place in the command.
func (r *reader) bulk() ([2]int, error) {
	n, err := r.number("the length of a string", 0, maxCommand)
	if err != nil {
		return [2]int{}, err
	}
	if err := r.need(n); err != nil {
		return [2]int{}, err
	}
	span := [2]int{r.at, r.at + n}
	r.at += n
	return span, r.crlf()
}

// crlf reads what ends a string and a line.
func (r *reader) crlf() error {
	if err := r.need(len("\r\n")); err != nil {
		return err
	}
	end := r.buf[r.lo+r.at:]
	r.at += len("\r\n")
	if end[0] != '\r' || end[1] != '\n' {
		return malformed("CR and LF expected, got %q", end[:2])
	}
	return nil
}

// skip reads over a value of another kind than a command is made of, which
// stands in so many arrays.
func (r *reader) skip(kind byte, depth int) error {
	each := 1
	switch kind {
	case '+', '-', ':', ',', '#', '(', '_':
		_, err := r.line()
		return err
	case '$', '=', '!':
		_, err := r.bulk()
		return err
	case '%', '|':
		each = 2
	case '*', '~', '>':
	default:
		return malformed("expected '$', got %q", kind)
	}
	if depth++; depth > maxNesting {
		return malformed("values are nested %d deep at most", maxNesting)
	}
	n, err := r.count(-1)
	if err != nil {
		return err
	}
	for range each * n {
		kind, err := r.kind()
		if err != nil {
			return err
		}
		if err := r.skip(kind, depth); err != nil {
			return err
		}
	}
	return nil
}
