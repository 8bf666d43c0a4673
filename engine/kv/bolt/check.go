package bolt

import (
	"fmt"

	"github.com/fawndb/fawn/engine/kv"
)

// Verify checks the structure of the whole file: that every page is in use
// once or free, and that keys are in order. Open checks as much as it can see
// in a few milliseconds; this reads everything. It calls found with all that
// is wrong. Nothing may be committed meanwhile.
func (s *Store) Verify(found func(error)) error {
	f := s.acquire()
	defer f.release()
	tx, err := s.begin(f, false)
	if err != nil {
		return err
	}
	for err := range tx.Check() {
		found(fmt.Errorf("%w: %w", kv.ErrDamaged, err))
	}
	return fileError(tx.Rollback())
}
