package resp

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/fawndb/fawn/engine"
)

// The commands about the connection itself.

// auth is AUTH secret, or AUTH user secret. One that fails leaves the secret
// that was.
func auth(c *conn, ctx context.Context, args [][]byte) error {
	if err := c.authenticate(ctx, string(args[len(args)-1])); err != nil {
		return err
	}
	c.simple("OK")
	return nil
}

// authenticate takes on a secret if it is good.
func (c *conn) authenticate(ctx context.Context, secret string) error {
	_, err := c.server.db.Verify(ctx, secret)
	if errors.Is(err, engine.ErrUnauthorized) {
		return wrongPass
	}
	if err == nil {
		c.secret = secret
	}
	return err
}

// introduction is what HELLO asks for.
type introduction struct {
	proto        int
	name, secret string
	named, keyed bool
}

// readHello reads the arguments of HELLO.
func readHello(proto int, args [][]byte) (introduction, error) {
	in := introduction{proto: proto}
	if len(args) > 0 {
		n, err := strconv.Atoi(string(args[0]))
		if err != nil {
			return in, notNumber
		}
		if n != 2 && n != 3 {
			return in, noProto
		}
		in.proto, args = n, args[1:]
	}
	for len(args) > 0 {
		switch option := strings.ToUpper(string(args[0])); {
		case option == "AUTH" && len(args) > 2:
			in.secret, in.keyed, args = string(args[2]), true, args[3:]
		case option == "SETNAME" && len(args) > 1:
			in.name, in.named, args = string(args[1]), true, args[2:]
		case option == "AUTH" || option == "SETNAME":
			return in, refusal("ERR syntax error in HELLO: " + option + " needs " + map[string]string{"AUTH": "a user and a secret", "SETNAME": "a name"}[option])
		default:
			return in, refusal("ERR syntax error in HELLO: AUTH or SETNAME expected")
		}
	}
	return in, nil
}

// hello is HELLO [2|3] [AUTH user secret] [SETNAME name]. Nothing of it is done
// unless all is.
func hello(c *conn, ctx context.Context, args [][]byte) error {
	in, err := readHello(c.proto, args)
	if err != nil {
		return err
	}
	if in.keyed {
		if err := c.authenticate(ctx, in.secret); err != nil {
			return err
		}
	}
	if c.proto = in.proto; in.named {
		c.name = in.name
	}
	c.pairs(6)
	c.texts("server", "fawn", "version", c.server.options.Version, "proto")
	c.integer(int64(c.proto))
	c.texts("id")
	c.integer(c.id)
	c.texts("mode", "standalone", "role", "master")
	return nil
}

func ping(c *conn, ctx context.Context, args [][]byte) error {
	if len(args) > 0 {
		return echo(c, ctx, args)
	}
	c.simple("PONG")
	return nil
}

func echo(c *conn, _ context.Context, args [][]byte) error { return c.bulk(args[0]) }

func quit(c *conn, _ context.Context, _ [][]byte) error {
	c.ended = true
	c.simple("OK")
	return nil
}

func selectDatabase(c *conn, _ context.Context, args [][]byte) error {
	if string(args[0]) != "0" {
		return noIndex
	}
	c.simple("OK")
	return nil
}

// client replies what clients wait for when they introduce themselves.
func client(c *conn, _ context.Context, args [][]byte) error {
	switch strings.ToUpper(string(args[0])) {
	case "ID":
		c.integer(c.id)
	case "GETNAME":
		if c.name == "" {
			c.null()
		} else {
			c.texts(c.name)
		}
	case "SETNAME":
		if len(args) != 2 {
			return refusal("ERR wrong number of arguments for 'client|setname' command: CLIENT SETNAME name")
		}
		c.name = string(args[1])
		c.simple("OK")
	case "REPLY", "TRACKING":
		// To say OK and not do it would leave the client waiting.
		return refusal("ERR CLIENT " + strings.ToUpper(string(args[0])) + " is not supported")
	default:
		c.simple("OK")
	}
	return nil
}

// commandDocs is COMMAND, which is empty but for DOCS: what redis-cli's own help
// shows.
func commandDocs(c *conn, _ context.Context, args [][]byte) error {
	if len(args) == 0 || !strings.EqualFold(string(args[0]), "DOCS") {
		c.array(0)
		return nil
	}
	var shown []*command
	for _, cmd := range c.server.table {
		wanted := func(name []byte) bool { return strings.EqualFold(string(name), cmd.name) }
		if len(args) == 1 || slices.ContainsFunc(args[1:], wanted) {
			shown = append(shown, cmd)
		}
	}
	c.pairs(len(shown))
	for _, cmd := range shown {
		c.texts(strings.ToLower(cmd.name))
		c.pairs(4)
		c.texts("summary", cmd.doc, "since", c.server.options.Version, "group", "fawn", "arguments")
		if cmd.args == "" {
			c.array(0)
			continue
		}
		c.array(1)
		c.pairs(2)
		c.texts("name", cmd.args, "type", "string")
	}
	return nil
}
