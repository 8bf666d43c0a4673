package server

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/enginetest"
	"github.com/fawndb/fawn/engine/kv/mem"
	"github.com/fawndb/fawn/engine/password"
)

// TestInForce pins that changes of rights are in force for the next request.
func TestInForce(t *testing.T) {
	db, err := engine.OpenStore(mem.New(mem.Options{}), engine.Options{PasswordCost: password.Cost{Memory: 8, Time: 1, Lanes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s := httptest.NewServer(New(db, Options{}).Handler())
	t.Cleanup(s.Close)
	enginetest.InForce(t, db.RootSecret(), func(secret string, body []byte) (string, error) {
		r, err := http.NewRequest(http.MethodPost, s.URL, bytes.NewReader(body))
		if err != nil {
			return "", err
		}
		r.Header.Set("Authorization", "Bearer "+secret)
		res, err := s.Client().Do(r)
		if err != nil {
			return "", err
		}
		defer res.Body.Close()
		answer, err := io.ReadAll(res.Body)
		return string(answer), err
	})
}
