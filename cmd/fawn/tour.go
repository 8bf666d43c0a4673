package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv/mem"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/text"
	"github.com/fawndb/fawn/query/value"
)

// tourStop is one query of the tour.
type tourStop struct {
	say   string
	query string
	// keep remembers members of the result as variables: variable, path.
	keep map[string][]string
	// as is the variable that holds the secret to run under; "" is root.
	as string
	// refused says that the secret is expected to be refused.
	refused bool
}

// tour is the published scenario of Tokens().
var tour = []tourStop{
	{say: "A collection of users, and a unique index to find them by their address", query: `CreateCollection({ name: "users" })`},
	{query: `CreateIndex({
  name: "users_by_email",
  permissions: { read: "public" },
  source: Collection("users"),
  terms: [{ field: ["data", "email"] }],
  unique: true
})`},
	{
		say:   "A user with a password: the password becomes a document of its own, and only its hash is kept",
		query: `Create(Collection("users"), { data: { email: "alice@site.example" }, credentials: { password: "secret password" } })`,
		keep:  map[string][]string{"alice": {"ref"}},
	},
	{
		say: "Tokens are documents of the system collection Tokens(), and can be indexed like any other",
		query: `CreateIndex({
  name: "tokens_by_instance",
  permissions: { read: "public" },
  source: Tokens(),
  terms: [{ field: "instance" }],
  values: [{ field: ["data", "name"] }]
})`,
	},
	{
		say:   "Alice signs in; the secret is shown this once",
		query: `Login(Match(Index("users_by_email"), "alice@site.example"), { password: "secret password" })`,
		keep:  map[string][]string{"token": {"ref"}, "secret": {"secret"}},
	},
	{say: "Who is signed in", query: `Paginate(Documents(Tokens()))`},
	{query: `Paginate(Tokens())`},
	{say: "A name for the token, and all of Alice's tokens by their names", query: `Update(Var("token"), { data: { name: "laptop" } })`},
	{query: `Paginate(Match(Index("tokens_by_instance"), Var("alice")))`},
	{
		say:   "A token without a password, made by a server for a device",
		query: `Create(Tokens(), { instance: Var("alice"), data: { name: "phone" } })`,
		keep:  map[string][]string{"phone": {"secret"}},
	},
	{query: `Paginate(Match(Index("tokens_by_instance"), Var("alice")))`},
	{say: "From here on as Alice, with the secret she got", query: `CurrentIdentity()`, as: "secret"},
	{query: `Select("instance", Get(CurrentToken()))`, as: "secret"},
	{query: `Get(CurrentIdentity())`, as: "secret"},
	{query: `Identify(CurrentIdentity(), "a wrong guess")`, as: "secret"},
	{say: "She signs out on this device; the phone stays signed in", query: `Logout(false)`, as: "secret"},
	{query: `CurrentIdentity()`, as: "secret", refused: true},
	{query: `CurrentIdentity()`, as: "phone"},
	{say: "And now everywhere", query: `Logout(true)`, as: "phone"},
	{query: `Paginate(Documents(Tokens()))`},
}

func tourCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "tour",
		Short: "Show what tokens can do, on a scratch database",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runTour(cmd.Context(), cmd.OutOrStdout(), isTerminal(cmd.OutOrStdout()))
		},
	}
}

func runTour(ctx context.Context, out io.Writer, colour bool) (err error) {
	db, err := engine.OpenStore(mem.New(mem.Options{}), engine.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	vars := map[string]any{}
	for _, stop := range tour {
		if err := stop.run(ctx, db, vars, out, colour); err != nil {
			return fmt.Errorf("%s: %w", stop.query, err)
		}
	}
	return nil
}

func (stop *tourStop) run(ctx context.Context, db *engine.DB, vars map[string]any, out io.Writer, colour bool) error {
	if stop.say != "" {
		fmt.Fprintf(out, "\n%s\n", paint(colour, "1", stop.say))
	}
	prompt := "> "
	secret := db.RootSecret()
	if stop.as != "" {
		prompt = "alice> "
		secret = string(vars[stop.as].(value.String))
	}
	fmt.Fprintf(out, "%s%s\n", paint(colour, "36", prompt), stop.query)
	res, err := db.Query(ctx, secret, stop.query, vars)
	if stop.refused {
		if err == nil {
			return fmt.Errorf("the secret still works")
		}
		fmt.Fprintf(out, "%s\n", paint(colour, "31", "unauthorized: the secret is dead"))
		return nil
	}
	if err != nil {
		return err
	}
	for name, path := range stop.keep {
		var v value.Value
		if err := res.Select(&v, path...); err != nil {
			return err
		}
		vars[name] = v
	}
	body, err := res.AppendJSON(nil)
	if err != nil {
		return err
	}
	result := text.AppendResult(nil, body, query.Forms(), text.Options{})
	if colour {
		result = text.Highlight(nil, string(result))
	}
	_, err = fmt.Fprintf(out, "%s\n", result)
	return err
}

func paint(colour bool, code, s string) string {
	if !colour {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// isTerminal reports whether output goes to a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
