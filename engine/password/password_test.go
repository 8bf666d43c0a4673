package password

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

// vector is the chapter's: password sekrit, salt bytes 00 to 0f.
const vector = "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$3oEqSRZyR3oTM3Aapjk70Zpyh26s3QvfVMAfQYYwF3w"

func TestVector(t *testing.T) {
	salt := make([]byte, saltSize)
	for i := range salt {
		salt[i] = byte(i)
	}
	got, err := Hash("sekrit", DefaultCost, bytes.NewReader(salt))
	if err != nil || got != vector {
		t.Errorf("Hash = %s, %v", got, err)
	}
	if !Matches(vector, "sekrit") || Matches(vector, "Sekrit") || Matches(vector, "") {
		t.Error("Matches is wrong")
	}
	if !Current(vector, DefaultCost) || Current(vector, Cost{Memory: 8, Time: 1, Lanes: 1}) {
		t.Error("Current is wrong")
	}
	if _, err := Hash("x", DefaultCost, strings.NewReader("short")); err == nil {
		t.Error("a short random source is no error")
	}
}

func TestBcrypt(t *testing.T) {
	long := strings.Repeat("p", 100)
	h, err := bcrypt.GenerateFromPassword([]byte(long[:BcryptMax]), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	if !Matches(string(h), long) || Matches(string(h), "q"+long) || Current(string(h), DefaultCost) {
		t.Error("bcrypt over 72 bytes is wrong")
	}
}

func TestNotAHash(t *testing.T) {
	for _, stored := range []string{
		"", "x", "$2a$", "$2", "$argon2id$", strings.Replace(vector, "v=19", "v=18", 1),
		strings.Replace(vector, "m=19456", "m=4294967295", 1), strings.Replace(vector, "t=2", "t=0", 1),
		strings.Replace(vector, "p=1", "p=0", 1), strings.Replace(vector, "p=1", "p=1x", 1), vector[:len(vector)-1], vector + "$",
	} {
		if Matches(stored, "sekrit") {
			t.Errorf("%q matches", stored)
		}
	}
}

func TestPool(t *testing.T) {
	p := NewPool(1)
	ctx, cancel := context.WithCancel(context.Background())
	err := p.Do(ctx, func() {
		cancel()
		if err := p.Do(ctx, func() { t.Error("ran beyond the pool") }); !errors.Is(err, context.Canceled) {
			t.Errorf("second Do: %v", err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if NewPool(0) == nil {
		t.Error("no default pool")
	}
}

func FuzzMatches(f *testing.F) {
	f.Add("$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$3oEqSRZyR3oTM3Aapjk70Zpyh26s3QvfVMAfQYYwF3w")
	f.Add("$2a$04$x")
	f.Fuzz(func(t *testing.T, stored string) {
		if c, salt, sum, ok := parse(stored); ok && (len(salt) > len(stored) || len(sum) > maxOutput || c.Memory > maxMemory) {
			t.Errorf("parse(%q) = %v", stored, c)
		}
	})
}

// TestKeptBcrypt: new hashes of bcrypt, where the operator keeps it.
func TestKeptBcrypt(t *testing.T) {
	cost := Cost{Bcrypt: 4}
	long := strings.Repeat("x", BcryptMax)
	for _, text := range []string{"", "secret", long, long + "beyond"} {
		hash, err := Hash(text, cost, nil)
		if err != nil || !strings.HasPrefix(hash, "$2") || !Matches(hash, text) || Matches(hash, "z"+text) {
			t.Errorf("%.10q: %q, %v", text, hash, err)
		}
		if !Current(hash, cost) || Current(hash, Cost{Bcrypt: 5}) || Current(hash, DefaultCost) {
			t.Errorf("%.10q: current: %q", text, hash)
		}
	}
	argon, err := Hash("x", Cost{Memory: 8, Time: 1, Lanes: 1}, bytes.NewReader(make([]byte, saltSize)))
	if err != nil || Current(argon, cost) {
		t.Errorf("argon2id is current where bcrypt is kept: %v", err)
	}
}
