package eco

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/tokens"
)

// TokenServices is what ecoflow's programs call their token service.
type TokenServices interface {
	// GenerateToken makes an access and a refresh token for a user. The
	// refresh token takes the place of the one that the user had. The time is
	// in milliseconds since 1970.
	GenerateToken(ctx context.Context, id string) (access, refresh string, refreshExpiresAt int64, err error)
	// CheckToken reports whether a refresh token is the user's live one.
	CheckToken(ctx context.Context, token, userID string) (bool, error)
	// RemoveToken deletes the record of a user's refresh token, if it is
	// there, and with it the access tokens of that login.
	RemoveToken(ctx context.Context, token, userID string) error
	// MigrateToken takes in a record of another server. Of two records of a
	// user the one that changed later stays.
	MigrateToken(ctx context.Context, t Tokens) error
	// GetAllTokens lists the records, in the order in which they were made.
	GetAllTokens(ctx context.Context) ([]Tokens, error)
}

// Tokens is one record: a refresh token of a user. Times are in milliseconds
// since 1970; 0 in MigrateToken is what the record does not say.
type Tokens struct {
	ID     string `json:"_id,omitempty"`
	UserID string `json:"userId"`
	// Token is the refresh token, or its digest: "sha256:" and 43 characters.
	// The service keeps, and lists, digests only.
	Token     string `json:"token"`
	CreatedAt int64  `json:"created_at"`
	UpdatedAt int64  `json:"updated_at"`
	ExpiresAt int64  `json:"expires_at"`
}

// Error is a fault of the caller's, about one member of what was sent.
type Error struct {
	Member string // "userId"
	What   string // "It must be a string of 1 to 256 bytes."
}

// Error says what is wrong where.
func (e *Error) Error() string { return "eco: " + e.Member + ": " + e.What }

// maxID is how long the id of a user may be, in bytes.
const maxID = 256

// listed is how long the record of an expired token stays in the list.
const listed = 24 * time.Hour

// digested begins the digest of a token.
const digested = "sha256:"

// userID returns the id as it is stored.
func userID(member, id string) (string, error) {
	id = strings.ToLower(id)
	if id == "" || len(id) > maxID {
		return "", &Error{member, fmt.Sprintf("It must have 1 to %d bytes.", maxID)}
	}
	return id, nil
}

// GenerateToken implements TokenServices.
func (e *Eco) GenerateToken(ctx context.Context, id string) (access, refresh string, expires int64, err error) {
	if id, err = userID("_id", id); err != nil {
		return "", "", 0, err
	}
	var made issued
	err = e.Update(ctx, func(tx *tokens.Tx) error {
		if made, err = e.generated(tx, id); err != nil {
			return err
		}
		return tx.Audit(tokens.Origin{Facade: e.Facade}, tokens.Event{Event: "token.created", Subject: id}.About(made.token))
	})
	if err != nil {
		return "", "", 0, err
	}
	return made.access, made.refresh, made.expires.UnixMilli(), nil
}

// issued is a new pair and the record behind it.
type issued struct {
	token           *tokens.Token
	access, refresh string
	expires         time.Time
}

// generated gives the record of a user a new pair, and a new family.
func (e *Eco) generated(tx *tokens.Tx, id string) (issued, error) {
	t, err := e.recordOf(tx, id)
	if err != nil {
		return issued{}, err
	}
	if t == nil {
		if t, err = e.newRecord(tx, id); err != nil {
			return issued{}, err
		}
	} else if err := e.Renew(t); err != nil {
		return issued{}, err
	}
	t.Member.CreatedAt, t.Member.UpdatedAt = tx.At(), tx.At()
	out, err := e.mint(tx, t)
	if err != nil {
		return issued{}, err
	}
	return out, tx.Put(t)
}

// recordOf returns the record of a user, nil if there is none.
func (e *Eco) recordOf(tx *tokens.Tx, id string) (*tokens.Token, error) {
	return tx.Named(tokens.EcoRefresh.Name, id)
}

// newRecord returns a record for a user that has none: of the user with that
// name, else of a document that stands for the id.
func (e *Eco) newRecord(tx *tokens.Tx, id string) (*tokens.Token, error) {
	owner, err := tx.UserNamed(id)
	if err == nil && owner == nil {
		owner, err = tx.SubjectOf("eco/"+id, map[string]any{"service": "eco", "key": id})
	}
	if err != nil {
		return nil, err
	}
	t, err := tx.NewToken(tokens.EcoRefresh, owner.Ref)
	if err != nil {
		return nil, err
	}
	t.Member.UserKey = id
	t.Call(tokens.EcoRefresh.Name, id)
	return t, nil
}

// mint makes a new pair for a record.
func (e *Eco) mint(tx *tokens.Tx, t *tokens.Token) (out issued, err error) {
	now := tx.At()
	out.token, out.expires = t, now.Add(e.options.RefreshTTL).Truncate(time.Millisecond)
	out.access, err = tx.JWT(t, now.Add(e.options.AccessTTL), claims(t, tokens.Access))
	if err != nil {
		return issued{}, err
	}
	out.refresh, err = tx.JWT(t, out.expires, claims(t, tokens.Refresh))
	if err != nil {
		return issued{}, err
	}
	t.Grant(tokens.Refresh, out.refresh, out.expires, false)
	t.Member.ExpiresAt, t.TTL = out.expires, out.expires.Add(listed)
	return out, nil
}

func claims(t *tokens.Token, use tokens.Role) map[string]any {
	return map[string]any{"_id": t.Member.UserKey, "use": use}
}

// CheckToken implements TokenServices.
func (e *Eco) CheckToken(ctx context.Context, token, user string) (ok bool, err error) {
	err = e.View(ctx, func(tx *tokens.Tx) error {
		t, err := e.owned(tx, token, user)
		ok = t != nil && tx.At().Before(t.Member.ExpiresAt)
		return err
	})
	return ok, err
}

// owned returns the record of a refresh token if it is the user's, expired or
// not; else nil.
func (e *Eco) owned(tx *tokens.Tx, token, user string) (*tokens.Token, error) {
	t, k, err := tx.Digested(engine.DigestOf(token))
	if t == nil || err != nil || t.Member.Kind != tokens.EcoRefresh.Name || k.Label != string(tokens.Refresh) {
		return nil, err
	}
	if subtle.ConstantTimeCompare([]byte(t.Member.UserKey), []byte(strings.ToLower(user))) != 1 {
		return nil, nil
	}
	return t, nil
}

// RemoveToken implements TokenServices.
func (e *Eco) RemoveToken(ctx context.Context, token, user string) error {
	return e.Update(ctx, func(tx *tokens.Tx) error {
		t, err := e.owned(tx, token, user)
		if t == nil || err != nil {
			return err
		}
		return e.drop(tx, t, tokens.Origin{Facade: e.Facade})
	})
}

// drop deletes a record.
func (e *Eco) drop(tx *tokens.Tx, t *tokens.Token, o tokens.Origin) error {
	if err := tx.Drop(t); err != nil {
		return err
	}
	return tx.Audit(o, tokens.Event{Event: "token.deleted", Subject: t.Member.UserKey}.About(t))
}

// MigrateToken implements TokenServices.
func (e *Eco) MigrateToken(ctx context.Context, in Tokens) error {
	id, err := userID("userId", in.UserID)
	if err != nil {
		return err
	}
	digest, err := digestOf(in.Token)
	if err != nil {
		return err
	}
	return e.Update(ctx, func(tx *tokens.Tx) error {
		return e.migrated(tx, id, digest, in)
	})
}

// digestOf returns the digest that a record has its token as, or of its token.
func digestOf(token string) (engine.Digest, error) {
	text, ok := strings.CutPrefix(token, digested)
	if !ok {
		if token == "" {
			return engine.Digest{}, &Error{"token", "It must not be empty."}
		}
		return engine.DigestOf(token), nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != len(engine.Digest{}) {
		return engine.Digest{}, &Error{"token", "A digest has 43 characters of base64url."}
	}
	return engine.Digest(b), nil
}

func (e *Eco) migrated(tx *tokens.Tx, id string, digest engine.Digest, in Tokens) error {
	now := tx.At()
	created := cmp.Or(in.CreatedAt, now.UnixMilli())
	updated := cmp.Or(in.UpdatedAt, created)
	expires := cmp.Or(in.ExpiresAt, created+tokens.EcoRefresh.Refresh.Milliseconds())
	t, err := e.recordOf(tx, id)
	if err != nil {
		return err
	}
	if t != nil && t.Member.UpdatedAt.UnixMilli() > updated {
		return nil
	}
	if t == nil {
		if t, err = e.newRecord(tx, id); err != nil {
			return err
		}
	} else if err := e.Renew(t); err != nil {
		return err
	}
	m := &t.Member
	m.CreatedAt, m.UpdatedAt = time.UnixMilli(created).UTC(), time.UnixMilli(updated).UTC()
	m.ExpiresAt, m.LegacyID = time.UnixMilli(expires).UTC(), in.ID
	t.GrantDigest(tokens.Refresh, digest, m.ExpiresAt, false)
	t.TTL = m.ExpiresAt
	if t.TTL.Before(now) {
		t.TTL = now
	}
	t.TTL = t.TTL.Add(listed)
	if err := tx.Put(t); err != nil {
		return err
	}
	return tx.Audit(tokens.Origin{Facade: e.Facade}, tokens.Event{Event: "token.migrated", Subject: id}.About(t))
}

// page is how many records are read at once.
const page = 1000

// GetAllTokens implements TokenServices.
func (e *Eco) GetAllTokens(ctx context.Context) ([]Tokens, error) {
	out := []Tokens{}
	err := e.View(ctx, func(tx *tokens.Tx) error {
		out = out[:0]
		return e.eachRecord(tx, func(t *tokens.Token) {
			out = append(out, record(t))
		})
	})
	slices.SortStableFunc(out, func(a, b Tokens) int { return cmp.Compare(a.CreatedAt, b.CreatedAt) })
	return out, err
}

// eachRecord calls f with every record, in the order of the index.
func (e *Eco) eachRecord(tx *tokens.Tx, f func(*tokens.Token)) error {
	args := map[string]any{"kind": tokens.EcoRefresh.Name, "size": page, "after": value.Null{}}
	for {
		v, err := tx.Query(`Let({ set: Match(Index("token_services_by_kind"), Var("kind")) }, If(Equals(Var("after"), null),
			Paginate(Var("set"), { size: Var("size") }), Paginate(Var("set"), { size: Var("size"), after: Var("after") })))`, args)
		if err != nil {
			return err
		}
		p, ok := v.(*value.Page)
		if !ok {
			return errors.New("eco: the index of records gives no page")
		}
		for _, item := range p.Data() {
			pair, _ := item.(value.Array)
			if len(pair) != 2 {
				return errors.New("eco: the index of records has other values")
			}
			ref, _ := pair[1].(value.Ref)
			t, err := tx.ByID(ref.ID)
			if err != nil {
				return err
			}
			if t != nil {
				f(t)
			}
		}
		if p.After == nil {
			return nil
		}
		args["after"] = p.After
	}
}

// record is a record as others see it.
func record(t *tokens.Token) Tokens {
	m := &t.Member
	out := Tokens{
		ID: t.ID(), UserID: m.UserKey,
		CreatedAt: m.CreatedAt.UnixMilli(), UpdatedAt: m.UpdatedAt.UnixMilli(), ExpiresAt: m.ExpiresAt.UnixMilli(),
	}
	if live := t.Live(tokens.Refresh); len(live) > 0 {
		out.Token = digested + base64.RawURLEncoding.EncodeToString(live[0][:])
	}
	return out
}
