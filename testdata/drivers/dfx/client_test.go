// Package dfx runs the client of the DeepAffex API, unmodified, against its door:
// the tests of client.test.mjs. They need their packages: run
// `npm ci --ignore-scripts` here first, as `make test` does.
package dfx

import (
	"bytes"
	"context"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/fawndb/fawn/server/deliver"
	"github.com/fawndb/fawn/server/dfx"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
	"github.com/fawndb/fawn/server/tokens/tokenstest"
)

// TestClient serves the door with an outbox, and has the client call it.
func TestClient(t *testing.T) {
	outbox := filepath.Join(t.TempDir(), "outbox")
	server := httptest.NewUnstartedServer(nil)
	address := "http://" + server.Listener.Addr().String()
	f := tokenstest.New(t, func(o *tokens.Options) { o.Issuer = address })
	sender, err := deliver.NewOutbox(deliver.OutboxOptions{Dir: outbox, PublicURL: address})
	if err != nil {
		t.Fatal(err)
	}
	queue := deliver.New(f.Service, deliver.Options{
		Senders: map[string]deliver.Sender{deliver.Email: sender, deliver.SMS: sender}, Clock: f.Clock,
	})
	t.Cleanup(queue.Close)
	var log bytes.Buffer
	d, err := dfx.New(f.Service, door.Options{Log: slog.New(slog.NewTextHandler(&log, nil))}, dfx.Options{
		Queue: queue, Version: "1.2.3", ResetURL: "https://app.example.com/reset?token={token}",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	key, _, err := dfx.CreateLicense(context.Background(), f.Service, dfx.License{Org: "acme", MaxDevices: 3})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = d
	server.Start()
	t.Cleanup(server.Close)
	cmd := exec.Command("node", "--test", "--test-reporter=spec")
	cmd.Env = append(os.Environ(), "DFX_URL="+address+"/dfx/", "DFX_LICENSE="+key, "DFX_OUTBOX="+outbox)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("node: %v", err)
	}
	if log.Len() != 0 {
		t.Errorf("the door has to complain: %s", &log)
	}
}
