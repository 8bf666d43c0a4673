package mono

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/auth"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
)

// row is a bearer as the door shows it. Its members stand in this order.
type row struct {
	TokenID     int64   `json:"tokenid"`
	UserID      int64   `json:"userid"`
	Bearer      string  `json:"bearer"`
	Permissions *string `json:"permissions"` // compact JSON
	CreatedAt   string  `json:"createdAt"`
	UpdatedAt   string  `json:"updatedAt"`
	DeletedAt   *string `json:"deletedAt"` // always null: no row is kept
}

// layout is how times are written: UTC, with milliseconds.
const layout = "2006-01-02T15:04:05.000Z07:00"

// mask is what is shown of a bearer behind its first eight characters.
const mask = "-****-****-****-************"

// hint is how many characters of a bearer are kept.
const hint = 8

func rowOf(tx *tokens.Tx, t *tokens.Token, bearer string) (*row, error) {
	text := func(at time.Time) string { return at.UTC().Truncate(time.Millisecond).Format(layout) }
	num, _ := t.Sealed.Get(tokens.UserID)
	owner, _ := num.(value.Long)
	out := &row{
		TokenID: t.Member.Num, UserID: int64(owner), Bearer: cmp.Or(bearer, t.Member.Hint+mask),
		CreatedAt: text(t.Member.CreatedAt), UpdatedAt: text(t.Member.UpdatedAt),
	}
	if p := t.Permissions(); p != nil {
		b, err := tx.AppendJSON(nil, p)
		if err != nil {
			return nil, err
		}
		s := string(b)
		out.Permissions = &s
	}
	return out, nil
}

func tokenName(num int64) []string {
	return []string{tokens.MonoBearer.Name, strconv.FormatInt(num, 10)}
}

// give gives a token a new bearer in place of the one that it has.
func (m *Mono) give(tx *tokens.Tx, t *tokens.Token) (string, error) {
	bearer, err := m.Service.Bearer()
	if err != nil {
		return "", err
	}
	t.Revoke(tokens.Access)
	t.Grant(tokens.Access, bearer, time.Time{}, false)
	t.Member.Hint, t.Member.UpdatedAt = bearer[:hint], tx.At()
	return bearer, tx.Put(t)
}

// create makes a bearer for the caller, or for the user whom the body names.
func (m *Mono) create(tx *tokens.Tx, s *session, r *request) (any, error) {
	owner, err := ownerOf(tx, s, r)
	if err != nil {
		return nil, err
	}
	t, err := tx.NewToken(tokens.MonoBearer, owner.Ref)
	if err != nil {
		return nil, err
	}
	if t.Member.Num, err = tx.Next("mono.tokenid"); err != nil {
		return nil, err
	}
	t.Call(tokenName(t.Member.Num)...)
	t.Sealed = value.Object{{Name: tokens.UserID, Value: value.Long(owner.Num)}}
	bearer, err := m.give(tx, t)
	if err != nil {
		return nil, err
	}
	t.Member.UpdatedAt = t.Member.CreatedAt
	if err := tx.Audit(s.origin, tokens.Event{Event: "token.created", Subject: tx.Path(owner.Ref)}.About(t)); err != nil {
		return nil, err
	}
	return rowOf(tx, t, bearer)
}

// ownerOf is for whom a new bearer is.
func ownerOf(tx *tokens.Tx, s *session, r *request) (*user, error) {
	if !s.user.has(adminUser) && !s.user.has(createToken) {
		return nil, refuse(http.StatusUnauthorized, mayNotCreate)
	}
	num := int64(0)
	if len(r.body) > 0 {
		in, err := r.members()
		if err != nil {
			return nil, err
		}
		if raw, ok := in["userid"]; ok && json.Unmarshal(raw, &num) != nil {
			return nil, errBadRequest
		}
	}
	if num == 0 || num == s.user.Num {
		return s.user, nil
	}
	if !s.user.has(adminUser) {
		return nil, refuse(http.StatusUnauthorized, mayNotCreate)
	}
	owner, err := userOf(tx, num)
	if owner == nil && err == nil {
		err = refuse(http.StatusNotFound, noUser)
	}
	return owner, err
}

// named returns the bearer that a path names, if the caller has the permission
// for it; what belongs to others is not found.
func named(tx *tokens.Tx, s *session, r *request, permission, mayNot, missing string) (*tokens.Token, error) {
	if !s.user.has(adminUser) && !s.user.has(permission) {
		return nil, refuse(http.StatusUnauthorized, mayNot)
	}
	num, err := strconv.ParseInt(r.PathValue("tokenid"), 10, 64)
	if err != nil {
		return nil, refuse(http.StatusNotFound, missing)
	}
	t, err := tx.Named(tokenName(num)...)
	if err == nil && (t == nil || !s.user.may(permission, t.Instance)) {
		err = refuse(http.StatusNotFound, missing)
	}
	return t, err
}

func (m *Mono) remove(tx *tokens.Tx, s *session, r *request) (any, error) {
	t, err := named(tx, s, r, deleteToken, mayNotDelete, notYours)
	if err != nil {
		return nil, err
	}
	if err := tx.Drop(t); err != nil {
		return nil, err
	}
	return message{Text: tokenDeleted}, tx.Audit(s.origin, tokens.Event{Event: "token.deleted"}.About(t))
}

func (m *Mono) regenerate(tx *tokens.Tx, s *session, r *request) (any, error) {
	t, err := named(tx, s, r, createToken, mayNotRegenerate, notYours)
	if err != nil {
		return nil, err
	}
	bearer, err := m.give(tx, t)
	if err != nil {
		return nil, err
	}
	if err := tx.Audit(s.origin, tokens.Event{Event: "token.regenerated"}.About(t)); err != nil {
		return nil, err
	}
	return rowOf(tx, t, bearer)
}

// permitted is an object of permissions, or null.
type permitted struct {
	Permissions json.RawMessage `json:"permissions"`
}

func (m *Mono) permissions(tx *tokens.Tx, s *session, r *request) (any, error) {
	t, err := named(tx, s, r, viewToken, mayNotRead, notYours)
	if err != nil {
		return nil, err
	}
	out, err := permissionsOf(tx, t)
	return permitted{out}, err
}

// permissionsOf are the permissions of a token as JSON.
func permissionsOf(tx *tokens.Tx, t *tokens.Token) (json.RawMessage, error) {
	p := t.Permissions()
	if p == nil {
		return json.RawMessage("null"), nil
	}
	return tx.AppendJSON(nil, p)
}

func (m *Mono) setPermissions(tx *tokens.Tx, s *session, r *request) (any, error) {
	t, err := named(tx, s, r, createToken, mayNotPermit, notRegistered)
	if err != nil {
		return nil, err
	}
	in, err := r.members()
	if err != nil {
		return nil, err
	}
	raw, ok := in["permissions"]
	if !ok {
		return nil, errBadRequest
	}
	t.Data = t.Data.Without("permissions")
	if string(raw) != "null" {
		p, err := parsePermissions(raw)
		if err != nil {
			return nil, err
		}
		t.Data = t.Data.With("permissions", p)
	}
	t.Member.UpdatedAt = tx.At()
	if err := tx.Put(t); err != nil {
		return nil, err
	}
	return message{Text: permissionsSet}, tx.Audit(s.origin, tokens.Event{Event: "token.permissions"}.About(t))
}

// list lists the bearers of a user: the caller, or whom the path or the query
// names.
func (m *Mono) list(tx *tokens.Tx, s *session, r *request) (any, error) {
	if !s.user.has(adminUser) && !s.user.has(viewToken) {
		return nil, refuse(http.StatusUnauthorized, mayNotList)
	}
	out := []*row{}
	owner := s.user
	if text := cmp.Or(r.PathValue("userid"), r.URL.Query().Get("userid")); text != "" {
		num, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, errBadRequest
		}
		if num != s.user.Num && !s.user.has(adminUser) {
			return nil, refuse(http.StatusUnauthorized, mayNotListOthers)
		}
		if owner, err = userOf(tx, num); owner == nil || err != nil {
			return out, err
		}
	}
	err := tx.TokensOf(owner.Ref, func(ref value.Ref) error {
		t, err := tx.ByID(ref.ID)
		if err != nil || t == nil || t.Member.Kind != tokens.MonoBearer.Name {
			return err
		}
		line, err := rowOf(tx, t, "")
		out = append(out, line)
		return err
	})
	slices.SortFunc(out, func(a, b *row) int { return cmp.Compare(a.TokenID, b.TokenID) })
	return out, err
}

// presentedBearer is what a bearer stands for, as protected routes see it.
type presentedBearer struct {
	UserID      int64           `json:"userid"`
	TokenID     int64           `json:"tokenid"`
	Token       string          `json:"token"`
	Permissions json.RawMessage `json:"permissions"`
}

// bearer is the example of a route for bearers.
func (m *Mono) bearer(w http.ResponseWriter, r *http.Request) {
	secret, err := presented(r)
	if err != nil {
		m.refuse(w, r, err)
		return
	}
	out := &presentedBearer{Token: secret}
	err = m.View(r.Context(), func(tx *tokens.Tx) error {
		found, err := tx.Resolve(tokens.Presented{Secret: secret, Want: tokens.Access})
		if errors.Is(err, auth.ErrInactive) || err == nil && found.Token.Member.Kind != tokens.MonoBearer.Name {
			return errSession
		}
		if err != nil {
			return err
		}
		out.UserID, out.TokenID = found.UserNum(), found.Token.Member.Num
		out.Permissions, err = permissionsOf(tx, found.Token)
		return err
	})
	if err != nil {
		m.refuse(w, r, err)
		return
	}
	door.NoStore(w)
	door.JSON(w, http.StatusOK, echoed{echoOf(r), out, nil})
}
