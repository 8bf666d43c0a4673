package tokens

import (
	"context"
	"errors"
	"time"

	"github.com/fawndb/fawn/engine"
)

// What becomes of a rotation that is refused. The doors answer them alike.
var (
	// ErrInvalid: the refresh secret is unknown, expired, or not for this door.
	ErrInvalid = errors.New("tokens: invalid refresh token")
	// ErrReused: it was spent before, and the family it belonged to is gone.
	ErrReused = errors.New("tokens: refresh token was used before")
	// ErrMismatch: the access secret is not the one that goes with it.
	ErrMismatch = errors.New("tokens: the pair does not match")
)

// remembered is how many spent refresh secrets of a token are known as spent.
const remembered = 32

// Rotation exchanges a refresh secret for new secrets.
type Rotation struct {
	Refresh string
	// Check refuses a token that is not for this door or this caller, with
	// any error; nil takes all.
	Check func(tx *Tx, t *Token) error
	// Access, if Pair is set, must be the access secret that goes with the
	// refresh secret, expired or not.
	Access string
	Pair   bool
	// Overlap is how long the old access secrets live on.
	Overlap time.Duration
	// Mint gives the token its new secrets and sets when it expires. What it
	// returns to its door may be answered once Rotate has succeeded.
	Mint   func(tx *Tx, t *Token) error
	Origin Origin
}

// Rotate carries a rotation out, in one transaction: of several with the same
// secret one succeeds. The error is ErrInvalid, ErrReused, ErrMismatch, that of
// Check or Mint, or the store's.
func (s *Service) Rotate(ctx context.Context, r Rotation) error {
	var verdict error // is committed, unlike an error of the transaction
	err := s.Update(ctx, func(tx *Tx) (err error) {
		verdict, err = tx.Rotate(&r)
		return err
	})
	if err != nil {
		return err
	}
	return verdict
}

// Rotate is Service.Rotate within a transaction, which must be committed unless
// err says otherwise: the end of a family is, though verdict refuses.
func (tx *Tx) Rotate(r *Rotation) (verdict, err error) {
	t, k, err := tx.Digested(engine.DigestOf(r.Refresh))
	if err != nil {
		return nil, err
	}
	if t == nil {
		return ErrInvalid, nil
	}
	if r.Check != nil {
		if err := r.Check(tx, t); err != nil {
			return err, nil
		}
	}
	switch {
	case k.Label == spent:
		return tx.reused(t, k, r.Origin)
	case k.Label != string(Refresh):
		return ErrInvalid, nil
	}
	if ok, err := tx.rotates(t, k); !ok || err != nil {
		return ErrInvalid, err
	}
	if r.Pair && !t.Paired(r.Access) {
		return ErrMismatch, tx.Audit(r.Origin, Event{Event: "token.mismatch", Level: Warning, Outcome: "refused"}.About(t))
	}
	tx.spend(t, k, r.Overlap)
	if err := r.Mint(tx, t); err != nil {
		return err, nil
	}
	if err := tx.Put(t); err != nil {
		return nil, err
	}
	return nil, tx.Audit(r.Origin, Event{Event: "token.rotated"}.About(t))
}

// reused answers a refresh secret that was spent before. Soon after, it is a
// request sent twice; later, somebody has stolen it, and nobody can tell who:
// the whole family ends.
func (tx *Tx) reused(t *Token, k engine.SealKey, o Origin) (verdict, err error) {
	last := t.lastSpent()
	if k.Digest == last.Digest && tx.At().Sub(keyTime(last)) < tx.s.options.Race {
		return ErrInvalid, nil
	}
	if err := tx.Drop(t); err != nil {
		return nil, err
	}
	return ErrReused, tx.Audit(o, Event{Event: "token.reuse_detected", Level: Error, Outcome: "revoked"}.About(t))
}

// lastSpent is the digest that was spent last. Its time is when.
func (t *Token) lastSpent() (last engine.SealKey) {
	for _, k := range t.keys {
		if k.Label == spent {
			last = k
		}
	}
	return last
}

// rotates reports whether a token with a live refresh secret may be rotated.
func (tx *Tx) rotates(t *Token, k engine.SealKey) (bool, error) {
	now := tx.At()
	if end := t.expiry(keyTime(k)); !end.IsZero() && !now.Before(end) {
		return false, nil
	}
	if end := t.Member.FamilyExpiresAt; !end.IsZero() && !now.Before(end) {
		return false, nil
	}
	doc, err := tx.Get(t.Instance)
	return doc != nil && err == nil && Active(doc), err
}

// spend ends the present secrets of a token before it gets new ones.
func (tx *Tx) spend(t *Token, refresh engine.SealKey, overlap time.Duration) {
	now := tx.At()
	var kept, old []engine.SealKey
	for _, k := range t.keys {
		switch Role(k.Label) {
		case Refresh:
		case Access:
			if overlap > 0 {
				if end := now.Add(overlap).UnixMicro(); k.Expires == 0 || end < k.Expires {
					k.Expires = end
				}
				kept = append(kept, k)
			}
		case spent:
			old = append(old, k)
		default:
			kept = append(kept, k)
		}
	}
	old = append(old, engine.SealKey{Digest: refresh.Digest, Label: spent, Expires: now.UnixMicro()})
	t.keys = append(kept, old[max(0, len(old)-remembered):]...)
	t.Member.Gen++
	t.Member.UpdatedAt = now
}
