package tokens

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// Level is how much an event matters.
type Level string

// The levels.
const (
	Info    Level = "Info"
	Warning Level = "Warning"
	Error   Level = "Error"
)

// Origin is the request that something happened for.
type Origin struct {
	Facade    string // "eco", "mono", "dfx", "oauth", "native"
	Actor     string // who asked: "users/5", "keys/7", ""
	Address   string // of the client
	UserAgent string
	RequestID string
}

// Event is one entry of the audit. It never holds a secret, a code, a link or
// a password.
type Event struct {
	At        time.Time `fauna:"at" json:"at"`
	Event     string    `fauna:"event" json:"event"` // "token.rotated"
	Level     Level     `fauna:"level" json:"level"`
	Outcome   string    `fauna:"outcome" json:"outcome"` // "ok", "refused", "revoked"
	Facade    string    `fauna:"facade,omitempty" json:"facade,omitempty"`
	Actor     string    `fauna:"actor,omitempty" json:"actor,omitempty"`
	Subject   string    `fauna:"subject,omitempty" json:"subject,omitempty"`
	TokenID   string    `fauna:"token_id,omitempty" json:"token_id,omitempty"`
	Kind      string    `fauna:"kind,omitempty" json:"kind,omitempty"`
	Family    string    `fauna:"family,omitempty" json:"family,omitempty"`
	Address   string    `fauna:"address,omitempty" json:"address,omitempty"`
	UserAgent string    `fauna:"user_agent,omitempty" json:"user_agent,omitempty"`
	RequestID string    `fauna:"request_id,omitempty" json:"request_id,omitempty"`
	Reason    string    `fauna:"reason,omitempty" json:"reason,omitempty"`
}

// About says which token an event is about.
func (e Event) About(t *Token) Event {
	e.TokenID, e.Kind, e.Family = t.ID(), t.Member.Kind, t.Member.Family
	return e
}

// maxAgent is how much of a User-Agent is kept.
const maxAgent = 256

// Audit writes an event, in the transaction of what it tells of. Its level is
// Info and its outcome "ok" if it does not say.
func (tx *Tx) Audit(o Origin, e Event) error {
	e.At = tx.At()
	e.Facade, e.Actor, e.Address, e.RequestID = o.Facade, o.Actor, o.Address, o.RequestID
	e.UserAgent = o.UserAgent[:min(len(o.UserAgent), maxAgent)]
	if e.Level == "" {
		e.Level = Info
	}
	if e.Outcome == "" {
		e.Outcome = "ok"
	}
	_, err := tx.Query(`Create(Collection("token_audit"), { data: Var("event"), ttl: Var("ttl") })`,
		map[string]any{"event": e, "ttl": e.At.Add(tx.s.options.Retention)})
	if err != nil {
		return fmt.Errorf("tokens: audit: %w", err)
	}
	tx.events = append(tx.events, e)
	return nil
}

// Audit writes an event in a transaction of its own.
func (s *Service) Audit(ctx context.Context, o Origin, e Event) error {
	return s.Update(ctx, func(tx *Tx) error { return tx.Audit(o, e) })
}

// publish tells of the events that were committed.
func (tx *Tx) publish() {
	if tx.s.options.Audited == nil {
		return
	}
	for _, e := range tx.events {
		tx.s.options.Audited(e)
	}
}

// Entry is an event in the audit.
type Entry struct {
	ID string `json:"id"`
	Event
}

// Events is a part of the audit, the oldest first.
type Events struct {
	Events []Entry `json:"events"`
	// After is the id of the last that was looked at, "" at the end.
	After string `json:"after,omitempty"`
}

// How many events are read in one page, and in one call: those that do not fit
// are read too.
const (
	auditPage  = 1000
	auditPages = 20
)

// Events returns up to limit events behind an id, all or only those of a name.
// It may return fewer before the end.
func (tx *Tx) Events(after int64, name string, limit int) (*Events, error) {
	out := &Events{Events: []Entry{}}
	size := auditPage
	if name == "" {
		size = limit
	}
	for range auditPages {
		v, err := tx.Query(`Map(
			Select("data", Paginate(Documents(Collection("token_audit")), { size: Var("size"), after: [Ref(Collection("token_audit"), Var("after"))] })),
			(ref) => Let({ e: Get(ref) }, { id: Select("id", ref), event: Select("data", Var("e")) }))`,
			map[string]any{"size": size, "after": strconv.FormatInt(after+1, 10)})
		if err != nil {
			return nil, fmt.Errorf("tokens: audit: %w", err)
		}
		var page []struct {
			ID    string `fauna:"id" json:"id"`
			Event Event  `fauna:"event" json:"event"`
		}
		if err := tx.Decode(v, &page); err != nil {
			return nil, fmt.Errorf("tokens: audit: %w", err)
		}
		for _, e := range page {
			if after, err = strconv.ParseInt(e.ID, 10, 64); err != nil {
				return nil, fmt.Errorf("tokens: audit: %w", err)
			}
			out.After = e.ID
			if name == "" || name == e.Event.Event {
				out.Events = append(out.Events, Entry{e.ID, e.Event})
			}
			if len(out.Events) == limit {
				return out, nil
			}
		}
		if len(page) < size {
			out.After = ""
			return out, nil
		}
	}
	return out, nil
}
