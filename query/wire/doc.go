// Package wire reads expressions from JSON and writes them back.
//
// It owns the grammar of a request body: JSON itself, the shapes that the tree
// has nodes for (let, var, object, @ref, @set, @query, ...) and the errors of
// reading, with their positions. All other functions it knows only through
// the ast.Forms it is given: an object is a call if its set of keys is that of
// a form, and each operand is read as the form's row says.
//
// Reading goes in two steps. The JSON becomes nodes in a reused arena (json.go);
// from those the tree is built (decode.go). The tree shares no memory with the
// arena or the caller's bytes.
package wire
