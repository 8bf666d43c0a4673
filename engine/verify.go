package engine

import (
	"context"

	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/query/value"
)

// Verified is what a secret stands for at one moment.
type Verified struct {
	// Database is the number of the database that the secret opens.
	Database value.Scope
	// GlobalID is the database's name all over the world; 0 is the root's.
	GlobalID uint64
	// Token is the token's ref; zero for a key that lives elsewhere, and for
	// the root secret.
	Token value.Ref
	// Instance is the identity; zero if there is none.
	Instance value.Ref
	// Roles are the names of the user-defined roles that the caller holds.
	Roles []string
	// Role is the built-in role of a key: "admin", "server", ...; else "".
	Role string
}

// Verify says whose secret it is: the lookup that every request of an
// application makes. It reads the token and its instance, two point reads
// whatever the number of tokens, or neither if the secret came lately; and it
// evaluates the membership of roles. The error is ErrUnauthorized if the secret
// is not good.
func (db *DB) Verify(ctx context.Context, secret string) (Verified, error) {
	tx, err := db.admit(ctx, &request{}, secret, false)
	if err != nil {
		return Verified{}, err
	}
	defer tx.recycle()
	s := tx.session
	v := Verified{Database: s.scope, GlobalID: tx.own.GlobalID, Role: s.builtin.String(), Roles: roleNames(tx.rights.roles)}
	if s.token != nil {
		v.Token = *s.token
	}
	if s.identity != nil {
		v.Instance = *s.identity
	}
	return v, nil
}

func roleNames(roles []*schema.Role) []string {
	if len(roles) == 0 {
		return nil
	}
	out := make([]string, len(roles))
	for i, r := range roles {
		out[i] = r.Name
	}
	return out
}

// String returns the role's name on the wire.
func (b builtin) String() string {
	switch b {
	case roleAdmin:
		return "admin"
	case roleServer:
		return "server"
	case roleReadOnly:
		return "server-readonly"
	case roleClient:
		return "client"
	case noRole, rolePredicate:
	}
	return ""
}
