package value

import (
	"bytes"
	"encoding/json"
)

// Indent appends compact JSON to dst with line breaks and an indentation of
// two blanks a level. What is not JSON is appended as it is.
func Indent(dst, compact []byte) []byte {
	buf := bytes.NewBuffer(dst)
	if err := json.Indent(buf, compact, "", "  "); err != nil {
		return append(dst, compact...)
	}
	return buf.Bytes()
}
