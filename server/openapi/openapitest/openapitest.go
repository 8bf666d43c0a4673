// Package openapitest checks for tests whether what a server answers is what its
// OpenAPI document says.
package openapitest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// Document is a document that answers are checked by.
type Document struct {
	spec   *openapi3.T
	routes map[string]map[string]*routers.Route // by patterns of mux, and methods
	mux    *http.ServeMux                       // finds patterns; it answers nothing
}

// Parse reads a document, which must be valid. Objects in it that name their
// members have no others: an answer may not tell what is not described.
func Parse(document []byte) (*Document, error) {
	var raw any
	if err := json.Unmarshal(document, &raw); err != nil {
		return nil, fmt.Errorf("openapitest: %w", err)
	}
	closeObjects(raw)
	closed, err := json.Marshal(raw)
	if err != nil {
		return nil, fmt.Errorf("openapitest: %w", err)
	}
	d := &Document{routes: map[string]map[string]*routers.Route{}, mux: http.NewServeMux()}
	if d.spec, err = openapi3.NewLoader().LoadFromData(closed); err != nil {
		return nil, fmt.Errorf("openapitest: %w", err)
	}
	if err := d.spec.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("openapitest: %w", err)
	}
	openapi3filter.RegisterBodyDecoder("text/javascript", openapi3filter.FileBodyDecoder)
	for path, item := range d.spec.Paths.Map() {
		methods := map[string]*routers.Route{}
		for method, operation := range item.Operations() {
			methods[method] = &routers.Route{Spec: d.spec, Path: path, PathItem: item, Method: method, Operation: operation}
		}
		d.mux.Handle(patternOf(path), http.NotFoundHandler())
		d.routes[patternOf(path)] = methods
	}
	return d, nil
}

func closeObjects(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			closeObjects(e)
		}
	case map[string]any:
		if _, named := v["properties"].(map[string]any); named && v["additionalProperties"] == nil {
			v["additionalProperties"] = false
		}
		for _, e := range v {
			closeObjects(e)
		}
	}
}

// patternOf is the pattern of http.ServeMux for a path of a document. {path} at
// the end is all that follows.
func patternOf(path string) string {
	if path == "/" {
		return "/{$}"
	}
	if rest, ok := strings.CutSuffix(path, "/{path}"); ok {
		return rest + "/{path...}"
	}
	return path
}

// Version is that of OpenAPI.
func (d *Document) Version() string { return d.spec.OpenAPI }

// Operations are the operations that the document describes: "POST /oauth/token".
func (d *Document) Operations() []string {
	var out []string
	for _, methods := range d.routes {
		for _, r := range methods {
			out = append(out, r.Method+" "+r.Path)
		}
	}
	slices.Sort(out)
	return out
}

// Check says what an answer, or the request that it is a success of, has that
// the document does not. sent is the body of the request.
func (d *Document) Check(r *http.Request, sent []byte, status int, header http.Header, body []byte) error {
	_, pattern := d.mux.Handler(r)
	route := d.routes[pattern][r.Method]
	if route == nil {
		return fmt.Errorf("openapitest: %s %s is not described", r.Method, r.URL.Path)
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(sent))
	options := &openapi3filter.Options{IncludeResponseStatus: true, ExcludeResponseBody: r.Method == http.MethodHead}
	in := &openapi3filter.RequestValidationInput{Request: r, Route: route, Options: options}
	if given := route.Operation.RequestBody; given != nil && status < http.StatusMultipleChoices {
		if err := openapi3filter.ValidateRequestBody(r.Context(), in, given.Value); err != nil {
			return fmt.Errorf("openapitest: the request %s %s: %w", r.Method, pattern, err)
		}
	}
	for _, part := range parts(route.Path, body) {
		err := openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
			RequestValidationInput: in, Status: status, Header: header, Body: io.NopCloser(bytes.NewReader(part)), Options: options,
		})
		if err != nil {
			return fmt.Errorf("openapitest: the answer of %s %s, %d %s: %w", r.Method, pattern, status, part, err)
		}
	}
	return nil
}

// parts are the bodies that a body is: where answers take their time it is one a
// line.
func parts(path string, body []byte) [][]byte {
	if path != "/compact" && path != "/stream" {
		return [][]byte{body}
	}
	return bytes.Split(bytes.TrimSuffix(body, []byte("\r\n")), []byte("\r\n"))
}
