package resp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func readerOf(src io.Reader) *reader { return &reader{src: src, vouch: func() error { return nil }} }

// readAll reads commands until an error that ends it, io.EOF at the end. What
// is no command is written as its error.
func readAll(src io.Reader) ([][]string, error) {
	r := readerOf(src)
	var out [][]string
	for {
		args, err := r.next()
		var argument argumentError
		switch {
		case errors.As(err, &argument):
			out = append(out, []string{err.Error()})
		case err != nil:
			return out, err
		default:
			var list []string
			for _, a := range args {
				list = append(list, string(a))
			}
			out = append(out, list)
		}
	}
}

// nested is an array in an array, so many deep.
func nested(depth int) string { return strings.Repeat("*1\r\n", depth) + "$1\r\nx\r\n" }

func TestReader(t *testing.T) {
	many := make([]string, maxArguments)
	long := strings.Repeat("x", maxCommand-len("*1\r\n$8388608\r\n\r\n"))
	for name, test := range map[string]struct {
		src  string
		want [][]string
		err  string // "" is the end of what there is
	}{
		"nothing":             {"", nil, ""},
		"a command":           {frame("PING"), [][]string{{"PING"}}, ""},
		"a pipeline":          {frame("A", "b\r\nc") + frame("", "") + frame("D"), [][]string{{"A", "b\r\nc"}, {"", ""}, {"D"}}, ""},
		"empty ones":          {"*0\r\n*-1\r\n" + frame("A") + "*0\r\n", [][]string{{"A"}}, ""},
		"zeros before":        {"*01\r\n$0001\r\nA\r\n", [][]string{{"A"}}, ""},
		"the most arguments":  {frame(many...), [][]string{many}, ""},
		"the longest":         {frame(long), [][]string{{long}}, ""},
		"other values":        {"*3\r\n$1\r\nA\r\n:5\r\n%1\r\n+a\r\n_\r\n" + frame("B"), [][]string{{"argument 1 is not a bulk string"}, {"B"}}, ""},
		"another name":        {"*2\r\n+A\r\n$1\r\nb\r\n", [][]string{{"the name of a command is a bulk string"}}, ""},
		"every kind":          {"*13\r\n$1\r\nA\r\n+a\r\n-e\r\n:1\r\n,1.5\r\n#t\r\n(12\r\n_\r\n=5\r\ntxt:a\r\n!1\r\ne\r\n*1\r\n:1\r\n~1\r\n:1\r\n|1\r\n+k\r\n+v\r\n", [][]string{{"argument 1 is not a bulk string"}}, ""},
		"the deepest":         {nested(16), [][]string{{"the name of a command is a bulk string"}}, ""},
		"too deep":            {nested(17), nil, "values are nested 16 deep at most"},
		"deep maps":           {"*1\r\n" + strings.Repeat("%1\r\n+k\r\n", 16), nil, "values are nested 16 deep at most"},
		"too many":            {"*1025\r\n", nil, "the number of arguments is at most 1024"},
		"too many inside":     {"*2\r\n*600\r\n" + strings.Repeat(":1\r\n", 600) + "*423\r\n", nil, "the number of arguments is at most 1024"},
		"far too many":        {"*99999999999999999999999999999999\r\n", nil, "the number of arguments is at most 1024"},
		"too long":            {"*1\r\n$8388609\r\n", nil, "the length of a string is at most 8388608"},
		"too long in all":     {"*2\r\n$8388000\r\n" + strings.Repeat("x", 8388000) + "\r\n$1000\r\n", nil, "a command has at most 8388608 bytes"},
		"inline":              {"PING\r\n", nil, "expected '*', got 'P'"},
		"HTTP":                {"GET / HTTP/1.1\r\n\r\n", nil, "expected '*', got 'G'"},
		"TLS":                 {"\x16\x03\x01", nil, `expected '*', got '\x16'`},
		"empty lines":         {"\r\n\r\n" + frame("A") + "\r\n" + frame("B"), [][]string{{"A"}, {"B"}}, ""},
		"half an empty line":  {"\r*1\r\n", nil, `CR and LF expected, got "\r*"`},
		"no such kind":        {"*1\r\n@1\r\n", nil, "expected '$', got '@'"},
		"no number":           {"*\r\n", nil, "a number is missing: the number of arguments"},
		"letters":             {"*1x\r\n", nil, `"1x" is not the number of arguments`},
		"a sign":              {"*+1\r\n", nil, `"+1" is not the number of arguments`},
		"a negative number":   {"*-2\r\n", nil, `"-2" is not the number of arguments`},
		"a null string":       {"*1\r\n$-1\r\n", nil, `"-1" is not the length of a string`},
		"no CR":               {"*1\n", nil, "a line ends with CR and LF"},
		"only LF":             {"*\n", nil, "a line ends with CR and LF"},
		"a line without end":  {"*" + strings.Repeat("1", 100), nil, "a line has more than 64 bytes"},
		"a string too long":   {"*1\r\n$1\r\nab\r\n", nil, `CR and LF expected, got "b\r"`},
		"a string's end":      {"*1\r\n$1\r\na\rb", nil, `CR and LF expected, got "\rb"`},
		"a number too long":   {"*2\r\n$1\r\nA\r\n:" + strings.Repeat("1", 70) + "\r\n", nil, "a line has more than 64 bytes"},
		"a command cut off":   {"*2\r\n$4\r\nECHO\r\n$3\r\nab", nil, ""},
		"a pipeline cut off":  {frame("A") + "*", [][]string{{"A"}}, ""},
		"other values, other": {"*1\r\n*-1\r\n" + frame("B"), [][]string{{"the name of a command is a bulk string"}, {"B"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			sources := map[string]io.Reader{"whole": strings.NewReader(test.src), "in halves": iotest.HalfReader(strings.NewReader(test.src))}
			if len(test.src) < 1<<20 {
				sources["by bytes"] = iotest.OneByteReader(strings.NewReader(test.src))
			}
			for how, src := range sources {
				got, err := readAll(src)
				if !slices.EqualFunc(got, test.want, slices.Equal) {
					t.Errorf("%s: got %.300q, want %.300q", how, got, test.want)
				}
				want := "EOF"
				if test.err != "" {
					want = "Protocol error: " + test.err
				}
				if err.Error() != want {
					t.Errorf("%s: got %v, want %s", how, err, want)
				}
			}
		})
	}
}

// TestReaderMemory: a size that is only announced takes no memory, and what a
// long command took is given back.
func TestReaderMemory(t *testing.T) {
	r := readerOf(strings.NewReader("*1\r\n$8000000\r\nabc"))
	if _, err := r.next(); !errors.Is(err, io.EOF) || len(r.buf) > firstBuffer {
		t.Errorf("%v with %d bytes of buffer", err, len(r.buf))
	}
	long := strings.Repeat("x", 1<<20)
	r = readerOf(strings.NewReader(frame(long)))
	if _, err := r.next(); err != nil || len(r.buf) > 4<<20 {
		t.Errorf("%v with %d bytes of buffer", err, len(r.buf))
	}
	if _, err := r.next(); !errors.Is(err, io.EOF) || len(r.buf) > firstBuffer {
		t.Errorf("%v with %d bytes of buffer", err, len(r.buf))
	}
}

// FuzzReader checks that the reader never fails but as it says, reads the same
// however the bytes arrive, keeps its limits, and reads what a client writes.
func FuzzReader(f *testing.F) {
	for _, s := range []string{
		frame("PING"), frame("A", "") + frame("b"), nested(17), "*0\r\n*-1\r\n", "*2\r\n%1\r\n+a\r\n_\r\n$1\r\nb\r\n", "PING\r\n",
		"*1\r\n$5\r\nab", "*1025\r\n", "*3\r\n:1\r\n|1\r\n+a\r\n+b\r\n=3\r\nabc\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		whole, err := readAll(bytes.NewReader(src))
		bytewise, again := readAll(iotest.OneByteReader(bytes.NewReader(src)))
		if !slices.EqualFunc(whole, bytewise, slices.Equal) || fmt.Sprint(err) != fmt.Sprint(again) {
			t.Errorf("whole %q, %v; by bytes %q, %v", whole, err, bytewise, again)
		}
		var protocol protocolError
		if !errors.Is(err, io.EOF) && !errors.As(err, &protocol) {
			t.Errorf("failed with %v", err)
		}
		written := ""
		for _, args := range whole {
			if len(args) == 0 || len(args) > maxArguments {
				t.Errorf("%d arguments", len(args))
			}
			written += frame(args...)
		}
		if read, err := readAll(strings.NewReader(written)); !errors.Is(err, io.EOF) || !slices.EqualFunc(whole, read, slices.Equal) {
			t.Errorf("wrote %q, read %q, %v", whole, read, err)
		}
	})
}
