package query_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// answers is a table of queries to a shelf. Names of sets stand for them.
type answers []struct{ name, src, want string }

var setNames = strings.NewReplacer(
	"PLAIN", `Documents(Collection("plain"))`,
	"NUMBERS", `Documents(Collection("numbers"))`,
	"LOCKED", `Documents(Collection("locked"))`,
	"PAGE", `Paginate(Documents(Collection("numbers")), { size: 2, after: 20 })`,
	"C1", `20,{"@ref":{"id":"3","collection":{"@ref":{"id":"numbers","collection":{"@ref":{"id":"collections"}}}}}}`,
	"C2", `20,{"@ref":{"id":"4","collection":{"@ref":{"id":"numbers","collection":{"@ref":{"id":"collections"}}}}}}`,
	"C3", `30,{"@ref":{"id":"5","collection":{"@ref":{"id":"numbers","collection":{"@ref":{"id":"collections"}}}}}}`,
)

func (a answers) check(t *testing.T) {
	t.Helper()
	for _, tc := range a {
		t.Run(tc.name, func(t *testing.T) {
			got := newShelf().answer(t, setNames.Replace(tc.src))
			if diff := cmp.Diff(setNames.Replace(tc.want), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.src, diff)
			}
		})
	}
}

const invalid = `"code":"invalid argument","description":`

func TestSets(t *testing.T) {
	answers{
		{"count", `Count(PLAIN)`, `5`},
		{"sum", `Sum(NUMBERS)`, `90`},
		{"mean", `Mean(NUMBERS)`, `18.0`},
		{"max", `Max(NUMBERS)`, `30`},
		{"max opens a single set", `Max([NUMBERS])`, `30`},
		{"reduce", `Reduce((n, x) => Add(n, x), 1, NUMBERS)`, `91`},
		{"a wrong element", `All(NUMBERS)`, `{"errors":[{"position":["all"],` + invalid + `"Boolean expected, Integer provided."}]}`},
		{"map", `Map(PLAIN, (x) => x)`, `{"errors":[{"position":["collection"],` + invalid + `"Array or Page expected, Set provided."}]}`},
		{"first", `First(NUMBERS)`, `10`},
		{"last", `Last(NUMBERS)`, `30`},
		{"first of none", `First(Filter(NUMBERS, (x) => false))`, `{"errors":[{"position":["first"],` + invalid + `"Non-empty set expected."}]}`},
		{"mean of none", `Mean(Filter(NUMBERS, (x) => false))`, `{"errors":[{"position":["mean"],` + invalid + `"Non-empty array expected."}]}`},
		{"is_empty", `[IsEmpty(PLAIN), IsNonEmpty(PLAIN), IsEmpty(Collections())]`, `[false,true,true]`},
		{"contains_value", `[ContainsValue(20, NUMBERS), ContainsValue(25, NUMBERS), ContainsValue(20.0, NUMBERS)]`, `[true,false,false]`},
		{"contains_value of refs", `[ContainsValue(Ref(Collection("plain"), "3"), PLAIN), ContainsValue(Ref(Collection("plain"), "9"), PLAIN)]`, `[true,false]`},
		{"contains_value of another kind", `ContainsValue("x", PLAIN)`, `false`},
		{"filter", `Count(Filter(NUMBERS, (x) => GT(x, 10)))`, `3`},
		{"filter with variables around it", `Let({ least: 20 }, Sum(Filter(NUMBERS, (x) => GTE(x, Var("least")))))`, `70`},
		{"union takes sets and system collections", `IsSet(Union(PLAIN, Collections()))`, `true`},
	}.check(t)
}

func TestSetCompatibility(t *testing.T) {
	const incompatible = `{"errors":[{"position":["union"],` + invalid + `"Sets are not compatible."}]}`
	answers{
		{"no values and an ascending one", `IsSet(Union(PLAIN, NUMBERS))`, `true`},
		{"no values and a descending one", `Union(PLAIN, Reverse(NUMBERS))`, incompatible},
		{"a history", `Union(PLAIN, Events(NUMBERS))`, incompatible},
		{"two histories", `IsSet(Union(Events(PLAIN), Events(NUMBERS)))`, `true`},
		{"a join by lambda", `IsSet(Union(Reverse(NUMBERS), Join(PLAIN, (x) => Singleton(x)), PLAIN))`, `true`},
		{"what may not be read is not looked at", `IsSet(Difference(PLAIN, LOCKED))`, `true`},
		{"mixed", `Difference([], PLAIN)`, `{"errors":[{"position":["difference"],` + invalid + `"Arguments cannot be of different types, expected Set or Array."}]}`},
		{"a page", `Intersection([1], PAGE)`, `{"errors":[{"position":["intersection",1],` + invalid + `"Set or Array expected, Page provided."}]}`},
	}.check(t)
}

func TestSetErrorsStandWhereTheSetWasMade(t *testing.T) {
	answers{
		{
			"arity", `Let({ s: Filter(NUMBERS, (a, b) => true) }, [1, Count(s)])`,
			`{"errors":[{"position":["let","s","filter","lambda"],` + invalid + `"Lambda expects an array with 2 elements. Array contains 1."}]}`,
		},
		{
			"result", `Count(Filter(NUMBERS, (x) => x))`,
			`{"errors":[{"position":["count","filter"],` + invalid + `"Boolean expected, Integer provided."}]}`,
		},
		{
			"body", `First(Reverse(Filter(PLAIN, (x) => GT(Abs(x), 1))))`,
			`{"errors":[{"position":["first","reverse","filter","expr","gt",0,"abs"],` + invalid + `"Number expected, Ref provided."}]}`,
		},
		{
			"of a join", `Count(Join(PLAIN, (x) => 5))`,
			`{"errors":[{"position":["count","with"],` + invalid + `"Ref or Set expected, Integer provided."}]}`,
		},
	}.check(t)
}

func TestSetRefusals(t *testing.T) {
	denied := func(position string) string {
		return `{"errors":[{"position":` + position + `,"code":"permission denied","description":"Insufficient privileges to perform the action."}]}`
	}
	answers{
		{"count", `[Count(LOCKED)]`, denied(`[0,"count"]`)},
		{"mean", `Mean(LOCKED)`, denied(`["mean"]`)},
		{"min", `Min(LOCKED)`, denied(`["min"]`)},
		{"reduce", `Reduce((a, b) => a, 0, LOCKED)`, denied(`["reduce"]`)},
		{"first", `First(LOCKED)`, denied(`["first"]`)},
		{"is_empty", `IsEmpty(LOCKED)`, denied(`["is_empty"]`)},
		{"contains_value", `Do(ContainsValue(1, LOCKED))`, denied(`["do",0]`)},
	}.check(t)
}

func TestPages(t *testing.T) {
	answers{
		{"as it is", `PAGE`, `{"before":[20],"after":[C3],"data":[20,20]}`},
		{"map", `Map(PAGE, (x) => Add(x, 1))`, `{"before":[20],"after":[C3],"data":[21,21]}`},
		{"foreach", `Foreach(PAGE, (x) => Add(x, 1))`, `{"before":[20],"after":[C3],"data":[20,20]}`},
		{"filter", `Filter(PAGE, (x) => false)`, `{"before":[20],"after":[C3],"data":[]}`},
		{"filter reports at the element", `Filter(PAGE, (x) => x)`, `{"errors":[{"position":[0],` + invalid + `"Boolean expected, Integer provided."},{"position":[1],` + invalid + `"Boolean expected, Integer provided."}]}`},
		{"distinct", `Distinct(PAGE)`, `{"before":[20],"after":[C3],"data":[20]}`},
		{"reverse", `Reverse(Map(PAGE, (x) => [x]))`, `{"before":[20],"after":[C3],"data":[[20],[20]]}`},
		{"take 1", `Take(1, PAGE)`, `{"before":[20],"after":[C2],"data":[20]}`},
		{"take 0", `Take(0, PAGE)`, `{"before":[20],"after":[C1],"data":[]}`},
		{"take all", `Take(5, PAGE)`, `{"before":[20],"after":[C3],"data":[20,20]}`},
		{"take less than none", `Take(-1, PAGE)`, `{"before":[20],"after":[20],"data":[]}`},
		{"take less than none of a first page", `Take(-1, Paginate(NUMBERS, { size: 1 }))`, `{"data":[]}`},
		{"take goes by the elements read", `Take(1, Map(PAGE, (x) => null))`, `{"before":[20],"after":[C2],"data":[null]}`},
		{"take goes by the elements kept", `Take(0, Filter(Paginate(NUMBERS), (x) => GT(x, 20)))`, `{"after":[C3],"data":[]}`},
		{"drop 1", `Drop(1, PAGE)`, `{"before":[C2],"after":[C3],"data":[20]}`},
		{"drop 0", `Drop(0, Paginate(Filter(NUMBERS, (x) => GT(x, 20))))`, `{"before":[C3],"data":[30]}`},
		{"drop all", `Drop(2, PAGE)`, `{"before":[C3],"after":[C3],"data":[]}`},
		{"drop less than none", `Drop(-1, PAGE)`, `{"before":[20],"after":[C3],"data":[20,20]}`},
		{"drop and take", `Take(1, Drop(1, Paginate(NUMBERS, { size: 4, after: 20 })))`, `{"before":[C2],"after":[C3],"data":[20]}`},
		{"count", `Count(PAGE)`, `{"before":[20],"after":[C3],"data":[2]}`},
		{"max", `Max(PAGE)`, `{"before":[20],"after":[C3],"data":[20]}`},
		{"reduce of none", `Reduce((a, b) => a, 0, Take(0, Paginate(NUMBERS)))`, `{"after":[10,{"@ref":{"id":"1","collection":{"@ref":{"id":"numbers","collection":{"@ref":{"id":"collections"}}}}}}],"data":[0]}`},
		{"is_empty", `[IsEmpty(PAGE), IsNonEmpty(PAGE)]`, `[false,true]`},
		{"first", `First(PAGE)`, `{"errors":[{"position":["first"],` + invalid + `"Set or Array expected, Page provided."}]}`},
		{"append", `Append(1, PAGE)`, `{"errors":[{"position":["collection"],` + invalid + `"Array expected, Page provided."}]}`},
		{"select", `Let({ p: PAGE }, [Select("data", p), Select(1, p), Select(["before"], p), ContainsPath("after", p)])`, `[[20,20],20,[20],true]`},
		{"contains_value", `[ContainsValue([20, 20], PAGE), ContainsValue([20], PAGE), ContainsValue(20, PAGE)]`, `[true,true,false]`},
		{"to_object", `ToObject(PAGE)`, `{"errors":[{"position":["to_object"],` + invalid + `"Cannot cast Page to Object."}]}`},
	}.check(t)
}
