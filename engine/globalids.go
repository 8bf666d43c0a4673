package engine

import (
	"encoding/binary"
	"slices"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/query/value"
)

// A database has one global id of its own, which the secrets of its tokens
// carry. One that was imported may have further ones, so that secrets which
// were given out elsewhere lead to it.

// globalIDs returns all global ids that lead to a database.
func globalIDs(d *schema.Database) []uint64 {
	return append([]uint64{d.GlobalID}, d.Further...)
}

// encodeScope is the record of a database by its number. The root has one only
// when it has further global ids.
//
// Shape: parent's number (4 bytes), id of its document (8), global id (8), and
// the further global ids (8 each).
func encodeScope(d *schema.Database) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(d.Parent))
	b = binary.BigEndian.AppendUint64(b, uint64(d.Ref.ID))
	for _, id := range globalIDs(d) {
		b = binary.BigEndian.AppendUint64(b, id)
	}
	return b
}

// scopeSize is the size of a record without further global ids.
const scopeSize = 4 + 8 + 8

func decodeScope(b []byte, d *schema.Database) {
	if len(b) < scopeSize {
		return
	}
	if d.Scope != 0 {
		d.Parent = value.Scope(be32(b))
		d.Ref = value.Ref{Scope: d.Parent, Class: value.Databases, ID: int64(be64(b[4:]))}
		d.GlobalID = be64(b[12:])
	}
	for b = b[scopeSize:]; len(b) >= 8; b = b[8:] {
		d.Further = append(d.Further, be64(b))
	}
}

// addGlobalID makes a further global id lead to the transaction's database. It
// is false if the id leads to another one.
func (tx *tx) addGlobalID(id uint64) (bool, error) {
	d := *tx.own
	if slices.Contains(globalIDs(&d), id) {
		return true, nil
	}
	taken, err := tx.t.Get(globalKey(id))
	if err != nil || taken != nil || id == 0 {
		return false, err
	}
	d.Further = append(slices.Clip(d.Further), id)
	tx.t.Put(kv.Write{Key: scopeKey(spaceScope, d.Scope), Value: encodeScope(&d)})
	tx.lead(id, d.Scope)
	tx.setSchema(&d)
	return true, nil
}

// lead makes a global id lead to a database.
func (tx *tx) lead(id uint64, s value.Scope) {
	tx.t.Put(kv.Write{Key: globalKey(id), Value: binary.BigEndian.AppendUint32(nil, uint32(s))})
	if tx.leads == nil {
		tx.leads = map[uint64]value.Scope{}
	}
	tx.leads[id] = s
}
