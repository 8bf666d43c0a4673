package deliver_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/fawndb/fawn/server/deliver"
	"github.com/fawndb/fawn/server/tokens/tokenstest"
)

// mailServer keeps the mail it gets. It refuses senders that it does not know,
// and answers recipients as they ask it to: "451@example.com".
type mailServer struct {
	addr     *net.TCPAddr
	trusted  *tls.Config // of clients
	received chan string
}

func serveMail(t *testing.T, security deliver.Security) *mailServer {
	t.Helper()
	cert, pool := certificate(t)
	m := &mailServer{trusted: &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}, received: make(chan string, 10)}
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &mailSession{server: m}, nil }))
	s.AllowInsecureAuth = security == deliver.Plain
	config := &tls.Config{Certificates: []tls.Certificate{cert}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.addr = listener.Addr().(*net.TCPAddr)
	switch security {
	case deliver.StartTLS:
		s.TLSConfig = config
	case deliver.Implicit:
		listener = tls.NewListener(listener, config)
	case deliver.Plain:
	}
	served := make(chan error)
	go func() { served <- s.Serve(listener) }()
	t.Cleanup(func() {
		if err := errors.Join(s.Close(), <-served); err != nil {
			t.Error(err)
		}
	})
	return m
}

// certificate makes one for 127.0.0.1 that only the pool vouches for.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

type mailSession struct {
	server *mailServer
	known  bool
}

func (s *mailSession) Reset()        {}
func (s *mailSession) Logout() error { return nil }

func (s *mailSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "fawn" || password != "mail password" {
			return smtp.ErrAuthFailed
		}
		s.known = true
		return nil
	}), nil
}

func (s *mailSession) Mail(string, *smtp.MailOptions) error {
	if !s.known {
		return smtp.ErrAuthRequired
	}
	return nil
}

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	switch {
	case strings.HasPrefix(to, "451@"):
		return &smtp.SMTPError{Code: 451, Message: "later"}
	case strings.HasPrefix(to, "550@"):
		return &smtp.SMTPError{Code: 550, Message: "nobody " + to}
	}
	return nil
}

func (s *mailSession) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err == nil {
		s.server.received <- string(b)
	}
	return err
}

func (m *mailServer) sender(t *testing.T, edit func(*deliver.SMTPOptions)) *deliver.SMTP {
	t.Helper()
	o := deliver.SMTPOptions{
		Host: "127.0.0.1", Port: m.addr.Port, User: "fawn", Password: "mail password", TLS: m.trusted,
		From: "Fawn <no-reply@tokens.example.com>", Clock: func() time.Time { return tokenstest.Start },
	}
	edit(&o)
	s, err := deliver.NewSMTP(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var letter = deliver.Message{
	ID: "5f0c", Channel: deliver.Email, To: "ana@example.com", Subject: "Zurücksetzen", Text: "Hello", HTML: "<p>Hello</p>",
}

func TestSMTP(t *testing.T) {
	for _, security := range []deliver.Security{deliver.StartTLS, deliver.Implicit, deliver.Plain} {
		t.Run(string(security), func(t *testing.T) {
			server := serveMail(t, security)
			s := server.sender(t, func(o *deliver.SMTPOptions) { o.Security = security })
			if err := s.Send(context.Background(), letter); err != nil {
				t.Fatal(err)
			}
			m, err := mail.ReadMessage(strings.NewReader(<-server.received))
			if err != nil {
				t.Fatal(err)
			}
			for name, want := range map[string]string{
				"Date": "Sun, 01 Mar 2026 12:00:00 +0000", "Message-Id": "<5f0c@tokens.example.com>", "Auto-Submitted": "auto-generated",
				"From": `"Fawn" <no-reply@tokens.example.com>`, "To": "<ana@example.com>", "Subject": "=?UTF-8?q?Zur=C3=BCcksetzen?=",
			} {
				if got := m.Header.Get(name); got != want {
					t.Errorf("%s: %s", name, got)
				}
			}
			body, err := io.ReadAll(m.Body)
			if err != nil || !strings.HasPrefix(m.Header.Get("Content-Type"), "multipart/alternative") ||
				!strings.Contains(string(body), "text/plain") || !strings.Contains(string(body), "<p>Hello</p>") {
				t.Errorf("%v: %s", m.Header, body)
			}
		})
	}
}

func TestSMTPFails(t *testing.T) {
	server, clear := serveMail(t, deliver.StartTLS), serveMail(t, deliver.Plain)
	for name, tc := range map[string]struct {
		server    *mailServer
		edit      func(*deliver.SMTPOptions)
		change    func(*deliver.Message)
		want      string
		temporary bool
	}{
		"header injection": {change: func(m *deliver.Message) { m.Subject = "a\r\nBcc: eve@example.com" }, want: "a value of a header has a line break"},
		"injected address": {change: func(m *deliver.Message) { m.To = "ana@example.com\nBcc: eve@example.com" }, want: "a value of a header has a line break"},
		"no address":       {change: func(m *deliver.Message) { m.To = "ana" }, want: "an address is not good"},
		"later":            {change: func(m *deliver.Message) { m.To = "451@example.com" }, want: "the server answers 451", temporary: true},
		"nobody":           {change: func(m *deliver.Message) { m.To = "550@example.com" }, want: "the server answers 550"},
		"wrong password":   {edit: func(o *deliver.SMTPOptions) { o.Password = "wrong" }, want: "the server answers 535"},
		"unknown authority": {
			edit: func(o *deliver.SMTPOptions) { o.TLS = nil }, want: "the server's certificate is not good",
		},
		"no STARTTLS": {server: clear, want: "the connection is not accepted: TLS or the login"},
		"nobody there": {
			edit: func(o *deliver.SMTPOptions) { o.Port = 1 }, want: "the connection fails", temporary: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.server == nil {
				tc.server = server
			}
			s := tc.server.sender(t, func(o *deliver.SMTPOptions) {
				if tc.edit != nil {
					tc.edit(o)
				}
			})
			m := letter
			if tc.change != nil {
				tc.change(&m)
			}
			err := s.Send(context.Background(), m)
			var own *deliver.Error
			if !errors.As(err, &own) || own.Text != tc.want || own.Temporary() != tc.temporary {
				t.Errorf("%v, temporary %v", err, own != nil && own.Temporary())
			}
			if len(tc.server.received) != 0 {
				t.Error("it arrived")
			}
		})
	}
}

func TestSMTPOptions(t *testing.T) {
	for want, o := range map[string]deliver.SMTPOptions{
		"smtp: mail to mail.example.com:25 would go in clear: use port 587 or 465":   {Host: "mail.example.com", Port: 25, From: "a@b.example"},
		"smtp: mail to mail.example.com:2525 would go in clear: use port 587 or 465": {Host: "mail.example.com", Port: 2525, Security: deliver.Plain, From: "a@b.example"},
		`smtp: security "ssl" is none of starttls, implicit, plain`:                  {Host: "mail.example.com", Security: "ssl", From: "a@b.example"},
		`smtp: from "nobody": `: {Host: "mail.example.com", From: "nobody"},
		"smtp: ":                {From: "a@b.example"},
	} {
		if _, err := deliver.NewSMTP(o); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	for _, o := range []deliver.SMTPOptions{
		{Host: "localhost", Port: 25, From: "a@b.example"},
		{Host: "::1", Port: 25, From: "a@b.example"},
		{Host: "mail.example.com", From: "a@b.example"},
		{Host: "mail.example.com", Port: 465, From: "a@b.example"},
	} {
		if _, err := deliver.NewSMTP(o); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
