package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/vmihailenco/msgpack/v5"
	"go.etcd.io/bbolt"
)

// The floor: what a program does that has only this one thing to do, over
// bbolt by hand.

var (
	documents = []byte("d")
	secrets   = []byte("s")
	users     = []byte("u")
	byUser    = []byte("i")
)

var errMissing = errors.New("not there")

func key(id int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(id)) }

// tokenDocument returns a token as it is stored: 200 bytes of msgpack.
func tokenDocument(s string, id, user int64) ([]byte, error) {
	sum := sha256.Sum256([]byte(s))
	var b bytes.Buffer
	e := msgpack.NewEncoder(&b)
	err := errors.Join(
		e.EncodeMapLen(5),
		e.EncodeString("ref"), e.EncodeInt(id),
		e.EncodeString("ts"), e.EncodeInt(1_700_000_000_000_000),
		e.EncodeString("instance"), e.EncodeInt64(user),
		e.EncodeString("hashed_secret"), e.EncodeString(hex.EncodeToString(sum[:])),
		e.EncodeString("data"), e.EncodeMapLen(1), e.EncodeString("name"), e.EncodeString(deviceName),
	)
	return b.Bytes(), err
}

// putToken makes a token: three puts.
func putToken(tx *bbolt.Tx, s string, id, user int64) error {
	doc, err := tokenDocument(s, id, user)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(s))
	return putEncoded(tx, doc, sum[:], id, user)
}

func putEncoded(tx *bbolt.Tx, doc, sum []byte, id, user int64) error {
	if err := put(tx, documents, key(id), doc); err != nil {
		return err
	}
	if err := put(tx, secrets, sum, key(id)); err != nil {
		return err
	}
	return put(tx, byUser, append(key(user), key(id)...), []byte{})
}

func put(tx *bbolt.Tx, bucket, key, v []byte) error {
	b, err := tx.CreateBucketIfNotExists(bucket)
	if err != nil {
		return err
	}
	if bytes.Equal(bucket, documents) {
		b.FillPercent = fullPages // its keys ascend
	}
	return b.Put(key, v)
}

// fullPages is how far the pages of keys that ascend are filled.
const fullPages = 0.95

func putUser(tx *bbolt.Tx, n int) error {
	var b bytes.Buffer
	e := msgpack.NewEncoder(&b)
	err := errors.Join(
		e.EncodeMapLen(3),
		e.EncodeString("ref"), e.EncodeInt(userID(n)),
		e.EncodeString("ts"), e.EncodeInt(1_700_000_000_000_000),
		e.EncodeString("data"), e.EncodeMapLen(2),
		e.EncodeString("email"), e.EncodeString(fmt.Sprintf("user%d@example.com", n)),
		e.EncodeString("name"), e.EncodeString("Alice Liddell of the looking glass"),
	)
	if err != nil {
		return err
	}
	return put(tx, users, key(userID(n)), b.Bytes())
}

// authenticate goes from a secret to its token, and on to its user.
func authenticate(tx *bbolt.Tx, s string) error {
	sum := sha256.Sum256([]byte(s))
	id := tx.Bucket(secrets).Get(sum[:])
	if id == nil {
		return errMissing
	}
	doc := tx.Bucket(documents).Get(id)
	user, ok := instanceOf(doc)
	if !ok || tx.Bucket(users).Get(key(user)) == nil {
		return errMissing
	}
	return nil
}

// instanceOf finds the instance in a token's document without
// decoding the others.
func instanceOf(doc []byte) (int64, bool) {
	name := []byte("\xa8instance\xd3")
	i := bytes.Index(doc, name)
	if i < 0 || i+len(name)+8 > len(doc) {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64(doc[i+len(name):])), true
}

// tokensOf calls f with the id of each token of a user.
func tokensOf(tx *bbolt.Tx, user int64, f func(id []byte) error) error {
	prefix := key(user)
	c := tx.Bucket(byUser).Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		if err := f(k[8:]); err != nil {
			return err
		}
	}
	return nil
}

// decoded is a token as the floor reads it.
type decoded struct {
	ID, TS, Instance int64
	Hash, Name       string
}

// decode reads a token's document with the low-level decoder.
func (t *decoded) decode(d *msgpack.Decoder, doc []byte) error {
	d.Reset(bytes.NewReader(doc))
	n, err := d.DecodeMapLen()
	for ; n > 0 && err == nil; n-- {
		var name string
		if name, err = d.DecodeString(); err != nil {
			return err
		}
		switch name {
		case "ref":
			t.ID, err = d.DecodeInt64()
		case "ts":
			t.TS, err = d.DecodeInt64()
		case "instance":
			t.Instance, err = d.DecodeInt64()
		case "hashed_secret":
			t.Hash, err = d.DecodeString()
		case "data":
			if _, err = d.DecodeMapLen(); err == nil {
				if _, err = d.DecodeString(); err == nil {
					t.Name, err = d.DecodeString()
				}
			}
		}
	}
	return err
}

func idOf(b []byte) int64 { return int64(binary.BigEndian.Uint64(b)) }
