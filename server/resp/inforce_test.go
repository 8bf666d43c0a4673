package resp

import (
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/enginetest"
	"github.com/fawndb/fawn/engine/password"
)

// TestInForce pins that changes of rights are in force for the next command.
func TestInForce(t *testing.T) {
	h := open(t, setup{db: engine.Options{PasswordCost: password.Cost{Memory: 8, Time: 1, Lanes: 1}}})
	c := redis.NewClient(&redis.Options{Addr: h.addr})
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	const unauthorized = `{"errors":[{"code":"unauthorized","description":"Unauthorized"}]}`
	enginetest.InForce(t, h.secret, func(secret string, body []byte) (string, error) {
		conn := c.Conn()
		defer func() { _ = conn.Close() }()
		pipe := conn.Pipeline()
		auth := pipe.Do(t.Context(), "AUTH", secret)
		asked := pipe.Do(t.Context(), "QUERY", body)
		_, _ = pipe.Exec(t.Context()) // each has its own error
		if err := auth.Err(); err != nil {
			if strings.HasPrefix(err.Error(), "WRONGPASS ") {
				return unauthorized, nil
			}
			return "", err
		}
		answer, err := asked.Text()
		switch {
		case err == nil:
			return `{"resource":` + answer + `}`, nil
		case strings.HasPrefix(err.Error(), "UNAUTHORIZED "), strings.HasPrefix(err.Error(), "NOAUTH "):
			return unauthorized, nil
		}
		return err.Error(), nil
	})
}
