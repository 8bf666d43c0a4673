package query

import (
	"strconv"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// idFunctions make identifiers. They write nothing, yet count as writes, so
// that a read-only place gives the same answer whenever it is asked.
// Source: chapter on functions, section 21.
var idFunctions = []*Function{
	{
		Name:     "NewId",
		Params:   []Param{nothing("new_id")},
		Effect:   ast.Write,
		Doc:      "returns a fresh document id as a string of digits, greater than all before",
		Examples: []string{`Equals(NewId(), NewId()) // false`, `NewId(1) // invalid argument ["new_id"]`},
		Eval:     evalNewID,
	},
	{
		Name:       "NextId",
		Params:     []Param{nothing("next_id")},
		Effect:     ast.Write,
		Doc:        "returns a fresh document id as a string of digits, greater than all before",
		Examples:   []string{`IsString(NextId()) // true`},
		Deprecated: "NewId",
		Eval:       evalNewID,
	},
}

func evalNewID(c *Context, _ []value.Value) (value.Value, error) {
	id, err := c.Host.NewID()
	if err != nil {
		return nil, c.place(err, "")
	}
	return value.String(strconv.FormatInt(id, 10)), nil
}
