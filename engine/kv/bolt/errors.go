package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime/debug"
	"strings"
	"syscall"

	berrors "go.etcd.io/bbolt/errors"

	"github.com/fawndb/fawn/engine/kv"
)

// damaged returns an error that wraps kv.ErrDamaged and says what is wrong.
func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", kv.ErrDamaged, fmt.Sprintf(format, args...))
}

// guarded runs f. bbolt panics where it meets a damaged page, and reading one
// may fault, as may a map of a file that was cut short: both become errors
// that wrap kv.ErrDamaged.
func guarded(f func() error) (err error) {
	defer caught(&err, debug.SetPanicOnFault(true))
	return f()
}

// caught is what guarded defers; before is what SetPanicOnFault returned.
func caught(err *error, before bool) {
	debug.SetPanicOnFault(before)
	if p := recover(); p != nil {
		*err = damagedBy(p)
	}
}

// damagedBy returns the error for a panic, in one line.
func damagedBy(p any) error {
	text, _, _ := strings.Cut(fmt.Sprint(p), "\n")
	return damaged("%s", text)
}

// openError is an error of Open.
func openError(path string, err error) error {
	return fmt.Errorf("open store %s: %w", path, fileError(err))
}

// fileErrors are what an error of the system, or of bbolt, means to us.
var fileErrors = []struct {
	cause error
	means error
}{
	{syscall.ENOSPC, kv.ErrNoSpace},
	{syscall.EFBIG, kv.ErrNoSpace},
	{syscall.EDQUOT, kv.ErrNoSpace},
	{syscall.EROFS, kv.ErrReadOnly},
	{fs.ErrPermission, kv.ErrReadOnly}, // EACCES, EPERM
	{berrors.ErrTimeout, kv.ErrLocked},
	{berrors.ErrInvalid, kv.ErrDamaged},
	{berrors.ErrVersionMismatch, kv.ErrDamaged},
	{berrors.ErrChecksum, kv.ErrDamaged},
	{berrors.ErrIncompatibleValue, kv.ErrDamaged}, // a bucket where an entry is to be
}

// fileError wraps err in the error of kv that it means, if there is one.
func fileError(err error) error {
	if err == nil {
		return nil
	}
	for _, e := range fileErrors {
		// Where bbolt makes a file grow it keeps the text of an error only.
		if errors.Is(err, e.cause) || strings.HasSuffix(err.Error(), ": "+e.cause.Error()) {
			return fmt.Errorf("%w: %w", e.means, err)
		}
	}
	return err
}
