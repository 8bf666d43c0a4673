package value

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
)

// ErrNoObject says that a text is no JSON object.
var ErrNoObject = errors.New("value: no JSON object")

// ParseObject reads a JSON object as data, of a JWT or of another program: its
// members keep their order, of two with a name the last counts, in the place of
// the first, and numbers without a fraction are Longs. No member means more than
// it says, as {"@ref"} would in a query. The error is ErrNoObject, ErrTooDeep, or
// that of the JSON.
// Source: RFC 7519, section 4, for names that come twice.
func ParseObject(b []byte) (Object, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	v, err := parsePlain(d, 0)
	if err != nil {
		return nil, err
	}
	o, ok := v.(Object)
	if _, end := d.Token(); !ok || !errors.Is(end, io.EOF) {
		return nil, ErrNoObject
	}
	return o, nil
}

// maxPlainDepth bounds how deep plain JSON may be nested.
const maxPlainDepth = 64

func parsePlain(d *json.Decoder, depth int) (Value, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	if depth > maxPlainDepth {
		return nil, ErrTooDeep
	}
	switch t := token.(type) {
	case bool:
		return Boolean(t), nil
	case string:
		return String(t), nil
	case json.Number:
		return parsePlainNumber(t)
	case json.Delim:
		if t == '[' {
			return parsePlainArray(d, depth)
		}
		return parsePlainObject(d, depth)
	}
	return Null{}, nil
}

func parsePlainNumber(n json.Number) (Value, error) {
	if i, err := strconv.ParseInt(n.String(), 10, 64); err == nil {
		return Long(i), nil
	}
	f, err := n.Float64()
	return Double(f), err
}

func parsePlainArray(d *json.Decoder, depth int) (Value, error) {
	out := Array{}
	for d.More() {
		v, err := parsePlain(d, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	_, err := d.Token()
	return out, err
}

func parsePlainObject(d *json.Decoder, depth int) (Value, error) {
	out := Object{}
	at := map[string]int{} // so that a stranger's object of many members takes no longer
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		v, err := parsePlain(d, depth+1)
		if err != nil {
			return nil, err
		}
		if text, ok := name.(string); ok {
			if i, twice := at[text]; twice {
				out[i].Value = v
				continue
			}
			at[text] = len(out)
			out = append(out, Field{Name: text, Value: v})
		}
	}
	_, err := d.Token()
	return out, err
}
