package secret

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

func TestVectors(t *testing.T) {
	const (
		key   = "fnB__________wAAAAAAAAAAAAAAAAAAAAAAAAAA"
		token = "fnF__________3__________AAAAAAAAAAAAAAAAAAAAAAAAAAA"
	)
	zeros := bytes.NewReader(make([]byte, 40))
	for _, test := range []struct {
		parts Parts
		text  string
	}{
		{Parts{Key, math.MaxInt64, 0}, key},
		{Parts{Token, math.MaxInt64, math.MaxInt64}, token},
	} {
		if got, err := New(test.parts, zeros); err != nil || got != test.text {
			t.Errorf("New = %s, %v, want %s", got, err, test.text)
		}
		if got, ok := Parse(test.text); !ok || got != test.parts {
			t.Errorf("Parse(%s) = %v, %v", test.text, got, ok)
		}
		for _, bad := range []string{test.text + "A", test.text[1:], " " + test.text[1:], strings.ToLower(test.text), ""} {
			if got, ok := Parse(bad); ok {
				t.Errorf("Parse(%q) = %v", bad, got)
			}
		}
	}
	page := Parts{Token, 251500495731950080, 251395683631759872}
	if got, ok := Parse("fnEDfYJeTPACAAN9IwrU8AIAItH5Pfj5cqbybb_JmqNOncUKI14"); !ok || got != page {
		t.Errorf("published secret is %v, %v", got, ok)
	}
}

func TestDigest(t *testing.T) {
	for text, want := range map[string]string{
		"fnEDfYJeTPACAAN9IwrU8AIAItH5Pfj5cqbybb_JmqNOncUKI14": "sha256:VRmKBdVEP2y-_RkmFXPVPIjzC7nHeDIMV3uP6YfsxFM",
		"fnAETGPCH4ACAIf9avmbmbXAS7Yl-P-hDbw8QF9y":            "sha256:x8pP5wULLja_BeV1tf_LVf8PlGktgC4S1PmKasfd0pM",
	} {
		if got := Digest(text); got != want {
			t.Errorf("Digest(%s) = %s", text, got)
		}
		if !Matches([]byte(want), text) || Matches([]byte(want), text+"x") || Matches([]byte("x"), text) || Matches(nil, text) {
			t.Errorf("Matches is wrong for %s", text)
		}
	}
}

func TestImportedDigest(t *testing.T) {
	// bcrypt, cost 4, of the random part and of the whole secret.
	const s = "fnB__________wAAAAAAAAAAAAAAAAAAAAAAAAAA"
	for _, text := range []string{strings.Repeat("A", 27), s} {
		stored := bcryptOf(t, text)
		if !Matches(stored, s) {
			t.Errorf("hash of %q does not match", text)
		}
		if Matches(stored, s[:39]+"B") {
			t.Errorf("hash of %q matches another secret", text)
		}
	}
}

func TestGlobalID(t *testing.T) {
	for id, want := range map[uint64]string{0: "yyyyyyyyyyyyy", 251395683631759872: "yp61gnsw6ybyy"} {
		if got := FormatGlobalID(id); got != want {
			t.Errorf("FormatGlobalID(%d) = %s, want %s", id, got, want)
		}
	}
	for _, id := range []uint64{0, 1, 15, 16, math.MaxInt64, math.MaxUint64, 251395683631759872} {
		if got, ok := ParseGlobalID(FormatGlobalID(id)); !ok || got != id {
			t.Errorf("round trip of %d: %d, %v", id, got, ok)
		}
	}
	for _, bad := range []string{"", "y", "yyyyyyyyyyyyyy", "lyyyyyyyyyyyy", "yyyyyyyyyyyyb"} {
		if id, ok := ParseGlobalID(bad); ok {
			t.Errorf("ParseGlobalID(%q) = %d", bad, id)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("fnEDfYJeTPACAAN9IwrU8AIAItH5Pfj5cqbybb_JmqNOncUKI14")
	f.Add("fnAETGPCH4ACAIf9avmbmbXAS7Yl-P-hDbw8QF9y")
	f.Fuzz(func(t *testing.T, s string) {
		p, ok := Parse(s)
		if ok && (p.Kind == Key && len(s) != keyText || p.Kind == Token && len(s) != tokenText) {
			t.Errorf("Parse(%q) = %v", s, p)
		}
	})
}

func BenchmarkMatches(b *testing.B) {
	const s = "fnEDfYJeTPACAAN9IwrU8AIAItH5Pfj5cqbybb_JmqNOncUKI14"
	stored := []byte(Digest(s))
	b.ReportAllocs()
	for b.Loop() {
		if !Matches(stored, s) {
			b.Fatal("does not match")
		}
	}
}
