package tokens

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/fawndb/fawn/query/value"
)

var errNotObject = errors.New("tokens: it is no JSON object")

// ParseObject reads a JSON object with its members in their order. Numbers that
// are integers of 64 bits become Longs, others Doubles.
func ParseObject(text []byte) (value.Object, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	v, err := parseValue(d, 0)
	if err != nil {
		return nil, err
	}
	o, ok := v.(value.Object)
	if _, err := d.Token(); !ok || !errors.Is(err, io.EOF) {
		return nil, errNotObject
	}
	return o, nil
}

// deepest is how deep values may be.
const deepest = 32

func parseValue(d *json.Decoder, depth int) (value.Value, error) {
	t, err := d.Token()
	if err != nil || depth > deepest {
		return nil, errors.Join(errNotObject, err)
	}
	switch t := t.(type) {
	case json.Number:
		if n, err := t.Int64(); err == nil {
			return value.Long(n), nil
		}
		f, err := t.Float64()
		return value.Double(f), err
	case json.Delim:
		if t == '{' {
			return parseMembers(d, depth+1)
		}
		out := value.Array{}
		for d.More() {
			v, err := parseValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		_, err := d.Token()
		return out, err
	default:
		return value.From(t)
	}
}

func parseMembers(d *json.Decoder, depth int) (value.Value, error) {
	out := value.Object{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		v, err := parseValue(d, depth)
		if err != nil {
			return nil, err
		}
		out = out.With(name.(string), v)
	}
	_, err := d.Token()
	return out, err
}
