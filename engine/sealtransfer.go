package engine

import (
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// The seal of a token in an export is one more member of its live version:
// "seal", as it is stored.
const sealName = "seal"

// sealMember returns the seal of a token as members of its document.
func (tx *tx) sealMember(r value.Ref) (value.Object, error) {
	b, err := tx.t.Get(sealKey(r))
	if b == nil || err != nil {
		return nil, err
	}
	v, err := value.DecodeMsgpack(b)
	return value.Object{{Name: sealName, Value: v}}, err
}

// takeSeal takes the seal out of the fields of a token. wrong says why it
// cannot be used: two tokens cannot be found under one digest.
func (tx *tx) takeSeal(r value.Ref, fields value.Object) (rest value.Object, s *Seal, wrong string, err error) {
	v, ok := fields.Get(sealName)
	if !ok {
		return fields, nil, "", nil
	}
	b, err := value.AppendMsgpack(nil, v, nil)
	if err != nil {
		return nil, nil, "", err
	}
	if s, err = decodeSeal(b); isDamage(err) {
		return nil, nil, "its seal is none", nil
	}
	if err != nil {
		return nil, nil, "", err
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
