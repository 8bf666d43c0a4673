package dfx

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fawndb/fawn/engine/secret"
	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
)

// License is what a document of dfx_licenses grants: an organisation's devices
// may register.
type License struct {
	// Org is the identifier of the organisation: "acme".
	Org string `fauna:"org"`
	// MaxDevices is how many devices may be registered at once.
	MaxDevices int64 `fauna:"max_devices"`
	// ExpiresAt is when it ends; zero is never.
	ExpiresAt time.Time `fauna:"expires_at,omitempty"`
	// Role is the RoleID of its devices; the default is "DFX_DEVICE".
	Role string `fauna:"role,omitempty"`
}

// CreateLicense makes a license, and its organisation if there is none. It
// returns the license's key, which is stored nowhere, and the id of its
// document.
func CreateLicense(ctx context.Context, s *tokens.Service, l License) (key, id string, err error) {
	if l.Org == "" || l.MaxDevices < 1 {
		return "", "", errors.New("dfx: a license needs an organisation, and one device at least")
	}
	if err := prepare(ctx, s); err != nil {
		return "", "", err
	}
	if key, err = s.Hex(); err != nil {
		return "", "", err
	}
	err = s.Update(ctx, func(tx *tokens.Tx) error {
		org, err := tx.Indexed("dfx_orgs_by_identifier", l.Org)
		if err != nil {
			return err
		}
		if org == nil {
			_, err = tx.Query(`Create(Collection("dfx_orgs"), { data: { identifier: Var("org") } })`, map[string]any{"org": l.Org})
			if err != nil {
				return err
			}
		}
		data := map[string]any{"org": l.Org, "max_devices": l.MaxDevices, "key_hash": secret.Digest(key)}
		if !l.ExpiresAt.IsZero() {
			data["expires_at"] = l.ExpiresAt
		}
		if l.Role != "" {
			data["role"] = l.Role
		}
		doc, err := create(tx, "dfx_licenses", data)
		id = fmt.Sprint(doc.ID)
		return err
	})
	if err != nil {
		return "", "", fmt.Errorf("dfx: create a license: %w", err)
	}
	return key, id, nil
}

// create makes a document of a collection.
func create(tx *tokens.Tx, collection string, data map[string]any) (value.Ref, error) {
	v, err := tx.Query(`Select("ref", Create(Collection(Var("name")), { data: Var("data") }))`,
		map[string]any{"name": collection, "data": data})
	ref, _ := v.(value.Ref)
	return ref, err
}

// usable is a license that is not disabled and has not expired, nil for all
// others.
func usable(tx *tokens.Tx, doc *value.Document) (*License, error) {
	if doc == nil || !tokens.Active(doc) {
		return nil, nil
	}
	l := &License{Role: types[tokens.DfxDevice.Name].role}
	if err := decodeData(tx, doc, l); err != nil {
		return nil, err
	}
	if !l.ExpiresAt.IsZero() && !tx.At().Before(l.ExpiresAt) {
		return nil, nil
	}
	return l, nil
}

// licenseOf is the license of a token, nil if it has none or it is not usable
// any more.
func licenseOf(tx *tokens.Tx, t *tokens.Token) (*License, error) {
	if t.Member.License == "" {
		return nil, nil
	}
	ref, err := refTo(tx, "dfx_licenses", t.Member.License)
	if err != nil {
		return nil, err
	}
	doc, err := tx.Get(ref)
	if err != nil {
		return nil, err
	}
	return usable(tx, doc)
}

// refTo is the ref of a document by its id.
func refTo(tx *tokens.Tx, collection, id string) (value.Ref, error) {
	v, err := tx.Query(`Ref(Collection(Var("name")), Var("id"))`, map[string]any{"name": collection, "id": id})
	ref, _ := v.(value.Ref)
	return ref, err
}

// seats is how many devices of a license are registered: those that have a
// pair.
func seats(tx *tokens.Tx, license string) (int64, error) {
	v, err := tx.Query(`Count(Match(Index("dfx_tokens_by_license"), [Var("license"), Var("kind")]))`,
		map[string]any{"license": license, "kind": tokens.DfxDevice.Name})
	n, _ := v.(value.Long)
	return int64(n), err
}

// deviceTypes are what devices may be.
var deviceTypes = []string{"IPHONE", "IPAD", "DARWIN", "ANDROID_PHONE", "WINDOWS", "WIN32", "WINDOWS_TABLET", "LINUX", "DEBIAN"}

// device reads what a device says of itself, and how long its access tokens
// live.
func (b *body) device() (data map[string]any, access time.Duration, lock string) {
	data = map[string]any{}
	for _, name := range []string{"DeviceTypeID", "Name", "Identifier", "Version"} {
		data[name] = b.text(name)
	}
	if b.err == nil && !slices.Contains(deviceTypes, data["DeviceTypeID"].(string)) {
		b.fail(invalid("DeviceTypeID", "one of "+strings.Join(deviceTypes, ", ")))
	}
	if access = b.seconds("TokenExpiresIn"); access > 0 {
		data["TokenExpiresIn"] = int64(access.Seconds())
	}
	if lock = b.optional("TokenSubject"); lock != "" {
		data["TokenSubject"] = lock
	}
	if strings.ContainsAny(lock, "/@ ") {
		b.fail(invalid("TokenSubject", "a host"))
	}
	return data, access, lock
}

// registerLicense makes a device with its first pair.
func (c *call) registerLicense() (any, error) {
	key := c.body.text("Key")
	device, access, lock := c.body.device()
	if c.body.err != nil {
		return nil, c.body.err
	}
	if err := c.Free(c.r, door.UnknownSecrets); err != nil {
		return nil, err
	}
	var out struct {
		DeviceID string
		pair
		RoleID, UserID string
	}
	err := c.update(c.r.Context(), func(tx *tokens.Tx) error {
		ref, l, err := c.seat(tx, key)
		if err != nil {
			return err
		}
		device["org"], device["license"] = l.Org, ref
		instance, err := create(tx, "dfx_devices", device)
		if err != nil {
			return err
		}
		out.DeviceID, out.RoleID = fmt.Sprint(instance.ID), l.Role
		t, p, err := c.begin(tx, session{
			kind: tokens.DfxDevice, instance: instance, device: out.DeviceID, org: l.Org, license: fmt.Sprint(ref.ID),
			lock: lock, role: l.Role, access: access, end: l.ExpiresAt,
		})
		if err != nil {
			return err
		}
		// A device has no user; what it does is said to be its session's.
		out.pair, out.UserID = p, t.ID()
		return tx.Audit(c.from(""), tokens.Event{Event: "license.registered", Subject: tx.Path(instance)}.About(t))
	})
	if err != nil {
		return nil, err
	}
	c.setCookie(out.Token, out.expires)
	return out, nil
}

// seat is the license with a key, which has a seat left.
func (c *call) seat(tx *tokens.Tx, key string) (value.Ref, *License, error) {
	doc, err := tx.Indexed("dfx_licenses_by_key", secret.Digest(key))
	if err != nil {
		return value.Ref{}, nil, err
	}
	l, err := usable(tx, doc)
	if err != nil {
		return value.Ref{}, nil, err
	}
	if l == nil {
		c.guessed = doc == nil
		return value.Ref{}, nil, errLicense
	}
	n, err := seats(tx, fmt.Sprint(doc.Ref.ID))
	if err == nil && n >= l.MaxDevices {
		err = errExhausted
	}
	return doc.Ref, l, err
}

// unregisterLicense ends the pair of a device, and so frees its seat.
func (c *call) unregisterLicense() (any, error) {
	err := c.update(c.r.Context(), func(tx *tokens.Tx) error {
		who, err := c.caller(tx, tokens.DfxDevice, tokens.DfxUser)
		if err != nil {
			return err
		}
		if who.Token.Member.Device == "" {
			return errLicense // the user came in without a device
		}
		device, err := refTo(tx, "dfx_devices", who.Token.Member.Device)
		if err != nil {
			return err
		}
		n, err := tx.DropAll(device, func(t *tokens.Token) bool { return ofKind(t, []*tokens.Kind{tokens.DfxDevice}) })
		if n == 0 || err != nil {
			return err // it has no seat
		}
		return tx.Audit(c.from(who.Path), tokens.Event{Event: "license.unregistered", Subject: tx.Path(device)}.About(who.Token))
	})
	if err != nil {
		return nil, err
	}
	c.dropCookie()
	return struct{}{}, nil
}
