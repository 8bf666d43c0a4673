package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/text"
)

// fault is an error of a query in an answer.
type fault struct {
	Position    []any // names, and numbers as json reads them
	Code        string
	Description string
	Failures    []struct {
		Field             []string
		Code, Description string
	}
	Cause []fault
}

// explained makes an error of an answer's body, {"errors":[...]}, that shows
// where in its text the query is at fault.
func explained(q *text.Query, body []byte) error {
	var answer struct{ Errors []fault }
	if err := json.Unmarshal(body, &answer); err != nil || len(answer.Errors) == 0 {
		return errors.New("the answer has neither a result nor errors")
	}
	f := decisive(answer.Errors)
	message := f.Code + ": " + f.Description
	if f.Position == nil {
		return errors.New(message)
	}
	return fmt.Errorf("%w%s", q.At(f.position(), message), f.details("\n  "))
}

// decisive is the error that an answer has its status from.
func decisive(list []fault) fault {
	for _, code := range []string{"invalid expression", "invalid argument", "permission denied"} {
		for _, f := range list {
			if f.Code == code {
				return f
			}
		}
	}
	return list[0]
}

func (f fault) position() ast.Position {
	pos := make(ast.Position, len(f.Position))
	for i, step := range f.Position {
		switch step := step.(type) {
		case string:
			pos[i] = ast.Key(step)
		case float64:
			pos[i] = ast.Index(int(step))
		}
	}
	return pos
}

// details are the fields that failed validation and the causes within called
// functions, each on a line of its own.
func (f fault) details(indent string) string {
	var b strings.Builder
	for _, failure := range f.Failures {
		fmt.Fprintf(&b, "%s%s: %s: %s", indent, strings.Join(failure.Field, "."), failure.Code, failure.Description)
	}
	for _, cause := range f.Cause {
		fmt.Fprintf(&b, "%s%s: %s%s", indent, cause.Code, cause.Description, cause.details(indent+"  "))
	}
	return b.String()
}
