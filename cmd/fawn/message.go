package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/transfer"
)

// failures are errors of our packages that users meet, with what they can do
// about them.
var failures = []struct {
	cause error
	hint  string
}{
	{kv.ErrLocked, lockedHint},
	{kv.ErrReadOnly, ""},
	{kv.ErrDamaged, ""},
	{kv.ErrFormat, "use the fawn that wrote it"},
	{kv.ErrNoSpace, "nothing was written"},
	{engine.ErrFormat, ""},
	{engine.ErrChanged, "remove the unfinished export and begin anew"},
	{engine.ErrTruncated, "what there was has been imported; an import of the whole goes on from there"},
	{engine.ErrDigest, "what could be read has been imported"},
	{engine.ErrOther, "--restart begins anew"},
	{transfer.ErrNoExport, "remove it and begin anew"},
	{engine.ErrUnauthorized, "the secret is unknown, has ended, or may not be used like this"},
}

// lockedHint is for commands that work on files only, lockedURLHint for those
// that have a flag for a server.
const (
	lockedHint    = "if a server runs on it, end that first"
	lockedURLHint = "if a server runs on it, use --url"
)

// message is an error of a command as users read it: without the names of our
// packages, and with a hint where there is one. Only an error that shows a place
// in a query takes more than a line.
func message(cmd *cobra.Command, err error) string {
	s := err.Error()
	for _, f := range failures {
		if !errors.Is(err, f.cause) {
			continue
		}
		s = strings.NewReplacer("kv: ", "", "engine: ", "", "transfer: ", "", "\n", "; ").Replace(s)
		hint := f.hint
		if hint == lockedHint && cmd.Flags().Lookup("url") != nil {
			hint = lockedURLHint
		}
		if hint != "" {
			s += " (" + hint + ")"
		}
		break
	}
	return s
}
