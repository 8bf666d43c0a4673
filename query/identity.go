package query

import (
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

const (
	noIdentity = "missing identity: Authentication does not contain an identity"
	noToken    = "invalid token: Token metadata is not accessible."
)

// identityFunctions sign identities in and out, and tell who asks.
// Source: chapter on authentication, section 2.
var identityFunctions = []*Function{
	{
		Name:   "Login",
		Params: []Param{arg("login", refOrSet), arg("params", object)},
		Effect: ast.Write,
		Doc:    "makes a token for a document whose password is given; its secret is shown this once",
		Examples: []string{
			`Do(CreateCollection({ name: "users" }), Create(Ref(Collection("users"), 1), { credentials: { password: "secret" } }), IsString(Select("secret", Login(Ref(Collection("users"), 1), { password: "secret" })))) // true`,
			`Login("x", {}) // invalid argument ["login"]`,
		},
		Errors: []string{
			"authentication failed: The document was not found or provided password was incorrect.",
			notValid, notUnique, denied, pastWrite,
		},
		Eval: evalLogin,
	},
	{
		Name:     "Logout",
		Params:   []Param{arg("logout", boolean)},
		Effect:   ast.Write,
		Doc:      "deletes the caller's token, or, if told so, all tokens of its identity",
		Examples: []string{`Logout(null) // invalid argument ["logout"]`},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			ok, err := c.Host.Caller().Logout(bool(args[0].(value.Boolean)))
			return value.Boolean(ok), c.place(err, "logout")
		},
	},
	{
		Name:   "Identify",
		Params: []Param{arg("identify", refOrSet), arg("password", text)},
		Effect: ast.Read,
		Doc:    "reports whether a document has this password",
		Examples: []string{
			`Do(CreateCollection({ name: "users" }), Create(Ref(Collection("users"), 1), { credentials: { password: "secret" } }), Identify(Ref(Collection("users"), 1), "secret")) // true`,
			`Identify("x", "sekrit") // invalid argument ["identify"]`,
		},
		Errors: []string{denied},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			who, err := c.candidate(args[0], "identify")
			if err != nil {
				return nil, err
			}
			ok, err := c.Host.Caller().Identify(who, string(args[1].(value.String)))
			return value.Boolean(ok), c.place(err, "identify")
		},
	},
	currentIdentity("CurrentIdentity", "current_identity", ""),
	currentIdentity("Identity", "identity", "CurrentIdentity"),
	hasIdentity("HasCurrentIdentity", "has_current_identity", ""),
	hasIdentity("HasIdentity", "has_identity", "HasCurrentIdentity"),
	{
		Name:     "CurrentToken",
		Params:   []Param{nothing("current_token")},
		Effect:   ast.Read,
		Doc:      "returns the ref of the caller's token or key, or the claims of its JWT",
		Examples: []string{`CurrentToken(1) // invalid argument ["current_token"]`},
		Errors:   []string{noToken},
		Eval: func(c *Context, _ []value.Value) (value.Value, error) {
			if t := c.Host.Caller().Token(); t != nil {
				return t, nil
			}
			return nil, c.fail(InvalidToken, "Token metadata is not accessible.")
		},
	},
	{
		Name:     "HasCurrentToken",
		Params:   []Param{nothing("has_current_token")},
		Doc:      "reports whether CurrentToken would return something",
		Examples: []string{`HasCurrentToken(1) // invalid argument ["has_current_token"]`},
		Eval: func(c *Context, _ []value.Value) (value.Value, error) {
			return value.Boolean(c.Host.Caller().Token() != nil), nil
		},
	},
	{
		Name:     "KeyFromSecret",
		Params:   []Param{arg("key_from_secret", text)},
		Effect:   ast.Read,
		Doc:      "returns the key or token that a secret belongs to",
		Examples: []string{`KeyFromSecret(5) // invalid argument ["key_from_secret"]`},
		Errors:   []string{"instance not found: No key found for secret <secret>."},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			v, err := c.Host.Caller().KeyFromSecret(string(args[0].(value.String)))
			return v, c.place(err, "key_from_secret")
		},
	},
}

func currentIdentity(name, key, instead string) *Function {
	return &Function{
		Name:       name,
		Params:     []Param{nothing(key)},
		Effect:     ast.Read,
		Doc:        "returns the document that the caller acts as",
		Examples:   []string{name + "() // missing identity []"},
		Errors:     []string{noIdentity},
		Deprecated: instead,
		Eval: func(c *Context, _ []value.Value) (value.Value, error) {
			if id := c.Host.Caller().Identity(); id != nil {
				return id, nil
			}
			return nil, c.fail(MissingIdentity, "Authentication does not contain an identity")
		},
	}
}

func hasIdentity(name, key, instead string) *Function {
	return &Function{
		Name:       name,
		Params:     []Param{nothing(key)},
		Effect:     ast.Read,
		Doc:        "reports whether the caller acts as a document",
		Examples:   []string{name + "() // false"},
		Deprecated: instead,
		Eval: func(c *Context, _ []value.Value) (value.Value, error) {
			return value.Boolean(c.Host.Caller().Identity() != nil), nil
		},
	}
}

func evalLogin(c *Context, args []value.Value) (value.Value, error) {
	who, err := c.candidate(args[0], "login")
	if err != nil {
		return nil, err
	}
	if c.at != 0 {
		return nil, c.fail(InvalidWriteTime, "Cannot write outside of snapshot time.")
	}
	doc, err := c.Host.Caller().Login(who, params(args[1]))
	if err != nil {
		return nil, c.place(err, "login")
	}
	return doc, nil
}

// candidate is the document that someone wants to be: a ref, or the first of
// a set at the present time.
func (c *Context) candidate(v value.Value, key string) (Candidate, error) {
	if r, ok := v.(value.Ref); ok && !r.Native() {
		return Candidate{Named: v, Ref: &r}, nil
	}
	first, err := c.first(v, 0, key)
	return Candidate{Named: v, Ref: first}, err
}
