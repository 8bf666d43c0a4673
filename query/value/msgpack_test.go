package value

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"
	"pgregory.net/rapid"
)

// sampleFields are the fields of a token, about as they are stored.
var sampleFields = Object{
	{"instance", user1},
	{"hashed_secret", Bytes(bytes.Repeat([]byte{7}, 32))},
	{"data", Object{
		{"name", String("laptop of alice")},
		{"last", Time{1700000000, 0}},
		{"tags", Array{String("a"), Double(1.5), Long(-5), Boolean(true)}},
		{"agent", String("Mozilla/5.0 (X11; Linux x86_64)")},
	}},
	{"ttl", Time{1800000000, 0}},
}

func mustPack(t testing.TB, v Value) []byte {
	t.Helper()
	raw, err := AppendMsgpack(nil, v, nil)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestMsgpackRoundTrip(t *testing.T) {
	values := []Value{
		Null{},
		Boolean(true), Boolean(false),
		Double(0), Double(math.Inf(1)), Double(-1.5),
		String(""), String("é\x00"), String(make([]byte, 31)), String(make([]byte, 32)), String(make([]byte, 256)), String(make([]byte, 70000)),
		Bytes{},
		Bytes(make([]byte, 255)), Bytes(make([]byte, 256)), Bytes(make([]byte, 70000)),
		UUID{1, 15: 2},
		Time{0, 0},
		Time{math.MaxUint32, 0},
		Time{math.MaxUint32 + 1, 0},
		Time{1, 1},
		Time{1<<34 - 1, 999999999},
		Time{1 << 34, 5},
		Time{-1, 999999999},
		Time{minSecond, 0},
		Time{maxSecond, 999999999},
		Date(0), MinDate, MaxDate,
		Array(nil), make(Array, 0),
		Array{Array{}, Long(1)},
		Object{},
		Object{{"b", Long(1)}, {"a", Object{}}, {"", Null{}}},
		user1,
		Ref{math.MaxUint32, math.MaxUint32, math.MinInt64},
		users,
		&Unresolved{Class: Collections, Name: "x", ID: "1", Path: []string{"a", "b"}}, &Unresolved{Class: Indexes, Name: "i"},
		identity, lambda("2.12", `["a","_"]`, `1`),
		lambda("4", `"x"`, `1`, Field{"a", Object{{"b", identity}}}, Field{"s", &Set{Op: SetMatch, Ref: nameIndex, Terms: []Value{Long(1), Null{}}}}),
		lambda("4", `"x"`, `1`, Field{"s", &Set{
			Op: SetFilter, Lambda: identity,
			Sets: []Value{&Set{Op: SetRange, Sets: []Value{CollectionRef(1, Tokens)}, From: []Value{Long(1)}, FromBare: true, To: []Value{Long(2), user1}}},
		}}),
		sampleFields,
	}
	for _, n := range []int64{0, 1, 127, 128, 255, 256, 65535, 65536, math.MaxUint32, math.MaxUint32 + 1, math.MaxInt64} {
		values = append(values, Long(n), Long(-n), Long(-n-1))
	}
	for _, n := range []int{15, 16, 65535, 65536} {
		array, object := make(Array, n), make(Object, n)
		for i := range n {
			array[i], object[i] = Long(0), Field{"x", Long(0)}
		}
		values = append(values, array, object)
	}
	for _, v := range values {
		raw := mustPack(t, v)
		got, err := DecodeMsgpack(raw)
		if err != nil {
			t.Fatalf("%.200x: %v", raw, err)
		}
		if !Equal(got, v) || Compare(got, v) != 0 || got.Kind() != v.Kind() {
			t.Errorf("%.200x decodes to %#v", raw, got)
		}
		if again := mustPack(t, got); !bytes.Equal(raw, again) {
			t.Errorf("%.200x is packed again as %.200x", raw, again)
		}
	}
}

// TestMsgpackForms lists values that are stored as other kinds.
func TestMsgpackForms(t *testing.T) {
	match := &Set{Op: SetMatch, Ref: nameIndex, Terms: []Value{&Set{Op: SetDocuments, Ref: users}}}
	cases := []struct{ v, want Value }{
		{Action("add"), String("add")},
		{NewDocument(user1, 5, Object{{"data", Long(1)}}), Object{{"ref", user1}, {"ts", Long(5)}, {"data", Long(1)}}},
		{NewDocument(user1, 0, nil), Object{{"ref", user1}, {"ts", Long(0)}}},
		{&Event{TS: 1, Action: "create", Document: user1, Data: Null{}}, Object{{"ts", Long(1)}, {"action", String("create")}, {"document", user1}, {"data", Null{}}}},
		{&Sourced{Long(1), []Value{match}}, Object{{"value", Long(1)}, {"sources", Array{Object{{"@set", Object{{"match", nameIndex}, {"terms", Object{{"@set", Object{{"documents", users}}}}}}}}}}}},
		{&Page{data: Array{Long(1)}, After: Array{}}, Object{{"after", Array{}}, {"data", Array{Long(1)}}}},
		{&Set{Op: SetFilter, Lambda: identity, Sets: []Value{users}}, Object{{"@set", Object{{"filter", identity}, {"collection", users}}}}},
	}
	for _, c := range cases {
		got, err := DecodeMsgpack(mustPack(t, c.v))
		if err != nil || !Equal(got, c.want) {
			t.Errorf("%#v is stored as %#v, %v", c.v, got, err)
		}
	}
}

func TestStamps(t *testing.T) {
	const ts = 1700000000123456
	v := Object{
		{"a", TxnTime{}},
		{"doc", NewDocument(user1, 0, nil)},
		{"fn", lambda("4", `"x"`, `1`, Field{"t", Array{TxnTime{}}}, Field{"s", &Set{Op: SetMatch, Terms: []Value{TxnTime{}}}})},
		{"event", &Event{Action: "add", Document: user1}},
	}
	stamps := []int{-1}
	raw, err := AppendMsgpack([]byte("before"), v, &stamps)
	if err != nil || len(stamps) != 6 || stamps[0] != -1 {
		t.Fatalf("stamps %v, %v", stamps, err)
	}
	for _, at := range stamps[1:] {
		binary.BigEndian.PutUint64(raw[at:], ts)
	}
	got, err := DecodeMsgpack(raw[len("before"):])
	if err != nil || !Equal(got, mustUnpack(t, mustPack(t, Resolve(v, ts)))) {
		t.Errorf("stamped: %#v, %v", got, err)
	}
}

func mustUnpack(t testing.TB, raw []byte) Value {
	t.Helper()
	v, err := DecodeMsgpack(raw)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestMsgpackLibrary reads our bytes with package msgpack, and its bytes.
func TestMsgpackLibrary(t *testing.T) {
	v := Object{
		{"n", Null{}},
		{"t", Boolean(true)},
		{"i", Long(-70000)},
		{"u", Long(1 << 40)},
		{"f", Double(1.5)},
		{"s", String("é")},
		{"b", Bytes{1}},
		{"ts", Time{1700000000, 5}},
		{"old", Time{-5, 0}},
		{"a", Array{Long(1), Object{}}},
	}
	want := map[string]any{
		"n": nil, "t": true, "i": int32(-70000), "u": uint64(1 << 40), "f": 1.5,
		"s": "é", "b": []byte{1}, "ts": time.Unix(1700000000, 5), "old": time.Unix(-5, 0), "a": []any{int8(1), map[string]any{}},
	}
	dec := msgpack.NewDecoder(bytes.NewReader(mustPack(t, v)))
	got, err := dec.DecodeInterface()
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("the library reads our bytes otherwise (-want +got):\n%s", diff)
	}

	var buf bytes.Buffer
	enc := msgpack.NewEncoder(&buf)
	enc.SetSortMapKeys(true)
	enc.UseCompactInts(true)
	if err := enc.Encode(want); err != nil {
		t.Fatal(err)
	}
	if back := mustUnpack(t, buf.Bytes()); !Equal(back, v) {
		t.Errorf("we read its bytes as %#v", back)
	}
}

func TestMsgpackCodes(t *testing.T) {
	pairs := [][2]byte{
		{codePosFixIntMax, msgpcode.PosFixedNumHigh},
		{codeNegFixIntMin, msgpcode.NegFixedNumLow},
		{codeFixMap, msgpcode.FixedMapLow},
		{codeFixMapMax, msgpcode.FixedMapHigh},
		{codeFixArray, msgpcode.FixedArrayLow},
		{codeFixArrayMax, msgpcode.FixedArrayHigh},
		{codeFixStr, msgpcode.FixedStrLow},
		{codeFixStrMax, msgpcode.FixedStrHigh},
		{codeNil, msgpcode.Nil},
		{codeFalse, msgpcode.False},
		{codeTrue, msgpcode.True},
		{codeBin8, msgpcode.Bin8},
		{codeBin16, msgpcode.Bin16},
		{codeBin32, msgpcode.Bin32},
		{codeExt8, msgpcode.Ext8},
		{codeExt16, msgpcode.Ext16},
		{codeExt32, msgpcode.Ext32},
		{codeFloat64, msgpcode.Double},
		{codeUint8, msgpcode.Uint8},
		{codeUint16, msgpcode.Uint16},
		{codeUint32, msgpcode.Uint32},
		{codeUint64, msgpcode.Uint64},
		{codeInt8, msgpcode.Int8},
		{codeInt16, msgpcode.Int16},
		{codeInt32, msgpcode.Int32},
		{codeInt64, msgpcode.Int64},
		{codeFixExt1, msgpcode.FixExt1},
		{codeFixExt2, msgpcode.FixExt2},
		{codeFixExt4, msgpcode.FixExt4},
		{codeFixExt8, msgpcode.FixExt8},
		{codeFixExt16, msgpcode.FixExt16},
		{codeStr8, msgpcode.Str8},
		{codeStr16, msgpcode.Str16},
		{codeStr32, msgpcode.Str32},
		{codeArray16, msgpcode.Array16},
		{codeArray32, msgpcode.Array32},
		{codeMap16, msgpcode.Map16},
		{codeMap32, msgpcode.Map32},
	}
	for _, p := range pairs {
		if p[0] != p[1] {
			t.Errorf("code %#x, in package msgpcode %#x", p[0], p[1])
		}
	}
}

func TestDamaged(t *testing.T) {
	nested := bytes.Repeat([]byte{codeFixArray | 1}, MaxDepth+2)
	cases := map[string][]byte{
		"empty":                  {},
		"trailing":               {codeNil, codeNil},
		"unused code":            {0xc1},
		"float32":                {0xca, 0, 0, 0, 0},
		"integer too large":      {codeUint64, 0x80, 0, 0, 0, 0, 0, 0, 0},
		"string too long":        {codeStr32, 0xff, 0xff, 0xff, 0xff},
		"array too long":         {codeArray32, 0xff, 0xff, 0xff, 0xff},
		"map too long":           {codeMap32, 0x7f, 0xff, 0xff, 0xff, 0},
		"map without values":     {codeFixMap | 1, codeFixStr},
		"key not a string":       {codeFixMap | 1, 1, 1},
		"unknown extension":      {codeFixExt1, 99, 0},
		"extension without type": {codeFixExt1},
		"short ref":              {codeFixExt8, extRef, 0, 0, 0, 0, 0, 0, 0, 0},
		"date out of range":      {codeFixExt8, extDate, 0x7f, 0, 0, 0, 0, 0, 0, 0},
		"nanoseconds":            {codeFixExt8, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0},
		"time out of range":      {codeExt8, 12, 0xff, 0, 0, 0, 0, 0x7f, 0, 0, 0, 0, 0, 0, 0},
		"empty lambda":           {codeExt8, 0, extLambda},
		"lambda with rest":       {codeExt8, 5, extLambda, codeFixStr, codeFixStr, codeFixStr, codeFixMap, 0},
		"lambda beyond its end":  {codeExt8, 3, extLambda, codeFixStr, codeFixStr, codeFixStr, codeFixMap},
		"filter without lambda":  slices.Concat([]byte{codeExt8, 26, extSet, byte(SetFilter), codeFixExt16, extRef}, make([]byte, 16), []byte{codeFixArray, codeFixArray, codeNil, codeFixArray, codeFixArray, codeFalse, codeFalse}),
		"unknown set":            {codeExt8, 1, extSet, 100},
		"too deep":               append(nested, codeNil),
	}
	for name, raw := range cases {
		if v, err := DecodeMsgpack(raw); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: decoded to %#v, %v", name, v, err)
		}
		d := StoredDocument(user1, 1, slices.Concat([]byte{codeFixMap | 1, codeFixStr | 1, 'a'}, raw))
		if _, err := (Renderer{Names: app}).Append(nil, d); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: rendered without an error: %v", name, err)
		}
		if _, err := d.Fields(); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: Fields returns %v", name, err)
		}
	}
	for _, raw := range [][]byte{{codeFixArray}, {1}, {codeNil}} {
		d := StoredDocument(user1, 1, raw)
		if _, err := d.Fields(); !errors.Is(err, ErrDamaged) {
			t.Errorf("fields that are not an object: %v", err)
		}
		if _, err := AppendMsgpack(nil, Array{d}, nil); !errors.Is(err, ErrDamaged) {
			t.Errorf("packing a damaged document: %v", err)
		}
	}
}

func TestTooDeep(t *testing.T) {
	nest := func(depth int) Value {
		var v Value = Null{}
		for i := range depth {
			if i%2 == 0 {
				v = Array{v}
			} else {
				v = Object{{"a", v}}
			}
		}
		return v
	}
	if v := nest(MaxDepth); !Equal(mustUnpack(t, mustPack(t, v)), v) {
		t.Error("a value of the greatest depth is not read back")
	}
	if _, err := AppendMsgpack(nil, nest(MaxDepth+1), nil); !errors.Is(err, ErrTooDeep) {
		t.Errorf("a deeper value: %v", err)
	}
}

func TestLocate(t *testing.T) {
	raw := mustPack(t, sampleFields)
	cases := []struct {
		path []string
		want Value
	}{
		{nil, sampleFields},
		{[]string{"instance"}, user1},
		{[]string{"ttl"}, Time{1800000000, 0}},
		{[]string{"data", "name"}, String("laptop of alice")},
		{[]string{"data", "agent"}, String("Mozilla/5.0 (X11; Linux x86_64)")},
		{[]string{"nope"}, nil},
		{[]string{"data", "nope"}, nil},
		{[]string{"data", "name", "deeper"}, nil},
		{[]string{"instance", "id"}, nil},
	}
	for _, c := range cases {
		found, ok, err := Locate(raw, c.path...)
		if err != nil || ok != (c.want != nil) {
			t.Errorf("%q: %v, %v", c.path, ok, err)
			continue
		}
		if ok && !Equal(mustUnpack(t, found), c.want) {
			t.Errorf("%q leads to %x", c.path, found)
		}
	}
	for n := range len(raw) {
		if _, _, err := Locate(raw[:n], "ttl"); !errors.Is(err, ErrDamaged) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
	if n := testing.AllocsPerRun(100, func() { _, _, _ = Locate(raw, "data", "agent") }); n != 0 {
		t.Errorf("Locate allocates %v times", n)
	}
}

func TestDocument(t *testing.T) {
	once := Object{{"secret", String("s")}}
	stored := StoredDocument(user1, 5, mustPack(t, sampleFields))
	stored.Once = once
	made := NewDocument(user1, 5, sampleFields)
	made.Once = once
	for _, d := range []*Document{stored, made, stored} {
		for name, want := range map[string]Value{"instance": user1, "secret": String("s"), "nope": nil, "ref": nil} {
			got, ok, err := d.Field(name)
			if err != nil || ok != (want != nil) || ok && !Equal(got, want) {
				t.Errorf("Field(%q) = %#v, %v, %v", name, got, ok, err)
			}
		}
		if fields, err := d.Fields(); err != nil || !Equal(fields, sampleFields) {
			t.Errorf("Fields() = %#v, %v", fields, err)
		}
		if o, err := d.Object(); err != nil || len(o) != len(sampleFields)+2 || o[0].Name != "ref" || o[1].Name != "ts" {
			t.Errorf("Object() = %#v, %v", o, err)
		}
	}
	if made.Raw() != nil || len(stored.Raw()) == 0 {
		t.Error("Raw is the stored fields of stored documents only")
	}
}

func TestDocumentIsShared(t *testing.T) {
	d := StoredDocument(user1, 5, mustPack(t, sampleFields))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if f, err := d.Fields(); err != nil || !Equal(f, sampleFields) {
				t.Errorf("Fields() = %#v, %v", f, err)
			}
			if _, ok, err := d.Field("data"); !ok || err != nil {
				t.Errorf("Field(data): %v, %v", ok, err)
			}
			AppendJSON(nil, d, app)
		})
	}
	wg.Wait()
}

func TestMsgpackProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := drawValue(t, 3)
		raw, err := AppendMsgpack(nil, Resolve(v, 1700000000000000), nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeMsgpack(raw)
		if err != nil {
			t.Fatalf("%x: %v", raw, err)
		}
		again, err := AppendMsgpack(nil, got, nil)
		if err != nil || !bytes.Equal(raw, again) {
			t.Fatalf("%x is packed again as %x, %v", raw, again, err)
		}
	})
}

func FuzzMsgpackDecode(f *testing.F) {
	for _, v := range ordered {
		f.Add(mustPack(f, v))
	}
	f.Add(mustPack(f, sampleFields))
	f.Add(mustPack(f, lambda("4", `"x"`, `1`, Field{"s", &Set{Op: SetFilter, Lambda: identity}})))
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc := StoredDocument(user1, 1, raw)
		out, errJSON := Renderer{Names: app}.Append(nil, doc)
		_, _, _ = Locate(raw, "a", "b")
		_, _, _ = Select(doc, Path{Member("a"), Index(1)}, app)
		v, err := DecodeMsgpack(raw)
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Fatal(err)
			}
			return
		}
		if fields, ok := v.(Object); ok {
			want, errWant := Renderer{Names: app}.Append(nil, NewDocument(user1, 1, fields))
			if errJSON != nil || errWant != nil || !bytes.Equal(out, want) {
				t.Fatalf("stored  %s, %v\ndecoded %s, %v", out, errJSON, want, errWant)
			}
		}
		again := mustPack(t, v)
		if back := mustUnpack(t, again); !bytes.Equal(mustPack(t, back), again) {
			t.Fatalf("%x does not come back", again)
		}
	})
}

func BenchmarkMsgpackEncode(b *testing.B) {
	dst := make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		dst, _ = AppendMsgpack(dst[:0], sampleFields, nil)
	}
	b.SetBytes(int64(len(dst)))
}

func BenchmarkMsgpackDecode(b *testing.B) {
	raw := mustPack(b, sampleFields)
	b.ReportAllocs()
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if _, err := DecodeMsgpack(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLocate(b *testing.B) {
	raw := mustPack(b, sampleFields)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok, _ := Locate(raw, "ttl"); !ok {
			b.Fatal("not found")
		}
	}
}

func BenchmarkStoredJSON(b *testing.B) {
	token := Object{
		{"instance", user1},
		{"hashed_secret", String("sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae")},
		{"data", Object{{"name", String("alice's phone")}}},
	}
	for name, fields := range map[string]Object{"token": token, "mixed": sampleFields} {
		r := Renderer{Names: app}
		d := StoredDocument(Ref{1, Tokens, 374960010543104}, 1700000000000000, mustPack(b, fields))
		dst := make([]byte, 0, 1024)
		dst, _ = r.Append(dst, d)
		b.Run(fmt.Sprintf("%s/bytes=%d", name, len(dst)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				dst, _ = r.Append(dst[:0], d)
			}
		})
	}
}

func BenchmarkValueJSON(b *testing.B) {
	r := Renderer{Names: app}
	d := NewDocument(user1, 1700000000000000, sampleFields)
	dst := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		dst, _ = r.Append(dst[:0], d)
	}
	b.SetBytes(int64(len(dst)))
}

func TestLocateTyped(t *testing.T) {
	ref := Ref{Scope: 1, Class: 2, ID: 3}
	raw, err := AppendMsgpack(nil, Object{{"ref", ref}, {"text", String("hello")}, {"none", String("")}, {"n", Long(7)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		ref   Ref
		isRef bool
		text  string
		nil   bool
	}{
		{"ref", ref, true, "", true},
		{"text", Ref{}, false, "hello", false},
		{"none", Ref{}, false, "", false},
		{"n", Ref{}, false, "", true},
		{"absent", Ref{}, false, "", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, ok, err := LocateRef(raw, test.name)
			if r != test.ref || ok != test.isRef || err != nil {
				t.Errorf("ref: got %v, %v, %v", r, ok, err)
			}
			s, err := LocateString(raw, test.name)
			if string(s) != test.text || (s == nil) != test.nil || err != nil {
				t.Errorf("text: got %q, %v, %v", s, s == nil, err)
			}
		})
	}
	if _, _, err := LocateRef(raw[:8], "ref"); !errors.Is(err, ErrDamaged) {
		t.Errorf("damaged ref: got %v", err)
	}
	if _, err := LocateString(raw[:30], "text"); !errors.Is(err, ErrDamaged) {
		t.Errorf("damaged text: got %v", err)
	}
}
