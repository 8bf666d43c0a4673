package wire

import (
	"errors"
	"strconv"
	"strings"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// self is the id that stands for the caller's own document.
const self = "self"

// refLiteral reads the content of @ref.
func (d *decoder) refLiteral(i int) ast.Expr {
	r := new(ast.Ref)
	if !d.ref(i, r) {
		return nil
	}
	return r
}

// ref reads the content of @ref into the zero r: an object of id, collection
// and database, or an old ref such as "collections/users/1".
// Source: chapter on the wire, section 2.5.
func (d *decoder) ref(i int, r *ast.Ref) (ok bool) {
	switch d.nodes[i].kind {
	case jsonString:
		if *r, ok = parseRef(d.text(i)); ok {
			return true
		}
	case jsonObject:
		return d.refObject(i, r)
	default: // no form of a ref
	}
	d.fail("Invalid ref.")
	return false
}

// refObject reads the object form. The refs in it need no tag. That of the
// collection is read into r first.
func (d *decoder) refObject(i int, r *ast.Ref) (ok bool) {
	id, collection, database := d.child(i, "id"), d.child(i, "collection"), d.child(i, "database")
	if collection < 0 {
		collection = d.child(i, "class")
	}
	if id < 0 || !d.only(i, id, collection, database) {
		d.fail("Ref expected, Object provided.")
		return false
	}
	if k := d.nodes[id].kind; k != jsonString && k != jsonLong {
		d.push(ast.Key("id"))
		d.mismatch(id, "String or Integer")
		d.pop()
		return false
	}
	if collection >= 0 && !d.inner("class", collection, "Collection Ref", r) {
		return false
	}
	inDB := database >= 0 && d.nodes[database].kind != jsonNull
	if inDB {
		var db ast.Ref
		if !d.inner("database", database, "Database Ref", &db) {
			return false
		}
		r.Path = append(db.Path[:len(db.Path):len(db.Path)], db.Name)
	}
	switch {
	case collection < 0:
		return d.nativeRef(id, r)
	case r.Native && r.Class.Named():
		r.Native, r.Name = false, d.text(id)
		return d.name(id)
	case inDB:
		d.failUnder("database", "Null expected, Database Ref provided.")
		return false
	}
	r.ID, ok = d.documentID(id, r)
	r.Native = false
	return ok
}

// only reports whether an object has these members and no others; members that
// are not there are negative.
func (d *decoder) only(i int, members ...int) bool {
	there := int32(0)
	for _, m := range members {
		if m >= 0 {
			there++
		}
	}
	return d.nodes[i].count == there
}

// inner reads the ref under a key of a ref into the zero r and checks what it
// is to.
func (d *decoder) inner(key string, i int, expected string, r *ast.Ref) (ok bool) {
	d.push(ast.Key(key))
	defer d.pop()
	switch n := &d.nodes[i]; {
	case n.kind == jsonObject && n.count == 1 && d.key(i+1) == "@ref":
		ok = d.ref(i+1, r)
	case d.bare(i):
		ok = d.refObject(i, r)
	default:
		d.mismatch(i, expected)
	}
	if ok && refName(r) != expected {
		d.fail(expected + " expected, " + refName(r) + " provided.")
		return false
	}
	return ok
}

// nativeRef reads the id of a system collection.
func (d *decoder) nativeRef(id int, r *ast.Ref) (ok bool) {
	if !d.name(id) {
		return false
	}
	if r.Class, ok = value.NativeClass(d.text(id)); !ok {
		d.failUnder("id", "Valid native collection name expected, '"+d.text(id)+"' provided.")
	}
	r.Native = true
	return ok
}

func (d *decoder) failUnder(key, description string) {
	d.push(ast.Key(key))
	d.fail(description)
	d.pop()
}

// name checks that the id of a schema object is a string.
func (d *decoder) name(id int) bool {
	if d.nodes[id].kind != jsonString {
		d.failUnder("id", "String expected, Number provided.")
		return false
	}
	return true
}

// documentID reads the id of a document. The keys and tasks have no self.
func (d *decoder) documentID(id int, class *ast.Ref) (string, bool) {
	if n := d.nodes[id]; n.kind == jsonLong {
		return strconv.FormatInt(n.long(), 10), true
	}
	text := d.text(id)
	if text == self {
		if class.Native && !hasSelf(class.Class) {
			d.fail("Invalid ref.")
			return "", false
		}
		return self, true
	}
	number, err := parseID(text)
	switch {
	case err == nil:
		return number, true
	case errors.Is(err, strconv.ErrRange):
		d.failUnder("id", "The id provided is too large: '"+text+"'")
	default:
		d.failUnder("id", "Number or numeric String expected, non-numeric '"+text+"' provided.")
	}
	return "", false
}

func hasSelf(c value.Class) bool { return c == value.Tokens || c == value.Credentials }

// parseID reads a document id and returns it in its shortest form. The error
// is strconv.ErrSyntax or ErrRange; no id at all counts as out of range.
func parseID(s string) (string, error) {
	if s == "" {
		return "", strconv.ErrRange
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return "", err
	}
	if digits := strings.TrimPrefix(s, "-"); digits[0] == '+' || digits[0] == '0' {
		return strconv.FormatInt(n, 10), nil
	}
	return s, nil
}

// parseRef reads an old ref: a native collection, a schema object in it, or a
// document: "collections/users/1", "tokens/self".
func parseRef(s string) (r ast.Ref, ok bool) {
	first, rest, deeper := strings.Cut(s, "/")
	class, ok := value.NativeClass(first)
	r.Class = class
	switch {
	case !ok || class == value.Tasks:
		return r, false
	case !deeper:
		r.Native = true
		return r, true
	case !class.Named():
		r.ID, ok = parseRefID(rest, hasSelf(class))
		return r, ok
	}
	name, last, document := strings.Cut(rest, "/")
	switch name {
	case "", self, "events", "_":
		return r, false
	}
	r.Name = name
	if document {
		r.ID, ok = parseRefID(last, true)
		return r, ok && class == value.Collections
	}
	return r, true
}

func parseRefID(s string, mayBeSelf bool) (string, bool) {
	if s == self {
		return s, mayBeSelf
	}
	id, err := parseID(s)
	return id, err == nil && s[0] != '-' && s[0] != '+'
}

// refName is what error texts call a ref.
func refName(r *ast.Ref) string {
	switch {
	case r.Native:
		return "Collection Ref"
	case r.ID != "" && r.Class != value.Keys:
		return "Ref"
	default:
		return value.TypeName(value.Ref{Class: r.Class})
	}
}

// appendRef appends the object form of a ref, with its tag.
func appendRef(dst []byte, r *ast.Ref) []byte {
	dst = append(dst, `{"@ref":{"id":`...)
	switch {
	case r.Native:
		dst = appendString(dst, value.NativeName(r.Class))
		dst = appendDatabase(dst, r.Path)
	case r.ID == "":
		dst = appendString(dst, r.Name)
		dst = append(dst, `,"collection":`...)
		dst = appendRef(dst, &ast.Ref{Class: r.Class, Native: true})
		dst = appendDatabase(dst, r.Path)
	default:
		dst = appendString(dst, r.ID)
		dst = append(dst, `,"collection":`...)
		dst = appendRef(dst, &ast.Ref{Class: r.Class, Name: r.Name, Native: !r.Class.Named(), Path: r.Path})
	}
	return append(dst, "}}"...)
}

func appendDatabase(dst []byte, path []string) []byte {
	if len(path) == 0 {
		return dst
	}
	last := len(path) - 1
	dst = append(dst, `,"database":`...)
	return appendRef(dst, &ast.Ref{Class: value.Databases, Name: path[last], Path: path[:last]})
}
