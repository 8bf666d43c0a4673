package resp

import (
	"fmt"
	"strings"
	"testing"
)

const (
	ok     = "+OK\r\n"
	unsure = "-NOAUTH Authentication required.\r\n"
)

// TestReplies: every command, what it replies, and how it fails.
func TestReplies(t *testing.T) {
	h := open(t, setup{})
	h.root(t, `Do(
		CreateCollection({ name: "users" }),
		CreateIndex({ name: "by_name", source: Collection("users"), terms: [{ field: ["data", "name"] }, { field: ["data", "age"] }] }),
		CreateIndex({ name: "all", source: Collection("users"), values: [{ field: ["data", "name"] }] }),
		Create(Ref(Collection("users"), "1"), { data: { name: "a b", age: 5 } }),
		Create(Ref(Collection("users"), "2"), { data: { name: "c" } }))`, nil)
	const users = `"collection":{"@ref":{"id":"users","collection":{"@ref":{"id":"collections"}}}}`
	for _, test := range []struct {
		reply string
		args  []string
	}{
		{"+PONG\r\n", []string{"PING"}},
		{"+PONG\r\n", []string{"ping"}},
		{bulk("x\r\ny"), []string{"Ping", "x\r\ny"}},
		{"-ERR wrong number of arguments for 'ping' command: PING [text]\r\n", []string{"PING", "a", "b"}},
		{bulk(""), []string{"ECHO", ""}},
		{"-ERR wrong number of arguments for 'echo' command: ECHO text\r\n", []string{"ECHO"}},
		{ok, []string{"SELECT", "0"}},
		{"-ERR DB index is out of range\r\n", []string{"SELECT", "1"}},
		{ok, []string{"CLIENT", "SETINFO", "LIB-NAME", "x"}},
		{ok, []string{"CLIENT", "NO-EVICT", "on"}},
		{"$-1\r\n", []string{"CLIENT", "GETNAME"}},
		{ok, []string{"CLIENT", "setname", "me"}},
		{bulk("me"), []string{"CLIENT", "getname"}},
		{"-ERR CLIENT REPLY is not supported\r\n", []string{"CLIENT", "REPLY", "OFF"}},
		{"-ERR CLIENT TRACKING is not supported\r\n", []string{"CLIENT", "tracking", "on"}},
		{"-ERR wrong number of arguments for 'client|setname' command: CLIENT SETNAME name\r\n", []string{"CLIENT", "SETNAME"}},
		{"-ERR wrong number of arguments for 'client' command: CLIENT subcommand ...\r\n", []string{"CLIENT"}},
		{"*0\r\n", []string{"COMMAND"}},
		{"*0\r\n", []string{"COMMAND", "DOCS", "GET"}},
		{"*0\r\n", []string{"COMMAND", "INFO", "PING"}},
		{"*2\r\n" + bulk("quit") + "*8\r\n" + bulk("summary") + bulk("Reply OK and end the connection.") + bulk("since") + bulk("0.0") +
			bulk("group") + bulk("fawn") + bulk("arguments") + "*0\r\n", []string{"COMMAND", "docs", "get", "Quit"}},
		{"-ERR unknown command \"GET\"; HELP lists them\r\n", []string{"GET", "x"}},
		{"-ERR unknown command \"\"; HELP lists them\r\n", []string{""}},
		{"-ERR unknown command \"a\\r\\nb\"; HELP lists them\r\n", []string{"a\r\nb"}},
		{"-ERR unknown command of 40 characters; HELP lists them\r\n", []string{strings.Repeat("f", 40)}},
		{bulk("3"), []string{"QUERY", `{"add":[1,2]}`}},
		{bulk("null"), []string{"query", `null`}},
		{bulk(`{"a":"é\n"}`), []string{"QUERY", `{"object":{"a":"é\n"}}`}},
		{"-INVALID_ARGUMENT [\"add\",1] Number expected, String provided.\r\n", []string{"QUERY", `{"add":[1,"x"]}`}},
		{"-INVALID_EXPRESSION [] Request body is not valid JSON.\r\n", []string{"QUERY", `{`}},
		{"-INVALID_EXPRESSION [] No query provided.\r\n", []string{"QUERY", ""}},
		{"-ERR wrong number of arguments for 'query' command: QUERY json\r\n", []string{"QUERY"}},
		{"-INVALID_EXPRESSION [] No form/function found, or invalid argument keys: { nope }.\r\n", []string{"QUERY", `{"nope":1}`}},
		{"-TRANSACTION_ABORTED [] one  two three\r\n", []string{"QUERY", `{"abort":"one\r\ntwo\nthree"}`}},
		{"-INSTANCE_NOT_FOUND [] Document not found.\r\n", []string{"FQL", `Get(Ref(Collection("users"), "9"))`}},
		{bulk(`{"data":[]}`), []string{"FQL", `Paginate(Keys())`}},
		{"-INVALID_EXPRESSION [] line 2, column 1: found \"]\", expected \",\" or \")\"\r\n", []string{"FQL", "Add(1\n]"}},
		{"-INVALID_EXPRESSION [] line 1, column 1: found the end, expected an expression\r\n", []string{"FQL", ""}},
		{bulk(`{"active":false}`), []string{"VERIFY", ""}},
		{bulk(`{"active":false}`), []string{"VERIFY", h.secret}},
		{"-ERR wrong number of arguments for 'verify' command: VERIFY secret\r\n", []string{"VERIFY"}},
		{"*1\r\n" + bulk(`{"@ref":{"id":"1",`+users+`}}`), []string{"LOOKUP", "by_name", `"a b"`, "5"}},
		{"*0\r\n", []string{"LOOKUP", "by_name", `"a b"`, "5.5"}},
		{"*2\r\n" + bulk(`"a b"`) + bulk(`"c"`), []string{"lookup", "all"}},
		{"-INVALID_REF [\"paginate\",\"match\"] Ref refers to undefined index 'no\"such'\r\n", []string{"LOOKUP", `no"such`, "1"}},
		{"-INVALID_ARGUMENT [\"paginate\",\"terms\",1,\"add\",1] Number expected, String provided.\r\n", []string{"LOOKUP", "by_name", "1", `Add(1, "x")`}},
		{"-INVALID_EXPRESSION [] term 2, line 1, column 1: found \")\", which closes nothing\r\n", []string{"LOOKUP", "by_name", "1", ")"}},
		{"-INVALID_EXPRESSION [\"paginate\",\"terms\",0] Call performs a write, which is not allowed in terms.\r\n", []string{"LOOKUP", "by_name", `Create(Collection("users"))`, "1"}},
		{"-ERR wrong number of arguments for 'lookup' command: LOOKUP index [term ...]\r\n", []string{"LOOKUP"}},
		{"-ERR unknown command \"NOPE\"; HELP lists them\r\n", []string{"HELP", "NOPE"}},
		{"-ERR wrong number of arguments for 'help' command: HELP [command]\r\n", []string{"HELP", "a", "b"}},
		{"-NOPROTO unsupported protocol version\r\n", []string{"HELLO", "4"}},
		{"-ERR Protocol version is not an integer or out of range\r\n", []string{"HELLO", "AUTH", "x", "y"}},
		{"-WRONGPASS Unauthorized\r\n", []string{"HELLO", "3", "AUTH", "x", "y"}},
		{"-ERR syntax error in HELLO: AUTH needs a user and a secret\r\n", []string{"HELLO", "3", "AUTH", "x"}},
		{"-ERR syntax error in HELLO: SETNAME needs a name\r\n", []string{"HELLO", "3", "setname"}},
		{"-ERR syntax error in HELLO: AUTH or SETNAME expected\r\n", []string{"HELLO", "3", "x"}},
		{"-WRONGPASS Unauthorized\r\n", []string{"AUTH", "wrong"}},
		{bulk("1"), []string{"QUERY", "1"}}, // the secret is still the good one
		{"-ERR wrong number of arguments for 'auth' command: AUTH [user] secret\r\n", []string{"AUTH"}},
		{"-WRONGPASS Unauthorized\r\n", []string{"AUTH", h.secret + ":nonsense/x/y/z:@role/none"}},
		{ok, []string{"AUTH", "anybody", h.secret + ":server-readonly"}},
		{"-PERMISSION_DENIED [\"create_collection\"] Insufficient privileges to perform the action.\r\n", []string{"QUERY", `{"create_collection":{"object":{"name":"x"}}}`}},
		{"-PERMISSION_DENIED Insufficient privileges to perform the action.\r\n", []string{"VERIFY", "x"}},
		{ok, []string{"QUIT"}},
	} {
		// Each on its own, so that no state is shared but what the table says.
		c := h.known(t, h.secret)
		if test.reply == bulk("me") {
			c.ask(ok, "CLIENT", "SETNAME", "me")
		}
		if strings.HasPrefix(test.reply, "-PERMISSION") {
			c.ask(ok, "AUTH", h.secret+":server-readonly")
		}
		c.ask(test.reply, test.args...)
		if test.args[0] == "QUIT" {
			c.wantEnd("")
		} else {
			c.ask("+PONG\r\n", "PING")
		}
	}
}

// TestLookupSize: no more than the first 1000.
func TestLookupSize(t *testing.T) {
	h := open(t, setup{})
	h.root(t, `CreateCollection({ name: "c" })`, nil)
	h.root(t, `CreateIndex({ name: "all", source: Collection("c"), values: [{ field: ["data", "n"] }] })`, nil)
	list := make([]string, 1001)
	for i := range list {
		list[i] = fmt.Sprint(i)
	}
	h.root(t, `Foreach([`+strings.Join(list, ",")+`], (n) => Create(Collection("c"), { data: { n: n } }))`, nil)
	want := "*1000\r\n"
	for i := range 1000 {
		want += bulk(fmt.Sprint(i))
	}
	h.known(t, h.secret).ask(want, "LOOKUP", "all")
}

// TestStranger: what is answered before there is a secret.
func TestStranger(t *testing.T) {
	h := open(t, setup{})
	c := h.dial(t)
	for _, cmd := range commands {
		args := []string{cmd.name}
		for range cmd.least {
			args = append(args, "0")
		}
		switch {
		case cmd.secret != needless:
			c.ask(unsure, args...)
		case cmd.name == "PING":
			c.ask("+PONG\r\n", "PING")
		case cmd.name == "AUTH":
			c.ask("-WRONGPASS Unauthorized\r\n", args...)
		}
	}
	c.ask(ok, "QUIT")
	c.wantEnd("")
}

// TestHello: what each protocol says of the server, and how it says nothing.
func TestHello(t *testing.T) {
	h := open(t, setup{})
	c := h.dial(t)
	told := func(proto string) string {
		return bulk("server") + bulk("fawn") + bulk("version") + bulk("0.0") + bulk("proto") + proto + bulk("id") + ":1\r\n" +
			bulk("mode") + bulk("standalone") + bulk("role") + bulk("master")
	}
	c.ask("*12\r\n"+told(":2\r\n"), "HELLO")
	c.ask("%6\r\n"+told(":3\r\n"), "HELLO", "3", "setname", "me", "auth", "anybody", h.secret)
	c.ask("%6\r\n"+told(":3\r\n"), "hello")
	c.ask(bulk("me"), "CLIENT", "GETNAME")
	c.ask(":1\r\n", "CLIENT", "ID")
	c.ask("-WRONGPASS Unauthorized\r\n", "HELLO", "2", "AUTH", "x", "wrong", "SETNAME", "you")
	c.ask(bulk("me"), "CLIENT", "GETNAME") // nothing is half done
	c.ask(ok, "CLIENT", "SETNAME", "")
	c.ask("_\r\n", "CLIENT", "GETNAME")
	c.ask("*12\r\n"+told(":2\r\n"), "HELLO", "2")
}

// TestHelp: HELP tells of every command what the table says.
func TestHelp(t *testing.T) {
	h := open(t, setup{})
	c := h.known(t, h.secret)
	all := fmt.Sprintf("*%d\r\n", len(commands))
	for _, cmd := range commands {
		if cmd.doc == "" || strings.Contains(cmd.doc, "\n") {
			t.Errorf("%s: doc %q", cmd.name, cmd.doc)
		}
		all += bulk(cmd.usage() + " -- " + cmd.doc)
		one := fmt.Sprintf("*%d\r\n", 2+len(cmd.more)) + bulk(cmd.usage()) + bulk(cmd.doc)
		for _, line := range cmd.more {
			one += bulk(line)
		}
		c.ask(one, "HELP", strings.ToLower(cmd.name))
	}
	c.ask(all, "HELP")
}
