package engine

import (
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// The seal of a token in an export is one more member of its live version:
//
//	"seal": {keys: [[digest, label, opens, expires], ...], state: {...}}
const sealName = "seal"

// value returns the seal as an export has it.
func (s *Seal) value() value.Value {
	keys := make(value.Array, len(s.Keys))
	for i, k := range s.Keys {
		keys[i] = value.Array{
			value.Bytes(k.Digest[:]), value.String(k.Label), value.Boolean(k.Opens), value.Long(k.Expires),
		}
	}
	return value.Object{{Name: "keys", Value: keys}, {Name: "state", Value: append(value.Object{}, s.State...)}}
}

// sealIn reads what value returns. It is false for anything else.
func sealIn(v value.Value) (*Seal, bool) {
	o, _ := v.(value.Object)
	list, _ := o.Get("keys")
	keys, ok := list.(value.Array)
	member, _ := o.Get("state")
	state, isObject := member.(value.Object)
	out := &Seal{Keys: make([]SealKey, len(keys)), State: state}
	for i, k := range keys {
		ok = ok && out.Keys[i].take(k)
	}
	return out, ok && isObject
}

// take reads one key as an export has it. It is false for anything else.
func (k *SealKey) take(v value.Value) bool {
	parts, _ := v.(value.Array)
	if len(parts) != 4 {
		return false
	}
	digest, isBytes := parts[0].(value.Bytes)
	label, isString := parts[1].(value.String)
	opens, isBoolean := parts[2].(value.Boolean)
	expires, isLong := parts[3].(value.Long)
	if len(digest) != len(k.Digest) || len(label) > maxLabel {
		return false
	}
	*k = SealKey{Digest(digest), string(label), bool(opens), int64(expires)}
	return isBytes && isString && isBoolean && isLong
}

// sealMember returns the seal of a token as members of its document.
func (tx *tx) sealMember(r value.Ref) (value.Object, error) {
	s, err := tx.sealed(r)
	if s == nil || err != nil {
		return nil, err
	}
	return value.Object{{Name: sealName, Value: s.value()}}, nil
}

// takeSeal takes the seal out of the fields of a token. wrong says why it
// cannot be used: two tokens cannot be found under one digest.
func (tx *tx) takeSeal(r value.Ref, fields value.Object) (rest value.Object, s *Seal, wrong string, err error) {
	v, ok := fields.Get(sealName)
	if !ok {
		return fields, nil, "", nil
	}
	if s, ok = sealIn(v); !ok {
		return nil, nil, "its seal is none", nil
	}
	for _, k := range s.Keys {
		b, err := tx.t.Get(digestKey(k.Digest))
		if err != nil {
			return nil, nil, "", err
		}
		if len(b) == refSize && decodeRef(b) != r {
			return nil, nil, "its secret is that of another token here", nil
		}
	}
	return fields.Without(sealName), s, "", nil
}

// undigested is what is wrong with a key or a token that no secret leads to.
const undigested = "without a digest of its secret it opens nothing"

// sealImported gives a token the seal that came with it. The error is a refusal
// when it is live and has neither that nor a digest.
func (tx *tx) sealImported(r value.Ref, s *Seal) error {
	if s != nil {
		return tx.seal(r, s)
	}
	rec, live, err := tx.record(r)
	if err != nil || !live {
		return err
	}
	stored, err := stringField(rec.fields, "hashed_secret")
	if err != nil || stored != nil {
		return err
	}
	sealed, err := tx.t.Get(sealKey(r))
	if err == nil && sealed == nil {
		err = &query.Refusal{Description: undigested}
	}
	return err
}
