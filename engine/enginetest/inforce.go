// Package enginetest holds what must be true of an engine through every door
// to it.
package enginetest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/text"
	"github.com/fawndb/fawn/query/wire"
)

// Door runs a query in its wire form for whoever holds a secret, and returns
// the answer in JSON: {"resource":…} or {"errors":[…]}. It may be used from any
// goroutine.
type Door func(secret string, query []byte) (answer string, err error)

// Answers of the probes.
const (
	yes          = `{"resource":true}`
	no           = `{"resource":false}`
	unauthorized = `{"errors":[{"code":"unauthorized","description":"Unauthorized"}]}`
)

// changing is something that decides whether a query is answered, or how, and
// that changes again and again. Its states are counted from 0.
type changing struct {
	name string
	// setup makes state 0, and change(k) brings state k; both are queries of
	// root in text. Where they return a string it is the secret of the probe
	// from then on. # is the number of the thing.
	setup  string
	change func(k int) string
	// probe is a query with the secret, or whatever else state g has given.
	probe func(g int) string
	// want is the answer in state k to a probe of state g.
	want func(g, k int) string
}

const (
	makeUser  = `Create(Ref(Collection("users"), "#"), { credentials: { password: "p0" } })`
	makeToken = `Select("secret", Create(Ref(Tokens(), "#"), { instance: Ref(Collection("users"), "#") }))`
)

// changes are all that the change of a secret, role, key or database can do.
var changes = []changing{
	{
		name:   "the secret of a token",
		setup:  `Do(` + makeUser + `, ` + makeToken + `)`,
		change: always(`Select("secret", Replace(Ref(Tokens(), "#"), { instance: Ref(Collection("users"), "#") }))`),
		probe:  fixed(`true`),
		want:   newest,
	},
	{
		name:  "a token",
		setup: `Do(` + makeUser + `, ` + makeToken + `)`,
		change: always(`Do(Delete(Ref(Tokens(), "#")), Create(Tokens(), { instance: Ref(Collection("users"), "#") }),
			` + makeToken + `)`),
		probe: fixed(`true`),
		want:  newest,
	},
	{
		name:   "the identity of a token",
		setup:  `Do(` + makeUser + `, ` + makeToken + `)`,
		change: inTurn(`Do(Delete(Ref(Collection("users"), "#")), 0)`, `Do(`+makeUser+`, 0)`),
		probe:  fixed(`true`),
		want:   turns(unauthorized),
	},
	{
		name:  "a password",
		setup: `Do(` + makeUser + `, Select("secret", CreateKey({ role: "server" })))`,
		change: func(k int) string {
			return `Update(Ref(Collection("users"), "#"), { credentials: { password: "p` + strconv.Itoa(k) + `" } })`
		},
		probe: func(g int) string { return `Identify(Ref(Collection("users"), "#"), "p` + strconv.Itoa(g) + `")` },
		want: func(g, k int) string {
			if g == k {
				return yes
			}
			return no
		},
	},
	{
		name:   "a key",
		setup:  `Select("secret", Create(Ref(Keys(), "#"), { role: "server" }))`,
		change: always(`Do(Delete(Ref(Keys(), "#")), Select("secret", Create(Ref(Keys(), "#"), { role: "server" })))`),
		probe:  fixed(`true`),
		want:   newest,
	},
	{
		name:   "the role of a key",
		setup:  `Do(` + makeUser + `, Select("secret", Create(Ref(Keys(), "#"), { role: "server" })))`,
		change: inTurn(`Update(Ref(Keys(), "#"), { role: "client" })`, `Update(Ref(Keys(), "#"), { role: "server" })`),
		probe:  fixed(`Exists(Ref(Collection("users"), "#"))`),
		want:   turns(no),
	},
	{
		name:  "a database",
		setup: `Do(CreateDatabase({ name: "d#" }), Select("secret", CreateKey({ role: "server", database: Database("d#") })))`,
		change: always(`Do(Delete(Database("d#")), CreateDatabase({ name: "d#" }),
			Select("secret", CreateKey({ role: "server", database: Database("d#") })))`),
		probe: fixed(`true`),
		want:  newest,
	},
	{
		name:  "the place of a database",
		setup: `Do(CreateDatabase({ name: "up#" }), CreateDatabase({ name: "d#" }), Select("secret", CreateKey({ role: "server", database: Database("d#") })))`,
		change: inTurn(`MoveDatabase(Database("d#"), Database("up#"))`,
			`Do(Delete(Database("up#")), CreateDatabase({ name: "up#" }), CreateDatabase({ name: "d#" }),
			Select("secret", CreateKey({ role: "server", database: Database("d#") })))`),
		probe: fixed(`true`),
		want: func(g, k int) string { // a move keeps the secret
			return newest(g/2, k/2)
		},
	},
	{
		name:   "a role",
		setup:  `Do(` + makeUser + `, ` + makeRole + `, Select("secret", CreateKey({ role: "r#" })))`,
		change: inTurn(`Do(Delete(Role("r#")), 0)`, `Do(`+makeRole+`, 0)`),
		probe:  fixed(`Exists(Ref(Collection("users"), "#"))`),
		want:   turns(no),
	},
	{
		name:   "a privilege",
		setup:  `Do(` + makeUser + `, ` + makeRole + `, Select("secret", CreateKey({ role: "r#" })))`,
		change: inTurn(privilege(`false`), privilege(`true`)),
		probe:  fixed(`Exists(Ref(Collection("users"), "#"))`),
		want:   turns(no),
	},
	{
		name:   "the predicate of a privilege",
		setup:  `Do(` + makeUser + `, ` + makeRole + `, Select("secret", CreateKey({ role: "r#" })))`,
		change: inTurn(privilege(`Query((ref) => Equals(ref, 0))`), privilege(`Query((ref) => Exists(ref))`)),
		probe:  fixed(`Exists(Ref(Collection("users"), "#"))`),
		want:   turns(no),
	},
	{
		name: "what a predicate reads",
		setup: `Do(` + makeUser + `, ` + makeRole + `, Update(Role("r#"), { privileges: [{ resource: Collection("users"),
			actions: { read: Query((ref) => Select(["data", "open"], Get(Ref(Collection("users"), "#")), true)) } }] }),
			Select("secret", CreateKey({ role: "r#" })))`,
		change: inTurn(`Update(Ref(Collection("users"), "#"), { data: { open: false } })`,
			`Update(Ref(Collection("users"), "#"), { data: { open: true } })`),
		probe: fixed(`Exists(Ref(Collection("users"), "#"))`),
		want:  turns(no),
	},
	{
		name: "a membership",
		setup: `Do(CreateCollection({ name: "members#" }), Create(Ref(Collection("members#"), "1"), {}), ` + makeUser + `, ` + makeRole + `,
			Update(Role("r#"), { membership: { resource: Collection("members#") } }),
			Select("secret", Create(Tokens(), { instance: Ref(Collection("members#"), "1") })))`,
		change: inTurn(`Update(Role("r#"), { membership: [] })`,
			`Update(Role("r#"), { membership: [{ resource: Collection("members#"), predicate: Query((ref) => Exists(ref)) }] })`),
		probe: fixed(`Exists(Ref(Collection("users"), "#"))`),
		want:  turns(no),
	},
	{
		name: "the body of a function",
		setup: `Do(CreateFunction({ name: "f#", body: Query((_) => 0) }),
			Select("secret", CreateKey({ role: "server" })))`,
		change: func(k int) string { return `Update(Function("f#"), { body: Query((_) => ` + strconv.Itoa(k) + `) })` },
		probe:  fixed(`Call(Function("f#"))`),
		want:   func(_, k int) string { return `{"resource":` + strconv.Itoa(k) + `}` },
	},
	{
		name: "the role of a function",
		setup: `Do(` + makeUser + `, CreateFunction({ name: "f#", role: "server", permissions: { call: "public" },
			body: Query((_) => Exists(Ref(Collection("users"), "#"))) }), Select("secret", CreateKey({ role: "client" })))`,
		change: inTurn(`Update(Function("f#"), { role: "client" })`, `Update(Function("f#"), { role: "server" })`),
		probe:  fixed(`Call(Function("f#"))`),
		want:   turns(no),
	},
	{
		name: "legacy permissions",
		setup: `Do(CreateCollection({ name: "open#", permissions: { read: "public" } }), Create(Ref(Collection("open#"), "1"), {}),
			Select("secret", CreateKey({ role: "client" })))`,
		change: inTurn(`Update(Collection("open#"), { permissions: { read: null } })`,
			`Update(Collection("open#"), { permissions: { read: "public" } })`),
		probe: fixed(`Exists(Ref(Collection("open#"), "1"))`),
		want:  turns(no),
	},
}

const makeRole = `CreateRole({ name: "r#", privileges: [{ resource: Collection("users"), actions: { read: true } }] })`

func privilege(read string) string {
	return `Update(Role("r#"), { privileges: [{ resource: Collection("users"), actions: { read: ` + read + ` } }] })`
}

func fixed(q string) func(int) string  { return func(int) string { return q } }
func always(q string) func(int) string { return fixed(q) }

// inTurn is for what goes to and fro.
func inTurn(odd, even string) func(int) string {
	return func(k int) string {
		if k%2 == 1 {
			return odd
		}
		return even
	}
}

// turns is what becomes of it: yes in turn with odd.
func turns(odd string) func(g, k int) string {
	return func(_, k int) string { return inTurn(odd, yes)(k) }
}

// newest is for secrets of which only the newest is good.
func newest(g, k int) string {
	if g == k {
		return yes
	}
	return unauthorized
}

// InForce changes secrets, roles, keys, functions and databases, all at once
// and again and again, while others use them, and checks that every query
// that begins after a change was acknowledged is answered by it, and no query
// by a change to come. root is the secret of root of a database that may
// become anything; its passwords should be cheap.
func InForce(t *testing.T, root string, door Door) {
	h := harness{t: t, root: root, door: door}
	h.must(`CreateCollection({ name: "users" })`)
	var all sync.WaitGroup
	for i, c := range changes {
		all.Go(func() { h.run(c, strconv.Itoa(i+1)) })
	}
	all.Wait()
}

const (
	changesOfEach = 8
	readersOfEach = 1
)

// harness is one run of InForce.
type harness struct {
	t    *testing.T
	root string
	door Door
}

// ask runs a query in text.
func (h *harness) ask(secret, q string) (string, error) {
	parsed, err := text.Parse(q, query.Forms())
	if err != nil {
		return "", fmt.Errorf("%s: %w", q, err)
	}
	return h.door(secret, wire.Append(nil, parsed.Expr))
}

// must runs a query of root that must not fail, and returns what it returned.
func (h *harness) must(q string) any {
	answer, err := h.ask(h.root, q)
	var body struct {
		Resource any `json:"resource"`
		Errors   any `json:"errors"`
	}
	if err == nil {
		err = json.Unmarshal([]byte(answer), &body)
	}
	if err != nil || body.Errors != nil {
		h.t.Errorf("%s: %s %v", q, answer, err)
	}
	return body.Resource
}

// named puts the number of a thing into a query of it.
func named(q, id string) string { return strings.ReplaceAll(q, "#", id) }

// states are how far a changing thing has come.
type states struct {
	begun, acknowledged atomic.Int64
	secrets             [changesOfEach + 1]string
}

// run changes one thing, named and numbered by id, and asks meanwhile.
func (h *harness) run(c changing, id string) {
	s := new(states)
	s.secrets[0], _ = h.must(named(c.setup, id)).(string)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for n := range readersOfEach {
		readers.Go(func() {
			for old := n%2 == 1; ; old = !old {
				select {
				case <-stop:
					return
				default:
					h.probe(c, id, s, old)
				}
			}
		})
	}
	for k := 1; k <= changesOfEach; k++ {
		s.begun.Store(int64(k))
		if s.secrets[k], _ = h.must(named(c.change(k), id)).(string); s.secrets[k] == "" {
			s.secrets[k] = s.secrets[k-1]
		}
		s.acknowledged.Store(int64(k))
		h.probe(c, id, s, false)
		h.probe(c, id, s, true)
	}
	close(stop)
	readers.Wait()
}

// probe asks with what the newest state has given, or the one before.
func (h *harness) probe(c changing, id string, s *states, old bool) {
	from := int(s.acknowledged.Load())
	g := from
	if old && g > 0 {
		g--
	}
	got, err := h.ask(s.secrets[g], named(c.probe(g), id))
	to := int(s.begun.Load())
	if err != nil {
		h.t.Errorf("%s: %v", c.name, err)
		return
	}
	for k := from; k <= to; k++ {
		if got == c.want(g, k) {
			return
		}
	}
	h.t.Errorf("%s: with what state %d gave, from state %d to %d: %s", c.name, g, from, to, got)
}
