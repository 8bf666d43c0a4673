package engine

import "strings"

// scoped is a secret as a caller presents it: perhaps with a path to a
// database below, and with the rights it wants to be held to.
// Source: chapter on authentication, section 1.7.
//
//	secret                       secret:server
//	secret:prod/eu:admin         secret:@role/editor
//	secret:@doc/users/1          secret:prod:@role/editor
type scoped struct {
	secret string
	path   []string // databases from the secret's own downwards
	kind   scopeKind
	role   string // of scopeBuiltin and scopeRole
	class  string // of scopeDocument
	id     string
}

type scopeKind uint8

const (
	scopeNone scopeKind = iota
	scopeBuiltin
	scopeRole
	scopeDocument
)

// notInName are the characters that may not stand in a name.
const notInName = ",()&=:"

// parseScoped reads a presented secret. It is false for one that can never
// be valid. A suffix that is no scope is ignored.
func parseScoped(s string) (scoped, bool) {
	secret, rest, found := strings.Cut(s, ":")
	if secret == "" || !isSecret(secret) {
		return scoped{}, false
	}
	out := scoped{secret: secret}
	if !found {
		return out, true
	}
	if path, scope, ok := strings.Cut(rest, ":"); ok && path != "" && !strings.ContainsAny(path, notInName) {
		out.path = strings.Split(path, "/")
		if known, whole := out.parseScope(scope); known {
			return out, whole
		}
		out.path = nil
	}
	known, whole := out.parseScope(rest)
	return out, whole || !known
}

// isSecret reports whether a text has no character that cannot stand in a
// secret.
func isSecret(s string) bool {
	for i := range len(s) {
		switch s[i] {
		case '/', ',', '(', ')', '&', '=', ':':
			return false
		}
	}
	return true
}

// parseScope reads the scope itself: whether there is one, and whether it
// ends where the text ends.
func (s *scoped) parseScope(text string) (known, whole bool) {
	// server-readonly comes before server, of which it is no abbreviation.
	for _, role := range []string{"admin", "server-readonly", "server", "client"} {
		if rest, ok := strings.CutPrefix(text, role); ok {
			s.kind, s.role = scopeBuiltin, role
			return true, rest == ""
		}
	}
	if name, ok := strings.CutPrefix(text, "@role/"); ok {
		name, whole := cutName(name)
		if name == "" {
			return false, false
		}
		s.kind, s.role = scopeRole, name
		return true, whole
	}
	for _, prefix := range []string{"@doc/", "collections/", "classes/"} {
		if name, ok := strings.CutPrefix(text, prefix); ok {
			name, whole := cutName(name)
			i := strings.LastIndexByte(name, '/')
			if i <= 0 || i == len(name)-1 {
				// What names no document is refused, not ignored.
				return name != "", false
			}
			s.kind, s.class, s.id = scopeDocument, name[:i], name[i+1:]
			return true, whole
		}
	}
	return false, false
}

func cutName(s string) (name string, whole bool) {
	i := strings.IndexAny(s, notInName)
	if i < 0 {
		return s, true
	}
	return s[:i], false
}
