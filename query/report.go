package query

import (
	"errors"

	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/query/wire"
)

// AllErrors returns the errors that err stands for, in the order of a report:
// an *Error, Errors, or what the readers of JSON and text found. It is nil
// when err is something else: a failure that is not the query's.
func AllErrors(err error) Errors {
	if list, ok := asErrors(err); ok {
		return list
	}
	var faults wire.Errors
	if !errors.As(err, &faults) {
		return nil
	}
	list := make(Errors, len(faults))
	for i, f := range faults {
		list[i] = &Error{Code: InvalidExpression, Description: f.Description, Position: f.Position}
	}
	return list
}

// Decisive returns the error that decides the status of a response, nil when
// there is none: the first invalid expression, else the first invalid
// argument, else the first missing right, else the first of all.
// Source: chapter on the wire, section 3.2.
func Decisive(err error) *Error {
	var first *Error
	for _, e := range AllErrors(err) {
		if first == nil || rank(e.Code) > rank(first.Code) {
			first = e
		}
	}
	return first
}

func rank(c Code) int {
	switch c {
	case InvalidExpression:
		return 3
	case InvalidArgument:
		return 2
	case PermissionDenied:
		return 1
	default:
		return 0
	}
}

// AppendErrors appends the body of a response that reports err:
//
//	{"errors":[{"position":["add",1],"code":"invalid argument","description":"..."}]}
//
// Of a failure that is not the query's nothing is shown but that there was
// one. Names are for the ref of a contended document.
// Source: chapter on the wire, section 3.1.
func AppendErrors(dst []byte, err error, names value.Names) []byte {
	list := AllErrors(err)
	if list == nil {
		list = Errors{{Code: Internal, Description: "Internal server error."}}
	}
	dst = append(dst, `{"errors":`...)
	return append(appendErrors(dst, list, names), '}')
}

func appendErrors(dst []byte, list Errors, names value.Names) []byte {
	dst = append(dst, '[')
	for i, e := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = e.append(dst, names)
	}
	return append(dst, ']')
}

func (e *Error) append(dst []byte, names value.Names) []byte {
	dst = append(dst, '{')
	if e.Contended != nil {
		dst = append(value.AppendJSON(append(dst, `"ref":`...), *e.Contended, names), ',')
	}
	if e.Position != nil {
		dst = append(wire.AppendPosition(append(dst, `"position":`...), e.Position), ',')
	}
	dst = appendText(append(dst, `"code":`...), e.Code.String())
	dst = appendText(append(dst, `,"description":`...), e.Description)
	if e.Code == ValidationFailed {
		dst = appendFailures(append(dst, `,"failures":`...), e.Failures)
	}
	if e.Code == CallError {
		dst = appendErrors(append(dst, `,"cause":`...), e.Cause, names)
	}
	return append(dst, '}')
}

func appendFailures(dst []byte, failures []Failure) []byte {
	dst = append(dst, '[')
	for i, f := range failures {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"field":[`...)
		for k, name := range f.Field {
			if k > 0 {
				dst = append(dst, ',')
			}
			dst = appendText(dst, name)
		}
		dst = appendText(append(dst, `],"code":`...), f.Code)
		dst = append(appendText(append(dst, `,"description":`...), f.Description), '}')
	}
	return append(dst, ']')
}

func appendText(dst []byte, s string) []byte { return value.AppendJSON(dst, value.String(s), nil) }
