package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/secret"
	"github.com/fawndb/fawn/engine/transfer"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// line is a document of a user collection in a dump.
func line(collection, id, rest string) string {
	return `{"ref":{"@ref":{"id":"` + id + `","collection":{"@ref":{"id":"` + collection +
		`","collection":{"@ref":{"id":"collections"}}}}}}` + rest + "}\n"
}

// want compares problems with what they should be.
func want(t *testing.T, got []string, expected ...string) {
	t.Helper()
	if !slices.Equal(got, expected) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(expected, "\n"))
	}
}

// TestImportDump: dumps of the original service keep ids, times and every kind
// of value; collections that are missing are made.
func TestImportDump(t *testing.T) {
	const data = `,"ts":1600000000000001,"data":{"ref":{"@ref":{"id":"7","collection":{"@ref":{"id":"posts","collection":{"@ref":{"id":"collections"}}}}}},` +
		`"old":{"@ref":"classes/users/2"},"older":{"@ref":{"id":"3","class":{"@ref":{"id":"users","class":{"@ref":{"id":"classes"}}}}}},` +
		`"native":{"@ref":{"id":"tokens"}},"ts":{"@ts":"2020-01-01T00:00:00.000000001Z"},"date":{"@date":"2020-02-29"},"bytes":{"@bytes":"AQID"},` +
		`"uuid":{"@uuid":"01234567-89ab-cdef-0123-456789abcdef"},"set":{"@set":{"documents":{"@ref":{"id":"users","collection":{"@ref":{"id":"collections"}}}}}},` +
		`"query":{"@query":{"lambda":"x","expr":{"add":[{"var":"x"},1]}}},"obj":{"@obj":{"@ref":"no ref","plain":1}},"null":null,"long":1,"double":1.0,"nan":{"@double":"NaN"}}`
	array := "\ufeff [ " + line("users", "1", data) + " , \n" + line("users", "2", `,"ts":{"@ts":"2020-01-01T00:00:00Z"},"data":{}`) + "]\n"
	for name, dump := range map[string]string{
		"lines": "\n" + line("users", "1", data) + "\r\n" + strings.TrimSpace(line("users", "2", `,"ts":{"@ts":"2020-01-01T00:00:00Z"},"data":{}`)),
		"array": array,
		"one":   strings.ReplaceAll(array, "\n", ""),
		"slow":  array,
	} {
		t.Run(name, func(t *testing.T) {
			db := newSandbox(t)
			in := io.Reader(strings.NewReader(dump))
			if name == "slow" {
				in = iotest.OneByteReader(in)
			}
			out, err := db.Import(context.Background(), "root", in, engine.ImportOptions{
				Problem: func(p transfer.Problem) { t.Errorf("%+v", p) },
			})
			if err != nil || out.Documents != 2 || out.Skipped+out.Lost > 0 {
				t.Fatalf("%+v, %v", out, err)
			}
			if !slices.Equal(out.Collections, []string{"users", "posts"}) {
				t.Errorf("made %v", out.Collections)
			}
			got := db.do(`Get(Ref(Collection("users"), "1"))`)
			const shown = `{"ref":{"@ref":{"id":"1","collection":{"@ref":{"id":"users","collection":{"@ref":{"id":"collections"}}}}}},"ts":1600000000000001,"data":{` +
				`"ref":{"@ref":{"id":"7","collection":{"@ref":{"id":"posts","collection":{"@ref":{"id":"collections"}}}}}},` +
				`"old":{"@ref":{"id":"2","collection":{"@ref":{"id":"users","collection":{"@ref":{"id":"collections"}}}}}},` +
				`"older":{"@ref":{"id":"3","collection":{"@ref":{"id":"users","collection":{"@ref":{"id":"collections"}}}}}},` +
				`"native":{"@ref":{"id":"tokens"}},"ts":{"@ts":"2020-01-01T00:00:00.000000001Z"},"date":{"@date":"2020-02-29"},"bytes":{"@bytes":"AQID"},` +
				`"uuid":{"@uuid":"01234567-89ab-cdef-0123-456789abcdef"},"set":{"@obj":{"@set":{"documents":{"@ref":{"id":"users","collection":{"@ref":{"id":"collections"}}}}}}},` +
				`"query":{"@query":{"api_version":"2.12","lambda":"x","expr":{"add":[{"var":"x"},1]}}},"obj":{"@obj":{"@ref":"no ref","plain":1}},"long":1,"double":1.0,"nan":"NaN"}}`
			if got != shown {
				t.Errorf("got  %s\nwant %s", got, shown)
			}
			if got := db.do(`Select("ts", Get(Ref(Collection("users"), "2")))`); got != "1577836800000000" {
				t.Errorf("ts %s", got)
			}
		})
	}
}

// TestImportWrong: what is wrong is reported with its line and reason, and the
// rest is imported.
func TestImportWrong(t *testing.T) {
	db := newSandbox(t)
	db.root(`Do(CreateCollection({ name: "users" }), 1)`)
	db.root(`CreateIndex({ name: "by_email", source: Collection("users"), terms: [{ field: ["data", "email"] }], unique: true })`)
	db.root(`Create(Ref(Collection("users"), "1"), { data: { email: "a" } })`)
	now := db.now.Load()
	dump := line("users", "10", `,"ts":5,"data":{"email":"x"}`) +
		`{"ref":` + "\n" +
		"nonsense\n" +
		`[1, 2]` + "\n" +
		`{"ts":1,"data":{}}` + "\n" +
		`{"ref":"users/1"}` + "\n" +
		line("users", "11", `,"ts":"yesterday"`) +
		line("users", "12", `,"ts":`+strconv.FormatInt(now+1e9, 10)) +
		line("users", "13", `,"ts":5,"data":[1]`) +
		line("users", "14", `,"ts":5,"data":{"email":"a"}`) +
		line("users", "15", `,"ts":5,"ttl":{"@ts":"2100-01-01T00:00:00Z"},"permissions":{},"data":{"f":{"@ref":{"id":"f","collection":{"@ref":{"id":"functions"}}}},"l":[1,{"@ref":"indexes/i"},2]}`) +
		line("bad name", "1", `,"ts":5,"data":{}`) +
		`{"ref":{"@ref":{"id":"5","collection":{"@ref":{"id":"tokens"}}}},"ts":5,"instance":{"@ref":"classes/users/1"}}` + "\n" +
		line("users", "self", `,"ts":5`) +
		line("users", "16", `,"ts":5,"data":{"@ts":"x"}`) +
		line("users", "10", `,"ts":5,"data":{"email":"y"}`) +
		line("users", "17", `,"ts":5,"data":{"email":"z"}`)
	out, problems := db.take(dump, engine.ImportOptions{})
	want(t, problems,
		`2: skipped: Not valid JSON.`,
		`3: skipped: Not valid JSON.`,
		`4: skipped: not an object with a ref`,
		`5: skipped: it has no ref`,
		`6: skipped: its ref is not that of a document`,
		`7: skipped: its ts is not a time in microseconds`,
		`8: skipped: its time, 2024-05-01T12:16:40.000011Z, is yet to come`,
		`9: skipped: data: Invalid type Array, expected type Map.`,
		`10: skipped: it is not unique in the index by_email`,
		`11: lost: the field permissions is not kept`,
		`11: lost: data.f: there is no Function f: the ref is left out`,
		`11: lost: data.l.1: there is no Index i: the ref is left out`,
		`12: skipped: there is no Collection bad name`,
		`13: skipped: without a digest of its secret it opens nothing`,
		`14: skipped: its ref is not that of a document`,
		`15: skipped: data: Invalid time.`,
		`16: skipped: another version of it has the same time, 1970-01-01T00:00:00.000005Z`,
	)
	if out.Documents != 3 {
		t.Errorf("%+v", out)
	}
}

// TestImportDamaged: an export that is cut short, or is not as it was written,
// is reported as such.
func TestImportDamaged(t *testing.T) {
	from := rich(t)
	whole := from.export(engine.ExportOptions{Secrets: true})
	lines := strings.SplitAfter(whole, "\n")
	for name, c := range map[string]struct {
		export string
		err    error
	}{
		"no end":       {strings.Join(lines[:len(lines)-2], ""), engine.ErrTruncated},
		"half a line":  {whole[:len(whole)*2/3], engine.ErrTruncated},
		"half the end": {whole[:len(whole)-20], engine.ErrTruncated},
		"another byte": {strings.Replace(whole, `"bb@example.com"`, `"bc@example.com"`, 1), engine.ErrDigest},
		"a line less":  {strings.Join(slices.Delete(slices.Clone(lines), 30, 31), ""), engine.ErrDigest},
	} {
		t.Run(name, func(t *testing.T) {
			to := newSandbox(t)
			to.now.Store(from.now.Load() + 1)
			out, err := to.Import(context.Background(), "root", strings.NewReader(c.export), engine.ImportOptions{})
			if !errors.Is(err, c.err) || out.Documents == 0 {
				t.Errorf("%+v, %v", out, err)
			}
			// The whole can still be imported.
			o := engine.ImportOptions{Restart: errors.Is(c.err, engine.ErrDigest)}
			out, err = to.Import(context.Background(), "root", strings.NewReader(whole), o)
			if err != nil || (out.Resumed > 0) == o.Restart {
				t.Errorf("the whole: %+v, %v", out, err)
			}
		})
	}
	newer := strings.Replace(whole, `"format":1`, `"format":2`, 1)
	to := newSandbox(t)
	if _, err := to.Import(context.Background(), "root", strings.NewReader(newer), engine.ImportOptions{}); err == nil ||
		!strings.Contains(err.Error(), "the export has format 2, this version knows up to 1") {
		t.Errorf("a newer format: %v", err)
	}
}

// TestImportResumed: an import that was cut short anywhere goes on, and ends as
// if it had not been.
func TestImportResumed(t *testing.T) {
	from := rich(t)
	for i := range 3 {
		from.root(replace(`Foreach([`+numbers(0, 9000)+`], (n) => Create(Ref(Collection("posts"), Add(n, %)), { data: { n: n } }))`,
			strconv.Itoa(1000+9000*i)))
	}
	whole := from.export(engine.ExportOptions{Secrets: true})
	to := newSandbox(t)
	to.now.Store(from.now.Load() + 1)
	cut := errors.New("cut")
	for n, size := range []int{100, len(whole) / 10, len(whole) * 2 / 5, len(whole) * 4 / 5, len(whole) - 20} {
		in := io.MultiReader(strings.NewReader(whole[:size]), iotest.ErrReader(cut))
		out, err := to.Import(context.Background(), "root", in, engine.ImportOptions{})
		if !errors.Is(err, cut) {
			t.Fatalf("cut at %d: %v", size, err)
		}
		if n > 2 && out.Resumed == 0 {
			t.Errorf("cut at %d it did not go on: %+v", size, out)
		}
	}
	if _, err := to.Import(context.Background(), "root", strings.NewReader(strings.Replace(whole, `"n":7`, `"n":8`, 1)),
		engine.ImportOptions{}); !errors.Is(err, engine.ErrOther) {
		t.Errorf("another file: %v", err)
	}
	out, problems := to.take(whole, engine.ImportOptions{})
	if len(problems) > 0 || out.Resumed == 0 {
		t.Errorf("%+v, %v", out, problems)
	}
	if again := to.export(engine.ExportOptions{Secrets: true}); body(again) != body(whole) {
		t.Error(differing(body(whole), body(again)))
	}
	if out, _ := to.take(whole, engine.ImportOptions{}); out.Resumed > 0 {
		t.Error("the progress is still there")
	}
}

// TestImportDryRun: a dry run reports what an import would, and writes nothing.
func TestImportDryRun(t *testing.T) {
	from := rich(t)
	lines := from.export(engine.ExportOptions{Secrets: true}) + "\n"
	to := newSandbox(t)
	to.now.Store(from.now.Load() + 1)
	before := to.kept()
	dry, problems := to.take(lines, engine.ImportOptions{DryRun: true})
	if after := to.kept(); !mapsEqual(before, after) {
		t.Errorf("it was %v, is %v", before, after)
	}
	real, also := to.take(lines, engine.ImportOptions{})
	if dry.Documents != real.Documents || dry.Versions != real.Versions || dry.Schema != real.Schema || !slices.Equal(problems, also) {
		t.Errorf("dry %+v %v, real %+v %v", dry, problems, real, also)
	}
	dry, problems = to.take(line("nobody", "1", `,"ts":1,"data":{"r":{"@ref":"roles/r"}}`), engine.ImportOptions{DryRun: true})
	want(t, problems, "1: lost: data.r: there is no Role r: the ref is left out")
	if !slices.Equal(dry.Collections, []string{"nobody"}) || to.do(`Exists(Collection("nobody"))`) != "false" {
		t.Errorf("%+v", dry)
	}
}

func mapsEqual(a, b map[string]int) bool {
	for k := range a {
		if a[k] != b[k] {
			return false
		}
	}
	return len(a) == len(b)
}

// TestImportBelow: an export can be imported into another database than the one
// it came from, and beside it: the secrets of its tokens lead there by their
// global ids, unless those are in use.
func TestImportBelow(t *testing.T) {
	from := rich(t)
	login := `Select("secret", Login(Ref(Collection("users"), "1"), { password: "inner" }))`
	token := string(from.as("root:prod:server", login, nil).(value.String))
	var out strings.Builder
	if _, err := from.Export(context.Background(), "root:prod:admin", &out, engine.ExportOptions{Secrets: true}); err != nil {
		t.Fatal(err)
	}
	to := newSandbox(t)
	to.now.Store(from.now.Load() + 1)
	to.root(`Do(CreateDatabase({ name: "here" }), CreateDatabase({ name: "copy" }))`)
	got, err := to.Import(context.Background(), "root:here:admin", strings.NewReader(out.String()), engine.ImportOptions{})
	if err != nil || got.Skipped+got.Lost > 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	if got := to.as(token, `Select(["data", "me", "id"], Get(Ref(Collection("users"), "1")))`, nil); got != value.String("1") {
		t.Errorf("the token reads %v", got)
	}
	// A second copy has no use for the ids.
	got, err = to.Import(context.Background(), "root:copy:admin", strings.NewReader(out.String()), engine.ImportOptions{})
	if err != nil || got.Lost != 2 || got.Skipped != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if got := to.as("root:copy:admin", `Exists(Database("eu"))`, nil); got != value.Value(value.Boolean(true)) {
		t.Error("the copy has no database eu")
	}
	// The ids go with the database.
	to.root(`Delete(Database("here"))`)
	if _, err := to.Query(context.Background(), token, `1`, nil); code(err) != query.Unauthorized {
		t.Errorf("a token of a deleted database: %v", err)
	}
	if err := to.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	to.root(`CreateDatabase({ name: "again" })`)
	if _, err = to.Import(context.Background(), "root:again:admin", strings.NewReader(out.String()), engine.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	to.as(token, `CurrentToken()`, nil)
}

// TestImportFauna: secrets and passwords of the original service work after an
// import.
func TestImportFauna(t *testing.T) {
	db := newSandbox(t)
	secrets := importedSecrets(t)
	dump := line("users", "1", `,"ts":5,"data":{}`) +
		`{"ref":{"@ref":{"id":"9","collection":{"@ref":{"id":"credentials"}}}},"ts":6,"instance":{"@ref":"classes/users/1"},"hashed_password":"` + bcryptOf(t, "sekrit") + `"}` + "\n"
	for ref, s := range secrets {
		class := "tokens"
		if strings.Contains(ref, "Keys") {
			class = "keys"
		}
		dump += `{"ref":{"@ref":{"id":"5","collection":{"@ref":{"id":"` + class + `"}}}},"ts":7,"role":"server","instance":{"@ref":"classes/users/1"},"hashed_secret":"` + bcryptOf(t, s) + `"}` + "\n"
	}
	_, problems := db.take(dump, engine.ImportOptions{})
	if len(problems) != 2 { // the role of a token, the instance of a key
		t.Errorf("%v", problems)
	}
	for ref, s := range secrets {
		db.as(s, `CurrentToken()`, nil)
		db.Settle()
		db.as(s, `CurrentToken()`, nil)
		if got := db.text(`Select("hashed_secret", Get(` + ref + `))`); got != secret.Digest(s) {
			t.Errorf("%s: %s", ref, got)
		}
	}
	db.root(`Login(Ref(Collection("users"), "1"), { password: "sekrit" })`)
}

// TestImportMerges: what is there stays, and histories become one.
func TestImportMerges(t *testing.T) {
	db := newSandbox(t)
	db.root(`Do(CreateCollection({ name: "users", history_days: null }), 1)`)
	db.root(`CreateIndex({ name: "by_n", source: Collection("users"), terms: [{ field: ["data", "n"] }] })`)
	db.root(`Create(Ref(Collection("users"), "1"), { data: { n: 9 } })`)
	_, problems := db.take(line("users", "1", `,"ts":10,"data":{"n":1}`)+line("users", "1", `,"ts":20,"action":"delete"`)+
		line("users", "1", `,"ts":30,"data":{"n":3}`)+line("users", "2", `,"ts":30,"data":{"n":3}`), engine.ImportOptions{})
	want(t, problems)
	for q, expected := range map[string]string{
		`Map(Select("data", Paginate(Events(Ref(Collection("users"), "1")))), (e) => Select("action", e))`: `["create","delete","create","update"]`,
		`Select(["data", "n"], Get(Ref(Collection("users"), "1")))`:                                        `9`,
		`At(15, Select(["data", "n"], Get(Ref(Collection("users"), "1"))))`:                                `1`,
		`At(25, Exists(Ref(Collection("users"), "1")))`:                                                    `false`,
		`At(35, Count(Match(Index("by_n"), 3)))`:                                                           `2`,
		`Count(Match(Index("by_n"), 3))`:                                                                   `1`,
	} {
		if got := db.do(q); got != expected {
			t.Errorf("%s: got %s, want %s", q, got, expected)
		}
	}
	// A schema that differs stays.
	_, problems = db.take(`{"ref":{"@ref":"classes/users"},"ts":5,"name":"users","history_days":1}`+"\n"+
		`{"ref":{"@ref":"indexes/broken"},"ts":5,"name":"broken","source":5}`+"\n"+
		`{"ref":{"@ref":"functions/f"},"ts":5,"name":"g","body":{"@query":{"lambda":"x","expr":1}}}`+"\n"+
		`{"ref":{"@ref":"functions/ok"},"ts":5,"name":"ok","body":{"@query":{"lambda":"x","expr":{"call":{"@ref":"functions/f"}}}}}`+"\n", engine.ImportOptions{})
	if len(problems) != 3 {
		t.Errorf("%v", problems)
	}
	if got := db.do(`[Select("history_days", Get(Collection("users")), "none"), Exists(Function("ok"))]`); got != `["none",true]` {
		t.Errorf("got %s", got)
	}
}

// TestTransferRights: only root and admins export and import.
func TestTransferRights(t *testing.T) {
	db := newSandbox(t)
	for _, role := range []string{"server", "server-readonly", "client"} {
		key := db.text(`Select("secret", CreateKey({ role: "` + role + `" }))`)
		if _, err := db.Export(context.Background(), key, io.Discard, engine.ExportOptions{}); code(err) != query.PermissionDenied {
			t.Errorf("%s exports: %v", role, err)
		}
		if _, err := db.Import(context.Background(), key, strings.NewReader("{}"), engine.ImportOptions{}); code(err) != query.PermissionDenied {
			t.Errorf("%s imports: %v", role, err)
		}
	}
	if _, err := db.Export(context.Background(), "nobody", io.Discard, engine.ExportOptions{}); code(err) != query.Unauthorized {
		t.Errorf("a stranger: %v", err)
	}
	admin := db.text(`Select("secret", CreateKey({ role: "admin" }))`)
	if _, err := db.Export(context.Background(), admin, io.Discard, engine.ExportOptions{}); err != nil {
		t.Error(err)
	}
	db.forward(time.Second)
}

// TestImportMutated: whatever is in an export, an import ends well, and what it
// has written agrees.
func TestImportMutated(t *testing.T) {
	from := rich(t)
	whole := []byte(from.export(engine.ExportOptions{Secrets: true}))
	for seed := range uint64(150) {
		random := rand.New(rand.NewPCG(seed, 1))
		lines := bytes.Clone(whole)
		for range 1 + random.IntN(12) {
			at := random.IntN(len(lines))
			switch random.IntN(3) {
			case 0:
				lines[at] = byte(random.IntN(256))
			case 1:
				lines[at] = lines[random.IntN(len(lines))]
			default: // a line goes elsewhere
				all := bytes.SplitAfter(lines, []byte("\n"))
				i, j := random.IntN(len(all)), random.IntN(len(all))
				all[i], all[j] = all[j], all[i]
				lines = bytes.Join(all, nil)
			}
		}
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			to := newSandbox(t) // which checks itself at the end
			to.now.Store(from.now.Load() + 1)
			for range 2 {
				_, err := to.Import(context.Background(), "root", bytes.NewReader(lines), engine.ImportOptions{Restart: true})
				if err != nil && !errors.Is(err, engine.ErrDigest) && !errors.Is(err, engine.ErrTruncated) {
					t.Log(err) // the header
				}
			}
		})
	}
}
