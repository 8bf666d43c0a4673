package main

import (
	"io"
	"os"

	"github.com/cheggaaa/pb/v3"
	"github.com/mattn/go-isatty"
)

// bar shows how far something has come. The zero bar shows nothing.
type bar struct{ bar *pb.ProgressBar }

// newBar returns a bar on a terminal, and one that shows nothing elsewhere.
// bytes says what is counted.
func newBar(w io.Writer, total int64, bytes bool) bar {
	f, ok := w.(*os.File)
	if !ok || total <= 0 || !isatty.IsTerminal(f.Fd()) {
		return bar{}
	}
	return bar{pb.New64(total).SetWriter(w).Set(pb.Bytes, bytes).Set(pb.CleanOnFinish, true).Start()}
}

func (b bar) set(done int64) {
	if b.bar != nil {
		b.bar.SetCurrent(done)
	}
}

// end takes the bar away.
func (b bar) end() {
	if b.bar != nil {
		b.bar.Finish()
	}
}
