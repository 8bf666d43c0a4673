package text

import "strings"

// comment is a comment of a source, from its first character to behind its
// last: the end of line belongs to none.
type comment struct {
	start, end int
	separated  bool // the token before it is a comma or semicolon

	// What follows is known when all comments are (place).
	text   string
	behind bool // it belongs to what stands before it on its line
	ends   bool // nothing but comments follows on its line
	blank  bool // an empty line stands before it
}

// comments are the comments of a source that are not yet printed.
type comments struct {
	src  string
	rest []comment
}

// readComments returns the comments of a source that can be parsed.
func readComments(src string) *comments {
	list := []comment{}
	s := &scanner{src: src, comments: &list}
	for {
		if t, err := s.Next(); err != nil || t.EOF() {
			break
		}
	}
	for i := len(list) - 1; i >= 0; i-- {
		list[i].place(src, list[i+1:])
	}
	return &comments{src, list}
}

// place finds out where a comment belongs: behind a token if it stands on the
// token's line, but not between a comma and the next token. Those that follow
// it are placed already.
func (c *comment) place(src string, following []comment) {
	c.text = strings.TrimRight(src[c.start:c.end], " \t\r")
	before := strings.TrimRight(src[:c.start], " \t\r")
	c.blank = emptyLineBefore(src, c.start)
	sameLine := before != "" && !strings.HasSuffix(before, "\n") && !strings.ContainsAny(before[len(before)-1:], "([{")
	rest := strings.TrimLeft(src[c.end:], " \t\r")
	c.ends = rest == "" || rest[0] == '\n' ||
		len(following) > 0 && following[0].start == len(src)-len(rest) && following[0].ends
	c.behind = sameLine && (!c.separated || c.ends)
}

// emptyLineBefore reports whether the line before that of offset is empty, and
// only blanks, or the prefix of a name, stand before offset on its own.
func emptyLineBefore(src string, offset int) bool {
	before := strings.TrimRight(strings.TrimSuffix(src[:offset], "q."), " \t\r")
	if !strings.HasSuffix(before, "\n") {
		return false
	}
	before = strings.TrimRight(before[:len(before)-1], " \t\r")
	return strings.HasSuffix(before, "\n")
}

// until takes the comments that start before an offset.
func (c *comments) until(offset int) []string {
	var out []string
	for len(c.rest) > 0 && c.rest[0].start < offset {
		out = append(out, c.rest[0].text)
		c.rest = c.rest[1:]
	}
	return out
}

// behind takes the comments before an offset that belong to what was printed
// last, as one.
func (c *comments) behind(offset int) string {
	var out []string
	for len(c.rest) > 0 && c.rest[0].start < offset && c.rest[0].behind {
		out = append(out, c.rest[0].text)
		c.rest = c.rest[1:]
	}
	return strings.Join(out, " ")
}
