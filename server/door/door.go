// Package door owns what the doors of the token services have in common over
// HTTP: ids of requests, bodies, answers, problem details, where a request comes
// from, and which pages of other origins may use a door.
package door

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"

	"github.com/fawndb/fawn/server/auth"
	"github.com/fawndb/fawn/server/tokens"
)

// MaxBody is how long the body of a request may be, in bytes.
const MaxBody = 64 << 10

// Options are those that all doors take.
type Options struct {
	// Origins are the origins whose pages may use the doors:
	// "https://app.example.com".
	Origins []string
	// Proxies are the addresses and networks of proxies that are believed when
	// they say whom a request comes from: "10.0.0.0/8".
	Proxies []string
	// Log is told of failures that are not a client's. It never gets a
	// secret, a code, a link or a body.
	Log *slog.Logger
	// Random is the source of ids of requests; the default is the system's.
	Random io.Reader
	// Limits are those that the doors of a server share; the default is ones
	// of its own.
	Limits *Limits
}

// Door is one door of the token services.
type Door struct {
	*tokens.Service
	// Facade names the door in the audit: "eco".
	Facade string
	// Limits are those that the door shares with the others.
	Limits  *Limits
	origins map[string]bool
	proxies proxies
	log     *slog.Logger
	random  io.Reader
}

// New returns what a door stands on.
func New(facade string, s *tokens.Service, o Options) (*Door, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Limits == nil {
		o.Limits = NewLimits(nil)
	}
	d := &Door{Service: s, Facade: facade, Limits: o.Limits, origins: map[string]bool{}, log: o.Log, random: o.Random}
	for _, origin := range o.Origins {
		d.origins[strings.ToLower(strings.TrimSuffix(origin, "/"))] = true
	}
	var err error
	d.proxies, err = parseProxies(o.Proxies)
	return d, err
}

type requestKey struct{}

// Values of headers, the same in all answers. Nobody changes them.
var (
	noSniff    = []string{"nosniff"}
	noReferrer = []string{"no-referrer"}
	secureOnly = []string{"max-age=31536000"}
	noStore    = []string{"no-store"}
	noCache    = []string{"no-cache"}
)

// Handler is what every request of the door goes through first: it gets an id,
// headers against being guessed at and framed, and a bound for its body.
func (d *Door) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := d.newID()
		h := w.Header()
		h["X-Request-Id"] = []string{id}
		h["X-Content-Type-Options"] = noSniff
		h["Referrer-Policy"] = noReferrer
		if strings.HasPrefix(d.Issuer(), "https:") {
			h["Strict-Transport-Security"] = secureOnly
		}
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, id))
		if r.Body != nil {
			r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
		}
		next.ServeHTTP(w, r)
	})
}

// newID returns a UUID of version 4.
func (d *Door) newID() string {
	var b [16]byte
	// Without randomness no secret is made either: the id is then all zeros.
	_, _ = io.ReadFull(d.random, b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	var text [36]byte
	out := text[:0]
	for i, c := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			out = append(out, '-')
		}
		out = hex.AppendEncode(out, []byte{c})
	}
	return string(out)
}

// RequestID is the id of a request that came through Handler.
func RequestID(r *http.Request) string {
	id, _ := r.Context().Value(requestKey{}).(string)
	return id
}

// From says for the audit where a request comes from; actor is who asks.
func (d *Door) From(r *http.Request, actor string) tokens.Origin {
	return tokens.Origin{
		Facade: d.Facade, Actor: actor, Address: d.Address(r), UserAgent: r.UserAgent(), RequestID: RequestID(r),
	}
}

// Bearer reads a bearer token out of the Authorization header, as auth.Bearer
// does.
func Bearer(r *http.Request) (secret string, present bool) { return auth.Bearer(r) }

// What may be wrong with a body.
var (
	// ErrTooLarge: it is longer than MaxBody. It is answered with 413.
	ErrTooLarge = errors.New("the body is too large")
	// ErrForm: a page's form, which can reach a door from any origin.
	ErrForm = errors.New("a form is not accepted")
)

// ReadJSON decodes the body of a request. Members that the target does not
// have are ignored. The error is ErrTooLarge, ErrForm, or says what is no JSON.
func ReadJSON(r *http.Request, target any) error {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "application/x-www-form-urlencoded" || kind == "multipart/form-data" || kind == "text/plain" {
		return ErrForm
	}
	b, err := ReadBody(r)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, target)
}

// ReadBody reads the body of a request. The error is ErrTooLarge, or that of
// the connection.
func ReadBody(r *http.Request) ([]byte, error) {
	var b []byte
	var err error
	if n := r.ContentLength; n > 0 && n <= MaxBody {
		b = make([]byte, n) // net/http gives no more
		_, err = io.ReadFull(r.Body, b)
	} else {
		b, err = io.ReadAll(r.Body)
	}
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return nil, ErrTooLarge
	}
	return b, err
}

// JSON answers with a value. Signs such as < stay as they are.
func JSON(w http.ResponseWriter, status int, v any) {
	Write(w, status, "application/json; charset=utf-8", AppendJSON(v))
}

// AppendJSON returns the JSON of a value, without a line break at its end.
func AppendJSON(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // an answer is made of what has a JSON form
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Write sends a whole answer.
func Write(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header()["Content-Type"] = []string{contentType}
	w.WriteHeader(status)
	// A client that is gone needs no answer.
	_, _ = w.Write(body)
}

// NoStore says that an answer, which holds a secret, is kept nowhere.
func NoStore(w http.ResponseWriter) {
	w.Header()["Cache-Control"] = noStore
	w.Header()["Pragma"] = noCache
}

// Failed tells the log of a failure that is not the client's.
func (d *Door) Failed(r *http.Request, err error) {
	d.log.Error("a request failed", "facade", d.Facade, "request_id", RequestID(r), "error", err)
}
