package transfer_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/fawndb/fawn/engine/transfer"
)

// read returns what a reader gives.
func read(t testing.TB, src string) []transfer.Line {
	t.Helper()
	return readAll(t, transfer.NewReader(strings.NewReader(src)))
}

func readAll(t testing.TB, r *transfer.Reader) []transfer.Line {
	t.Helper()
	var out []transfer.Line
	for {
		line, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		line.Text = bytes.Clone(line.Text)
		out = append(out, line)
	}
}

func TestReader(t *testing.T) {
	type row struct {
		number      int64
		text, wrong string
	}
	for src, want := range map[string][]row{
		"":                               nil,
		"\n \t\r\n":                      nil,
		"{}\n\n{\"a\":1}":                {{1, "{}", ""}, {3, `{"a":1}`, ""}},
		"\ufeff{}":                       {{1, "{}", ""}},
		"x\n{}\r\n":                      {{1, "x", ""}, {2, "{}", ""}},
		"[]":                             nil,
		" [ {} , \n {\"a\":\"]\\\"[\"}]": {{1, "{} ", ""}, {2, `{"a":"]\"["}`, ""}},
		"[{\"a\":[1,2]},nonsense,{}]":    {{1, `{"a":[1,2]}`, ""}, {1, "nonsense", ""}, {1, "{}", ""}},
		"[{},\n{":                        {{1, "{}", ""}, {2, "{", "the array has no end"}},
		"[{},":                           {{1, "{}", ""}, {1, "", "the array has no end"}},
		"[{}]\n{}":                       {{1, "{}", ""}, {2, "", "something follows the end of the array"}},
	} {
		got := read(t, src)
		if len(got) != len(want) {
			t.Errorf("%q: got %d lines, want %d", src, len(got), len(want))
			continue
		}
		for i, line := range got {
			if line.Number != want[i].number || line.Wrong != want[i].wrong || line.Wrong == "" && string(line.Text) != want[i].text {
				t.Errorf("%q: got %+v %q, want %+v", src, line, line.Text, want[i])
			}
		}
	}
}

// TestReaderLongLine: a line beyond the limit is passed over, the next is read.
func TestReaderLongLine(t *testing.T) {
	const limit = 1 << 20
	long := strings.Repeat(" ", limit+1)
	for _, src := range []string{"x" + long + "{}\n{}", `["` + long + `",{}]`} {
		r := transfer.NewReader(strings.NewReader(src))
		r.SetLimit(limit)
		got := readAll(t, r)
		if len(got) != 2 || got[0].Wrong != "longer than 1048576 bytes" || string(got[1].Text) != "{}" {
			t.Errorf("got %d lines: %+v", len(got), got)
		}
	}
}

// FuzzReader: the elements of an array are those that encoding/json finds, and
// nothing makes a reader fail or stand still.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{`[]`, `[{"a":[1,{"b":"]\\\""}]},2,"x"]`, "{}\n{}", `[1,,2]`, `[{]}`, "[\"\n\"]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, src string) {
		got := read(t, src)
		var want []json.RawMessage
		if err := json.Unmarshal([]byte(src), &want); err != nil || want == nil {
			return
		}
		if len(got) != len(want) {
			t.Fatalf("got %d elements, want %d", len(got), len(want))
		}
		for i := range got {
			if have := bytes.TrimSpace(got[i].Text); !bytes.Equal(have, want[i]) {
				t.Errorf("element %d: got %q, want %q", i, have, want[i])
			}
		}
	})
}
