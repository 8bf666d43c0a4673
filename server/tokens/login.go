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

// patience is how long a request with a password may take.
const patience = 2 * time.Second

// Patiently runs f, in which a password is hashed: that is slow, and few are
// hashed at once. When the time is over, f is to end, and the error is ErrBusy.
func Patiently(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := f(ctx)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return ErrBusy
	}
	return err
}

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

// Login checks a password and makes tokens. The error is ErrCredentials, ErrBusy,
// that of Accept, or the store's.
func (s *Service) Login(ctx context.Context, l Login) error {
	return s.TryPassword(ctx, l.Account, l.Password, l.Origin, func(ctx context.Context) error { return s.login(ctx, &l) })
}

// TryPassword runs a try of an account's password, which fails with
// ErrCredentials if that is wrong. After five failures in a quarter of an hour
// the account is locked, longer each time: then a try fails alike, after the
// same time, and is not run. The error is that of try, ErrBusy, or the store's.
func (s *Service) TryPassword(ctx context.Context, account, password string, o Origin, try func(context.Context) error) error {
	return Patiently(ctx, func(ctx context.Context) error {
		err := s.db.Limit(ctx, s.scope, "login:"+account, limiter.Passwords, func() (limiter.Outcome, error) {
			err := try(ctx)
			switch {
			case err == nil:
				return limiter.Cleared, nil
			case errors.Is(err, ErrCredentials):
				return limiter.Counted, err
			}
			return limiter.Ignored, err
		})
		if locked := new(limiter.Locked); errors.As(err, &locked) {
			return s.locked(ctx, account, password, o)
		}
		return err
	})
}

// locked refuses a try of an account that is locked. It takes as long as a
// wrong password.
func (s *Service) locked(ctx context.Context, account, password string, o Origin) error {
	err := s.Update(ctx, func(tx *Tx) error {
		if _, err := tx.Password(nil, password); err != nil {
			return err
		}
		return tx.Audit(o, Event{Event: "login.locked", Level: Warning, Outcome: "refused", Subject: account})
	})
	if err != nil {
		return err
	}
	return ErrCredentials
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
