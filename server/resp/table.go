package resp

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// command is one row of the table of commands.
type command struct {
	name string
	args string // as HELP writes them
	// least and most are how many arguments there may be behind the name; most
	// is -1 for any number.
	least, most int
	secret      need
	// joins says that such commands, one behind the other, share their moment.
	joins bool
	doc   string   // what it does, in one line
	more  []string // further lines of its help
	// run replies, or returns an error before it has. The arguments are valid
	// until it returns.
	run func(c *conn, ctx context.Context, args [][]byte) error
}

// need says what a command needs of the connection's secret.
type need uint8

const (
	// needless commands come before there is a secret.
	needless need = iota
	// checked commands run after the secret was found good.
	checked
	// transacted commands are a transaction, which resolves the secret itself.
	transacted
)

// commands is the one table of commands. To add one is to add a row.
var commands = []*command{
	{
		name: "AUTH", args: "[user] secret", least: 1, most: 2, secret: needless, run: auth,
		doc: "Set the secret that the connection's commands run under.",
		more: []string{
			"Every secret that HTTP takes is good, with its scope; the user is ignored.",
			"It is resolved again for each command: one that was revoked fails at the next.",
		},
	},
	{
		name: "HELLO", args: "[2|3] [AUTH user secret] [SETNAME name]", least: 0, most: -1, secret: needless, run: hello,
		doc: "Choose RESP2 or RESP3, and tell about the server.",
	},
	{
		name: "PING", args: "[text]", least: 0, most: 1, secret: needless, run: ping,
		doc: "Reply PONG, or the text.",
	},
	{
		name: "QUERY", args: "json", least: 1, most: 1, secret: transacted, run: runQuery,
		doc:  "Run a query in its JSON form; reply the JSON of its result.",
		more: []string{`QUERY {"add":[1,2]}`},
	},
	{
		name: "FQL", args: "text", least: 1, most: 1, secret: transacted, run: fql,
		doc:  "Run a query in its text form; reply the JSON of its result.",
		more: []string{`FQL 'Paginate(Documents(Collection("users")))'`},
	},
	{
		name: "VERIFY", args: "secret", least: 1, most: 1, secret: transacted, joins: true, run: verify,
		doc: "Reply the JSON of what a token's secret stands for.",
		more: []string{
			`It is {"active":false} for whatever is no live token of the database.`,
			"The connection's secret is that of a key: with the role admin or server, or with a role that reads tokens.",
		},
	},
	{
		name: "LOOKUP", args: "index [term ...]", least: 1, most: -1, secret: transacted, run: lookup,
		doc: "Reply the JSON of each of the first 1000 elements that an index has under terms.",
		more: []string{
			"Each term is the text of a value.",
			`LOOKUP tokens_by_instance 'Ref(Collection("users"), "1")'`,
			"An error's position is one in Paginate(Match(Index(index), [term, ...])).",
		},
	},
	{
		name: "HELP", args: "[command]", least: 0, most: 1, secret: checked, run: help,
		doc: "List the commands, or tell about one.",
	},
	{
		name: "ECHO", args: "text", least: 1, most: 1, secret: checked, run: echo,
		doc: "Reply the text.",
	},
	{
		name: "SELECT", args: "0", least: 1, most: 1, secret: checked, run: selectDatabase,
		doc: "Choose the database; there is one, 0: the secret says which.",
	},
	{
		name: "CLIENT", args: "subcommand ...", least: 1, most: -1, secret: checked, run: client,
		doc: "Reply OK, so that clients can introduce themselves; to ID and GETNAME what they ask for.",
	},
	{
		name: "COMMAND", args: "[subcommand ...]", least: 0, most: -1, secret: checked, run: commandDocs,
		doc: "Reply what HELP tells, to DOCS, as clients that show it ask for it; to all else an empty list.",
	},
	{
		name: "QUIT", args: "", least: 0, most: -1, secret: needless, run: quit,
		doc: "Reply OK and end the connection.",
	},
}

// maxName is the length of the longest name that is looked for.
const maxName = 16

// find returns the command with a name in any case.
func (s *Server) find(name []byte) (*command, error) {
	var upper [maxName]byte
	if len(name) <= maxName {
		for i, ch := range name {
			if ch >= 'a' && ch <= 'z' {
				ch -= 'a' - 'A'
			}
			upper[i] = ch
		}
		if cmd, ok := s.commands[string(upper[:len(name)])]; ok {
			return cmd, nil
		}
		return nil, refusal(fmt.Sprintf("ERR unknown command %q; HELP lists them", name))
	}
	return nil, refusal(fmt.Sprintf("ERR unknown command of %d characters; HELP lists them", len(name)))
}

// fits checks how many arguments there are.
func (cmd *command) fits(n int) error {
	if n < cmd.least || cmd.most >= 0 && n > cmd.most {
		return refusal("ERR wrong number of arguments for '" + strings.ToLower(cmd.name) + "' command: " + cmd.usage())
	}
	return nil
}

func (cmd *command) usage() string { return strings.TrimSpace(cmd.name + " " + cmd.args) }

// help replies what the table says.
func help(c *conn, _ context.Context, args [][]byte) error {
	var lines []string
	if len(args) == 0 {
		for _, cmd := range c.server.table {
			lines = append(lines, cmd.usage()+" -- "+cmd.doc)
		}
	} else {
		cmd, err := c.server.find(args[0])
		if err != nil {
			return err
		}
		lines = slices.Concat([]string{cmd.usage(), cmd.doc}, cmd.more)
	}
	c.array(len(lines))
	c.texts(lines...)
	return nil
}
