package mono

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strconv"

	"golang.org/x/text/unicode/norm"

	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/tokens"
)

// The permissions that the door itself reads. Only true counts.
const (
	adminUser   = "adminUser"
	createUsers = "createUsers"
	createToken = "createToken"
	deleteToken = "deleteToken"
	viewToken   = "viewToken"
)

// user is a user as the door sees one.
type user struct {
	Ref  value.Ref `fauna:"-"`
	Num  int64     `fauna:"-"` // userid
	Name string    `fauna:"name"`

	Lastname    string       `fauna:"lastname,omitempty"`
	Email       string       `fauna:"email,omitempty"`
	Username    string       `fauna:"username"`
	Permissions value.Object `fauna:"permissions"`
}

// has reports whether a user has a permission.
func (u *user) has(permission string) bool {
	v, _ := u.Permissions.Get(permission)
	return v == value.Value(value.Boolean(true))
}

// may reports whether a user may do something to what belongs to another: with
// the permission to one's own, as an administrator to everything.
func (u *user) may(permission string, owner value.Ref) bool {
	return u.has(adminUser) || u.has(permission) && u.Ref == owner
}

// readUser reads the document of a user, which gets a number the first time.
func readUser(tx *tokens.Tx, doc *value.Document) (*user, error) {
	u := &user{
		Ref: doc.Ref, Name: tokens.Text(doc, "name"), Lastname: tokens.Text(doc, "lastname"),
		Email: tokens.Text(doc, "email"), Username: tokens.Text(doc, "username"),
	}
	u.Permissions, _ = tokens.Data(doc, "permissions").(value.Object)
	key := "mono/user/" + strconv.FormatInt(doc.Ref.ID, 10)
	subject, err := tx.Subject(key)
	if err != nil {
		return nil, err
	}
	if subject == nil {
		if u.Num, err = tx.Next("mono.userid"); err != nil {
			return nil, err
		}
		_, err = tx.NewSubject(map[string]any{"service": "mono", "num": u.Num, "user": doc.Ref}, key, numberKey(u.Num))
		return u, err
	}
	num, _ := tokens.Data(subject, "num").(value.Long)
	u.Num = int64(num)
	return u, nil
}

func numberKey(num int64) string { return "mono/num/" + strconv.FormatInt(num, 10) }

// userOf returns the user with a number, nil if there is none.
func userOf(tx *tokens.Tx, num int64) (*user, error) {
	subject, err := tx.Subject(numberKey(num))
	if subject == nil || err != nil {
		return nil, err
	}
	ref, _ := tokens.Data(subject, "user").(value.Ref)
	doc, err := tx.Get(ref)
	if doc == nil || err != nil {
		return nil, err
	}
	return readUser(tx, doc)
}

// newUser makes a user with a password.
func (m *Mono) newUser(tx *tokens.Tx, o tokens.Origin, u *user, password string) (*user, error) {
	v, err := tx.Query(`Create(Ref(Var("users"), NewId()), { data: Var("data"), credentials: { password: Var("password") } })`,
		map[string]any{"users": m.UserRef(0).Collection(), "data": *u, "password": password})
	if err != nil {
		return nil, err
	}
	doc, ok := v.(*value.Document)
	if !ok {
		return nil, errors.New("mono: a new user is no document")
	}
	made, err := readUser(tx, doc)
	if err != nil {
		return nil, err
	}
	return made, tx.Audit(o, tokens.Event{Event: "user.created", Subject: tx.Path(doc.Ref)})
}

// minPassword is how long a password must be, in bytes of its normal form.
const minPassword = 8

// register makes a user, who gets no permission that the caller lacks.
func (m *Mono) register(tx *tokens.Tx, s *session, r *request) (any, error) {
	if !s.user.has(adminUser) && !s.user.has(createUsers) {
		return nil, refuse(http.StatusUnauthorized, mayNotUsers)
	}
	u, password, err := m.readRegistration(r)
	if err != nil {
		return nil, err
	}
	for _, p := range u.Permissions {
		if p.Value != value.Value(value.Boolean(false)) && !s.user.has(adminUser) && !s.user.has(p.Name) {
			return nil, refuse(http.StatusUnauthorized, mayNotUsers)
		}
	}
	if taken, err := m.taken(tx, u); taken || err != nil {
		return nil, errors.Join(err, refuse(http.StatusBadRequest, userTaken))
	}
	made, err := m.newUser(tx, s.origin, u, password)
	if err != nil {
		return nil, err
	}
	return created{message{Text: userMade, UserID: made.Num}}, nil
}

// readRegistration reads who is to be registered, with which password.
func (m *Mono) readRegistration(r *request) (*user, string, error) {
	in, err := r.members()
	if err != nil {
		return nil, "", err
	}
	u, password := &user{Permissions: value.Object{}}, ""
	for name, target := range map[string]*string{
		"name": &u.Name, "lastname": &u.Lastname, "email": &u.Email, "username": &u.Username, "password": &password,
	} {
		if raw, ok := in[name]; ok && json.Unmarshal(raw, target) != nil {
			return nil, "", errBadRequest
		}
	}
	if raw, ok := in["permissions"]; ok && string(raw) != "null" {
		if u.Permissions, err = parsePermissions(raw); err != nil {
			return nil, "", err
		}
	}
	if n := len(norm.NFC.String(password)); u.Username == "" || n < minPassword || n > m.MaxPassword() {
		return nil, "", errBadRequest
	}
	return u, password, nil
}

// taken reports whether somebody has the name or the address of a new user.
func (m *Mono) taken(tx *tokens.Tx, u *user) (bool, error) {
	old, err := tx.UserNamed(u.Username)
	if old == nil && err == nil && u.Email != "" {
		old, err = tx.UserMailed(u.Email)
	}
	return old != nil, err
}

// How much a token, or a user, may be permitted.
const (
	maxPermissions     = 256
	maxPermissionsSize = 16 << 10
)

// parsePermissions reads an object of permissions with its members in order.
func parsePermissions(raw json.RawMessage) (value.Object, error) {
	o, err := value.ParseObject(raw)
	if err != nil || len(o) > maxPermissions || len(raw) > maxPermissionsSize {
		return nil, errBadRequest
	}
	return o, nil
}

// members reads the body of a request, which must be a JSON object.
func (r *request) members() (map[string]json.RawMessage, error) {
	var in map[string]json.RawMessage
	if json.Unmarshal(r.body, &in) != nil || in == nil {
		return nil, errBadRequest
	}
	return in, nil
}

// plain is an object of permissions as claims have it.
func plain(o value.Object) map[string]any {
	out := map[string]any{}
	if err := value.Decode(o, nil, &out); err != nil {
		maps.DeleteFunc(out, func(string, any) bool { return true })
	}
	return out
}
