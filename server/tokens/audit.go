package tokens

import (
	"context"
	"fmt"
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
	At        time.Time `fauna:"at"`
	Event     string    `fauna:"event"` // "token.rotated"
	Level     Level     `fauna:"level"`
	Outcome   string    `fauna:"outcome"` // "ok", "refused", "revoked"
	Facade    string    `fauna:"facade,omitempty"`
	Actor     string    `fauna:"actor,omitempty"`
	Subject   string    `fauna:"subject,omitempty"`
	TokenID   string    `fauna:"token_id,omitempty"`
	Kind      string    `fauna:"kind,omitempty"`
	Family    string    `fauna:"family,omitempty"`
	Address   string    `fauna:"address,omitempty"`
	UserAgent string    `fauna:"user_agent,omitempty"`
	RequestID string    `fauna:"request_id,omitempty"`
	Reason    string    `fauna:"reason,omitempty"`
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
