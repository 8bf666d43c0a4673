package value

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// inSub returns the JSON of a ref of database sub, seen from app.
func inSub(id, collection string) string {
	return `{"@ref":{"id":"` + id + `","collection":{"@ref":{"id":"` + collection + `"}},"database":` + subJSON + `}}`
}

// TestJSON lists values and their form in responses. Source: chapter on the
// wire protocol, section 2; sets: chapter on documents, section 2.2.
func TestJSON(t *testing.T) {
	match := func(terms ...Value) *Set { return &Set{Op: SetMatch, Ref: nameIndex, Terms: terms} }
	documents := &Set{Op: SetDocuments, Ref: users}
	const matchJSON = `{"match":` + nameIndexJSON + `}`
	const documentsJSON = `{"@set":{"documents":` + usersJSON + `}}`
	const identityJSON = `{"api_version":"4","lambda":"x","expr":{"var":"x"}}`
	cases := []struct {
		name string
		v    Value
		want string
	}{
		{"null", Null{}, `null`},
		{"booleans", Array{Boolean(true), Boolean(false)}, `[true,false]`},
		{"longs", Array{Long(0), Long(math.MaxInt64), Long(math.MinInt64)}, `[0,9223372036854775807,-9223372036854775808]`},
		{"double", Double(1), `1.0`},
		{"infinities", Array{Double(math.Inf(1)), Double(math.Inf(-1)), Double(math.NaN())}, `["Infinity","-Infinity","NaN"]`},
		{"string", String("é/\u0001"), `"é/\u0001"`},
		{"escapes", String("\"\\\b\t\n\f\r\x00\x1f\x7f\u2028<>&"), `"\"\\\b\t\n\f\r\u0000\u001f` + "\x7f\u2028" + `<>&"`},
		{"surrogates", String("a\xed\xa0\x80b\xed\xbf\xbf\xff\xfe"), `"a?b???"`},
		{"cut character", String("\xe2\x82"), `"??"`},
		{"replacement character", String("\ufffd"), `"` + "\ufffd" + `"`},
		{"action", Action("create"), `"create"`},
		{"bytes", Bytes{0xfb, 0xff}, `{"@bytes":"+/8="}`},
		{"uuid", UUID{0x7c, 0xa9, 15: 1}, `{"@uuid":"7ca90000-0000-0000-0000-000000000001"}`},
		{"time", Time{0, 500000000}, `{"@ts":"1970-01-01T00:00:00.500Z"}`},
		{"date", Date(0), `{"@date":"1970-01-01"}`},
		{"pending time", TxnTime{}, `1700000000123456`},
		{"array", Array{Long(1), Array{}, Null{}}, `[1,[],null]`},
		{"object", Object{{"b", Long(1)}, {"a", Null{}}, {"", Object{}}}, `{"b":1,"a":null,"":{}}`},
		{"@obj", Object{{"@name", String("x")}, {"y", Long(1)}}, `{"@obj":{"@name":"x","y":1}}`},
		{"@obj inside", Object{{"a", Object{{"b", Long(1)}, {"@", Object{{"@b", Null{}}}}}}}, `{"a":{"@obj":{"b":1,"@":{"@obj":{"@b":null}}}}}`},

		{"document ref", user1, user1JSON},
		{"collection ref", users, usersJSON},
		{"name with a quote", CollectionRef(1, 1025), `{"@ref":{"id":"we\"ird","collection":{"@ref":{"id":"collections"}}}}`},
		{"index ref", nameIndex, nameIndexJSON},
		{"function ref", Ref{1, Functions, 5}, `{"@ref":{"id":"add2","collection":{"@ref":{"id":"functions"}}}}`},
		{"role ref", Ref{1, Roles, 6}, `{"@ref":{"id":"writer","collection":{"@ref":{"id":"roles"}}}}`},
		{"access provider ref", Ref{1, AccessProviders, 7}, `{"@ref":{"id":"idp","collection":{"@ref":{"id":"access_providers"}}}}`},
		{"database ref", Ref{1, Databases, 200}, subJSON},
		{"token ref", Ref{1, Tokens, 123}, `{"@ref":{"id":"123","collection":{"@ref":{"id":"tokens"}}}}`},
		{"key ref", Ref{1, Keys, 123}, `{"@ref":{"id":"123","collection":{"@ref":{"id":"keys"}}}}`},
		{"native collection", CollectionRef(1, Tokens), `{"@ref":{"id":"tokens"}}`},
		{"collections itself", CollectionRef(1, Collections), `{"@ref":{"id":"collections"}}`},
		{"collection of a child", CollectionRef(2, 1024), inSub("orders", "collections")},
		{"document of a child", Ref{2, 1024, 1}, `{"@ref":{"id":"1","collection":` + inSub("orders", "collections") + `}}`},
		{"native collection of a child", CollectionRef(2, Tokens), `{"@ref":{"id":"tokens","database":` + subJSON + `}}`},
		{"token of a child", Ref{2, Tokens, 5}, `{"@ref":{"id":"5","collection":{"@ref":{"id":"tokens","database":` + subJSON + `}}}}`},
		{"ref of the root", Ref{0, 1024, 1}, `{"@ref":{"id":"1","collection":{"@ref":{"id":"accounts","collection":{"@ref":{"id":"collections"}}}}}}`},

		{"never existed", unknown, `null`},
		{"never existed, element", Array{unknown, Long(1), unknown, Long(2), unknown}, `[1,2]`},
		{"never existed, member", Object{{"a", unknown}, {"b", Long(2)}}, `{"b":2}`},
		{"never existed, @ member", Object{{"@a", unknown}, {"b", Long(2)}}, `{"b":2}`},
		{"never existed, document", Array{NewDocument(unknown, 1, nil)}, `[]`},
		{"never existed, cursor", &Page{data: Array{}, After: unknown}, `{"after":null,"data":[]}`},
		{"no such system collection", CollectionRef(1, 5), `null`},

		{"unresolved document", &Unresolved{Class: Collections, Name: "nope", ID: "1"}, `{"@ref":{"id":"1","collection":{"@ref":{"id":"nope","collection":{"@ref":{"id":"collections"}}}}}}`},
		{"unresolved index", &Unresolved{Class: Indexes, Name: "i"}, `{"@ref":{"id":"i","collection":{"@ref":{"id":"indexes"}}}}`},
		{
			"unresolved with databases", &Unresolved{Class: Collections, Name: "c", ID: "1", Path: []string{"a", "b"}},
			`{"@ref":{"id":"1","collection":{"@ref":{"id":"c","collection":{"@ref":{"id":"collections"}},"database":{"@ref":{"id":"b","collection":{"@ref":{"id":"databases"}},"database":{"@ref":{"id":"a","collection":{"@ref":{"id":"databases"}}}}}}}}}}`,
		},
		{
			"unresolved token", &Unresolved{Class: Tokens, ID: "1", Path: []string{"a"}},
			`{"@ref":{"id":"1","collection":{"@ref":{"id":"tokens","database":{"@ref":{"id":"a","collection":{"@ref":{"id":"databases"}}}}}}}}`,
		},

		{"document", NewDocument(user1, 5, Object{{"data", Object{{"a", Long(1)}}}}), `{"ref":` + user1JSON + `,"ts":5,"data":{"a":1}}`},
		{"pending document", NewDocument(user1, 0, nil), `{"ref":` + user1JSON + `,"ts":1700000000123456}`},
		{"secret", &Document{Ref: user1, TS: 5, raw: []byte{codeFixMap}, Once: Object{{"secret", String("s")}}}, `{"ref":` + user1JSON + `,"ts":5,"secret":"s"}`},
		{"page", &Page{data: Array{Long(1)}}, `{"data":[1]}`},
		{"page with cursors", &Page{data: Array{user1}, Before: Array{user1}, After: Array{Null{}}}, `{"before":[` + user1JSON + `],"after":[null],"data":[` + user1JSON + `]}`},
		{"document event", &Event{TS: 1, Action: "create", Document: user1, Data: Null{}}, `{"ts":1,"action":"create","document":` + user1JSON + `,"data":null}`},
		{"set event", &Event{TS: 1, Action: "add", Document: user1, Data: Array{Long(1)}}, `{"ts":1,"action":"add","document":` + user1JSON + `,"data":[1]}`},
		{"set event without values", &Event{TS: 1, Action: "add", Document: user1, Data: Array{}}, `{"ts":1,"action":"add","document":` + user1JSON + `}`},
		{"pending event", &Event{Action: "update", Document: user1, Data: Object{}}, `{"ts":1700000000123456,"action":"update","document":` + user1JSON + `,"data":{}}`},
		{"event cursor", (&Event{TS: 1, Action: "create", Document: user1, Data: Object{}}).cursor(), `{"ts":1,"action":"create","document":` + user1JSON + `}`},
		{"set event cursor", (&Event{TS: 1, Action: "remove", Document: user1, Data: Array{Long(1)}}).cursor(), `{"ts":1,"action":"remove","document":` + user1JSON + `,"data":[1]}`},
		{"bare time cursor", &Event{TS: 0, Action: "add", Cursor: true, Partial: true}, `{"ts":0,"action":"add"}`},
		{"sources", &Sourced{Value: Long(1), Sources: []Value{match(String("a"))}}, `{"value":1,"sources":[{"@set":{"match":` + nameIndexJSON + `,"terms":"a"}}]}`},

		{"match", match(), `{"@set":` + matchJSON + `}`},
		{"match with terms", match(String("a"), Long(1)), `{"@set":{"match":` + nameIndexJSON + `,"terms":["a",1]}}`},
		{"match with an array", match(Array{Long(1), Long(2)}), `{"@set":{"match":` + nameIndexJSON + `,"terms":[[1,2]]}}`},
		{"match with a lambda", match(identity), `{"@set":{"match":` + nameIndexJSON + `,"terms":{"@query":` + identityJSON + `}}}`},
		{"documents", documents, documentsJSON},
		{"singleton", &Set{Op: SetSingleton, Ref: user1}, `{"@set":{"singleton":` + user1JSON + `}}`},
		{"events of a ref", &Set{Op: SetEvents, Ref: user1}, `{"@set":{"events":` + user1JSON + `}}`},
		{"events of a set", &Set{Op: SetEvents, Sets: []Value{match()}}, `{"@set":{"events":` + matchJSON + `}}`},
		{"union", &Set{Op: SetUnion, Sets: []Value{documents, match()}}, `{"@set":{"union":[` + documentsJSON + `,{"@set":` + matchJSON + `}]}}`},
		{"union of one", &Set{Op: SetUnion, Sets: []Value{documents}}, `{"@set":{"union":` + documentsJSON + `}}`},
		{"intersection", &Set{Op: SetIntersection, Sets: []Value{documents, CollectionRef(1, Tokens)}}, `{"@set":{"intersection":[` + documentsJSON + `,{"@ref":{"id":"tokens"}}]}}`},
		{"difference", &Set{Op: SetDifference, Sets: []Value{documents, documents}}, `{"@set":{"difference":[` + documentsJSON + `,` + documentsJSON + `]}}`},
		{"distinct", &Set{Op: SetDistinct, Sets: []Value{documents}}, `{"@set":{"distinct":` + documentsJSON + `}}`},
		{"join", &Set{Op: SetJoin, Sets: []Value{documents}, Lambda: identity}, `{"@set":{"join":` + documentsJSON + `,"with":` + identityJSON + `}}`},
		{"join with an index", &Set{Op: SetJoin, Sets: []Value{documents}, Ref: nameIndex}, `{"@set":{"join":` + documentsJSON + `,"with":` + nameIndexJSON + `}}`},
		{"events of a join", &Set{Op: SetEvents, Sets: []Value{&Set{Op: SetJoin, Sets: []Value{documents}, Lambda: identity}}}, `{"@set":{"events":{"join":` + documentsJSON + `,"with":` + identityJSON + `}}}`},
		{"range", &Set{Op: SetRange, Sets: []Value{documents}, From: []Value{Long(3)}, To: []Value{Long(6), user1}}, `{"@set":{"range":` + documentsJSON + `,"from":3,"to":[6,` + user1JSON + `]}}`},
		{"open range", &Set{Op: SetRange, Sets: []Value{documents}, To: []Value{Array{Long(1)}}}, `{"@set":{"range":` + documentsJSON + `,"from":[],"to":[[1]]}}`},
		{"reverse", &Set{Op: SetReverse, Sets: []Value{documents}}, `{"@set":{"reverse":` + documentsJSON + `}}`},
		{"filter", &Set{Op: SetFilter, Sets: []Value{documents}, Lambda: identity}, `{"@set":{"filter":` + identityJSON + `,"collection":` + documentsJSON + `}}`},
		{"set as an object", match(String("a")).Object(), `{"@obj":{"@set":{"match":` + nameIndexJSON + `,"terms":"a"}}}`},

		{"lambda", identity, `{"@query":` + identityJSON + `}`},
		{"old lambda", lambda("2.12", `["x","_"]`, `{"var":"x"}`), `{"@query":{"api_version":"2.12","lambda":["x","_"],"expr":{"var":"x"}}}`},
		{
			"captured", lambda("4", `["e"]`, `{"exists":{"var":"i"}}`, Field{"i", nameIndex}, Field{"o", Object{{"@a", Array{Object{}}}}}, Field{"t", TxnTime{}}, Field{"u", unknown}),
			`{"@query":{"api_version":"4","lambda":["e"],"expr":{"let":{"i":` + nameIndexJSON + `,"o":{"quote":{"@obj":{"@a":[{}]}}},"t":1700000000123456,"u":null},"in":{"exists":{"var":"i"}}}}}`,
		},
	}
	r := Renderer{Names: app, TxnTime: 1700000000123456}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := r.Append([]byte("x"), c.v)
			if err != nil || string(got) != "x"+c.want {
				t.Errorf("got  %s, %v\nwant x%s", got, err, c.want)
			}
			if !json.Valid(got[1:]) {
				t.Errorf("not JSON: %s", got[1:])
			}
		})
	}
}

func TestExpr(t *testing.T) {
	object := Object{{"add", Array{Object{}}}}
	cases := []struct {
		v    Value
		want string
	}{
		{Long(1), `1`},
		{Array{Long(1), object, Array{object}}, `[1,{"quote":{"add":[{}]}},[{"quote":{"add":[{}]}}]]`},
		{object, `{"quote":{"add":[{}]}}`},
		{NewDocument(user1, 5, object), `{"quote":{"ref":` + user1JSON + `,"ts":5,"add":[{}]}}`},
		{NewDocument(unknown, 5, nil), `{"quote":null}`},
		{&Page{data: Array{object}}, `{"quote":{"data":[{"add":[{}]}]}}`},
		{Array{Double(1), Double(math.Inf(1)), Double(math.Inf(-1)), Double(math.NaN())}, `[1.0,{"to_double":"∞"},{"to_double":"-∞"},{"to_double":"NaN"}]`},
		{user1, user1JSON},
		{unknown, `null`},
		{identity, `{"@query":{"api_version":"4","lambda":"x","expr":{"var":"x"}}}`},
	}
	for _, c := range cases {
		got, err := Renderer{Names: app}.AppendExpr(nil, c.v)
		if err != nil || string(got) != c.want {
			t.Errorf("got  %s, %v\nwant %s", got, err, c.want)
		}
	}
}

// TestStoredJSON checks that a stored document is written as the same
// document decoded.
func TestStoredJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fields := Object{}
		for _, name := range []string{"data", "ttl", "@x"} {
			fields = append(fields, Field{name, drawValue(t, 3)})
		}
		raw, err := AppendMsgpack(nil, fields, nil)
		if err != nil {
			t.Fatal(err)
		}
		stored, err := DecodeMsgpack(raw)
		if err != nil {
			t.Fatal(err)
		}
		want := AppendJSON(nil, NewDocument(user1, 7, stored.(Object)), app)
		got := AppendJSON(nil, StoredDocument(user1, 7, raw), app)
		if !bytes.Equal(got, want) {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
		if !json.Valid(got) {
			t.Fatalf("not JSON: %s", got)
		}
	})
}

func TestDamagedJSON(t *testing.T) {
	raw, err := AppendMsgpack(nil, sampleFields, nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(raw) {
		v := Array{Long(1), StoredDocument(user1, 5, raw[:n])}
		if _, err := (Renderer{Names: app}).Append(nil, v); !errors.Is(err, ErrDamaged) {
			t.Errorf("cut to %d bytes: error %v", n, err)
		}
		if got := AppendJSON([]byte("x"), v, app); string(got) != "xnull" {
			t.Errorf("cut to %d bytes: %s", n, got)
		}
	}
}

// TestJSONValues reads what was written with encoding/json.
func TestJSONValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, n, f := rapid.String().Draw(t, "s"), rapid.Int64().Draw(t, "n"), rapid.Float64().Draw(t, "f")
		var got struct {
			S string
			N int64
			F float64
			B map[string]string
		}
		out := AppendJSON(nil, Object{{"S", String(s)}, {"N", Long(n)}, {"F", Double(f)}, {"B", Bytes(s)}}, app)
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		if got.S != s || got.N != n || got.F != f {
			t.Fatalf("%s reads as %#v", out, got)
		}
		if b, ok := ParseBytes(got.B["@bytes"]); !ok || string(b) != s {
			t.Fatalf("bytes %q read as %q", s, b)
		}
	})
}

func TestIndent(t *testing.T) {
	got := string(Indent([]byte("> "), []byte(`{"a":[1,{}],"b":"{,:"}`)))
	want := "> {\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": \"{,:\"\n}"
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := string(Indent([]byte("> "), []byte(`{"a"`))); got != `> {"a"` {
		t.Errorf("broken JSON became %q", got)
	}
}

func TestParseUUID(t *testing.T) {
	const text = "7ca93aa8-3b5d-4ea3-8c2b-000102030405"
	for _, s := range []string{text, strings.ToUpper(text)} {
		if u, ok := ParseUUID(s); !ok || u.String() != text {
			t.Errorf("ParseUUID(%q) = %v, %v", s, u, ok)
		}
	}
	for _, s := range []string{"", text[1:], text + "0", strings.Replace(text, "-", "0", 1), strings.Replace(text, "7", "g", 1), strings.Repeat("-", 36)} {
		if u, ok := ParseUUID(s); ok {
			t.Errorf("ParseUUID(%q) = %v", s, u)
		}
	}
}

func TestParseBytes(t *testing.T) {
	for s, want := range map[string]string{"": "", "-_8": "\xfb\xff", "+/8=": "\xfb\xff", "YQ": "a", "YQ==": "a"} {
		if b, ok := ParseBytes(s); !ok || string(b) != want {
			t.Errorf("ParseBytes(%q) = %q, %v", s, b, ok)
		}
	}
	for _, s := range []string{"Y", "Y Q", "é", "Y=Q"} {
		if b, ok := ParseBytes(s); ok {
			t.Errorf("ParseBytes(%q) = %q", s, b)
		}
	}
}
