// Package caught owns what the log is told of a panic: where it was, and never
// with which values.
package caught

import (
	"fmt"
	"runtime"
	"strings"
)

// Kind describes a panic: the text of the runtime's own, of others the type
// only, because their text may hold data.
func Kind(p any) string {
	if err, ok := p.(runtime.Error); ok {
		if _, failed := p.(*runtime.TypeAssertionError); failed || strings.HasPrefix(err.Error(), "runtime error: ") {
			return err.Error()
		}
	}
	return fmt.Sprintf("%T", p)
}

// Frames are the functions below a panic, innermost first, without arguments.
// It is for the function that was deferred.
func Frames() string {
	const deepest = 32
	var pc [deepest]uintptr
	list := runtime.CallersFrames(pc[:runtime.Callers(4, pc[:])])
	var b strings.Builder
	for {
		f, more := list.Next()
		fmt.Fprintf(&b, "%s:%d ", f.Function, f.Line)
		if !more {
			return strings.TrimSpace(b.String())
		}
	}
}
