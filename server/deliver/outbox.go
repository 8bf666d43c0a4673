package deliver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fawndb/fawn/server/door"
)

// OutboxOptions say where messages of development end.
type OutboxOptions struct {
	// Dir is the directory, which is made if there is none. Only its owner
	// may read it.
	Dir string
	// PublicURL is the server's: with https it is no development, and there is
	// no outbox unless Force is set.
	PublicURL string
	Force     bool
	// Log gets one line for each message, without what it says.
	Log *slog.Logger
	// Clock names the files; the default is the system's.
	Clock func() time.Time
}

// kept is how many messages an outbox remembers.
const kept = 100

// Outbox is the sender of development: it writes messages to a directory,
//
//	20260301T120000.000Z-5f0c….eml   mail
//	20260301T120000.000Z-5f0c….json  short messages
//
// the only place where the server writes a code or a link in clear.
type Outbox struct {
	options OutboxOptions

	mu   sync.Mutex
	last []Message
}

// NewOutbox returns an outbox.
func NewOutbox(o OutboxOptions) (*Outbox, error) {
	if strings.HasPrefix(strings.ToLower(o.PublicURL), "https:") && !o.Force {
		return nil, errors.New("outbox: it writes codes and links in clear, and the public URL is https: force it, or use another sender")
	}
	if o.Clock == nil {
		o.Clock = time.Now //nolint:forbidigo // the default clock
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	info, err := os.Stat(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("outbox: others may read %s: its mode is %#o, and must be 0700", o.Dir, info.Mode().Perm())
	}
	return &Outbox{options: o}, nil
}

// Name implements Sender.
func (o *Outbox) Name() string { return "outbox" }

// Send implements Sender.
func (o *Outbox) Send(_ context.Context, m Message) error {
	now := o.options.Clock().UTC()
	content, extension, err := written(m, now)
	if err != nil {
		return err
	}
	name := now.Format("20060102T150405.000Z") + "-" + filepath.Base(m.ID) + extension
	if err := o.create(name, content); err != nil {
		return &Error{Text: "the file cannot be written", Again: true}
	}
	o.mu.Lock()
	o.last = append(o.last, m)
	o.last = slices.Delete(o.last, 0, max(0, len(o.last)-kept))
	o.mu.Unlock()
	o.options.Log.Info("a message is in the outbox", "channel", m.Channel, "template", m.Template, "file", name)
	return nil
}

// written is a message as its file has it.
func written(m Message, now time.Time) (content []byte, extension string, err error) {
	if m.Channel != Email {
		content, err = json.MarshalIndent(shown(m), "", "  ")
		return append(content, '\n'), ".json", err
	}
	letter, err := compose(m, "Fawn <fawn@localhost>", now)
	if err != nil {
		return nil, "", err
	}
	var b bytes.Buffer
	_, err = letter.WriteTo(&b)
	return b.Bytes(), ".eml", err
}

// create writes a new file in one piece, so that who waits for it reads all.
func (o *Outbox) create(name string, content []byte) error {
	f, err := os.OpenFile(filepath.Join(o.options.Dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

// Messages are the last hundred messages, the oldest first.
func (o *Outbox) Messages() []Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.last)
}

// shown is a message as JSON shows it.
func shown(m Message) any {
	return struct {
		ID        string            `json:"id"`
		Channel   string            `json:"channel"`
		To        string            `json:"to"`
		Template  string            `json:"template"`
		Locale    string            `json:"locale,omitempty"`
		Subject   string            `json:"subject,omitempty"`
		Text      string            `json:"text"`
		HTML      string            `json:"html,omitempty"`
		Vars      map[string]string `json:"vars,omitempty"`
		ExpiresAt time.Time         `json:"expiresAt"`
	}(m)
}

// OutboxPath is where Handler belongs.
const OutboxPath = "/dev/outbox"

// Handler shows the messages of the outbox, the oldest first, as a JSON array:
// GET OutboxPath, from this machine and with an admin's key only.
func (o *Outbox) Handler(d *door.Door) http.Handler {
	return d.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		door.NoStore(w)
		secret, _ := door.Bearer(r)
		from, err := netip.ParseAddr(d.Address(r))
		if err != nil || !from.Unmap().IsLoopback() {
			d.Problem(w, r, http.StatusForbidden, "", "The outbox is shown to this machine only.")
			return
		}
		who, err := d.DB().Verify(r.Context(), secret)
		if err != nil || who.Role != "admin" || who.Database != d.Scope() {
			w.Header().Set("WWW-Authenticate", `Bearer realm="outbox"`)
			d.Problem(w, r, http.StatusUnauthorized, "", "The outbox is shown to admins only.")
			return
		}
		if r.Method != http.MethodGet {
			w.Header().Set("Allow", http.MethodGet)
			d.Problem(w, r, http.StatusMethodNotAllowed, "", "The outbox can only be read.")
			return
		}
		out := []any{}
		for _, m := range o.Messages() {
			out = append(out, shown(m))
		}
		door.JSON(w, http.StatusOK, out)
	}))
}
