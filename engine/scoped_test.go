package engine

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// scopedTexts are what may be presented as a secret. Source: chapter on
// authentication, section 1.7.
var scopedTexts = []struct {
	text string
	want *scoped // nil is refused
}{
	{"S", &scoped{secret: "S"}},
	{"S:", &scoped{secret: "S"}},
	{"S:foo", &scoped{secret: "S"}},
	{"S:child:foo", &scoped{secret: "S"}},
	{"S:@role/", &scoped{secret: "S"}},
	{"S:@doc/", &scoped{secret: "S"}},
	{"S:admin", &scoped{secret: "S", kind: scopeBuiltin, role: "admin"}},
	{"S:server", &scoped{secret: "S", kind: scopeBuiltin, role: "server"}},
	{"S:server-readonly", &scoped{secret: "S", kind: scopeBuiltin, role: "server-readonly"}},
	{"S:client", &scoped{secret: "S", kind: scopeBuiltin, role: "client"}},
	{"S:@role/editor", &scoped{secret: "S", kind: scopeRole, role: "editor"}},
	{"S:@doc/users/1", &scoped{secret: "S", kind: scopeDocument, class: "users", id: "1"}},
	{"S:collections/users/1", &scoped{secret: "S", kind: scopeDocument, class: "users", id: "1"}},
	{"S:classes/users/1", &scoped{secret: "S", kind: scopeDocument, class: "users", id: "1"}},
	{"S:child:server", &scoped{secret: "S", path: []string{"child"}, kind: scopeBuiltin, role: "server"}},
	{"S:a/b/c:@role/r", &scoped{secret: "S", path: []string{"a", "b", "c"}, kind: scopeRole, role: "r"}},
	{"S:prod:@doc/users/1", &scoped{secret: "S", path: []string{"prod"}, kind: scopeDocument, class: "users", id: "1"}},
	{"S:admin:admin", &scoped{secret: "S", path: []string{"admin"}, kind: scopeBuiltin, role: "admin"}},

	{"", nil},
	{":", nil},
	{":admin", nil},
	{"a/b", nil},
	{"a,b:admin", nil},
	{"S:adminX", nil},
	{"S:serverX", nil},
	{"S:server-readonly2", nil},
	{"S:server:x", nil},
	{"S:child:adminX", nil},
	{"S:@role/a,b", nil},
	{"S:@doc/users", nil},
	{"S:@doc/users/", nil},
	{"S:@doc/users/1:", nil},
	{"S:child:@doc/users/1&", nil},
}

func TestParseScoped(t *testing.T) {
	for _, test := range scopedTexts {
		got, ok := parseScoped(test.text)
		switch {
		case ok != (test.want != nil):
			t.Errorf("%q: got %v, %v", test.text, got, ok)
		case ok:
			if diff := cmp.Diff(*test.want, got, cmp.AllowUnexported(scoped{})); diff != "" {
				t.Errorf("%q: %s", test.text, diff)
			}
		}
	}
}

// FuzzParseScoped: what was asked for never gets lost. A text is refused, or
// gives its secret back whole; and a scope that was taken stands in it.
func FuzzParseScoped(f *testing.F) {
	for _, test := range scopedTexts {
		f.Add(test.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, ok := parseScoped(text)
		if !ok {
			return
		}
		secret, rest, _ := strings.Cut(text, ":")
		if s.secret != secret {
			t.Fatalf("%q: the secret is %q", text, s.secret)
		}
		if s.kind == scopeNone {
			if len(s.path) > 0 {
				t.Fatalf("%q: a path without a scope", text)
			}
			return
		}
		path := strings.Join(s.path, "/")
		if path != "" {
			path += ":"
		}
		scopes := map[scopeKind][]string{
			scopeBuiltin:  {s.role},
			scopeRole:     {"@role/" + s.role},
			scopeDocument: {"@doc/" + s.class + "/" + s.id, "collections/" + s.class + "/" + s.id, "classes/" + s.class + "/" + s.id},
		}
		for _, scope := range scopes[s.kind] {
			if rest == path+scope {
				return
			}
		}
		t.Fatalf("%q: read as %+v", text, s)
	})
}
