// Package mono is the door for programs written for monoIntegrator: an
// administrator logs in, gets a session, and manages with it the bearers that
// other programs present. A session is no bearer, and a bearer manages nothing.
//
// The messages are Spanish, as that system has them: they are part of what its
// programs read.
package mono

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
)

// Options of the door. The zero value is what the published page promises.
type Options struct {
	// Management is where sessions manage tokens and users; the default is
	// /management. Bearers is the route for bearers, Sessions that for
	// sessions; the defaults are /tokenizada and /privada.
	Management, Bearers, Sessions string
	// SessionTTL is how long a session lives; the default is 7 days.
	SessionTTL time.Duration
	// UsersDisabled refuses all logins, with the answer that says so.
	UsersDisabled bool
}

// Mono is the door. It is an http.Handler of full paths.
type Mono struct {
	*door.Door
	options  Options
	handler  http.Handler
	password string // of the administrator that New made
}

// New returns the door to the services of a database. If no user has the name
// yet, it makes the user administrator, who may do everything.
func New(ctx context.Context, s *tokens.Service, d door.Options, o Options) (*Mono, error) {
	for _, path := range []struct {
		set         *string
		unlessGiven string
	}{{&o.Management, "/management"}, {&o.Bearers, "/tokenizada"}, {&o.Sessions, "/privada"}} {
		if *path.set == "" {
			*path.set = path.unlessGiven
		}
	}
	if o.SessionTTL == 0 {
		o.SessionTTL = tokens.MonoSession.Access
	}
	base, err := door.New("mono", s, d)
	if err != nil {
		return nil, err
	}
	m := &Mono{Door: base, options: o}
	if err := m.makeAdministrator(ctx); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	for pattern, h := range m.table() {
		mux.HandleFunc(pattern, h)
	}
	mux.HandleFunc("/", m.notFound)
	m.handler = base.Handler(base.CrossOrigin("GET, POST, PUT, DELETE", "authorization, content-type", mux))
	return m, nil
}

// InitialPassword is that of the administrator whom New made, "" if there was
// one. It is not kept: who does not show it has lost it.
func (m *Mono) InitialPassword() string { return m.password }

func (m *Mono) makeAdministrator(ctx context.Context) error {
	return m.Update(ctx, func(tx *tokens.Tx) error {
		m.password = ""
		old, err := tx.UserNamed("administrator")
		if old != nil || err != nil {
			return err
		}
		password, err := m.Hex()
		if err != nil {
			return err
		}
		m.password = password
		_, err = m.newUser(tx, tokens.Origin{Facade: m.Facade}, &user{
			Name: "administrator", Username: "administrator",
			Permissions: value.Object{{Name: adminUser, Value: value.Boolean(true)}},
		}, password)
		return err
	})
}

// Prefixes are the paths that the door answers, with all below them.
func (m *Mono) Prefixes() []string {
	return []string{m.options.Management, m.options.Bearers, m.options.Sessions}
}

// ServeHTTP implements http.Handler.
func (m *Mono) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.handler.ServeHTTP(w, r) }

// table is the whole door on one screen.
func (m *Mono) table() map[string]http.HandlerFunc {
	at := m.options.Management
	return map[string]http.HandlerFunc{
		"POST " + at + "/users/login":                m.login,
		"POST " + at + "/users/registro":             m.inSession(m.register),
		"POST " + at + "/token/create":               m.inSession(m.create),
		"DELETE " + at + "/token/{tokenid}":          m.inSession(m.remove),
		"PUT " + at + "/token/regenerate/{tokenid}":  m.inSession(m.regenerate),
		"GET " + at + "/token/permissions/{tokenid}": m.inSession(m.permissions),
		"PUT " + at + "/token/permissions/{tokenid}": m.inSession(m.setPermissions),
		"GET " + at + "/tokens/list":                 m.inSession(m.list),
		"GET " + at + "/tokens/list/{userid}":        m.inSession(m.list),
		"GET " + m.options.Sessions:                  m.inSession(m.private),
		"GET " + m.options.Bearers:                   m.bearer,
	}
}

// Routes are the routes of the door: "DELETE /management/token/{tokenid}".
func (m *Mono) Routes() []string { return slices.Sorted(maps.Keys(m.table())) }

// What the door says. The spelling is that of the shipped system.
const (
	loggedIn      = "Inicio de sesión exitoso"
	wrongLogin    = "Credenciales incorrectas"
	usersDisabled = "User Management no se encuentra habilitado"
	noToken       = "Acceso no autorizado. El token no se proporcionó."
	noBearer      = "Acceso no autorizado. El token Bearer no se proporcionó."
	badSession    = "Existe alguin inconveniente con su session"
	badRequest    = "Existe un inconveniente en la solicitud"
	internalError = "Error interno del servidor"
	noRoute       = "Ruta no encontrada"
	tooMany       = "Demasiadas solicitudes"

	userMade    = "Usuario creado con éxito"
	userTaken   = "El correo o el nombre de usuario ya están en uso."
	noUser      = "El usuario indicado no existe."
	mayNotUsers = "No tiene el permiso para poder crear usuarios"

	tokenDeleted   = "Token eliminado con éxito."
	permissionsSet = "Se asignaron los permisos al Token indicado"
	notYours       = "El token no fue encontrado o no pertenece al usuario autenticado."
	notRegistered  = "El token no fue encontrado o no pertenece al usuario registrado."

	mayNotCreate     = "No tiene el permiso para poder crear tokens"
	mayNotDelete     = "No tiene el permiso para poder eliminar tokens"
	mayNotPermit     = "No tiene el permiso para poder asignar permisos a los tokens"
	mayNotRegenerate = "No tiene el permiso para poder regenerar tokens"
	mayNotRead       = "No tiene el permiso para poder ver permisos de los tokens"
	mayNotList       = "No tiene el permiso para poder ver tokens"
	mayNotListOthers = "No tiene el permiso para poder ver tokens de otros usuarios"
)

// refusal is an answer that is no success, as an error of an operation.
type refusal struct {
	status int
	text   string
	shape  shape
}

// shape is how an answer names its text.
type shape uint8

const (
	asMensaje shape = iota // {"mensaje": …}
	asMsg                  // {"msg": …}
	asTraced               // {"msg": …, "id": …}: the id of the request
)

func (r *refusal) Error() string { return r.text }

func refuse(status int, text string) error { return &refusal{status: status, text: text} }

var (
	errBadRequest = &refusal{http.StatusBadRequest, badRequest, asTraced}
	errSession    = &refusal{http.StatusUnauthorized, badSession, asMsg}
)

// message is {"mensaje": …}, with what else an answer has.
type message struct {
	Text   string `json:"mensaje"`
	Token  string `json:"token,omitempty"`
	UserID int64  `json:"userid,omitempty"`
}

// traced is {"msg": …, "id": …}.
type traced struct {
	Text string `json:"msg"`
	ID   string `json:"id,omitempty"`
}
