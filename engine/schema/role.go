package schema

import (
	"slices"
	"sync/atomic"

	"github.com/fawndb/fawn/query/value"
)

// Action is something a role may allow.
type Action string

// The actions, as privileges name them.
const (
	ActionRead         Action = "read"
	ActionUnrestricted Action = "unrestricted_read"
	ActionWrite        Action = "write"
	ActionCreate       Action = "create"
	ActionCreateWithID Action = "create_with_id"
	ActionDelete       Action = "delete"
	ActionHistoryRead  Action = "history_read"
	ActionHistoryWrite Action = "history_write"
	ActionCall         Action = "call"
)

// Role is a user-defined role.
type Role struct {
	ID         int64
	Name       string
	Membership []Member
	privileges map[privilegeKey][]Grant
}

// Member says which documents hold a role.
type Member struct {
	Class     value.Class
	Predicate *Predicate // nil is always
}

// Predicate decides whether a role is held, or what it allows. It lasts until
// its role changes.
type Predicate struct {
	*value.Lambda
	// Owner is the name of the role, or the access provider, and Use what it
	// decides there: "membership", "roles", or an action.
	Owner, Use string
	failed     atomic.Bool
}

// Failed notes that the predicate has failed, and reports whether it had not
// before: one that fails does so often.
func (p *Predicate) Failed() (first bool) { return !p.failed.Swap(true) }

// Grant is the value of one action in one privilege.
type Grant struct {
	Predicate *Predicate // nil is always
}

type privilegeKey struct {
	resource value.Ref
	action   Action
}

// Grants returns what a role says of an action on a resource: a collection,
// an index or a function.
func (r *Role) Grants(resource value.Ref, a Action) []Grant {
	return r.privileges[privilegeKey{resource, a}]
}

// classes returns the classes in the membership, each once.
func (r *Role) classes() []value.Class {
	var out []value.Class
	for _, m := range r.Membership {
		if !slices.Contains(out, m.Class) {
			out = append(out, m.Class)
		}
	}
	return out
}
