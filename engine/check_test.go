package engine

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/kv/mem"
	"github.com/fawndb/fawn/engine/password"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// testClock is a clock that tests move; it also moves by itself, a microsecond
// each time.
type testClock struct{ micros atomic.Int64 }

func newTestClock() *testClock {
	c := &testClock{}
	c.micros.Store(1_700_000_000_000_000)
	return c
}

func (c *testClock) Now() time.Time          { return time.UnixMicro(c.micros.Add(1)) }
func (c *testClock) advance(d time.Duration) { c.micros.Add(d.Microseconds()) }

// testOptions are options with a clock of the test and cheap passwords.
func testOptions(c *testClock) Options {
	return Options{
		Clock: c.Now, RootSecret: "root", NoSync: true, SweepInterval: -1,
		PasswordCost: password.Cost{Memory: 8, Time: 1, Lanes: 1},
	}
}

func newStore(c *testClock) kv.Store {
	return mem.New(mem.Options{Clock: func() int64 { return c.Now().UnixMicro() }})
}

// openTest opens a database in a new store in memory. At the end of the test
// it must pass Check.
func openTest(t *testing.T, edit func(*Options)) (*DB, *testClock) {
	t.Helper()
	clock := newTestClock()
	o := testOptions(clock)
	if edit != nil {
		edit(&o)
	}
	db, err := OpenStore(newStore(clock), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.AwaitBuilds(context.Background()); err != nil {
			t.Error(err)
		}
		mustBeClean(t, db.store)
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db, clock
}

// findings returns what Check finds.
func findings(t *testing.T, s kv.Store) []string {
	t.Helper()
	var out []string
	if err := Check(context.Background(), s, func(f Finding) { out = append(out, f.String()) }); err != nil {
		t.Fatal(err)
	}
	return out
}

func mustBeClean(t *testing.T, s kv.Store) {
	t.Helper()
	if list := findings(t, s); len(list) > 0 {
		t.Errorf("the store is damaged:\n%s", strings.Join(list[:min(20, len(list))], "\n"))
	}
}

// run runs a query as root and returns its result as JSON.
func run(t *testing.T, db *DB, q string, args ...any) string {
	t.Helper()
	res, err := db.Query(context.Background(), "root", fmt.Sprintf(q, args...), nil)
	if err != nil {
		t.Fatalf("%s: %v", fmt.Sprintf(q, args...), err)
	}
	b, err := res.AppendJSON(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// schemaOfTests has indexes of every kind over two collections.
const schemaOfTests = `Do(
	CreateCollection({name: "a"}), CreateCollection({name: "b", history_days: 1}),
	CreateIndex({name: "all", source: "_"}),
	CreateIndex({name: "by_x", source: Collection("a"), terms: [{field: ["data", "x"]}]}),
	CreateIndex({name: "sorted", source: [Collection("a"), Collection("b")],
		values: [{field: ["data", "x"], reverse: true}, {field: ["data", "name"]}, {field: "ref"}]}),
	CreateIndex({name: "times", source: Collection("b"), values: [{field: "ts"}, {field: ["data", "tags"]}]}),
	CreateIndex({name: "folded", source: Collection("a"), terms: [{field: ["data", "name"], transform: "casefold"}], unique: true}),
	CreateIndex({name: "bound", source: {collection: Collection("a"), fields: {
		double: Query(Lambda("d", Multiply(2, Select(["data", "x"], Var("d"), 0))))}},
		values: [{binding: "double"}]}),
	CreateIndex({name: "tokens", source: Tokens(), terms: [{field: "instance"}]}))`

// randomWrite is a query that writes something; it may fail.
func randomWrite(r *rand.Rand, clock *testClock) string {
	doc := fmt.Sprintf(`Ref(Collection(%q), "%d")`, []string{"a", "b"}[r.IntN(2)], r.IntN(12))
	data := fmt.Sprintf(`{data: {x: %s, name: %q, tags: %s}%s}`,
		[]string{"1", "1.0", "-7", "2", `"two"`, "null", "[1, 2]"}[r.IntN(7)],
		[]string{"ann", "Ann", "bob", "é", ""}[r.IntN(5)],
		[]string{"[]", `["p", "q"]`, `["q"]`, `{k: 1}`}[r.IntN(4)],
		[]string{"", "", "", fmt.Sprintf(", ttl: TimeAdd(Now(), %d, 'second')", r.IntN(5)-1), ", ttl: null"}[r.IntN(5)])
	action := []string{"create", "update", "delete"}[r.IntN(3)]
	switch r.IntN(15) {
	case 12:
		return fmt.Sprintf(`Insert(%s, TimeSubtract(Now(), %d, "seconds"), %q, %s)`, doc, r.IntN(20)+1, action, data)
	case 13:
		return fmt.Sprintf(`Remove(%s, Select("ts", Get(%s)), %q)`, doc, doc, action)
	case 14:
		return fmt.Sprintf(`Let({e: Select(["data", 0], Paginate(Events(%s)))}, Remove(%s, Select("ts", Var("e")), Select("action", Var("e"))))`, doc, doc)
	case 0, 1, 2:
		return fmt.Sprintf(`Create(%s, %s)`, doc, data)
	case 3, 4:
		return fmt.Sprintf(`Update(%s, %s)`, doc, data)
	case 5:
		return fmt.Sprintf(`Do(Update(%s, %s), Replace(%s, %s))`, doc, data, doc, strings.Replace(data, "1", "3", 1))
	case 6:
		return fmt.Sprintf(`Do(Delete(%s), Create(%s, %s))`, doc, doc, data)
	case 7:
		return fmt.Sprintf(`Delete(%s)`, doc)
	case 8:
		return fmt.Sprintf(`Do(Create(%s, %s), Delete(%s))`, doc, data, doc)
	case 9:
		return fmt.Sprintf(`Create(Tokens(), {instance: %s, data: {n: 1}})`, doc)
	case 10:
		return fmt.Sprintf(`Update(%s, {credentials: {password: "p%d"}})`, doc, r.IntN(9))
	default:
		clock.advance(time.Second)
		return fmt.Sprintf(`Let({k: CreateKey({role: "server"})}, If(Equals(0, %d), Delete(Select("ref", Var("k"))), 1))`, r.IntN(2))
	}
}

// randomSchema is a query that changes the schema; it may fail.
func randomSchema(r *rand.Rand) string {
	name := fmt.Sprintf("n%d", r.IntN(3))
	switch r.IntN(8) {
	case 0:
		return fmt.Sprintf(`CreateIndex({name: %q, source: Collection("a"), terms: [{field: ["data", "x"]}], values: [{field: ["data", "name"]}]})`, name)
	case 1:
		return fmt.Sprintf(`Delete(Index(%q))`, name)
	case 2:
		return fmt.Sprintf(`CreateCollection({name: %q})`, name)
	case 3:
		return fmt.Sprintf(`Delete(Collection(%q))`, name)
	case 4:
		return fmt.Sprintf(`Create(Collection(%q), {data: {x: 5}})`, name)
	case 5:
		return fmt.Sprintf(`CreateDatabase({name: %q})`, name)
	case 6:
		return fmt.Sprintf(`Delete(Database(%q))`, name)
	default:
		return fmt.Sprintf(`Update(Index(%q), {name: "n%d"})`, name, r.IntN(3))
	}
}

// fill makes a random database.
func fill(t *testing.T, db *DB, clock *testClock, r *rand.Rand, n int) {
	t.Helper()
	run(t, db, schemaOfTests)
	failed := 0
	for range n {
		q := randomWrite(r, clock)
		if r.IntN(6) == 0 {
			q = randomSchema(r)
		}
		if r.IntN(40) == 0 {
			if err := db.Sweep(context.Background()); err != nil {
				t.Fatal(err)
			}
			clock.advance(time.Duration(r.IntN(100)) * time.Minute)
		}
		_, err := db.Query(context.Background(), "root", q, nil)
		var e *query.Error
		switch {
		case err == nil:
		case query.IsErrors(err) || errors.As(err, &e):
			failed++
		default:
			t.Fatalf("%s: %v", q, err)
		}
	}
	if failed > n*3/4 {
		t.Fatalf("%d of %d queries failed", failed, n)
	}
}

func newRand(t *testing.T) *rand.Rand {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// TestCheckHealthy fills databases at random: they must be clean.
func TestCheckHealthy(t *testing.T) {
	for round := range 12 {
		db, clock := openTest(t, func(o *Options) {
			if round%2 == 0 {
				o.BuildAtOnce = -1
			}
		})
		fill(t, db, clock, newRand(t), 250)
		mustBeClean(t, db.store)
		clock.advance(time.Duration(round) * 8 * time.Hour)
		if err := db.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		if err := db.AwaitBuilds(context.Background()); err != nil {
			t.Fatal(err)
		}
		mustBeClean(t, db.store)
		if t.Failed() {
			return
		}
	}
}

// copyStore returns a copy of a store.
func copyStore(t *testing.T, s kv.Store, clock *testClock) kv.Store {
	t.Helper()
	snap, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	b := &kv.Batch{}
	it := snap.Scan(nil, nil, false)
	defer it.Close()
	for it.Next() {
		b.Writes = append(b.Writes, kv.Write{Key: slices.Clone(it.Key()), Value: slices.Clone(it.Value())})
	}
	out := newStore(clock)
	clock.advance(time.Second)
	if _, err := out.Commit(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = out.Close() })
	return out
}

// firstKey returns the first entry whose key begins with prefix and for which
// ok, if there is one, holds.
func firstKey(t *testing.T, s kv.Store, prefix string, ok func(key, val []byte) bool) (key, val []byte) {
	t.Helper()
	snap, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	it := snap.Scan([]byte(prefix), after([]byte(prefix)), false)
	defer it.Close()
	for it.Next() {
		if ok == nil || ok(it.Key(), it.Value()) {
			return slices.Clone(it.Key()), slices.Clone(it.Value())
		}
	}
	t.Fatalf("there is no entry under %q", prefix)
	return nil, nil
}

// TestCheckDamage damages a healthy database in every way that Check knows.
func TestCheckDamage(t *testing.T) {
	db, clock := openTest(t, nil)
	run(t, db, schemaOfTests)
	run(t, db, `Do(CreateDatabase({name: "child"}), CreateKey({role: "admin"}),
		Create(Ref(Collection("a"), "1"), {data: {x: 1, name: "n"}}), Create(Ref(Collection("a"), "2"), {data: {x: 2}}),
		Create(Ref(Collection("a"), "3"), {data: {x: 1}, ttl: Time("2100-01-01T00:00:00Z")}),
		Create(Tokens(), {instance: Ref(Collection("a"), "1")}))`)
	run(t, db, `Update(Ref(Collection("a"), "1"), {data: {x: 3}})`)
	run(t, db, `Delete(Ref(Collection("a"), "2"))`)
	mustBeClean(t, db.store)

	class := func(space byte, c value.Class) string { return string(appendClass([]byte{space}, 0, c)) }
	remove := func(prefix string) func(*testing.T, kv.Store) []kv.Write {
		return func(t *testing.T, s kv.Store) []kv.Write {
			key, _ := firstKey(t, s, prefix, nil)
			return []kv.Write{{Key: key, Delete: true}}
		}
	}
	put := func(key string, val ...byte) func(*testing.T, kv.Store) []kv.Write {
		return func(*testing.T, kv.Store) []kv.Write { return []kv.Write{{Key: []byte(key), Value: val}} }
	}
	edit := func(prefix string, f func(key, val []byte) ([]byte, []byte)) func(*testing.T, kv.Store) []kv.Write {
		return func(t *testing.T, s kv.Store) []kv.Write {
			key, val := firstKey(t, s, prefix, nil)
			newKey, newVal := f(slices.Clone(key), val)
			out := []kv.Write{{Key: newKey, Value: newVal}}
			if !bytes.Equal(key, newKey) {
				out = append(out, kv.Write{Key: key, Delete: true})
			}
			return out
		}
	}
	a := class(spaceLive, 1024)
	for _, test := range []struct {
		name   string
		damage func(*testing.T, kv.Store) []kv.Write
		want   string
	}{
		{"a live entry is gone", remove("i"), "is missing"},
		{"a past entry is gone", remove("j"), "a past entry of document"},
		{"a live entry too many", edit("i", func(k, v []byte) ([]byte, []byte) {
			return append(k[:len(k)-8], 0, 0, 0, 0, 0, 0, 0, 9), v
		}), "should not be there"},
		{"a past entry too many", edit("j", func(k, v []byte) ([]byte, []byte) {
			k[len(k)-1]--
			return k, v
		}), "a past entry of document 1024/2 of database 0 should not be there"},
		{"an entry with another time", edit("i", func(k, v []byte) ([]byte, []byte) {
			v[8]++
			return k, v
		}), "is not as it should be"},
		{"an entry with other values", edit(class('i', 32770), func(k, v []byte) ([]byte, []byte) {
			v[len(v)-1]++
			return k, v
		}), "is not as it should be"},
		{"entries of no index", put(class('i', 40000) + "\x00123456789012"), "index 40000, which does not exist"},
		{"a short entry", put(class('i', 32768) + "\x00"), "is no key of an entry"},
		{"a document changed", edit(a, func(k, v []byte) ([]byte, []byte) {
			return k, bytes.Replace(v, []byte{'x', 3}, []byte{'x', 4}, 1)
		}), "should not be there"},
		{"a document is cut short", edit(a, func(k, v []byte) ([]byte, []byte) { return k, v[:len(v)-2] }), "cannot be read"},
		{"a document is gone", remove(a), "its history does not end with a deletion"},
		{"a document from the future", edit(a, func(k, v []byte) ([]byte, []byte) {
			v[1] = 0x70
			return k, v
		}), "a version has the time"},
		{"a document without collection", put(class(spaceLive, 1500)+"12345678", 0), "collection 1500 does not exist"},
		{"a document without database", put(string(appendClass([]byte{spaceLive}, 77, 1024))+"12345678", 0), "has documents"},
		{"a document's key is short", put(class(spaceLive, 1024) + "1"), "is no key of a document"},
		{"history out of order", edit(class(spaceHistory, 1024), func(k, v []byte) ([]byte, []byte) {
			copy(k[historyStamp:], binary.BigEndian.AppendUint64(nil, ^uint64(1_700_000_000_900_000)))
			copy(v[1:], binary.BigEndian.AppendUint64(nil, 1_700_000_000_900_000))
			return k, v
		}), "is not newer than the history"},
		{"a version at another time", edit(class(spaceHistory, 1024), func(k, v []byte) ([]byte, []byte) {
			v[8]--
			return k, v
		}), "stands at"},
		{"a note of a ttl is gone", remove("t"), "nothing notes that it expires"},
		{"a note of a ttl too many", put(string(ttlKey(5, value.Ref{Class: 1024, ID: 1}))), "a note says that it expires at 5"},
		{"a place of a key is gone", remove("k"), "the key has no place"},
		{"a place of a key too many", put(string(keyKey(5, 0))), "there is a place of the key, but no key"},
		{"a seal of no token", put(string(sealKey(value.Ref{ID: 5})), 0x92, 0x90, 0x80), "there is a seal of the token, but no token"},
		{"a digest of no seal", put(string(digestKey(Digest{1})), appendRef(nil, value.Ref{ID: 5})...), "a digest leads to the token"},
		{"a digest to nowhere", put(string(digestKey(Digest{1})), 1), "is no digest of a token"},
		{"a global id is gone", remove("g"), "its global id leads to"},
		{"a global id too many", put(string(globalKey(5)), 0, 0, 0, 1), "leads to it too"},
		{"a global id to nowhere", put(string(globalKey(5)), 0, 0, 0, 9), "leads to database 9, which does not exist"},
		{"a database's number is gone", remove("s"), "does not exist"},
		{"a database's document is gone", remove(class(spaceLive, value.Databases)), "it has no document"},
		{"a counter is gone", remove("n\x00\x00\x00\x00collection"), "the next number of its kind collection"},
		{"a counter is low", edit("n\x00\x00\x00\x00index", func(k, v []byte) ([]byte, []byte) {
			return k, binary.BigEndian.AppendUint64(nil, 32770)
		}), "but 32774 is taken"},
		{"the counter of databases is low", edit("n\x00\x00\x00\x00scope", func(k, v []byte) ([]byte, []byte) {
			return k, make([]byte, 8)
		}), "but 1 is taken"},
		{"a token without digest", edit(class(spaceLive, value.Tokens), func(k, v []byte) ([]byte, []byte) {
			return k, bytes.Replace(v, []byte("hashed_secret"), []byte("hashed_sacret"), 1)
		}), "it has no digest of a secret"},
		{"a build of no index", put(string(buildKey(value.Ref{ID: 40000})), make([]byte, buildSize)...), "is being built, but does not exist"},
		{"a build that cannot be read", put(string(buildKey(value.Ref{ID: 32768})), 9), "cannot be read"},
		{"an unknown space", put("zebra"), "in no known space"},
		{"another format", put(string(metaKey(metaFormat)), 9), "its format is"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := copyStore(t, db.store, clock)
			if _, err := s.Commit(context.Background(), &kv.Batch{Writes: test.damage(t, s)}); err != nil {
				t.Fatal(err)
			}
			list := findings(t, s)
			if !slices.ContainsFunc(list, func(f string) bool { return strings.Contains(f, test.want) }) {
				t.Errorf("no finding says %q:\n%s", test.want, strings.Join(list, "\n"))
			}
		})
	}
}
