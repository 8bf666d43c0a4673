// Package querytest runs the case files of testdata against anything that
// answers queries: the evaluator alone, the engine over each store, a server.
//
// It owns the format of the files (testdata/README.md), how a result is
// compared with what a file says, and the rule that a case must come out the
// same as text and as JSON. Only tests import it.
package querytest
