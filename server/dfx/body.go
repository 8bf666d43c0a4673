package dfx

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fawndb/fawn/server/door"
)

// body reads the members of a JSON object. The first that is wrong is kept in
// err, which is looked at once all are read. Null is absent.
type body struct {
	members map[string]any
	err     error
}

func readBody(r *http.Request) (*body, error) {
	var raw json.RawMessage
	err := door.ReadJSON(r, &raw)
	if errors.Is(err, door.ErrTooLarge) {
		return nil, errTooLarge
	}
	b := &body{}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err != nil || !utf8.Valid(raw) || d.Decode(&b.members) != nil || b.members == nil {
		return nil, errInvalidJSON
	}
	return b, nil
}

func (b *body) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *body) has(name string) bool { return b.members[name] != nil }

// text is a string that must be there.
func (b *body) text(name string) string {
	s, _ := b.members[name].(string)
	if s == "" {
		b.fail(missing(name))
	}
	return s
}

// optional is a string, "" if it is absent.
func (b *body) optional(name string) string {
	s, ok := b.members[name].(string)
	if !ok && b.has(name) {
		b.fail(invalid(name, "a string"))
	}
	return s
}

// seconds is a number of seconds, or a string of its digits; 0 if it is absent.
func (b *body) seconds(name string) time.Duration {
	if !b.has(name) {
		return 0
	}
	const longest = math.MaxInt64 / float64(time.Second) / 2
	n, err := strconv.ParseFloat(b.digits(name), 64)
	s, isString := b.members[name].(string)
	if err != nil || n < 1 || isString && strings.Trim(s, "0123456789") != "" {
		b.fail(invalid(name, "a number of seconds"))
		return 0
	}
	return time.Duration(min(n, longest)) * time.Second
}

// digits is a number as it is written, or a string; "" for anything else.
func (b *body) digits(name string) string {
	switch v := b.members[name].(type) {
	case json.Number:
		return v.String()
	case string:
		return v
	}
	return ""
}

// phone is the PhoneNumber, which must be there, as phoneNumber returns it.
func (b *body) phone() string {
	s := b.text("PhoneNumber")
	if b.err != nil {
		return ""
	}
	n, err := phoneNumber(s)
	if err != nil {
		b.fail(err)
	}
	return n
}

// mailbox is the Email, which must be there.
func (b *body) mailbox() string {
	s := b.text("Email")
	if a, err := mail.ParseAddress(s); b.err == nil && (err != nil || a.Address != s) {
		b.fail(invalid("Email", "a mail address"))
	}
	return s
}

var (
	punctuation = strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "")
	e164        = regexp.MustCompile(`^\+[1-9][0-9]{1,14}$`)
)

// phoneNumber returns a number as E.164 writes it: "+1 (555) 01-00" is
// "+15550100".
func phoneNumber(s string) (string, error) {
	n := punctuation.Replace(s)
	if !e164.MatchString(n) {
		return "", invalid("PhoneNumber", "such as +15550100")
	}
	return n, nil
}
