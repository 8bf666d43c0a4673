package query

import (
	"math"
	"strings"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// givenCursor is a cursor as an argument of paginate: nil value when there is
// none. Path is where its errors stand.
type givenCursor struct {
	value    value.Value
	backward bool
	path     []ast.Step
}

// cursor is where a page begins or ends. Echo is how the page shows it, nil
// when none was given.
type cursor struct {
	bound    Bound
	backward bool
	echo     value.Value
}

// givenCursor returns the one cursor among the arguments of paginate.
func (c *Context) givenCursor(args []value.Value) (givenCursor, error) {
	if args[argAfter] == nil && args[argBefore] == nil && args[argCursor] == nil {
		return givenCursor{}, nil
	}
	var given []string
	for i, key := range []string{"after", "before", "cursor"} {
		if args[argAfter+i] != nil {
			given = append(given, key)
		}
	}
	switch {
	case len(given) > 1:
		return givenCursor{}, c.fail(InvalidExpression,
			"No form/function found, or invalid argument keys: { paginate, "+strings.Join(given, ", ")+" }.")
	case given[0] != "cursor":
		v := args[argAfter]
		if v == nil {
			v = args[argBefore]
		}
		return givenCursor{v, given[0] == "before", []ast.Step{ast.Key(given[0])}}, nil
	}
	if args[argCursor].Kind() == value.KindNull {
		return givenCursor{}, nil
	}
	o, ok := args[argCursor].(value.Object)
	if !ok || len(o) != 1 || o[0].Name != "before" && o[0].Name != "after" {
		return givenCursor{}, c.failAt(InvalidArgument,
			"Invalid cursor object. Expected an object with either 'before' or 'after' key in it.", ast.Key("cursor"))
	}
	return givenCursor{o[0].Value, o[0].Name == "before", []ast.Step{ast.Key("cursor"), ast.Key(o[0].Name)}}, nil
}

// cursorIn makes a position in a set of a cursor.
// Source: chapter on documents, sections 5.3 and 5.5.
func (c *Context) cursorIn(s Shape, given givenCursor) (cursor, error) {
	if given.value == nil {
		return cursor{}, nil
	}
	if _, err := c.castAt(bound, given.value, given.path...); err != nil {
		return cursor{}, err
	}
	out := cursor{backward: given.backward}
	if s.Events {
		depth := len(c.path)
		c.path = append(c.path, given.path...)
		e, err := c.eventCursor(given.value)
		c.path = c.path[:depth]
		if err != nil {
			return cursor{}, err
		}
		out.bound.Event, out.echo = e, e
		// Without a document, an event from an object is on neither side.
		out.bound.After = e.Partial && given.value.Kind() == value.KindObject && !given.backward
		return out, nil
	}
	list, _ := boundOfRange(given.value)
	out.bound, out.echo = s.Bound(list), value.Array(list)
	return out, nil
}

// Bound returns the position that a cursor, or the lower bound of a range,
// stands for: just before the elements that begin with list. An element's
// values and its ref are the exact element. What stands in the place of the
// ref counts by its rank. Source: chapter on documents, section 5.3.
func (s Shape) Bound(list []value.Value) Bound {
	n := len(s.Reversed)
	if s.Unknown && len(list) > 0 {
		_, isRef := list[len(list)-1].(value.Ref)
		if isRef || n == 0 && len(list) == 1 {
			n = len(list) - 1
		} else {
			n = max(n, len(list))
		}
	}
	if len(list) <= n {
		return Bound{Values: list}
	}
	b := Bound{Values: list[:n:n]}
	if r, ok := list[n].(value.Ref); ok {
		b.Ref = &r
		return b
	}
	b.After = value.Compare(list[n], value.Ref{}) > 0 != s.Backward
	return b
}

// eventCursor makes an event of a cursor into a history: a time, or an object
// with some of an event's members. A time stands between what was removed and
// what was added then; null is the end of time.
func (c *Context) eventCursor(v value.Value) (*value.Event, error) {
	e := &value.Event{Action: "add", Cursor: true, Partial: true}
	switch v := v.(type) {
	case value.Null:
		e.TS = math.MaxInt64
	case value.Long, value.Time:
		e.TS = sinceEpoch(v)
	case value.Date:
		e.TS = sinceEpoch(v.Time())
	case value.Object:
		return c.eventOf(v)
	case *value.Event:
		return c.eventOf(v.Object())
	default:
		return nil, c.wrongRef(cursorKinds, v)
	}
	return e, nil
}

// eventKeys are the sets of members that an event's cursor may have, as they
// are named first to last.
var eventKeys = [][]string{
	{"ts"},
	{"ts", "action"},
	{"ts", "action", "document"},
	{"ts", "action", "document", "data"},
	{"ts", "action", "instance"},
	{"ts", "action", "instance", "data"},
	{"ts", "action", "resource"},
	{"ts", "action", "resource", "values"},
}

// cursorKinds are what a cursor may be, as errors say it.
const cursorKinds = "Object, Integer, Time, or Date"

// eventOf makes an event of an object. The context stands at the object.
func (c *Context) eventOf(o value.Object) (*value.Event, error) {
	keys := knownKeys(o)
	if keys == nil {
		names := make([]string, len(o))
		for i := range o {
			names[i] = o[i].Name
		}
		return nil, c.fail(InvalidArgument, "Cannot create event cursor with keys "+strings.Join(names, ", "))
	}
	e := &value.Event{Action: "add", Cursor: true, Partial: len(keys) < 3}
	for i, key := range keys {
		v, _ := o.Get(key)
		var err error
		switch i {
		case 0:
			e.TS, err = c.eventTime(v)
		case 1:
			e.Action, err = c.eventAction(v)
		case 2:
			if v, err = c.castAt(anyRef, v, ast.Key(key)); err == nil {
				e.Document = v.(value.Ref)
			}
		case 3:
			e.Data = v
		}
		if err != nil {
			return nil, err
		}
	}
	return e, nil
}

// knownKeys returns the set of members that o has, nil if it is none of those
// an event's cursor may have.
func knownKeys(o value.Object) []string {
next:
	for _, keys := range eventKeys {
		if len(keys) != len(o) {
			continue
		}
		for _, key := range keys {
			if _, ok := o.Get(key); !ok {
				continue next
			}
		}
		return keys
	}
	return nil
}

// eventTime reads the ts of an event's cursor: 0 is the pending commit.
func (c *Context) eventTime(v value.Value) (int64, error) {
	if v.Kind() == value.KindTxnTime {
		return 0, nil
	}
	v, err := c.castAt(integer, v, ast.Key("ts"))
	if err != nil {
		return 0, err
	}
	return int64(v.(value.Long)), nil
}

func (c *Context) eventAction(v value.Value) (value.Action, error) {
	name := ""
	switch v := v.(type) {
	case value.String:
		name = string(v)
	case value.Action:
		name = string(v)
	default: // names no action
	}
	switch name {
	case "create", "update", "delete", "add", "remove":
		return value.Action(name), nil
	}
	return "", c.failAt(InvalidArgument,
		"String 'create', 'update', or 'delete' expected, "+value.TypeName(v)+" provided.", ast.Key("action"))
}
