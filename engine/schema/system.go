package schema

import (
	"fmt"
	"sync"

	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query/value"
)

// The system's own indexes list the tokens, and the credentials, of an
// identity. Their numbers are those of the collections, which no index of a
// user has.
type systemKey struct {
	scope value.Scope
	class value.Class
}

var systemIndexes sync.Map // systemKey -> *index.Definition

// SystemIndex returns the system's own index over a class, nil if there is
// none.
func SystemIndex(s value.Scope, c value.Class) *index.Definition {
	if c != value.Tokens && c != value.Credentials {
		return nil
	}
	key := systemKey{s, c}
	if d, ok := systemIndexes.Load(key); ok {
		return d.(*index.Definition)
	}
	d, err := index.Define(value.Ref{Scope: s, Class: value.Indexes, ID: int64(c)}, value.Object{
		{Name: "source", Value: value.CollectionRef(s, c)},
		{Name: "terms", Value: value.Array{value.Object{{Name: "field", Value: value.String("instance")}}}},
		{Name: "unique", Value: value.Boolean(c == value.Credentials)},
	})
	if err != nil {
		panic(fmt.Sprintf("schema: the index over %v: %v", c, err))
	}
	systemIndexes.Store(key, d)
	return d
}

// Define makes the definition of a user's index of the fields of its document.
// One that has the same entries as an index of the system uses those: a token
// then costs one entry less. The error is that of index.Define.
func Define(r value.Ref, fields value.Object) (*index.Definition, error) {
	d, err := index.Define(r, fields)
	if err != nil {
		return nil, err
	}
	for _, c := range d.Classes() {
		if own := SystemIndex(r.Scope, c); own != nil {
			d.Share(own)
		}
	}
	return d, nil
}
