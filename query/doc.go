// Package query is the language: one table of functions, and the evaluator
// that walks an expression and calls them.
//
// A function is one row (Function), beside its code, in the file of its
// family: math.go, strings.go, documents.go. The row says its keys on the
// wire, its name in text, how each argument is cast, its effect, its
// documentation, examples and errors. Everything else - the JSON and text
// readers, the printers, the help, the reference - is made from the rows.
//
// The evaluator knows nothing of storage. What it needs of a database it asks
// of a Host, the transaction that the engine opened for the query.
package query
