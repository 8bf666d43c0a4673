// Package ast is the tree of an expression, and positions in it.
//
// A tree is made by query/wire (from JSON) or query/text (from text) and is
// immutable afterwards: one tree may be evaluated by many goroutines at once.
// Nodes do not know where they stand: a position is the path that evaluation
// took from the root, so that it costs nothing until there is an error.
package ast
