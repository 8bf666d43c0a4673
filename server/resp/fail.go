package resp

import (
	"errors"
	"strings"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/wire"
	"github.com/fawndb/fawn/server/tokens"
)

// refusal is an error of the door itself: its code and its description.
type refusal string

// Error implements error.
func (r refusal) Error() string { return string(r) }

const (
	noAuth    refusal = "NOAUTH Authentication required."
	wrongPass refusal = "WRONGPASS Unauthorized"
	noProto   refusal = "NOPROTO unsupported protocol version"
	notNumber refusal = "ERR Protocol version is not an integer or out of range"
	noIndex   refusal = "ERR DB index is out of range"
)

// FullReply is what a connection is told that is one too many.
const FullReply = "-ERR max number of clients reached\r\n"

// fail replies with an error.
func (c *conn) fail(err error) {
	c.out = append(c.out, '-')
	c.out = appendLine(c.out, c.line(err))
	c.out = append(c.out, '\r', '\n')
}

// line is how an error is told: its code, its position if it has one, and its
// description.
//
//	INVALID_ARGUMENT ["add",1] Number expected, String provided.
//
// Of several it is the one that would decide the status over HTTP.
// Source: chapter on token services, section 5.11.
func (c *conn) line(err error) string {
	var own refusal
	var protocol protocolError
	var argument argumentError
	switch {
	case errors.As(err, &own):
		return string(own)
	case errors.As(err, &protocol), errors.As(err, &argument):
		return "ERR " + err.Error()
	}
	e := query.Decisive(err)
	switch {
	case errors.Is(err, tokens.ErrForbidden):
		e = &query.Error{Code: query.PermissionDenied, Description: query.Denied(query.Nowhere).Description}
	case errors.Is(err, engine.ErrUnauthorized), errors.Is(err, tokens.ErrClient):
		e = &query.Error{Code: query.Unauthorized, Description: "Unauthorized"}
	case e == nil:
		c.server.failed(err)
		e = &query.Error{Code: query.Internal, Description: "Internal server error."}
	}
	b := append([]byte(nil), strings.ToUpper(strings.ReplaceAll(e.Code.String(), " ", "_"))...)
	b = append(b, ' ')
	if e.Position != nil {
		b = append(wire.AppendPosition(b, e.Position), ' ')
	}
	return string(append(b, e.Description...))
}

// appendLine appends a text that must stay on one line.
func appendLine(dst []byte, s string) []byte {
	for i := range len(s) {
		if s[i] == '\r' || s[i] == '\n' {
			dst = append(dst, ' ')
		} else {
			dst = append(dst, s[i])
		}
	}
	return dst
}
