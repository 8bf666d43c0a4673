//go:build !windows && !plan9 && !solaris && !aix && !android

package bolt

import (
	"errors"
	"os"
	"syscall"
	"time"

	"github.com/fawndb/fawn/engine/kv"
)

// lockPause is the time between attempts to lock a file.
const lockPause = 10 * time.Millisecond

// lock takes the lock of bbolt on f, which ends when f is closed, so that the
// file can be read before bbolt opens it. It returns kv.ErrLocked if another
// holds it for longer than wait.
func lock(f *os.File, wait time.Duration) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, syscall.EINTR):
			continue
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return os.NewSyscallError("flock", err)
		}
		if wait <= 0 {
			return kv.ErrLocked
		}
		wait -= lockPause
		time.Sleep(lockPause)
	}
}
