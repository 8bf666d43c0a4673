package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/reference"
	"github.com/fawndb/fawn/query/text"
)

// helpCommand tells about a function of the language, or, as every help does,
// about a command.
func helpCommand(root *cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "help [COMMAND | FUNCTION]",
		Short: "Help about a command, or about a function of the language",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				if f, ok := function(args[0]); ok {
					return describe(cmd.OutOrStdout(), f)
				}
			}
			found, _, err := root.Find(args)
			if err != nil {
				return fmt.Errorf("there is no command and no function called %q", strings.Join(args, " "))
			}
			return found.Help()
		},
	}
	root.SetHelpCommand(cmd)
	return cmd
}

// function finds a function by its name, whatever the case of the letters.
func function(name string) (*query.Function, bool) {
	if f, ok := query.Lookup(name); ok {
		return f, true
	}
	for _, family := range query.Families() {
		for _, f := range family.Functions {
			if strings.EqualFold(f.Name, name) || len(f.Params) > 0 && f.Params[0].Key == name {
				return f, true
			}
		}
	}
	return nil, false
}

// describe prints what the reference tells about a function.
func describe(w io.Writer, f *query.Function) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n\n", text.Signature(f.Form()), reference.Wire(f))
	for _, line := range append([]string{reference.Sentence(f), reference.Effect(f)}, reference.Notes(f)...) {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	b.WriteString("\nArguments\n")
	for _, a := range reference.Arguments(f) {
		fmt.Fprintf(&b, "  %s: %s\n", a.Key, a.Takes)
	}
	list(&b, "Errors", reference.Errors(f))
	list(&b, "Examples", f.Examples)
	_, err := io.WriteString(w, b.String())
	return err
}

func list(b *strings.Builder, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", title)
	for _, line := range lines {
		fmt.Fprintf(b, "  %s\n", line)
	}
}
