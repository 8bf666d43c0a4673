package tokens

import (
	"context"
	"errors"
	"time"

	"github.com/fawndb/fawn/engine/limiter"
	"github.com/fawndb/fawn/query/value"
)

var (
	// ErrCredentials says that no active user has the name and the password.
	// It never says which of them is wrong, nor that the account is locked.
	ErrCredentials = errors.New("tokens: wrong name or password")
	// ErrBusy says that too many passwords were being hashed for too long.
	ErrBusy = errors.New("tokens: busy")
)

// patience is how long a login may wait for others to be hashed.
const patience = 2 * time.Second

// Login is the login of a user at a door.
type Login struct {
	// Account is what was sent as the name, under which failures are counted
	// whether or not somebody has it: "eco/alice".
	Account  string
	Password string
	// Find returns the user, nil if there is none.
	Find func(tx *Tx) (*value.Document, error)
	// Accept makes the tokens of a user who may log in, in the transaction of
	// the login.
	Accept func(tx *Tx, user *value.Document) error
	Origin Origin
}

// Login checks a password and makes tokens. After five failures in a quarter of
// an hour an account is locked, longer each time. The error is ErrCredentials,
// ErrBusy, that of Accept, or the store's.
func (s *Service) Login(ctx context.Context, l Login) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := s.db.Limit(ctx, s.scope, "login:"+l.Account, limiter.Passwords, func() (limiter.Outcome, error) {
		err := s.login(ctx, &l)
		switch {
		case err == nil:
			return limiter.Cleared, nil
		case errors.Is(err, ErrCredentials):
			return limiter.Counted, err
		}
		return limiter.Ignored, err
	})
	if locked := new(limiter.Locked); errors.As(err, &locked) {
		err = s.Update(ctx, func(tx *Tx) error {
			if _, err := tx.Password(nil, l.Password); err != nil { // takes as long as a wrong one
				return err
			}
			return tx.Audit(l.Origin, Event{Event: "login.locked", Level: Warning, Outcome: "refused", Subject: l.Account})
		})
		if err == nil {
			err = ErrCredentials
		}
	}
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return ErrBusy
	}
	return err
}

func (s *Service) login(ctx context.Context, l *Login) error {
	var verdict error
	err := s.Update(ctx, func(tx *Tx) error {
		user, err := l.Find(tx)
		if err != nil {
			return err
		}
		ok, err := tx.Password(user, l.Password)
		if err != nil {
			return err
		}
		if verdict = nil; !ok || !Active(user) {
			verdict = ErrCredentials
			return tx.Audit(l.Origin, Event{Event: "login.failed", Level: Warning, Outcome: "refused", Subject: l.Account})
		}
		if err := l.Accept(tx, user); err != nil {
			return err
		}
		return tx.Audit(l.Origin, Event{Event: "login.ok", Subject: tx.Path(user.Ref)})
	})
	if err != nil {
		return err
	}
	return verdict
}
