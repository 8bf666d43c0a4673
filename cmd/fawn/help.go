package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fawndb/fawn/query"
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

func describe(w io.Writer, f *query.Function) error {
	var b strings.Builder
	form := query.Forms().ByName(f.Name)
	fmt.Fprintf(&b, "%s\n\n  %s %s.\n", text.Signature(form), f.Name, strings.TrimSuffix(f.Doc, "."))
	if f.Deprecated != "" {
		fmt.Fprintf(&b, "  It is an old name: use %s.\n", f.Deprecated)
	}
	if f.Missing != "" {
		fmt.Fprintf(&b, "  %s\n", f.Missing)
	}
	if len(f.Errors) > 0 {
		b.WriteString("\nErrors\n")
		for _, e := range f.Errors {
			fmt.Fprintf(&b, "  %s\n", e)
		}
	}
	if len(f.Examples) > 0 {
		b.WriteString("\nExamples\n")
		for _, e := range f.Examples {
			fmt.Fprintf(&b, "  %s\n", e)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
