// Package introspection owns what the doors tell about a token whose secret
// somebody presents: the members of RFC 7662, and those that this server adds.
package introspection

import (
	"context"
	"strconv"
	"strings"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query/value"
)

// Introspector answers for the tokens of a database.
type Introspector struct {
	db *engine.DB
	// issuer is the member iss, as JSON.
	issuer []byte
}

// New returns an Introspector of db. issuer is the server's public URL.
func New(db *engine.DB, issuer string) *Introspector {
	return &Introspector{db, appendText(nil, strings.TrimSuffix(issuer, "/"))}
}

// Open begins answering under the rights of a secret, at one moment. The errors
// are those of engine.DB.Inspect.
func (i *Introspector) Open(ctx context.Context, secret string) (*Session, error) {
	s, err := i.db.Inspect(ctx, secret)
	if err != nil {
		return nil, err
	}
	return &Session{s, i.issuer}, nil
}

// Session answers one caller. It is not safe for concurrent use.
type Session struct {
	inspection *engine.Inspection
	issuer     []byte
}

// Close ends the Session.
func (s *Session) Close() { s.inspection.Close() }

// Append appends the JSON that is told of a secret. Whatever is no live token
// for this caller is {"active":false}; a token is:
//
//	{"active":true,"scope":"read write","token_type":"Bearer","exp":1772366400,
//	"sub":"users/251407645221585408","iss":"https://tokens.example.com","jti":"399518220131172352",
//	"token_use":"access","kind":"fauna","permissions":{"write":true}}
//
// scope, exp and permissions are left out where there are none.
// Source: chapter on token services, section 5.4.
func (s *Session) Append(dst []byte, secret string) ([]byte, error) {
	token, err := s.inspection.Token(secret)
	if err != nil {
		return dst, err
	}
	if token == nil {
		return append(dst, `{"active":false}`...), nil
	}
	permissions, err := located(token.Raw(), "data", "permissions")
	if err != nil {
		return dst, err
	}
	scope, err := scopeOf(token.Raw(), permissions)
	if err != nil {
		return dst, err
	}
	dst = append(dst, `{"active":true`...)
	if scope != "" {
		dst = appendText(append(dst, `,"scope":`...), scope)
	}
	dst = append(dst, `,"token_type":"Bearer"`...)
	if dst, err = appendExpiry(dst, token); err != nil {
		return dst, err
	}
	if dst, err = s.appendSubject(dst, token); err != nil {
		return dst, err
	}
	dst = append(append(dst, `,"iss":`...), s.issuer...)
	dst = append(strconv.AppendInt(append(dst, `,"jti":"`...), token.Ref.ID, 10), '"')
	dst = append(dst, `,"token_use":"access","kind":"fauna"`...)
	if permissions != nil {
		dst, err = value.Renderer{Names: s.inspection.Names()}.Append(append(dst, `,"permissions":`...), permissions)
	}
	return append(dst, '}'), err
}

// appendExpiry appends exp, in whole seconds: never later than the token dies.
func appendExpiry(dst []byte, token *value.Document) ([]byte, error) {
	ttl, err := located(token.Raw(), "ttl")
	if at, ok := ttl.(value.Time); ok {
		dst = strconv.AppendInt(append(dst, `,"exp":`...), at.Sec, 10)
	}
	return dst, err
}

// appendSubject appends sub: the collection and the id of the token's identity.
func (s *Session) appendSubject(dst []byte, token *value.Document) ([]byte, error) {
	who, ok, err := value.LocateRef(token.Raw(), "instance")
	if !ok || err != nil {
		return dst, err
	}
	name, _ := s.inspection.Names().Name(who.Collection())
	return appendText(append(dst, `,"sub":`...), name+"/"+strconv.FormatInt(who.ID, 10)), nil
}

// scopeOf returns the words of data.scope, followed by the names of the
// permissions that are true and can be words of a scope.
func scopeOf(raw []byte, permissions value.Value) (string, error) {
	v, err := located(raw, "data", "scope")
	text, _ := v.(value.String)
	words := strings.Fields(string(text))
	list, _ := permissions.(value.Object)
	for _, p := range list {
		if p.Value == value.Value(value.Boolean(true)) && isScopeWord(p.Name) {
			words = append(words, p.Name)
		}
	}
	return strings.Join(words, " "), err
}

// isScopeWord reports whether a name is a scope-token of RFC 6749, section 3.3.
func isScopeWord(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return s != ""
}

// located returns what lies at a path of stored fields, nil if there is
// nothing.
func located(raw []byte, path ...string) (value.Value, error) {
	found, ok, err := value.Locate(raw, path...)
	if !ok || err != nil {
		return nil, err
	}
	return value.DecodeMsgpack(found)
}

func appendText(dst []byte, s string) []byte { return value.AppendJSON(dst, value.String(s), nil) }
