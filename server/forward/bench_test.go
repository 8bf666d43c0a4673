package forward_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// sink is a ResponseWriter that keeps nothing.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(int)             {}

// BenchmarkForward is the door's own work for a request that passes.
func BenchmarkForward(b *testing.B) {
	f := newFixture(b)
	r := httptest.NewRequest(http.MethodGet, "/auth/forward?permission=createA", nil)
	r.Header.Set("Authorization", "Bearer "+bearer)
	w := &sink{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		f.door.ServeHTTP(w, r)
		clear(w.header)
	}
}
