package oauth

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/fawndb/fawn/server/door"
)

// jwks tells the public keys of the ring.
// Source: RFC 7517.
func (d *Door) jwks(w http.ResponseWriter, r *http.Request) error {
	keys := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	if ring := d.Ring(); ring != nil {
		keys = ring.Public()
	}
	contentType := "application/json; charset=utf-8"
	if strings.Contains(r.Header.Get("Accept"), "application/jwk-set+json") {
		contentType = "application/jwk-set+json"
	}
	w.Header().Add("Vary", "Accept")
	public(w, r, contentType, keys)
	return nil
}

// metadata is what the server says of itself.
// Source: RFC 8414, section 2.
type metadata struct {
	Issuer            string   `json:"issuer"`
	Token             string   `json:"token_endpoint"`
	Introspection     string   `json:"introspection_endpoint"`
	Revocation        string   `json:"revocation_endpoint"`
	Keys              string   `json:"jwks_uri"`
	Grants            []string `json:"grant_types_supported"`
	Responses         []string `json:"response_types_supported"`
	TokenAuth         []string `json:"token_endpoint_auth_methods_supported"`
	IntrospectionAuth []string `json:"introspection_endpoint_auth_methods_supported"`
	RevocationAuth    []string `json:"revocation_endpoint_auth_methods_supported"`
	Scopes            []string `json:"scopes_supported,omitempty"`
}

func (d *Door) metadata(w http.ResponseWriter, r *http.Request) error {
	endpoints, methods := d.Issuer()+d.options.Prefix, []string{"client_secret_basic", "client_secret_post"}
	public(w, r, "application/json; charset=utf-8", metadata{
		Issuer: d.Issuer(), Token: endpoints + "/token", Introspection: endpoints + "/introspect", Revocation: endpoints + "/revoke",
		Keys: d.Issuer() + "/.well-known/jwks.json", Grants: []string{"refresh_token", "client_credentials"},
		Responses: []string{"none"}, // one is required, and there is no authorization endpoint
		TokenAuth: methods, IntrospectionAuth: methods, RevocationAuth: methods, Scopes: d.options.Scopes,
	})
	return nil
}

// public answers with what anybody may know, and keep for five minutes.
func public(w http.ResponseWriter, r *http.Request, contentType string, v any) {
	body := door.AppendJSON(v)
	sum := sha256.Sum256(body)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
	h := w.Header()
	h["Cache-Control"] = []string{"public, max-age=300"}
	h["Etag"] = []string{tag}
	if strings.Contains(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	door.Write(w, http.StatusOK, contentType, body)
}
