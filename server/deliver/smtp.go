package deliver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/textproto"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
)

// Security is how a connection to a mail server is protected.
type Security string

// How connections are protected.
const (
	StartTLS Security = "starttls" // required, not only tried
	Implicit Security = "implicit" // TLS from the first byte
	Plain    Security = "plain"    // to this machine only
)

// SMTPOptions say which mail server takes the mail.
type SMTPOptions struct {
	Host string
	// Port is that of the server; the default is 587.
	Port int
	// Security is Implicit by default on port 465, Plain on port 25, StartTLS
	// on all others.
	Security       Security
	User, Password string // none if User is ""
	// From is the sender: "Fawn <no-reply@example.com>".
	From string
	// Clock gives the date of mails; the default is the system's.
	Clock func() time.Time
	// TLS is for servers whose certificate is not the system's to check.
	TLS *tls.Config
}

// SMTP hands mail to a mail server.
type SMTP struct {
	options SMTPOptions
	dial    []mail.Option
}

// NewSMTP returns a sender of mail. It connects when there is mail.
func NewSMTP(o SMTPOptions) (*SMTP, error) {
	if o.Port == 0 {
		o.Port = 587
	}
	if o.Security == "" {
		o.Security = map[int]Security{465: Implicit, 25: Plain}[o.Port]
	}
	if o.Clock == nil {
		o.Clock = time.Now //nolint:forbidigo // the default clock
	}
	s := &SMTP{options: o, dial: []mail.Option{mail.WithPort(o.Port), mail.WithTimeout(attempt)}}
	switch o.Security {
	case Implicit:
		s.dial = append(s.dial, mail.WithSSL())
	case Plain:
		if !loopback(o.Host) {
			return nil, fmt.Errorf("smtp: mail to %s:%d would go in clear: use port 587 or 465", o.Host, o.Port)
		}
		s.dial = append(s.dial, mail.WithTLSPolicy(mail.NoTLS))
	case "", StartTLS:
		s.dial = append(s.dial, mail.WithTLSPolicy(mail.TLSMandatory))
	default:
		return nil, fmt.Errorf("smtp: security %q is none of starttls, implicit, plain", o.Security)
	}
	if o.TLS != nil {
		s.dial = append(s.dial, mail.WithTLSConfig(o.TLS))
	}
	if o.User != "" {
		login := mail.SMTPAuthAutoDiscover // none that would send the password in clear
		if o.Security == Plain {
			login = mail.SMTPAuthPlainNoEnc
		}
		s.dial = append(s.dial, mail.WithSMTPAuth(login), mail.WithUsername(o.User), mail.WithPassword(o.Password))
	}
	if _, err := mail.NewClient(o.Host, s.dial...); err != nil {
		return nil, fmt.Errorf("smtp: %w", err)
	}
	if err := mail.NewMsg().From(o.From); err != nil {
		return nil, fmt.Errorf("smtp: from %q: %w", o.From, err)
	}
	return s, nil
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// Name implements Sender.
func (s *SMTP) Name() string { return "smtp" }

// Send implements Sender.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	letter, err := compose(m, s.options.From, s.options.Clock())
	if err != nil {
		return err
	}
	client, err := mail.NewClient(s.options.Host, s.dial...)
	if err != nil {
		return &Error{Text: "the mail server's settings are not good"} // New has tried them
	}
	if err := client.DialAndSendWithContext(ctx, letter); err != nil {
		return refused(err)
	}
	return nil
}

// refused says why a mail server did not take a mail, without its words.
func refused(err error) error {
	if e := new(mail.SendError); errors.As(err, &e) {
		return &Error{Text: fmt.Sprintf("the server answers %d", e.ErrorCode()), Again: e.IsTemp()}
	}
	if e := new(textproto.Error); errors.As(err, &e) {
		return &Error{Text: fmt.Sprintf("the server answers %d", e.Code), Again: e.Code < 500}
	}
	if e := new(tls.CertificateVerificationError); errors.As(err, &e) {
		return &Error{Text: "the server's certificate is not good"}
	}
	var network net.Error
	if errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, context.DeadlineExceeded) {
		return &Error{Text: "the connection fails", Again: true}
	}
	return &Error{Text: "the connection is not accepted: TLS or the login"}
}

// compose makes a mail.
// Source: RFC 5322, and RFC 3834 for Auto-Submitted.
func compose(m Message, from string, now time.Time) (*mail.Msg, error) {
	if err := writable(m.ID, m.To, m.Subject, from); err != nil {
		return nil, err
	}
	letter := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := errors.Join(letter.From(from), letter.To(m.To)); err != nil {
		return nil, &Error{Text: "an address is not good"}
	}
	letter.SetMessageIDWithValue(m.ID + "@" + domainOf(letter))
	letter.SetDateWithValue(now)
	letter.SetGenHeader("Auto-Submitted", "auto-generated")
	letter.Subject(m.Subject)
	letter.SetBodyString(mail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		letter.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	}
	return letter, nil
}

// domainOf is that of a mail's sender.
func domainOf(letter *mail.Msg) string {
	sender := letter.GetFrom()[0].Address // compose has set it
	return sender[strings.LastIndexByte(sender, '@')+1:]
}
