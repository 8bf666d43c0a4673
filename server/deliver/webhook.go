package deliver

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// WebhookOptions say which program takes the messages.
type WebhookOptions struct {
	// URL is where they are posted: https, or http to this machine.
	URL string
	// Secret is the key of the signature, which both sides know.
	Secret string
	// Client posts; the default is one of the sender's own. It follows no
	// redirect.
	Client *http.Client
}

// Webhook posts messages to a program, which sends them:
//
//	POST /send
//	X-Signature: sha256=<HMAC-SHA-256 of the body under the secret, in hex>
//
//	{"id":"5f0c…","to":"+15550100","text":"…","template":"login_code","expiresAt":"2026-03-01T12:10:00.000Z"}
type Webhook struct {
	options WebhookOptions
	client  http.Client
}

// NewWebhook returns a sender.
func NewWebhook(o WebhookOptions) (*Webhook, error) {
	u, err := url.Parse(o.URL)
	switch {
	case err != nil || u.Host == "":
		return nil, errors.New("webhook: the URL is not good")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return nil, fmt.Errorf("webhook: messages to %s would go in clear: use https", u.Host)
	case o.Secret == "":
		return nil, errors.New("webhook: there is no secret for the signature")
	}
	w := &Webhook{options: o}
	if o.Client != nil {
		w.client = *o.Client
	}
	w.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return w, nil
}

// Name implements Sender.
func (w *Webhook) Name() string { return "webhook" }

// Send implements Sender.
func (w *Webhook) Send(ctx context.Context, m Message) error {
	body, err := json.Marshal(struct {
		ID        string `json:"id"`
		To        string `json:"to"`
		Text      string `json:"text"`
		Template  string `json:"template"`
		ExpiresAt string `json:"expiresAt"`
	}{m.ID, m.To, m.Text, m.Template, m.ExpiresAt.UTC().Format("2006-01-02T15:04:05.000Z07:00")})
	if err != nil {
		return &Error{Text: "the message has no JSON form"}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.options.URL, bytes.NewReader(body))
	if err != nil {
		return &Error{Text: "the URL is not good"}
	}
	mac := hmac.New(sha256.New, []byte(w.options.Secret))
	mac.Write(body)
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("X-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	res, err := w.client.Do(r)
	if err != nil {
		return &Error{Text: "the connection fails", Again: true}
	}
	defer res.Body.Close()
	// So that the connection can be used again.
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	switch status := res.StatusCode; {
	case status/100 == 2:
		return nil
	case status == http.StatusTooManyRequests || status >= 500:
		return &Error{Text: fmt.Sprintf("it answers %d", status), Again: true}
	default:
		return &Error{Text: fmt.Sprintf("it answers %d", status)}
	}
}
