package engine

import (
	"bytes"
	"slices"

	"github.com/fawndb/fawn/query/value"
)

// seals checks that every seal is that of a live token, and that it and the
// digests lead to each other.
func (c *checker) seals() error {
	if err := c.each([]byte{spaceSeal}, c.seal); err != nil {
		return err
	}
	return c.each([]byte{spaceDigest}, c.digest)
}

func (c *checker) seal(key, stored []byte) error {
	if len(key) != 1+4+idSize {
		c.report("store", "%x is no seal of a token", key)
		return nil
	}
	r := value.Ref{Scope: value.Scope(be32(key[1:])), Class: value.Tokens, ID: int64(be64(key[5:]))}
	if c.garbage[r.Scope] {
		return nil
	}
	if b, err := c.tx.t.Get(liveKey(r)); b == nil || err != nil {
		c.report(documentName(r), "there is a seal of the token, but no token")
		return err
	}
	s, err := decodeSeal(stored)
	if err != nil {
		c.report(documentName(r), "its seal cannot be read")
		return nil
	}
	for _, k := range s.Keys {
		b, err := c.tx.t.Get(digestKey(k.Digest))
		if err != nil {
			return err
		}
		if !bytes.Equal(b, appendRef(nil, r)) {
			c.report(documentName(r), "a digest of its seal leads to %x", b)
		}
	}
	return nil
}

func (c *checker) digest(key, ref []byte) error {
	if len(key) != 1+digestPrefix || len(ref) != refSize {
		c.report("store", "%x is no digest of a token", key)
		return nil
	}
	r := decodeRef(ref)
	s, err := c.tx.sealed(r)
	if err != nil {
		if isDamage(err) {
			return nil // seal reports it
		}
		return err
	}
	if s == nil || !slices.ContainsFunc(s.Keys, func(k SealKey) bool { return bytes.Equal(digestKey(k.Digest), key) }) {
		c.report(documentName(r), "a digest leads to the token, which does not have it")
	}
	return nil
}
