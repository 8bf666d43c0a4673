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
	token, ok, err := s.inspection.Token(secret)
	if err != nil {
		return dst, err
	}
	if !ok {
		return append(dst, `{"active":false}`...), nil
	}
	data, err := dataOf(token.Fields)
	if err != nil {
		return dst, err
	}
	ttl, err := located(token.Fields, "ttl")
	if err != nil {
		return dst, err
	}
	dst = append(dst, `{"active":true`...)
	if scope := data.words(); scope != "" {
		dst = appendText(append(dst, `,"scope":`...), scope)
	}
	dst = append(dst, `,"token_type":"Bearer"`...)
	if at, ok := ttl.(value.Time); ok { // in whole seconds: never later than the token dies
		dst = strconv.AppendInt(append(dst, `,"exp":`...), at.Sec, 10)
	}
	collection, _ := s.inspection.Names().Name(token.Instance.Collection())
	dst = append(append(append(dst, `,"sub":"`...), collection...), '/') // a name needs no escape
	dst = append(strconv.AppendInt(dst, token.Instance.ID, 10), '"')
	dst = append(append(dst, `,"iss":`...), s.issuer...)
	dst = append(strconv.AppendInt(append(dst, `,"jti":"`...), token.Token.ID, 10), '"')
	dst = append(dst, `,"token_use":"access","kind":"fauna"`...)
	if data.permissions != nil {
		dst, err = value.Renderer{Names: s.inspection.Names()}.Append(append(dst, `,"permissions":`...), data.permissions)
	}
	return append(dst, '}'), err
}

// data is what a token's data says of what it may be used for.
type data struct{ scope, permissions value.Value }

// dataOf reads it. It decodes nothing else.
func dataOf(fields []byte) (data, error) {
	raw, ok, err := value.Locate(fields, "data")
	if !ok || err != nil {
		return data{}, err
	}
	var d data
	if d.scope, err = located(raw, "scope"); err == nil {
		d.permissions, err = located(raw, "permissions")
	}
	return d, err
}

// words returns the words of the scope, followed by the names of the
// permissions that are true and can be words of a scope.
func (d data) words() string {
	text, _ := d.scope.(value.String)
	words := strings.Fields(string(text))
	list, _ := d.permissions.(value.Object)
	for _, p := range list {
		if p.Value == value.Value(value.Boolean(true)) && isScopeWord(p.Name) {
			words = append(words, p.Name)
		}
	}
	return strings.Join(words, " ")
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

// located returns one of stored fields, nil if it is not there.
func located(raw []byte, name string) (value.Value, error) {
	found, ok, err := value.Locate(raw, name)
	if !ok || err != nil {
		return nil, err
	}
	return value.DecodeMsgpack(found)
}

func appendText(dst []byte, s string) []byte { return value.AppendJSON(dst, value.String(s), nil) }
