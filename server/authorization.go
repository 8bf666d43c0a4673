package server

import (
	"encoding/base64"
	"strings"
	"unicode"

	"github.com/fawndb/fawn/engine"
)

// secretOf reads the secret out of an Authorization header; "" is none.
//
//	Bearer fnAE…          Basic base64("fnAE…:")
//
// Source: chapter on authentication, section 1.6.
func secretOf(header string) string {
	i := strings.IndexFunc(header, unicode.IsSpace)
	if i < 0 {
		return ""
	}
	scheme, rest := header[:i], strings.TrimLeftFunc(header[i:], unicode.IsSpace)
	switch scheme {
	case "Bearer":
		return rest
	case "Basic":
		// An old driver appended the colon after encoding.
		text, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(rest, ":"))
		if err != nil {
			return ""
		}
		secret := strings.TrimSuffix(strings.TrimSpace(string(text)), ":")
		if engine.IsJWT(secret) {
			return "" // a JWT is a bearer's
		}
		return secret
	}
	return ""
}
