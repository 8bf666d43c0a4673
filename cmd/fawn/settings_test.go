package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// settingsCommand is a command with a flag of each type.
func settingsCommand(t *testing.T, file string, args ...string) (*cobra.Command, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fawn.yaml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := &cobra.Command{Use: "x", SilenceErrors: true, SilenceUsage: true, RunE: func(cmd *cobra.Command, _ []string) error {
		return loadSettings(cmd)
	}}
	cmd.Flags().String(configFlag, "", "")
	cmd.Flags().String("addr", "here", "")
	cmd.Flags().Bool("eco", false, "")
	cmd.Flags().Duration("mono-session-ttl", time.Hour, "")
	cmd.Flags().StringArray("origins", nil, "")
	cmd.SetArgs(append([]string{"--config", path}, args...))
	return cmd, cmd.Execute()
}

func TestSettings(t *testing.T) {
	t.Setenv("FAWN_ADDR", "environment")
	t.Setenv("FAWN_ECO", "true")
	t.Setenv("FAWN_ORIGINS", "a b")
	cmd, err := settingsCommand(t, "addr: file\neco: false\nmono: { session_ttl: 8h }\n", "--addr", "flag")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"addr": "flag", "eco": "true", "mono-session-ttl": "8h0m0s", "origins": "[a,b]",
	} {
		if got := cmd.Flags().Lookup(name).Value.String(); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if cmd, err = settingsCommand(t, "origins:\n  - c\n  - d\n"); err != nil {
		t.Fatal(err)
	}
	if got := cmd.Flags().Lookup("origins").Value.String(); got != "[a,b]" {
		t.Errorf("origins: %s", got)
	}
}

func TestWrongSettings(t *testing.T) {
	for file, want := range map[string]string{
		"adr: x\n":                                      `fawn.yaml:1: adr: there is no such setting`,
		"mono: { session_ttl: soon }\n":                 `fawn.yaml:1: mono.session_ttl: it is no duration`,
		"\naddr: [a, b]\n":                              `fawn.yaml:2: addr: it is a list, and must be a string`,
		"origins: [[a]]\n":                              `fawn.yaml:1: origins: a list has values only`,
		"eco: true\neco: false\n":                       `fawn.yaml:2: eco: it is set twice`,
		"mono-session-ttl: 1h\nmono: {session_ttl: 1h}": `fawn.yaml:2: mono.session_ttl: it is set twice`,
		"- a\n":                    `fawn.yaml:1: settings are names with values`,
		"a: [":                     `fawn.yaml: yaml:`,
		"eco: &x true\naddr: *x\n": `fawn.yaml:2: addr: it has no value`,
	} {
		if _, err := settingsCommand(t, file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", file, err, want)
		}
	}
	t.Setenv("FAWN_MONO_SESSION_TTL", "hunter2")
	if _, err := settingsCommand(t, ""); err == nil || err.Error() != "FAWN_MONO_SESSION_TTL: it is no duration" {
		t.Errorf("environment: %v", err)
	}
}
