package engine

import (
	"reflect"
	"strings"
	"testing"

	"github.com/fawndb/fawn/query/value"
)

// TestSealCode: a seal is read as it was written, and no part of it is one.
func TestSealCode(t *testing.T) {
	for _, s := range []*Seal{
		{Keys: []SealKey{}},
		{Keys: []SealKey{{Digest: DigestOf("a"), Label: "access", Opens: true, Expires: -1}, {Digest: DigestOf("b")}}},
		{Keys: []SealKey{{Label: strings.Repeat("x", maxLabel)}}, State: value.Object{{Name: "a", Value: value.Long(1)}}},
	} {
		b, err := s.encode()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := decodeSeal(b); err != nil || !reflect.DeepEqual(got, s) {
			t.Errorf("got  %+v, %v\nwant %+v", got, err, s)
		}
		whole := len(b)
		if len(s.State) > 0 {
			without, err := (&Seal{Keys: s.Keys}).encode()
			if err != nil {
				t.Fatal(err)
			}
			whole = len(without)
		}
		for n := range whole {
			if got, err := decodeSeal(b[:n]); err == nil {
				t.Errorf("%d bytes of %d are %+v", n, len(b), got)
			}
		}
	}
	if _, err := (&Seal{Keys: []SealKey{{Label: strings.Repeat("x", maxLabel+1)}}}).encode(); err == nil {
		t.Error("a label that is too long is stored")
	}
}

func FuzzSealCode(f *testing.F) {
	f.Add([]byte{0})
	f.Add([]byte{1})
	b, err := (&Seal{Keys: []SealKey{{Digest: DigestOf("a"), Label: "access"}}, State: value.Object{{Name: "a", Value: value.Long(1)}}}).encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := decodeSeal(b)
		if err != nil {
			return
		}
		again, err := s.encode()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := decodeSeal(again); err != nil || !reflect.DeepEqual(got.Keys, s.Keys) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
