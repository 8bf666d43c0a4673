package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/fawndb/fawn/query/value"
)

// The operations on tokens that programs make all the time, typed. Each is
// one query: rules, rights, errors and history are those of the language.

// Token is a token as a Go program sees it.
type Token struct {
	Ref      value.Ref      `fauna:"ref"`
	TS       int64          `fauna:"ts"` // microseconds
	Instance value.Ref      `fauna:"instance"`
	Data     map[string]any `fauna:"data"`
	TTL      *time.Time     `fauna:"ttl"`
	// Secret is set on a new token only: it is not kept.
	Secret string `fauna:"secret"`
}

// TokenOptions say more of a new token.
type TokenOptions struct {
	Data map[string]any
	// TTL is when the token dies by itself; zero is never.
	TTL time.Time
}

// params returns the params of the new token, with one more member.
func (o TokenOptions) params(name string, v value.Value) (map[string]any, error) {
	params := value.Object{{Name: name, Value: v}}
	for _, option := range []struct {
		name  string
		given bool
		v     any
	}{{"data", o.Data != nil, o.Data}, {"ttl", !o.TTL.IsZero(), o.TTL}} {
		if !option.given {
			continue
		}
		v, err := value.From(option.v)
		if err != nil {
			return nil, fmt.Errorf("engine: %s of a token: %w", option.name, err)
		}
		params = params.With(option.name, v)
	}
	return map[string]any{"params": params}, nil
}

// Login makes a token for an identity whose password is given, under the
// rights of secret, which needs none.
func (db *DB) Login(ctx context.Context, secret string, identity value.Ref, password string, o TokenOptions) (Token, error) {
	args, err := o.params("password", value.String(password))
	if err != nil {
		return Token{}, err
	}
	var t Token
	args["identity"] = identity
	err = db.into(ctx, &t, secret, `Login(Var("identity"), Var("params"))`, args)
	return t, err
}

// CreateToken makes a token for an identity without a password. It takes the
// rights of a server key, or a role that creates tokens.
func (db *DB) CreateToken(ctx context.Context, secret string, identity value.Ref, o TokenOptions) (Token, error) {
	args, err := o.params("instance", identity)
	if err != nil {
		return Token{}, err
	}
	var t Token
	err = db.into(ctx, &t, secret, `Create(Tokens(), Var("params"))`, args)
	return t, err
}

// Logout deletes the token whose secret is given, or, with all, every token of
// its identity. It is false if the secret is no token's.
func (db *DB) Logout(ctx context.Context, secret string, all bool) (bool, error) {
	var done bool
	err := db.into(ctx, &done, secret, `Logout(Var("all"))`, map[string]any{"all": all})
	return done, err
}

// TokensByIndex returns the tokens that a user-defined index over Tokens() has
// under terms: its first page, of up to size elements. The index must cover
// no values, so that its elements are the tokens.
func (db *DB) TokensByIndex(ctx context.Context, secret, index string, size int, terms ...any) ([]Token, error) {
	var page struct {
		Data []Token `fauna:"data"`
	}
	err := db.into(ctx, &page, secret,
		`Map(Paginate(Match(Index(Var("index")), Var("terms")), { size: Var("size") }), (ref) => Get(ref))`,
		map[string]any{"index": index, "size": size, "terms": terms})
	return page.Data, err
}

// into runs a query and decodes what it returns.
func (db *DB) into(ctx context.Context, target any, secret, q string, args map[string]any) error {
	res, err := db.Query(ctx, secret, q, args)
	if err != nil {
		return err
	}
	return res.Decode(target)
}
