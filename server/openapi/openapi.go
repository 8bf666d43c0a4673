// Package openapi owns the description of all HTTP routes, an OpenAPI 3.1
// document: one file for each door, put together for the doors that a server
// has open, with the paths that they have there.
package openapi

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Path is where the document is served.
const Path = "/openapi.json"

// Door is a door that is open.
type Door struct {
	// Name is that of its file: "eco".
	Name string
	// Prefixes are its paths, in the order of the file's; nil is those.
	Prefixes []string
}

// Options are what the document says of a server.
type Options struct {
	// URL is where clients reach it, Version what it calls itself.
	URL, Version string
	// Doors are those that are open beside that of queries.
	Doors []Door
}

//go:embed doors/*.yaml
var files embed.FS

// description is a file.
type description struct {
	// Prefixes are the paths of the door, unless it is told otherwise.
	Prefixes []string
	// Paths are the routes, Components what they refer to, as OpenAPI has
	// both.
	Paths      map[string]any
	Components map[string]map[string]any
	// Document is what is said once, of the whole.
	Document map[string]any
}

func read(name string) (*description, error) {
	b, err := files.ReadFile("doors/" + name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("openapi: there is no door %q", name)
	}
	d := &description{}
	if err := yaml.Unmarshal(b, d); err != nil {
		return nil, fmt.Errorf("openapi: %s: %w", name, err)
	}
	return d, nil
}

// Document returns the document of a server, in JSON.
func Document(o Options) ([]byte, error) {
	paths, components := map[string]any{}, map[string]map[string]any{}
	out := map[string]any{"paths": paths, "components": components}
	for _, door := range append([]Door{{Name: "all"}, {Name: "queries"}}, o.Doors...) {
		d, err := read(door.Name)
		if err != nil {
			return nil, err
		}
		maps.Copy(out, d.Document)
		for path, item := range d.Paths {
			paths[d.moved(path, door.Prefixes)] = item
		}
		for kind, named := range d.Components {
			if components[kind] == nil {
				components[kind] = map[string]any{}
			}
			maps.Copy(components[kind], named)
		}
	}
	if info, ok := out["info"].(map[string]any); ok {
		info["version"] = o.Version
	}
	out["servers"] = []any{map[string]any{"url": o.URL}}
	b, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	return b, nil
}

// moved is a path below the prefixes that a door has.
func (d *description) moved(path string, prefixes []string) string {
	for i, prefix := range d.Prefixes {
		if rest, ok := strings.CutPrefix(path, prefix); ok && i < len(prefixes) && (rest == "" || rest[0] == '/' || strings.HasSuffix(prefix, "/")) {
			return prefixes[i] + rest
		}
	}
	return path
}

// Handler serves the document to anybody, pages of any origin included.
func Handler(o Options) (http.Handler, error) {
	document, err := Document(o)
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("X-Content-Type-Options", "nosniff")
		switch {
		case r.URL.Path != Path:
			w.WriteHeader(http.StatusNotFound)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD")
			w.WriteHeader(http.StatusMethodNotAllowed)
		default:
			h.Set("Content-Type", "application/json; charset=utf-8")
			_, _ = w.Write(document) // a client that is gone needs no answer
		}
	}), nil
}

// Routes are the routes of Handler, as http.ServeMux has patterns.
func Routes() []string { return []string{"GET " + Path, "HEAD " + Path} }
