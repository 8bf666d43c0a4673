package query

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/fawndb/fawn/query/value"
)

// someValue draws a value that has a text for itself: equal values, and only
// they, have the same.
func someValue(depth int) *rapid.Generator[value.Value] {
	scalars := rapid.OneOf(
		rapid.Custom(func(t *rapid.T) value.Value { return value.Long(rapid.Int64Range(-2, 2).Draw(t, "long")) }),
		rapid.Custom(func(t *rapid.T) value.Value {
			return value.Double(rapid.SampledFrom([]float64{-1, 0.5, 1, 2}).Draw(t, "double"))
		}),
		rapid.Custom(func(t *rapid.T) value.Value {
			return value.String(rapid.SampledFrom([]string{"", "a", "b", "create"}).Draw(t, "string"))
		}),
		rapid.Just(value.Value(value.Null{})),
		rapid.Just(value.Value(value.Boolean(true))),
		rapid.Just(value.Value(value.Date(0))),
		rapid.Just(value.Value(value.Time{})),
		rapid.Just(value.Value(value.Bytes("a"))),
		rapid.Just(value.Value(value.Ref{Class: value.Tokens, ID: 1})),
	)
	if depth == 0 {
		return scalars
	}
	inner := someValue(depth - 1)
	return rapid.OneOf(scalars,
		rapid.Custom(func(t *rapid.T) value.Value { return value.Array(rapid.SliceOfN(inner, 0, 2).Draw(t, "array")) }),
		rapid.Custom(func(t *rapid.T) value.Value {
			return value.Object{{Name: "a", Value: inner.Draw(t, "member")}}
		}),
	)
}

func someList(t *rapid.T, label string) value.Array {
	return rapid.SliceOfN(someValue(1), 0, 12).Draw(t, label)
}

// noNames are names for refs that need none.
type noNames struct{}

func (noNames) Scope() value.Scope                   { return 0 }
func (noNames) Name(value.Ref) (string, bool)        { return "", false }
func (noNames) Parent(value.Scope) (value.Ref, bool) { return value.Ref{}, false }

func textOf(v value.Value) string { return string(value.AppendJSON(nil, v, noNames{})) }

// tallies counts the values of a list by their text: the model of a multiset.
func tallies(list value.Array) map[string]int {
	out := map[string]int{}
	for _, v := range list {
		out[textOf(v)]++
	}
	return out
}

func sameTallies(t *rapid.T, what string, got value.Array, want map[string]int) {
	t.Helper()
	counted := tallies(got)
	for k, n := range want {
		if counted[k] != n {
			t.Errorf("%s holds %s %d times, want %d", what, k, counted[k], n)
		}
		delete(counted, k)
	}
	for k, n := range counted {
		t.Errorf("%s holds %s %d times, want 0", what, k, n)
	}
}

func TestMultisets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, r := someList(t, "left"), someList(t, "right")
		left, right := tallies(l), tallies(r)
		most, least, less := map[string]int{}, map[string]int{}, map[string]int{}
		for k, n := range left {
			most[k] = max(n, right[k])
			least[k] = min(n, right[k])
			less[k] = max(0, n-right[k])
		}
		for k, n := range right {
			most[k] = max(n, left[k])
		}
		sameTallies(t, "the union", union(l, r), most)
		sameTallies(t, "the intersection", intersection(l, r), least)
		sameTallies(t, "the difference", difference(l, r), less)
		sameTallies(t, "the left side", l, left)
	})
}

func TestDistinct(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := someList(t, "list")
		seen := map[string]bool{}
		var want value.Array
		for _, v := range list {
			k := textOf(v)
			if !seen[k] {
				seen[k] = true
				want = append(want, v)
			}
		}
		got := distinct(list)
		if len(got) != len(want) {
			t.Fatalf("distinct(%v) = %v, want %v", list, got, want)
		}
		for i := range want {
			if !value.Equal(got[i], want[i]) {
				t.Fatalf("distinct(%v) = %v, want %v", list, got, want)
			}
		}
	})
}

func TestReverseTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := someList(t, "list")
		if once := apply(t, "Reverse", list); len(list) > 0 && !value.Equal(once.(value.Array)[0], list[len(list)-1]) {
			t.Errorf("reverse(%v) = %v", list, once)
		}
		if twice := apply(t, "Reverse", apply(t, "Reverse", list)); !value.Equal(twice, list) {
			t.Errorf("reverse(reverse(%v)) = %v", list, twice)
		}
	})
}

// apply calls a strict function with evaluated arguments.
func apply(t *rapid.T, name string, args ...value.Value) value.Value {
	t.Helper()
	f, _ := Lookup(name)
	v, err := f.Eval(&Context{Host: &clockHost{}}, args)
	if err != nil {
		t.Fatalf("%s(%v): %v", name, args, err)
	}
	return v
}

// The functions lt, lte, gt and gte, min and max agree with one total order.
func TestOrderAgrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(someValue(1), 3, 3).Draw(t, "values")
		a, b, c := list[0], list[1], list[2]
		is := func(name string, args ...value.Value) bool {
			return bool(apply(t, name, value.Array(args)).(value.Boolean))
		}
		less, more := is("LT", a, b), is("GT", a, b)
		if less && more || less != is("GT", b, a) || less == is("GTE", a, b) || more == is("LTE", a, b) {
			t.Errorf("%#v and %#v have no one order", a, b)
		}
		if less && is("LT", b, c) && !is("LT", a, c) {
			t.Errorf("%#v, %#v, %#v: the order is not transitive", a, b, c)
		}
		lo, hi := apply(t, "Min", value.Array(list)), apply(t, "Max", value.Array(list))
		for _, v := range list {
			if is("LT", v, lo) || is("GT", v, hi) {
				t.Errorf("of %v the least is %v and the greatest %v", list, lo, hi)
			}
		}
		if is("Equals", a, b) && less {
			t.Errorf("%#v and %#v are equal, and one is less", a, b)
		}
	})
}

// Equal values have equal hashes, whatever their kind.
func TestHash(t *testing.T) {
	d := value.NewDocument(value.Ref{Class: 1024, ID: 1}, 5, value.Object{{Name: "a", Value: value.Long(1)}})
	e := value.NewDocument(value.Ref{Class: 1024, ID: 1}, 5, nil)
	zero := value.Double(0)
	for _, pair := range [][2]value.Value{
		{value.Action("create"), value.String("create")},
		{value.Double(0), minusZero()},
		{d, e},
		{value.Object{{Name: "a", Value: d}, {Name: "b", Value: zero}}, value.Object{{Name: "b", Value: zero}, {Name: "a", Value: e}}},
		{&value.Event{TS: 1, Action: "add"}, &value.Event{TS: 1, Action: "add"}},
		{&value.Sourced{Value: zero}, &value.Sourced{Value: zero}},
		{value.NewPage(value.Array{d}), value.NewPage(value.Array{e})},
		{&value.Unresolved{Name: "a"}, &value.Unresolved{Name: "a"}},
		{&value.Set{Terms: []value.Value{zero}}, &value.Set{Terms: []value.Value{zero}}},
		{value.UUID{1}, value.UUID{1}},
		{value.TxnTime{}, value.TxnTime{}},
	} {
		if !value.Equal(pair[0], pair[1]) || hash(pair[0]) != hash(pair[1]) {
			t.Errorf("%#v and %#v: equal is %v, hashes are %d and %d", pair[0], pair[1],
				value.Equal(pair[0], pair[1]), hash(pair[0]), hash(pair[1]))
		}
	}
}
