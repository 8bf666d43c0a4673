package query

import (
	"strings"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// Code is the kind of an error. Its String is what the wire shows; two codes
// may show the same when only their status differs.
type Code uint8

// The codes, in the order of the chapter on the wire, section 3.3.
const (
	InvalidExpression Code = iota + 1
	InvalidArgument
	InvalidRef
	CallError
	StackOverflow
	TransactionAborted
	InvalidWriteTime
	PermissionDenied
	AuthenticationFailed
	InstanceNotFound
	IndexInactive  // shown as "instance not found", but a bad request
	SecretNotFound // likewise
	ValueNotFound
	InstanceAlreadyExists
	InstanceNotUnique
	ValidationFailed
	SchemaValidationFailed
	MissingIdentity
	InvalidToken
	InvalidObjectInContainer
	MoveDatabaseError
	BadRequest
	ContendedTransaction
	TimeOut
	Unauthorized
	InvalidURLParameter
	Internal
)

var codeNames = [...]string{
	InvalidExpression: "invalid expression", InvalidArgument: "invalid argument", InvalidRef: "invalid ref",
	CallError: "call error", StackOverflow: "stack overflow", TransactionAborted: "transaction aborted",
	InvalidWriteTime: "invalid write time", PermissionDenied: "permission denied",
	AuthenticationFailed: "authentication failed", InstanceNotFound: "instance not found",
	IndexInactive: "instance not found", SecretNotFound: "instance not found", ValueNotFound: "value not found",
	InstanceAlreadyExists: "instance already exists", InstanceNotUnique: "instance not unique",
	ValidationFailed: "validation failed", SchemaValidationFailed: "schema validation failed",
	MissingIdentity: "missing identity", InvalidToken: "invalid token",
	InvalidObjectInContainer: "invalid object in container", MoveDatabaseError: "move database error",
	BadRequest: "bad request", ContendedTransaction: "contended transaction", TimeOut: "time out",
	Unauthorized: "unauthorized", InvalidURLParameter: "invalid url parameter", Internal: "internal server error",
}

// String returns the code as the wire shows it.
func (c Code) String() string { return codeNames[c] }

// Error is one error of a query, as its author sees it.
type Error struct {
	Code        Code
	Description string
	// Position is where in the query; nil when the error has no place.
	Position ast.Position
	Failures []Failure // of ValidationFailed
	Cause    []*Error  // of CallError
	// Contended is the document that a ContendedTransaction is about.
	Contended *value.Ref
}

// Failure is one field that failed validation.
type Failure struct {
	Field       []string
	Code        string
	Description string
}

// Error implements error.
func (e *Error) Error() string { return e.Code.String() + ": " + e.Description }

// Errors are several errors that are reported together.
type Errors []*Error

// Error implements error.
func (e Errors) Error() string {
	texts := make([]string, len(e))
	for i := range e {
		texts[i] = e[i].Error()
	}
	return strings.Join(texts, "; ")
}

// maxErrors bounds how many errors of one query are collected.
const maxErrors = 1000

// join adds err to list. Once err ends the query it stands alone.
func join(list, err error) error {
	switch {
	case err == nil:
		return list
	case list == nil || ends(err):
		return err
	case ends(list):
		return list
	}
	a, _ := asErrors(list)
	b, _ := asErrors(err)
	if len(a) >= maxErrors {
		return list
	}
	return append(a[:len(a):len(a)], b...)
}

// ends reports whether err ends the query at once, alone: a failure of the
// host, which is neither an *Error nor Errors, or an error that is about the
// whole query, not about a place in it.
func ends(err error) bool {
	switch err := err.(type) { //nolint:errorlint // the evaluator never wraps its own errors
	case *Error:
		switch err.Code {
		case StackOverflow, BadRequest, ContendedTransaction, TimeOut, Unauthorized, Internal:
			return true
		default:
			return false
		}
	case Errors:
		return false
	}
	return err != nil
}

func asErrors(err error) (Errors, bool) {
	switch err := err.(type) { //nolint:errorlint // the evaluator never wraps its own errors
	case *Error:
		return Errors{err}, true
	case Errors:
		return err, true
	}
	return nil, false
}

// literalError is err inside a set literal, which counts as an error of
// reading. Source: chapter on the wire, section 2.8.
func literalError(err error) error {
	list, ok := asErrors(err)
	if !ok {
		return err
	}
	out := make(Errors, len(list))
	for i, e := range list {
		changed := *e
		if changed.Code == InvalidArgument {
			changed.Code = InvalidExpression
		}
		out[i] = &changed
	}
	if len(out) == 1 {
		return out[0]
	}
	return out
}

// Place says where in a form a Host's refusal belongs.
type Place uint8

// The places.
const (
	AtForm  Place = iota // the object that holds the call
	AtVerb               // its verb: ["create"]
	Nowhere              // the error carries no position
)

// Refusal is why a Host did not do what it was asked. The function that asked
// turns it into an Error with a position.
type Refusal struct {
	Code        Code
	Description string
	Place       Place
	Failures    []Failure
	// Prefixed failures get the form's position before their field.
	Prefixed bool
	// Also is reported behind this one, nil for most.
	Also *Refusal
}

// Error implements error.
func (r *Refusal) Error() string { return r.Code.String() + ": " + r.Description }

// Denied is the refusal for a missing right.
func Denied(at Place) *Refusal {
	return &Refusal{Code: PermissionDenied, Description: "Insufficient privileges to perform the action.", Place: at}
}

// Undefined is the refusal of a ref by name to something that does not exist.
func Undefined(u *value.Unresolved, at Place) *Refusal {
	return &Refusal{Code: InvalidRef, Description: undefinedText(u), Place: at}
}

func undefinedText(u *value.Unresolved) string {
	var kind string
	switch u.Class {
	case value.Databases:
		kind = "database"
	case value.Indexes:
		kind = "index"
	case value.Functions:
		kind = "function"
	case value.Roles:
		kind = "role"
	case value.AccessProviders:
		kind = "access_provider"
	case value.Keys:
		kind = "key"
	default:
		kind = "collection"
	}
	return "Ref refers to undefined " + kind + " '" + u.Name + "'"
}
