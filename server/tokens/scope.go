package tokens

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query/value"
)

// Words returns the words of a scope, and whether it is one: words of RFC 6749,
// section 3.3, with spaces between them.
func Words(scope string) (words []string, ok bool) {
	words = strings.Fields(scope)
	ok = true
	for _, w := range words {
		ok = ok && isWord(w)
	}
	return words, ok
}

// isWord reports whether a text is a scope-token of RFC 6749, section 3.3.
func isWord(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return s != ""
}

// Scope returns the words of data.scope of a token.
func (t *Token) Scope() []string {
	v, _ := t.Data.Get("scope")
	text, _ := v.(value.String)
	words, ok := Words(string(text))
	if !ok {
		words = slices.DeleteFunc(words, func(w string) bool { return !isWord(w) })
	}
	return words
}

// Permissions returns data.permissions of a token, nil if there are none.
func (t *Token) Permissions() value.Object {
	v, _ := t.Data.Get("permissions")
	permissions, _ := v.(value.Object)
	return permissions
}

// Permitted reports whether a permission of a token is true.
func (t *Token) Permitted(name string) bool {
	v, _ := t.Permissions().Get(name)
	return v == value.Value(value.Boolean(true))
}

// narrowed is the member of a token's seal that holds the scopes of secrets
// that have less than the token's: {digest: "read"}.
const narrowed = "narrowed"

// Narrow gives a secret of a token less than the token's scope. What was said
// of secrets that are gone is forgotten.
func (t *Token) Narrow(secret string, words []string) {
	scopes := t.Narrowed().With(digestName(engine.DigestOf(secret)), value.String(strings.Join(words, " ")))
	kept := value.Object{}
	for _, f := range scopes {
		if slices.ContainsFunc(t.keys, func(k engine.SealKey) bool { return digestName(k.Digest) == f.Name }) {
			kept = append(kept, f)
		}
	}
	t.Sealed = t.Sealed.With(narrowed, kept)
}

// Narrowed returns the scopes of the secrets that have less than the token.
func (t *Token) Narrowed() value.Object {
	v, _ := t.Sealed.Get(narrowed)
	scopes, _ := v.(value.Object)
	return scopes
}

func digestName(d engine.Digest) string { return base64.RawURLEncoding.EncodeToString(d[:]) }

// Scope returns what a secret may do: the words of the token's scope, unless it
// has less than those, and the names of the permissions that are true.
func (r *Resolved) Scope() []string {
	words := r.Token.Scope()
	if scopes := r.Token.Narrowed(); len(scopes) > 0 {
		if v, ok := scopes.Get(digestName(r.digest)); ok {
			less, _ := v.(value.String)
			kept, _ := Words(string(less))
			words = slices.DeleteFunc(words, func(w string) bool { return !slices.Contains(kept, w) })
		}
	}
	for _, p := range r.Token.Permissions() {
		if p.Value == value.Value(value.Boolean(true)) && isWord(p.Name) && !slices.Contains(words, p.Name) {
			words = append(words, p.Name)
		}
	}
	return words
}
