package tokenstest

import (
	"bytes"
	"os"

	"github.com/fawndb/fawn/query/value"
)

// Key makes a key, and returns its id and its secret.
func (f *Fixture) Key(params string) (id, secret string) {
	f.t.Helper()
	v := f.Do(`Let({ k: CreateKey(`+params+`) }, [Select(["ref", "id"], Var("k")), Select("secret", Var("k"))])`, nil).(value.Array)
	return string(v[0].(value.String)), string(v[1].(value.String))
}

// Hidden fails the test if a secret is in the database file, the audit in it,
// or in what is given, such as a log.
func (f *Fixture) Hidden(given []byte, secrets ...string) {
	f.t.Helper()
	file, err := os.ReadFile(f.Path)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, s := range secrets {
		if s == "" || bytes.Contains(file, []byte(s)) || bytes.Contains(given, []byte(s)) {
			f.t.Errorf("the secret %q is found", s)
		}
	}
}
