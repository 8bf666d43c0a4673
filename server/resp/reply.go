package resp

import "strconv"

// The replies, as they are appended to what is to be sent. Source: the RESP
// specification of Redis.

func (c *conn) simple(s string) { c.out = append(append(append(c.out, '+'), s...), '\r', '\n') }

func (c *conn) integer(n int64) { c.size(':', n) }

func (c *conn) array(n int) { c.size('*', int64(n)) }

// pairs begins a map of n members, which to RESP2 is an array.
func (c *conn) pairs(n int) {
	if c.proto >= 3 {
		c.size('%', int64(n))
	} else {
		c.size('*', int64(2*n))
	}
}

func (c *conn) texts(list ...string) {
	for _, s := range list {
		c.size('$', int64(len(s)))
		c.out = append(append(c.out, s...), '\r', '\n')
	}
}

// bulk is a text that may be long: such a one is sent from where it is.
func (c *conn) bulk(b []byte) error {
	c.size('$', int64(len(b)))
	if len(b) > keptBuffer {
		if err := c.flush(); err != nil {
			return err
		}
		if err := c.send(b); err != nil {
			return err
		}
	} else {
		c.out = append(c.out, b...)
	}
	c.out = append(c.out, '\r', '\n')
	return nil
}

func (c *conn) null() {
	if c.proto >= 3 {
		c.out = append(c.out, "_\r\n"...)
	} else {
		c.out = append(c.out, "$-1\r\n"...)
	}
}

func (c *conn) size(kind byte, n int64) {
	c.out = append(strconv.AppendInt(append(c.out, kind), n, 10), '\r', '\n')
}
