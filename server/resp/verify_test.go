package resp

import (
	"strings"
	"testing"
	"time"

	"github.com/fawndb/fawn/server/tokens"
)

// people makes a collection, a user in it, and the index of tokens.
const people = `Do(
	CreateCollection({ name: "users" }), Create(Ref(Collection("users"), "1"), { credentials: { password: "p" } }),
	CreateIndex({ name: "tokens_by_instance", source: Tokens(), terms: [{ field: ["instance"] }], values: [{ field: ["data", "name"] }] }))`

// known is what VERIFY says of the token of a user with an id.
func active(id string) string {
	return bulk(`{"active":true,"token_type":"Bearer","sub":"users/1","iss":"` + issuer + `","jti":"` + id + `","token_use":"access","kind":"fauna"}`)
}

var inactive = bulk(`{"active":false}`)

// newToken makes a token with an id and returns its secret.
func (h *house) newToken(t *testing.T, id string) string {
	t.Helper()
	return h.text(t, `Select("secret", Create(Ref(Tokens(), "`+id+`"), { instance: Ref(Collection("users"), "1"), data: { name: "phone" } }))`)
}

// TestPublishedSession: the first session of the chapter.
func TestPublishedSession(t *testing.T) {
	h := open(t, setup{})
	h.root(t, people, nil)
	token := h.newToken(t, "7")
	c := h.known(t, h.secret)
	c.ask(bulk(`{"data":["phone"]}`), "FQL", `Paginate(Match(Index("tokens_by_instance"), Ref(Collection("users"), "1")))`)
	c.ask("*1\r\n"+bulk(`"phone"`), "LOOKUP", "tokens_by_instance", `Ref(Collection("users"), "1")`)
	c.ask(active("7"), "VERIFY", token)
	c.ask("-INVALID_ARGUMENT [\"add\",1] Number expected, String provided.\r\n", "QUERY", `{"add":[1,"x"]}`)
}

// TestKinds: tokens of services are verified as those of queries are, by the
// rights of the connection's key, and the door itself makes nothing.
func TestKinds(t *testing.T) {
	h := open(t, setup{})
	h.root(t, people, nil)
	c := h.known(t, h.secret)
	c.ask(bulk("1"), "FQL", `Count(Collections())`)
	services, err := tokens.New(t.Context(), h.db, tokens.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const bearer = "3f1c2b9a-6d0e-4c57-9a41-0b8e7d2f5a10"
	refresh := "rt_" + strings.Repeat("r", 43)
	// issue makes a token and returns the end of what is told of it.
	issue := func(kind *tokens.Kind, role tokens.Role, secret string) (id, told string) {
		err := services.Update(t.Context(), func(tx *tokens.Tx) error {
			token, err := tx.NewToken(kind, services.UserRef(1))
			if err != nil {
				return err
			}
			token.Member.CreatedAt, token.Member.Num = time.Time{}, 5
			token.Grant(role, secret, time.Time{}, false)
			id = token.ID()
			return tx.Put(token)
		})
		if err != nil {
			t.Fatal(err)
		}
		return id, `"sub":"users/1","iss":"` + issuer + `","jti":"` + id + `","token_use":"` + string(role) + `","kind":"` + kind.Name + `","tokenid":5}`
	}
	id, told := issue(tokens.MonoBearer, tokens.Access, bearer)
	told = bulk(`{"active":true,"token_type":"Bearer",` + told)
	c.ask(told, "VERIFY", bearer)
	_, refreshes := issue(tokens.DfxUser, tokens.Refresh, refresh)
	c.ask(bulk(`{"active":true,`+refreshes), "VERIFY", refresh)
	h.root(t, `Do(CreateRole({ name: "some", privileges: [{ resource: Tokens(), actions: {
		read: Query((ref) => Equals(Select("id", ref), "`+id+`")) } }] }), null)`, nil)
	c.ask(ok, "AUTH", h.text(t, `Select("secret", CreateKey({ role: Role("some") }))`))
	c.send(frame("VERIFY", refresh) + frame("VERIFY", bearer) + frame("VERIFY", refresh))
	c.want(inactive + told + inactive)
	c.ask(ok, "AUTH", h.text(t, `Select("secret", CreateKey({ role: "client" }))`))
	c.ask("-PERMISSION_DENIED Insufficient privileges to perform the action.\r\n", "VERIFY", bearer)
}

// TestBurst: commands that arrive together are answered in order, and each
// sees what those before it did.
func TestBurst(t *testing.T) {
	h := open(t, setup{})
	h.root(t, people, nil)
	a, b := h.newToken(t, "7"), h.newToken(t, "8")
	key := h.text(t, `Select("secret", Create(Ref(Keys(), "5"), { role: "server" }))`)
	c := h.known(t, h.secret)
	const revoke = `Do(Delete(Ref(Tokens(), "7")), null)`
	c.send(frame("VERIFY", a) + frame("VERIFY", b) + frame("FQL", revoke) + frame("VERIFY", a) + frame("VERIFY", b) + frame("PING") +
		frame("NOPE") + frame("VERIFY") + frame("AUTH", key) + frame("VERIFY", b) + frame("VERIFY", "") + frame("CLIENT", "GETNAME"))
	c.want(active("7") + active("8") + bulk("null") + inactive + active("8") + "+PONG\r\n" +
		"-ERR unknown command \"NOPE\"; HELP lists them\r\n" +
		"-ERR wrong number of arguments for 'verify' command: VERIFY secret\r\n" + ok + active("8") + inactive + "$-1\r\n")
	// The key is revoked by another connection, between two bursts.
	h.root(t, `Delete(Ref(Keys(), "5"))`, nil)
	c.send(frame("VERIFY", b) + frame("VERIFY", b) + frame("AUTH", h.secret) + frame("VERIFY", b))
	c.want("-UNAUTHORIZED Unauthorized\r\n-UNAUTHORIZED Unauthorized\r\n" + ok + active("8"))
}

// TestLongBurst: more replies than are kept until the last is there.
func TestLongBurst(t *testing.T) {
	h := open(t, setup{})
	h.root(t, people, nil)
	token := h.newToken(t, "7")
	c := h.known(t, h.secret)
	const n = 3000
	go func() { _, _ = c.Write([]byte(strings.Repeat(frame("VERIFY", token), n))) }()
	c.want(strings.Repeat(active("7"), n))
}

// TestRevoked: a connection's secret is resolved again for each command.
func TestRevoked(t *testing.T) {
	h := open(t, setup{})
	h.root(t, people, nil)
	c := h.known(t, h.newToken(t, "7"))
	c.ask(bulk("1"), "QUERY", "1")
	c.ask(bulk("x"), "ECHO", "x")
	h.root(t, `Delete(Ref(Tokens(), "7"))`, nil)
	for _, cmd := range commands {
		if cmd.secret == needless {
			continue
		}
		args := []string{cmd.name}
		for range cmd.least {
			args = append(args, "0")
		}
		c.ask("-UNAUTHORIZED Unauthorized\r\n", args...)
	}
	c.ask("+PONG\r\n", "PING")
	c.ask(ok, "AUTH", h.newToken(t, "8"))
	c.ask(bulk("1"), "QUERY", "1")
	c.ask("-PERMISSION_DENIED Insufficient privileges to perform the action.\r\n", "VERIFY", "x")
	// A secret that logs itself out.
	c.ask(bulk("true"), "QUERY", `{"logout":false}`)
	c.ask("-UNAUTHORIZED Unauthorized\r\n", "QUERY", "1")
}
