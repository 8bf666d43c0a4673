package wire

import "testing"

// Chapter on the wire, section 2.5.
func TestRefs(t *testing.T) {
	const (
		db    = `{"@ref":{"id":"d","collection":{"@ref":{"id":"databases"}}}}`
		inner = `{"@ref":{"id":"e","collection":{"@ref":{"id":"databases"}},"database":` + db + `}}`
	)
	check(t, []row{
		{`«users/1»`, ``},
		{`«collections/users»`, ``},
		{`«indexes/i»`, ``},
		{`«functions/f»`, ``},
		{`«roles/r»`, ``},
		{`«databases/d»`, ``},
		{`«access_providers/a»`, ``},
		{`«keys/1»`, ``},
		{`«tokens/1»`, ``},
		{`«credentials/1»`, ``},
		{`«tasks/1»`, ``},
		{`«collections»`, ``},
		{`«databases»`, ``},
		{`«indexes»`, ``},
		{`«functions»`, ``},
		{`«roles»`, ``},
		{`«keys»`, ``},
		{`«tokens»`, ``},
		{`«credentials»`, ``},
		{`«tasks»`, ``},
		{`«access_providers»`, ``},
		{`«users/self»`, ``},
		{`«tokens/self»`, ``},
		{`«credentials/self»`, ``},
		{`«collections/self»`, ``},

		{`{"@ref":{"id":1,"class":{"id":"users","class":{"id":"classes"}}}}`, `«users/1»`},
		{`{"@ref":{"collection":«collections/users»,"id":"007"}}`, `«users/7»`},
		{`{"@ref":{"id":"+5","collection":"x"}}`, `["class"] Collection Ref expected, String provided.`},
		{`«users/+5»`, `«users/5»`},
		{`«users/-5»`, ``},
		{`«users/-0»`, `«users/0»`},
		{`«users/9223372036854775807»`, ``},
		{`{"@ref":{"id":"1","collection":{"@ref":"collections/users"}}}`, `«users/1»`},

		{`{"@ref":{"id":"collections","database":` + db + `}}`, ``},
		{`{"@ref":{"id":"users","collection":«collections»,"database":` + db + `}}`, ``},
		{
			`{"@ref":{"id":"users","collection":{"@ref":{"id":"collections","database":` + db + `}}}}`,
			`{"@ref":{"id":"users","collection":«collections»,"database":` + db + `}}`,
		},
		{`{"@ref":{"id":"users","collection":«collections»,"database":` + inner + `}}`, ``},
		{`{"@ref":{"id":"1","collection":{"@ref":{"id":"users","collection":«collections»,"database":` + inner + `}}}}`, ``},
		{`{"@ref":{"id":"1","collection":{"@ref":{"id":"keys","database":` + db + `}}}}`, ``},
		{`{"@ref":{"id":"1","collection":«collections/users»,"database":null}}`, `«users/1»`},
		{
			`{"@ref":{"id":"users","collection":«collections»,"database":{"id":"d","collection":{"id":"databases"}}}}`,
			`{"@ref":{"id":"users","collection":«collections»,"database":` + db + `}}`,
		},

		{`{"@ref":"bogus/1"}`, `[] Invalid ref.`},
		{`{"@ref":"keys/self"}`, `[] Invalid ref.`},
		{`{"@ref":5}`, `[] Invalid ref.`},
		{`{"add":{"@ref":null}}`, `["add"] Invalid ref.`},
		{`{"@ref":{"foo":1}}`, `[] Ref expected, Object provided.`},
		{`{"@ref":{}}`, `[] Ref expected, Object provided.`},
		{`{"@ref":{"id":"1","foo":1}}`, `[] Ref expected, Object provided.`},
		{`{"@ref":{"id":"1","class":«collections/a»,"collection":«collections/a»}}`, `[] Ref expected, Object provided.`},
		{`{"@ref":{"id":true}}`, `["id"] String or Integer expected, Boolean provided.`},
		{`{"@ref":{"id":1.5,"collection":«collections/a»}}`, `["id"] String or Integer expected, Double provided.`},
		{`{"@ref":{"id":"bogus"}}`, `["id"] Valid native collection name expected, 'bogus' provided.`},
		{`{"@ref":{"id":7}}`, `["id"] String expected, Number provided.`},
		{`{"@ref":{"id":7,"collection":«collections»}}`, `["id"] String expected, Number provided.`},
		{`{"@ref":{"id":"1","collection":«indexes/i»}}`, `["class"] Collection Ref expected, Index Ref provided.`},
		{`{"@ref":{"id":"1","class":«users/1»}}`, `["class"] Collection Ref expected, Ref provided.`},
		{`{"@ref":{"id":"1","class":«keys/1»}}`, `["class"] Collection Ref expected, Key Ref provided.`},
		{`{"@ref":{"id":"1","class":5}}`, `["class"] Collection Ref expected, Integer provided.`},
		{`{"@ref":{"id":"1","class":{"@date":"1970-01-01"}}}`, `["class"] Collection Ref expected, Date provided.`},
		{`{"@ref":{"id":"1","class":{"@date":"x"}}}`, `["class"] Invalid date.`},
		{`{"@ref":{"id":"1","class":{"@ref":5}}}`, `["class"] Invalid ref.`},
		{`{"@ref":{"id":"1","class":{"foo":5}}}`, `["class"] Ref expected, Object provided.`},
		{`{"@ref":{"id":"x","collection":«collections»,"database":«collections/d»}}`, `["database"] Database Ref expected, Collection Ref provided.`},
		{`{"@ref":{"id":"x","collection":«collections/users»}}`, `["id"] Number or numeric String expected, non-numeric 'x' provided.`},
		{`{"@ref":{"id":"1.5","collection":«tokens»}}`, `["id"] Number or numeric String expected, non-numeric '1.5' provided.`},
		{`«users/99999999999999999999»`, `["id"] The id provided is too large: '99999999999999999999'`},
		{`«users/»`, `["id"] The id provided is too large: ''`},
		{`{"@ref":{"id":"1","collection":{"@ref":{"id":true}}}}`, `["class","id"] String or Integer expected, Boolean provided.`},
		{
			`{"@ref":{"id":"1","collection":{"@ref":{"id":"users","collection":{"@ref":{"id":"x"}}}}}}`,
			`["class","class","id"] Valid native collection name expected, 'x' provided.`,
		},
		{`{"@ref":{"id":"x","collection":«collections»,"database":{"@ref":{"id":1,"collection":«databases»}}}}`, `["database","id"] String expected, Number provided.`},
		{`{"@ref":{"id":"1","collection":«collections/users»,"database":` + db + `}}`, `["database"] Null expected, Database Ref provided.`},
		{`{"@ref":{"id":"1","collection":«keys»,"database":` + db + `}}`, `["database"] Null expected, Database Ref provided.`},
		{`«keys/self»`, `[] Invalid ref.`},
		{
			`[1,{"object":{"a":{"@ref":{"id":"x","collection":«collections/users»}}}}]`,
			`[1,"object","a","id"] Number or numeric String expected, non-numeric 'x' provided.`,
		},
	})
}

func TestOldRefs(t *testing.T) {
	for _, name := range []string{
		"databases", "collections", "indexes", "functions", "roles", "access_providers", "keys", "tokens", "credentials",
		"databases/N", "collections/N", "indexes/N", "functions/N", "roles/N", "access_providers/N",
		"keys/1", "tokens/1", "credentials/1", "tokens/self", "credentials/self",
	} {
		check(t, []row{{`{"@ref":"` + name + `"}`, `«` + name + `»`}})
	}
	check(t, []row{
		{`{"@ref":"classes"}`, `«collections»`},
		{`{"@ref":"classes/N"}`, `«collections/N»`},
		{`{"@ref":"collections/nope/1"}`, `«nope/1»`},
		{`{"@ref":"classes/N/007"}`, `«N/7»`},
		{`{"@ref":"collections/N/self"}`, `«N/self»`},
	})
	for _, bad := range []string{
		"", "/", "tasks", "tasks/1", "users", "databases/", "databases/self", "collections/events", "roles/_", "collections//1",
		"databases/d/1", "indexes/i/1", "collections/c/", "collections/c/x", "collections/c/-1", "collections/c/+1", "collections/c/1/2",
		"keys/", "keys/x", "tokens/1/2", "collections/c/99999999999999999999",
	} {
		check(t, []row{{`{"@ref":"` + bad + `"}`, `[] Invalid ref.`}})
	}
}

func TestTaggedText(t *testing.T) {
	check(t, []row{
		{`{"@ts":"1970-01-01T00:00:00+00:00"}`, `{"@ts":"1970-01-01T00:00:00Z"}`},
		{`{"@ts":"1970-01-01T00:00:00.5Z"}`, `{"@ts":"1970-01-01T00:00:00.500Z"}`},
		{`{"@ts":"1970-01-01T00:00:00.000001Z"}`, ``},
		{`{"@ts":"1970-01-01T00:00:00.123456789Z"}`, ``},
		{`{"@ts":"2020-01-01T02:00:00+02:00"}`, `{"@ts":"2020-01-01T00:00:00Z"}`},
		{`{"@ts":"2020-01-01T02:00:00"}`, `[] Invalid time.`},
		{`{"@ts":"12020-01-01T02:00:00Z"}`, `[] Invalid time.`},
		{`{"@ts":" 2020-01-01T02:00:00Z"}`, `[] Invalid time.`},
		{`{"@ts":"now"}`, `[] Invalid time.`},
		{`{"@ts":5}`, `[] Invalid time.`},
		{`{"@ts":null}`, `[] Invalid time.`},
		{`{"object":{"when":{"@ts":"x"}}}`, `["object","when"] Invalid time.`},
		{`{"@date":"1970-01-01"}`, ``},
		{`{"@date":"2019-02-29"}`, `[] Invalid date.`},
		{`{"@date":[]}`, `[] Invalid date.`},
		{`{"@bytes":"-_8"}`, `{"@bytes":"+/8="}`},
		{`{"@bytes":""}`, ``},
		{`{"@bytes":"AQI="}`, ``},
		{`{"@bytes":"A"}`, `[] Invalid bytes.`},
		{`{"@bytes":"!!!!"}`, `[] Invalid bytes.`},
		{`{"@bytes":1}`, `[] Invalid bytes.`},
		{`{"@uuid":"01234567-89ab-cdef-0123-456789abcdef"}`, ``},
		{`{"@uuid":"01234567-89AB-cdef-0123-456789abcdef"}`, `{"@uuid":"01234567-89ab-cdef-0123-456789abcdef"}`},
		{`{"@uuid":"0123456789abcdef0123456789abcdef"}`, `[] Invalid UUID.`},
		{`{"@uuid":{}}`, `[] Invalid UUID.`},
	})
}

func TestQueryLiteral(t *testing.T) {
	check(t, []row{
		{`{"@query":{"lambda":"X","expr":{"var":"X"}}}`, `{"@query":{"api_version":"2.12","lambda":"X","expr":{"var":"X"}}}`},
		{`{"@query":{"expr":1,"lambda":["a"],"api_version":"4"}}`, `{"@query":{"api_version":"4","lambda":["a"],"expr":1}}`},
		{`{"@query":{"api_version":"2.1","lambda":"x","expr":1}}`, `{"@query":{"api_version":"2.12","lambda":"x","expr":1}}`},
		{`{"@query":{"api_version":"5","lambda":"x","expr":1}}`, ``},
		{`{"@query":{"api_version":"99","lambda":"x","expr":1}}`, `[] Invalid lambda.`},
		{`{"@query":{"api_version":4,"lambda":"x","expr":1}}`, `[] Invalid lambda.`},
		{`{"@query":{"lambda":"X","expr":{"var":"Y"}}}`, `[] Invalid lambda.`},
		{`{"let":{"Y":1},"in":{"@query":{"lambda":"X","expr":{"var":"Y"}}}}`, `["in"] Invalid lambda.`},
		{`[{"@query":{"lambda":"X","expr":{"var":"Y"}}},{"var":"Z"}]`, `[0] Invalid lambda.`},
		{`{"@query":{"lambda":"X","expr":1,"foo":1}}`, `[] Invalid lambda.`},
		{`{"@query":{"lambda":"X"}}`, `[] Invalid lambda.`},
		{`{"@query":5}`, `[] Invalid lambda.`},
		{
			`{"@query":{"lambda":5,"expr":{"x":1}}}`,
			"[\"lambda\"] String or Array expected, Integer provided.\n[\"expr\"] No form/function found, or invalid argument keys: { x }.",
		},
		{
			`{"@query":{"lambda":"_","expr":{"let":[{"x":1},{"y":2}],"in":[{"var":"x"},{"var":"y"}]}}}`,
			`{"@query":{"api_version":"2.12","lambda":"_","expr":{"let":{"x":1,"y":2},"in":[{"var":"x"},{"var":"y"}]}}}`,
		},
	})
}

// Chapter on documents and sets, section 2.2.
func TestSetLiteral(t *testing.T) {
	const bare = `{"api_version":"4","lambda":"x","expr":{"var":"x"}}`
	check(t, []row{
		{`{"@set":{"match":«indexes/i»}}`, ``},
		{`{"@set":{"terms":["a",{"b":[«users/1»]}],"match":«indexes/i»}}`, `{"@set":{"match":«indexes/i»,"terms":["a",{"b":[«users/1»]}]}}`},
		{`{"@set":{"match":"t","index":«indexes/i»}}`, ``},
		{`{"@set":{"match":"name"}}`, ``},
		{`{"@set":{"documents":«collections/c»}}`, ``},
		{`{"@set":{"documents":«tokens»}}`, ``},
		{`{"@set":{"singleton":«c/1»}}`, ``},
		{`{"@set":{"events":«c/1»}}`, ``},
		{`{"@set":{"events":{"match":«indexes/i»,"terms":"x"}}}`, `{"@set":{"events":{"@set":{"match":«indexes/i»,"terms":"x"}}}}`},
		{`{"@set":{"events":{"@set":{"match":«indexes/i»}}}}`, ``},
		{`{"@set":{"union":[{"@set":{"match":«indexes/i»}},«tokens»]}}`, ``},
		{`{"@set":{"intersection":{"@set":{"match":«indexes/i»}}}}`, ``},
		{`{"@set":{"difference":[«collections»]}}`, ``},
		{`{"@set":{"distinct":{"@set":{"match":«indexes/i»}}}}`, ``},
		{`{"@set":{"join":{"@set":{"match":«indexes/i»}},"with":` + bare + `}}`, ``},
		{`{"@set":{"join":{"@set":{"match":«indexes/i»}},"with":«indexes/j»}}`, ``},
		{`{"@set":{"to":[],"from":1,"range":{"@set":{"match":«indexes/i»}}}}`, `{"@set":{"range":{"@set":{"match":«indexes/i»}},"from":1,"to":[]}}`},
		{`{"@set":{"reverse":{"@set":{"match":«indexes/i»}}}}`, ``},
		{`{"@set":{"filter":` + bare + `,"collection":{"@set":{"match":«indexes/i»}}}}`, ``},

		{`{"@set":5}`, `[] Invalid set.`},
		{`{"@set":{}}`, `[] Invalid set.`},
		{`{"@set":{"add":[1]}}`, `[] Invalid set.`},
		{`{"@set":{"match":«indexes/i»,"x":1}}`, `[] Invalid set.`},
		{`{"@set":{"terms":1}}`, `[] Invalid set.`},
		{`{"@set":{"match":5}}`, `["match"] Identifier expected, Integer provided.`},
		{`{"@set":{"match":{"@date":"x"}}}`, `["match"] Invalid date.`},
		{`{"@set":{"match":«collections/c»}}`, `["match"] Index Ref expected, Collection Ref provided.`},
		{`{"@set":{"match":1,"index":true}}`, `["index"] Identifier expected, Boolean provided.`},
		{`{"@set":{"documents":«indexes/i»}}`, `["documents"] Collection Ref expected, Index Ref provided.`},
		{`{"@set":{"documents":"c"}}`, `["documents"] Collection Ref expected, String provided.`},
		{`{"@set":{"singleton":{"a":1}}}`, `["singleton"] Ref expected, Object provided.`},
		{`{"@set":{"events":5}}`, `["events"] Ref or Set expected, Integer provided.`},
		{`{"@set":{"events":{"foo":1}}}`, `["events"] Invalid set.`},
		{`{"@set":{"events":{"match":5}}}`, `["events","match"] Identifier expected, Integer provided.`},
		{`{"@set":{"union":[]}}`, `["union"] Non-empty array expected.`},
		{`{"@set":{"union":[«tokens»,5]}}`, `["union",1] Ref or Set expected, Integer provided.`},
		{`{"@set":{"union":5}}`, `["union"] Ref or Set expected, Integer provided.`},
		{`{"@set":{"distinct":[]}}`, `["distinct"] Ref or Set expected, Array provided.`},
		{`{"@set":{"join":«tokens»,"with":5}}`, `["with"] Lambda or Index Ref expected, Integer provided.`},
		{`{"@set":{"join":«tokens»,"with":{"lambda":"x"}}}`, `["with"] Invalid lambda.`},
		{`{"@set":{"join":«tokens»,"with":{"lambda":"x","expr":{"var":"y"}}}}`, `["with"] Invalid lambda.`},
		{`{"@set":{"filter":5,"collection":«tokens»}}`, `["filter"] Lambda expected, Integer provided.`},
		{
			`{"@set":{"filter":{"lambda":"x","expr":{"foo":1}},"collection":«tokens»}}`,
			`["filter","expr"] No form/function found, or invalid argument keys: { foo }.`,
		},
		{`[{"@set":{"union":{"@set":{"match":5}}}}]`, `[0,"union","match"] Identifier expected, Integer provided.`},
	})
}
