//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"testing"
	"time"

	"github.com/fawndb/fawn/server/openapi"
	"github.com/fawndb/fawn/server/openapi/openapitest"
)

// witness stands before a server, and checks that what is asked and answered
// is what the server's own OpenAPI document describes.
type witness struct {
	t        *testing.T
	document *openapitest.Document
	server   *http.Server
	ended    chan error
}

// newWitness listens at an address for the server at another.
func newWitness(t *testing.T, at, server string) (*witness, error) {
	target := &url.URL{Scheme: "http", Host: server}
	res, err := http.Get(target.String() + openapi.Path)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	w := &witness{t: t, ended: make(chan error, 1)}
	if w.document, err = openapitest.Parse(b); err != nil {
		return nil, err
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			p.Out.Host, p.Out.Header = p.In.Host, p.In.Header.Clone() // it is not to be noticed
		},
		ModifyResponse: w.check,
	}
	w.server = &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("the body of a request: %v", err)
		}
		r.Body = io.NopCloser(bytes.NewReader(b))
		proxy.ServeHTTP(out, r.WithContext(context.WithValue(r.Context(), sentKey{}, b)))
	})}
	l, err := net.Listen("tcp", at)
	if err != nil {
		return nil, err
	}
	go func() { w.ended <- w.server.Serve(l) }()
	return w, nil
}

// sentKey is that of a request's body.
type sentKey struct{}

func (w *witness) check(res *http.Response) error {
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	sent, _ := res.Request.Context().Value(sentKey{}).([]byte)
	if err := w.document.Check(res.Request, sent, res.StatusCode, res.Header, body); err != nil {
		w.t.Error(err)
	}
	return nil
}

// end stops listening.
func (w *witness) end() {
	err := w.server.Close()
	if e := <-w.ended; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	if err != nil {
		w.t.Error(err)
	}
}
