package engine

import (
	"github.com/fawndb/fawn/engine/secret"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// Tokens that a token service makes are documents of Tokens() like all others:
// queries find, index, stream and delete them. They have one member more,
// `service`, which only their service writes, and no secret of Fauna's shape:
// they are found by the digests in their seal.

// ServiceToken is a token as a token service sees it.
type ServiceToken struct {
	Ref value.Ref
	// TS is when it was last written, in microseconds; 0 while that is pending.
	TS       int64
	Instance value.Ref
	// Service is the member that only services write. It is empty for a token
	// that was made by a query.
	Service value.Object
	Data    value.Object
	// TTL is when the token is gone, in microseconds; 0 is never.
	TTL  int64
	Seal Seal

	fresh bool // it is not in the store yet
}

// mintRow is the row by which services write their tokens.
var mintRow = &collection{
	noun: "Token",
	fields: []field{
		{name: "instance", typ: typeRef, required: true},
		dataField, ttlField,
		{name: "service", typ: typeMap, required: true},
	},
}

// serviceTokenRow is the row by which queries write a service's token: its
// data and ttl, nothing else.
var serviceTokenRow = &collection{
	noun:   "Token",
	fields: []field{dataField, ttlField},
	keeps:  []string{"instance", "service"},
}

// tokenVariant is the row of a service's token, nil for the others.
func tokenVariant(old value.Object) *collection {
	if _, ok := old.Get("service"); ok {
		return serviceTokenRow
	}
	return nil
}

// NewToken returns a token that is in the store once it is put there. It needs
// the rights of an admin.
func (t *Transaction) NewToken() (*ServiceToken, error) {
	if err := t.trusted(); err != nil {
		return nil, err
	}
	id, err := t.tx.NewID()
	return &ServiceToken{Ref: value.Ref{Scope: t.tx.own.Scope, Class: value.Tokens, ID: id}, fresh: true}, err
}

// PutToken makes or replaces a token of a service. It needs the rights of an
// admin.
func (t *Transaction) PutToken(s *ServiceToken) error {
	if err := t.trusted(); err != nil {
		return err
	}
	params := value.Object{{Name: "instance", Value: s.Instance}}
	if s.Data != nil {
		params = append(params, value.Field{Name: "data", Value: s.Data})
	}
	if s.TTL != 0 {
		params = append(params, value.Field{Name: "ttl", Value: value.TimeFromMicros(s.TTL)})
	}
	params = append(params, value.Field{Name: "service", Value: s.Service})
	c := &change{Change: query.Change{Verb: query.Replace, Ref: s.Ref, Params: params}, row: mintRow}
	if s.fresh {
		c.Verb = query.Create
	} else if err := t.tx.fetch(c, query.Nowhere); err != nil {
		return err
	}
	if _, err := t.tx.put(c); err != nil {
		return err
	}
	s.fresh, s.TS = false, 0
	return t.tx.seal(s.Ref, &s.Seal)
}

// Token returns a live token, nil if there is none. It needs the rights of an
// admin.
func (t *Transaction) Token(r value.Ref) (*ServiceToken, error) {
	if err := t.trusted(); err != nil || r.Scope != t.tx.own.Scope || r.Class != value.Tokens {
		return nil, err
	}
	s, err := t.tx.sealed(r)
	if err != nil {
		return nil, err
	}
	return t.token(r, s)
}

// TokenOf returns the live token that is found under a digest, nil if there
// is none. It needs the rights of an admin.
func (t *Transaction) TokenOf(d Digest) (*ServiceToken, error) {
	if err := t.trusted(); err != nil {
		return nil, err
	}
	r, s, err := t.tx.sealOf(d)
	if s == nil || err != nil || r.Scope != t.tx.own.Scope {
		return nil, err
	}
	return t.token(r, s)
}

// Owner returns the live token, made by a query, that a secret belongs to; nil
// if there is none in the transaction's database. As with Token and TokenOf its
// instance may be gone. It needs the rights of an admin.
func (t *Transaction) Owner(text string) (*ServiceToken, error) {
	if err := t.trusted(); err != nil {
		return nil, err
	}
	p, ok := secret.Parse(text)
	if !ok || p.Kind != secret.Token {
		return nil, nil
	}
	r, ok, err := t.tx.tokenRef(p)
	if err != nil || !ok || r.Scope != t.tx.own.Scope {
		return nil, err
	}
	rec, ok, err := t.tx.secretDocument(r, text)
	if err != nil || !ok {
		return nil, err
	}
	return rec.token(r, nil)
}

func (t *Transaction) token(r value.Ref, s *Seal) (*ServiceToken, error) {
	rec, ok, err := t.tx.record(r)
	if err != nil || !ok {
		return nil, err
	}
	return rec.token(r, s)
}

// token is a token as it is stored, with its seal if it has one.
func (rec *record) token(r value.Ref, s *Seal) (out *ServiceToken, err error) {
	out = &ServiceToken{Ref: r, TS: rec.TS}
	if out.Instance, _, err = value.LocateRef(rec.fields, "instance"); err != nil {
		return nil, err
	}
	if out.Data, err = objectField(rec.fields, "data"); err != nil {
		return nil, err
	}
	if out.Service, err = objectField(rec.fields, "service"); err != nil {
		return nil, err
	}
	if rec.HasTTL {
		out.TTL = rec.TTL
	}
	if s != nil {
		out.Seal = *s // just decoded, nobody else has it
	}
	return out, nil
}

// objectField reads a stored field that holds an object, nil if it does not.
func objectField(raw []byte, name string) (value.Object, error) {
	located, ok, err := value.Locate(raw, name)
	if err != nil || !ok {
		return nil, err
	}
	v, err := value.DecodeMsgpack(located)
	o, _ := v.(value.Object)
	return o, err
}

// DeleteToken deletes a token, of a service or not; it is false if there is
// none. It needs the rights of an admin.
func (t *Transaction) DeleteToken(r value.Ref) (bool, error) {
	if err := t.trusted(); err != nil || r.Scope != t.tx.own.Scope || r.Class != value.Tokens {
		return false, err
	}
	old, err := t.tx.version(r, 0)
	if old == nil || err != nil {
		return false, err
	}
	return true, t.tx.unstore(r, old)
}

// TokensOf calls f with the live tokens of an instance, of services or not. It
// needs the rights of an admin.
func (t *Transaction) TokensOf(instance value.Ref, f func(value.Ref) error) error {
	if err := t.trusted(); err != nil || instance.Scope != t.tx.own.Scope {
		return err
	}
	return t.tx.eachOf(value.Tokens, instance, f)
}
