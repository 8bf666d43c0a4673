package resp

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/fawndb/fawn/server/conns/connstest"
)

// clients runs a test with a client of each protocol, in clear and encrypted.
func clients(t *testing.T, test func(t *testing.T, h *house, c *redis.Client)) {
	cert, key, roots := connstest.Certificate(t)
	for _, protocol := range []int{2, 3} {
		for _, encrypted := range []bool{false, true} {
			t.Run(fmt.Sprintf("RESP%d, TLS %t", protocol, encrypted), func(t *testing.T) {
				var s setup
				o := &redis.Options{Protocol: protocol, ClientName: "tests"}
				if encrypted {
					s.cert, s.key = cert, key
					o.TLSConfig = &tls.Config{RootCAs: roots}
				}
				h := open(t, s)
				o.Addr, o.Password = h.addr, h.secret
				c := redis.NewClient(o)
				t.Cleanup(func() { c.Close() })
				test(t, h, c)
			})
		}
	}
}

func TestGoClient(t *testing.T) {
	clients(t, func(t *testing.T, h *house, c *redis.Client) {
		ctx := t.Context()
		h.root(t, people, nil)
		token := h.newToken(t, "7")
		if got, err := c.Ping(ctx).Result(); got != "PONG" || err != nil {
			t.Errorf("PING: %q, %v", got, err)
		}
		if got, err := c.ClientGetName(ctx).Result(); got != "tests" || err != nil {
			t.Errorf("CLIENT GETNAME: %q, %v", got, err)
		}
		if got, err := c.Echo(ctx, "a\r\nb").Result(); got != "a\r\nb" || err != nil {
			t.Errorf("ECHO: %q, %v", got, err)
		}
		if got, err := c.Do(ctx, "FQL", `Add(1, 2)`).Text(); got != "3" || err != nil {
			t.Errorf("FQL: %q, %v", got, err)
		}
		if got, err := c.Do(ctx, "VERIFY", token).Text(); bulk(got) != active("7") || err != nil {
			t.Errorf("VERIFY: %q, %v", got, err)
		}
		got, err := c.Do(ctx, "LOOKUP", "tokens_by_instance", `Ref(Collection("users"), "1")`).StringSlice()
		if diff := cmp.Diff([]string{`"phone"`}, got); diff != "" || err != nil {
			t.Errorf("LOOKUP: %s, %v", diff, err)
		}
		hello, err := c.Do(ctx, "HELLO").Result()
		if protocol := c.Options().Protocol; err != nil || !strings.Contains(fmt.Sprint(hello), "fawn") || (protocol == 3) != isMap(hello) {
			t.Errorf("HELLO: %v, %v", hello, err)
		}
		var failed redis.Error
		_, err = c.Do(ctx, "QUERY", `{"add":[1,"x"]}`).Result()
		if !errors.As(err, &failed) || err.Error() != `INVALID_ARGUMENT ["add",1] Number expected, String provided.` {
			t.Errorf("QUERY: %v", err)
		}
		if _, err := c.Get(ctx, "x").Result(); err == nil || err.Error() != `ERR unknown command "get"; HELP lists them` {
			t.Errorf("GET: %v", err)
		}
	})
}

func isMap(v any) bool {
	_, ok := v.(map[any]any)
	return ok
}

// TestGoPipeline: many goroutines, each with pipelines of reads and writes of
// its own.
func TestGoPipeline(t *testing.T) {
	clients(t, func(t *testing.T, h *house, c *redis.Client) {
		h.root(t, people, nil)
		var all sync.WaitGroup
		for n := range 8 {
			all.Go(func() {
				id := fmt.Sprint(100 + n)
				token := h.newToken(t, id)
				var replies []*redis.Cmd
				var want []string
				pipe := c.Pipeline()
				for i := range 50 {
					replies = append(replies, pipe.Do(t.Context(), "QUERY", fmt.Sprintf(`{"add":[%d,%d]}`, n, i)), pipe.Do(t.Context(), "VERIFY", token))
					want = append(want, bulk(fmt.Sprint(n+i)), active(id))
				}
				replies = append(replies, pipe.Do(t.Context(), "FQL", `Do(Delete(Ref(Tokens(), "`+id+`")), null)`), pipe.Do(t.Context(), "VERIFY", token))
				want = append(want, bulk("null"), inactive)
				if _, err := pipe.Exec(t.Context()); err != nil {
					t.Error(err)
				}
				for i, r := range replies {
					if got, err := r.Text(); bulk(got) != want[i] || err != nil {
						t.Errorf("%v: got %q, %v, want %q", r.Args(), got, err, want[i])
					}
				}
			})
		}
		all.Wait()
	})
}

// TestGoClientRefused: what a client learns without a good secret.
func TestGoClientRefused(t *testing.T) {
	h := open(t, setup{})
	for password, want := range map[string]string{"": string(noAuth), "wrong": string(wrongPass)} {
		for _, protocol := range []int{2, 3} {
			c := redis.NewClient(&redis.Options{Addr: h.addr, Password: password, Protocol: protocol, MaxRetries: -1})
			if err := c.Do(t.Context(), "QUERY", "1").Err(); err == nil || err.Error() != want {
				t.Errorf("password %q, RESP%d: %v", password, protocol, err)
			}
			c.Close()
		}
	}
}

// TestTLSOnly: clear text to an encrypted door is no command.
func TestTLSOnly(t *testing.T) {
	cert, key, _ := connstest.Certificate(t)
	h := open(t, setup{cert: cert, key: key})
	c := h.dial(t)
	c.send(frame("AUTH", h.secret))
	rest := make([]byte, 100)
	if n, _ := c.Read(rest); strings.Contains(string(rest[:n]), "OK") {
		t.Errorf("answered %q", rest[:n])
	}
}

// redisCLI runs the command line client of Redis and returns what it prints.
func (h *house) redisCLI(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("redis-cli")
	if err != nil {
		t.Fatal("redis-cli is not installed: make parts installs it")
	}
	_, port, err := net.SplitHostPort(h.addr)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, append([]string{"-h", "127.0.0.1", "-p", port}, args...)...)
	cmd.Env = append(os.Environ(), "REDISCLI_AUTH="+h.secret)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return string(out)
}

// TestRedisCLI: the client that comes with Redis, over each protocol, with
// arguments, with commands on its input, and with a raw pipeline.
func TestRedisCLI(t *testing.T) {
	cert, key, _ := connstest.Certificate(t)
	for _, flags := range [][]string{{"-2"}, {"-3"}, {"-2", "--tls", "--cacert", cert}, {"-3", "--tls", "--cacert", cert}} {
		t.Run(strings.Join(flags[:min(2, len(flags))], " "), func(t *testing.T) {
			var s setup
			if len(flags) > 1 {
				s.cert, s.key = cert, key
			}
			h := open(t, s)
			h.root(t, people, nil)
			token := h.newToken(t, "7")
			run := func(want, stdin string, args ...string) {
				t.Helper()
				if got := h.redisCLI(t, stdin, append(flags[:len(flags):len(flags)], args...)...); got != want {
					t.Errorf("%q %q\ngot  %q\nwant %q", args, stdin, got, want)
				}
			}
			told := strings.Split(active("7"), "\r\n")[1]
			run("PONG\n", "", "PING")
			run("hi\n", "", "ECHO", "hi")
			run("3\n", "", "QUERY", `{"add":[1,2]}`)
			run(told+"\n", "", "VERIFY", token)
			run("\"phone\"\n", "", "LOOKUP", "tokens_by_instance", `Ref(Collection("users"), "1")`)
			run("INVALID_ARGUMENT [\"add\",1] Number expected, String provided.\n\n", "", "QUERY", `{"add":[1,"x"]}`)
			run("PONG\nPONG\n", "", "-r", "2", "PING")
			for _, cmd := range commands { // its own word for help reads our table
				if got := h.redisCLI(t, "", append(flags[:len(flags):len(flags)], "help", strings.ToLower(cmd.name))...); !strings.Contains(got, cmd.doc) {
					t.Errorf("help %s: got %q", cmd.name, got)
				}
			}
			run("OK\n3\n{\"active\":false}\nPONG\n", "SELECT 0\nFQL 'Add(1, 2)'\nVERIFY x\nPING\n")
			run("{\"data\":[\"phone\"]}\n", `Paginate(Match(Index("tokens_by_instance"), Ref(Collection("users"), "1")))`, "-x", "FQL")
			got := h.redisCLI(t, strings.Repeat(frame("VERIFY", token), 500)+frame("NOPE"), append(flags[:len(flags):len(flags)], "--pipe")...)
			if !strings.Contains(got, "errors: 1, replies: 501\n") || !strings.Contains(got, `ERR unknown command "NOPE"`) {
				t.Errorf("--pipe: got %q", got)
			}
		})
	}
}
