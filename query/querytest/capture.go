package querytest

import (
	"fmt"
	"regexp"
	"strings"
)

// kinds are the JSON that placeholders of a kind fit.
var kinds = map[string]*regexp.Regexp{
	"id":     regexp.MustCompile(`^"[0-9]+"$`),
	"secret": regexp.MustCompile(`^"\S{20,}"$`),
	"time":   regexp.MustCompile(`^"[-+0-9]+-[0-9][0-9]-[0-9][0-9]T[0-9:.]+Z"$`),
	"string": regexp.MustCompile(`^".*"$`),
	"ts":     regexp.MustCompile(`^[0-9]+$`),
	"int":    regexp.MustCompile(`^-?[0-9]+$`),
	"any":    regexp.MustCompile(``),
}

const placeholder = `<(id|secret|time|string|ts|int|any)(?::([a-z][a-z0-9_]*))?>`

var (
	marker  = regexp.MustCompile(placeholder)
	leading = regexp.MustCompile(`^` + placeholder)
	whole   = regexp.MustCompile(`^` + placeholder + `$`)
	short   = regexp.MustCompile(`«([a-z_]+)(?:/([^»]+))?»`)
)

// captures are what the placeholders of a session stand for, by kind and name.
type captures map[string]*node

// of returns what a placeholder stands for, nil if nothing yet. m is as a
// match of marker.
func (c captures) of(m []string) *node { return c[m[1]+":"+m[2]] }

// natives are the collections whose documents have no collection of their own
// in their ref.
var natives = map[string]bool{
	"databases": true, "collections": true, "indexes": true, "functions": true, "roles": true,
	"access_providers": true, "keys": true, "tokens": true, "credentials": true, "tasks": true,
}

// expand writes refs out: «users/1» is the document 1 of the collection users.
func expand(s string) string {
	return short.ReplaceAllStringFunc(s, func(m string) string {
		parts := short.FindStringSubmatch(m)
		if parts[2] == "" {
			return `{"@ref":{"id":"` + parts[1] + `"}}`
		}
		collection := `{"@ref":{"id":"` + parts[1] + `"}}`
		if !natives[parts[1]] {
			collection = `{"@ref":{"id":"` + parts[1] + `","collection":{"@ref":{"id":"collections"}}}}`
		}
		return `{"@ref":{"id":"` + parts[2] + `","collection":` + collection + `}}`
	})
}

// fill puts what was captured in the place of its placeholder: into a string
// as it is, elsewhere as JSON.
func (c captures) fill(src string) (string, error) {
	var err error
	out := replaceMarkers(src, func(m []string, quoted bool) string {
		n := c.of(m)
		switch {
		case n == nil:
			err = fmt.Errorf("%s stands for nothing yet", m[0])
			return m[0]
		case quoted:
			return n.text
		default:
			return n.String()
		}
	})
	return out, err
}

// secret returns the secret that a step is sent with: a scope may follow it.
func (c captures) secret(as string) (string, error) {
	for _, m := range marker.FindAllStringSubmatch(as, -1) {
		if c.of(m) == nil {
			return "", fmt.Errorf("%s stands for nothing yet", m[0])
		}
	}
	return c.inString(as), nil
}

// quoteMarkers makes JSON of JSON with placeholders: those outside of strings
// become strings.
func quoteMarkers(s string) string {
	return replaceMarkers(s, func(m []string, quoted bool) string {
		if quoted {
			return m[0]
		}
		return `"` + m[0] + `"`
	})
}

// replaceMarkers replaces every placeholder of a text or of JSON by what f
// says. f gets its kind and name, as the regular expression does, and whether
// it stands in a string.
func replaceMarkers(src string, f func(m []string, quoted bool) string) string {
	var b strings.Builder
	var inside byte
	ref := false // inside of «», which becomes a string
	for i := 0; i < len(src); i++ {
		if m := leading.FindStringSubmatch(src[i:]); m != nil {
			b.WriteString(f(m, ref || inside != 0))
			i += len(m[0]) - 1
			continue
		}
		if rest := src[i:]; strings.HasPrefix(rest, "«") || strings.HasPrefix(rest, "»") {
			ref = strings.HasPrefix(rest, "«")
		}
		switch ch := src[i]; {
		case ch == '\\' && inside != 0 && i+1 < len(src):
			b.WriteByte(ch)
			i++
		case inside == ch:
			inside = 0
		case inside == 0 && (ch == '"' || ch == '\'' || ch == '`'):
			inside = ch
		}
		b.WriteByte(src[i])
	}
	return b.String()
}

// match compares a result with what a file says, and captures. The error says
// where they differ.
func (c captures) match(want, got *node, at string) error {
	if want.kind == '"' {
		if m := whole.FindStringSubmatch(want.text); m != nil {
			return c.capture(m[0], m[1], m[2], got, at)
		}
		if got.kind == '"' && c.inResult(want.text).MatchString(got.text) {
			return nil
		}
		return differ(want, got, at)
	}
	if want.kind != got.kind || want.text != got.text || len(want.items) != len(got.items) {
		return differ(want, got, at)
	}
	for i, item := range want.items {
		step := fmt.Sprintf("[%d]", i)
		if want.kind == '{' {
			if want.names[i] != got.names[i] {
				return differ(want, got, at)
			}
			step = "." + want.names[i]
		}
		if err := c.match(item, got.items[i], at+step); err != nil {
			return err
		}
	}
	return nil
}

// inString fills the placeholders in a string.
func (c captures) inString(s string) string {
	return marker.ReplaceAllStringFunc(s, func(m string) string {
		if n := c.of(marker.FindStringSubmatch(m)); n != nil {
			return n.text
		}
		return m
	})
}

// inResult is what fits a string of a result: placeholders that have a value
// stand for it, others for any text.
func (c captures) inResult(s string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`(?s)^`)
	at := 0
	for _, m := range marker.FindAllStringSubmatchIndex(s, -1) {
		b.WriteString(regexp.QuoteMeta(s[at:m[0]]))
		at = m[1]
		switch n := c.of(marker.FindStringSubmatch(s[m[0]:m[1]])); {
		case n != nil:
			b.WriteString(regexp.QuoteMeta(n.text))
		case m[4] < 0:
			b.WriteString(`.*`)
		default:
			b.WriteString(regexp.QuoteMeta(s[m[0]:m[1]]))
		}
	}
	b.WriteString(regexp.QuoteMeta(s[at:]) + `$`)
	return regexp.MustCompile(b.String())
}

// capture fits a placeholder to what is there.
func (c captures) capture(text, kind, name string, got *node, at string) error {
	if !kinds[kind].MatchString(got.String()) {
		return differ(&node{kind: 'l', text: text}, got, at)
	}
	if known := c[kind+":"+name]; known != nil && known.String() != got.String() {
		return fmt.Errorf("at %s: got %s, want %s, which is %s", at, got, text, known)
	}
	if name != "" {
		c[kind+":"+name] = got
	}
	return nil
}

func differ(want, got *node, at string) error {
	return fmt.Errorf("at %s: got %s, want %s", at, got, want)
}
