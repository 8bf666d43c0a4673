package engine

import (
	"context"
	"errors"

	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/query/value"
)

// ServiceCaller is who presents a secret to a token service: what the service
// needs to know of it before it does anything for it. It is good for as long as
// its transaction is.
type ServiceCaller struct {
	// Key is the caller's key, in whichever database it lives; zero for a
	// token, a JWT and the root secret.
	Key value.Ref
	// Role is the built-in role of a key: "admin", "server", ...; else "".
	Role string
	// Acts says that the caller acts as somebody: as a document, or as whom a
	// JWT tells of.
	Acts bool

	session *session
	rights  rights
}

// BeginFor begins a transaction that writes nothing in the database that a
// secret opens, and returns who the caller is. The transaction has the rights
// of an admin there: what is done in it is done for the caller, whose rights
// MayRead and ReadsTokens tell. It is over when it is ended, or when the time
// that a query has is over. The error is ErrUnauthorized if the secret is not
// good.
func (db *DB) BeginFor(ctx context.Context, text string) (*Transaction, *ServiceCaller, error) {
	req := new(request)
	req.limited.limit(ctx, db.options.Timeout)
	tx, err := db.open(&req.limited, req, false)
	if err != nil {
		return nil, nil, err
	}
	t := &Transaction{tx: tx}
	if err := tx.enter(text); err != nil {
		t.End()
		return nil, nil, public(err)
	}
	caller := newServiceCaller(tx.session, *tx.rights)
	tx.session = tx.sessionOf(session{scope: caller.session.scope, builtin: roleAdmin})
	if tx.rights, err = tx.rightsOf(tx.session); err != nil {
		t.End()
		return nil, nil, public(err)
	}
	return t, caller, nil
}

// End ends a transaction of BeginFor, and what was got from it.
func (t *Transaction) End() {
	t.tx.req.limited.release()
	t.end()
}

// Caller returns who a secret belongs to, nil if it does not open the
// transaction's database. It needs the rights of an admin.
func (t *Transaction) Caller(text string) (*ServiceCaller, error) {
	if err := t.trusted(); err != nil {
		return nil, err
	}
	s, err := t.tx.authenticate(text)
	if errors.Is(err, ErrUnauthorized) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return t.tx.serviceCaller(s)
}

// CallerOf returns who a key belongs to that does not show its secret, nil if
// there is none with that id that opens the transaction's database. It needs
// the rights of an admin.
func (t *Transaction) CallerOf(id int64) (out *ServiceCaller, err error) {
	if err := t.trusted(); err != nil {
		return nil, err
	}
	err = t.tx.eachKey(id, func(r value.Ref) (bool, error) {
		rec, ok, err := t.tx.record(r)
		if err != nil || !ok {
			return false, err
		}
		s, err := t.tx.keyRights(r, rec.fields)
		if errors.Is(err, ErrUnauthorized) {
			return false, nil
		}
		if err == nil {
			out, err = t.tx.serviceCaller(s)
		}
		return out != nil, err
	})
	return out, err
}

func (tx *tx) serviceCaller(s *session) (*ServiceCaller, error) {
	if s.scope != tx.own.Scope {
		return nil, nil
	}
	var out *ServiceCaller
	err := tx.as(s, nil, func() error {
		r, err := tx.rightsOf(s)
		if err == nil {
			out = newServiceCaller(s, *r)
		}
		return err
	})
	return out, err
}

func newServiceCaller(s *session, r rights) *ServiceCaller {
	return &ServiceCaller{Key: s.key, Role: s.builtin.String(), Acts: s.identity != nil || s.provider != nil, session: s, rights: r}
}

// as runs f with the rights of another session of the same database.
func (tx *tx) as(s *session, r *rights, f func() error) error {
	session, rights, caller := tx.session, tx.rights, tx.caller
	defer func() { tx.session, tx.rights, tx.caller = session, rights, caller }()
	tx.session, tx.rights = s, r
	return f()
}

// Data returns a member of the data of the caller's key, nil if there is none.
func (c *ServiceCaller) Data(name string) (value.Value, error) {
	if c.session.keyFields == nil {
		return nil, nil
	}
	located, ok, err := value.Locate(c.session.keyFields, "data", name)
	if err != nil || !ok {
		return nil, err
	}
	return value.DecodeMsgpack(located)
}

// ReadsTokens reports whether a caller has a right to read documents of
// Tokens(), be it only some of them.
func (c *ServiceCaller) ReadsTokens() bool {
	if builtinMay(c.rights.builtin, value.Tokens, schema.ActionRead) {
		return true
	}
	tokens := value.CollectionRef(c.session.scope, value.Tokens)
	for _, role := range c.rights.roles {
		if len(role.Grants(tokens, schema.ActionRead)) > 0 {
			return true
		}
	}
	return false
}

// MayRead reports whether a caller may read a document of the transaction's
// database, if it exists.
func (t *Transaction) MayRead(c *ServiceCaller, r value.Ref) (ok bool, err error) {
	err = t.tx.as(c.session, &c.rights, func() error {
		ok, err = t.tx.mayRead(r)
		return err
	})
	return ok, err
}
