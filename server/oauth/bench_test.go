package oauth_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fawndb/fawn/server/oauth"
)

// sink is a ResponseWriter that keeps nothing.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(int)             {}

// BenchmarkIntrospect is the door's own work for an introspection.
func BenchmarkIntrospect(b *testing.B) {
	f := newFixture(b, func(o *oauth.Options) { o.Introspections = -1 })
	p := f.issue(`,"scope":"read write","permissions":{"createA":true}`)
	r := httptest.NewRequest(http.MethodPost, "/oauth/introspect", nil)
	r.Header.Set("Authorization", "Bearer "+f.server.secret)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	form := strings.NewReader("")
	body := io.NopCloser(form)
	w := &sink{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		form.Reset("token=" + p.Access)
		r.Body = body
		f.door.ServeHTTP(w, r)
		clear(w.header)
	}
}
