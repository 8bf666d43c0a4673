package tokens

import (
	"errors"
	"strconv"
	"strings"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query/value"
)

// What may be wrong with a caller.
var (
	// ErrClient: there is no such client, or its secret is another.
	ErrClient = errors.New("tokens: unknown client")
	// ErrForbidden: the caller is known, and has no right to this.
	ErrForbidden = errors.New("tokens: the caller has no right to this")
)

// Client is a key of the database: what other systems call a client, or a
// protected resource. Its id is the key's. It is good for as long as the
// transaction is.
type Client struct {
	*engine.ServiceCaller
	// Public says that anybody may call in the client's name, which has no
	// secret to show: data.public of the key is true.
	Public bool
}

// ID is the client's id as a decimal string.
func (c *Client) ID() string { return strconv.FormatInt(c.Key.ID, 10) }

// Serves reports whether a client may do for others what it likes: the role of
// its key is admin or server.
func (c *Client) Serves() bool { return !c.Public && (c.Role == "admin" || c.Role == "server") }

// Client returns the client with a secret, which opens the database. The error
// is ErrClient if there is none.
func (tx *Tx) Client(secret string) (*Client, error) {
	if strings.Contains(secret, ":") { // it would be held to a scope
		return nil, ErrClient
	}
	return client(tx.Caller(secret))
}

// PublicClient returns the client with an id, which is a public one. The error
// is ErrClient if there is none.
func (tx *Tx) PublicClient(id string) (*Client, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return nil, ErrClient
	}
	c, err := client(tx.CallerOf(n))
	if err == nil && !c.Public {
		err = ErrClient
	}
	return c, err
}

func client(caller *engine.ServiceCaller, err error) (*Client, error) {
	if err != nil {
		return nil, err
	}
	if caller == nil || caller.Key == (value.Ref{}) {
		return nil, ErrClient
	}
	return clientOf(caller)
}

func clientOf(caller *engine.ServiceCaller) (*Client, error) {
	public, err := caller.Data("public")
	return &Client{ServiceCaller: caller, Public: public == value.Value(value.Boolean(true))}, err
}
