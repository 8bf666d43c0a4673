package query_test

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/querytest"
	"github.com/fawndb/fawn/query/value"
)

// shelf is a host with a few collections and user functions, in memory. The
// elements of the collection numbers cover one value, those of the others
// none; nobody may read the collection locked.
type shelf struct {
	nowhere
	ids       map[string]value.Class // of collections
	elements  map[value.Class][]value.Element
	functions map[string]*value.Lambda
	names     []string // of functions: their ids are its indexes
	rights    int      // how many functions lend theirs
	reads     []int64  // the times at which sets were opened
}

const (
	plain value.Class = value.FirstUserClass + iota
	numbers
	locked
)

func newShelf() *shelf {
	s := &shelf{
		nowhere:   nowhere{now: 1000},
		ids:       map[string]value.Class{"plain": plain, "numbers": numbers, "locked": locked},
		elements:  map[value.Class][]value.Element{},
		functions: map[string]*value.Lambda{},
	}
	for i := range int64(5) {
		s.elements[plain] = append(s.elements[plain], value.Element{Ref: value.Ref{Class: plain, ID: i + 1}})
		s.elements[numbers] = append(s.elements[numbers], value.Element{
			Values: []value.Value{value.Long(10 * (i/2 + 1))}, Ref: value.Ref{Class: numbers, ID: i + 1},
		})
	}
	return s
}

func (s *shelf) eval(t testing.TB, form querytest.Form, src string) (value.Value, error) {
	t.Helper()
	e, err := read(form, src)
	if err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	v, _, err := query.Eval(context.Background(), s, e, query.Options{})
	return v, err
}

// answer is the JSON of a query's value, or of its errors.
func (s *shelf) answer(t testing.TB, src string) string {
	t.Helper()
	form := querytest.Text
	if rest, ok := strings.CutPrefix(src, "wire "); ok {
		form, src = querytest.Wire, rest
	}
	v, err := s.eval(t, form, src)
	if err != nil {
		return string(query.AppendErrors(nil, err, s))
	}
	return string(value.AppendJSON(nil, v, s))
}

func (s *shelf) Name(r value.Ref) (string, bool) {
	for name, class := range s.ids {
		if r == value.CollectionRef(0, class) {
			return name, true
		}
	}
	if r.Class == value.Functions && int(r.ID) < len(s.names) {
		return s.names[r.ID], true
	}
	return "", false
}

func (s *shelf) Resolve(r *ast.Ref, literal bool) (value.Value, error) {
	if class, ok := s.ids[r.Name]; ok && r.Class == value.Collections && r.ID == "" {
		return value.CollectionRef(0, class), nil
	}
	if i := slices.Index(s.names, r.Name); i >= 0 && r.Class == value.Functions {
		return value.Ref{Class: value.Functions, ID: int64(i)}, nil
	}
	return s.nowhere.Resolve(r, literal)
}

func (s *shelf) Get(r value.Ref, _ int64) (*value.Document, error) {
	return value.NewDocument(r, 1, nil), nil
}

func (s *shelf) Function(r value.Ref, _ value.Value) (*query.Body, error) {
	name := s.names[r.ID]
	switch {
	case strings.HasPrefix(name, "forbidden"):
		return nil, query.Denied(query.AtForm)
	case strings.HasPrefix(name, "deleted"):
		return nil, &query.Refusal{Code: query.InstanceNotFound, Description: "Function not found.", Place: query.AtVerb}
	}
	return &query.Body{Lambda: s.functions[name], Enter: func() func() {
		s.rights++
		return func() { s.rights-- }
	}}, nil
}

func (s *shelf) Open(v value.Value, r query.Reading) (query.Set, error) {
	s.reads = append(s.reads, r.At)
	set, ok := v.(*value.Set)
	if !ok {
		return &row{}, nil
	}
	switch set.Op {
	case value.SetDocuments:
		return s.documents(value.Class(set.Ref.ID))
	case value.SetEvents:
		return &row{shape: query.Shape{Events: true}}, nil
	default: // made from another
	}
	inner, err := s.Open(set.Sets[0], r)
	if err != nil {
		return nil, err
	}
	out := *inner.(*row)
	switch set.Op {
	case value.SetReverse:
		out.shape = query.Shape{Reversed: []bool{true}}
	case value.SetFilter:
		out.keep = func(e value.Element) (bool, error) {
			v, err := r.Apply(set, e.Render())
			return v == value.Boolean(true), err
		}
	case value.SetJoin:
		out.shape = query.Shape{Unknown: true}
		out.keep = func(e value.Element) (bool, error) {
			_, err := r.Apply(set, e.Render())
			return err == nil, err
		}
	default: // as it is
	}
	return &out, nil
}

func (s *shelf) documents(class value.Class) (query.Set, error) {
	switch class {
	case locked:
		return nil, query.Denied(query.AtVerb)
	case numbers:
		return &row{shape: query.Shape{Reversed: []bool{false}}, elements: s.elements[class]}, nil
	default:
		return &row{elements: s.elements[class]}, nil
	}
}

// row is a set with its elements in order.
type row struct {
	shape    query.Shape
	elements []value.Element
	keep     func(value.Element) (bool, error)
}

func (r *row) Shape() query.Shape { return r.shape }

func (r *row) Scan(from query.Bound, backward bool) query.Elements {
	at := len(r.elements)
	if !from.After {
		at, _ = slices.BinarySearchFunc(r.elements, from, func(e value.Element, b query.Bound) int {
			for i, v := range b.Values {
				if c := value.Compare(e.Values[i], v); c != 0 {
					return c
				}
			}
			if b.Ref != nil {
				return cmp.Compare(e.Ref.ID, b.Ref.ID)
			}
			return 1
		})
	}
	list := slices.Clone(r.elements[at:])
	if backward {
		list = slices.Clone(r.elements[:at])
		slices.Reverse(list)
	}
	return &walk{list: list, keep: r.keep, plain: len(r.shape.Reversed) == 0 && !r.shape.Unknown && !r.shape.Events}
}

type walk struct {
	list    []value.Element
	keep    func(value.Element) (bool, error)
	plain   bool // elements are refs
	present value.Element
	err     error
}

func (w *walk) Refs(dst []value.Ref) (n int, ok bool) {
	for w.plain && n < len(dst) && w.Next() {
		dst[n] = w.present.Ref
		n++
	}
	return n, w.plain
}

func (w *walk) Next() bool {
	for len(w.list) > 0 && w.err == nil {
		w.present, w.list = w.list[0], w.list[1:]
		if w.keep == nil {
			return true
		}
		var ok bool
		if ok, w.err = w.keep(w.present); ok && w.err == nil {
			return true
		}
	}
	return false
}

func (w *walk) Element() value.Element { return w.present }
func (w *walk) Sources() []value.Value { return nil }
func (w *walk) Err() error             { return w.err }
func (w *walk) Close()                 {}
