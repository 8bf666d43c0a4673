package wire

import "github.com/fawndb/fawn/query/ast"

// testForms are forms of every shape that the master table of functions has.
var testForms = ast.NewForms([]*ast.Form{
	form("If", "if", "then", "else"),
	form("At", "at", "expr"),
	{Name: "Do", Operands: []ast.Operand{{Key: "do", Syntax: ast.ExpressionList, Variadic: true}}},
	{Name: "And", Operands: []ast.Operand{{Key: "and", Syntax: ast.Operands, Variadic: true}}},
	{Name: "Or", Operands: []ast.Operand{{Key: "or", Syntax: ast.Operands, Variadic: true}}},
	{Name: "Quote", Operands: []ast.Operand{{Key: "quote", Syntax: ast.Quoted}}},
	{Name: "Query", Operands: []ast.Operand{{Key: "query", Syntax: ast.LambdaOnly}}, Delayed: true},
	form("Call", "call", "?arguments"),
	form("Abort", "abort"),
	lambdaForm("Map", "map", "collection"),
	lambdaForm("Foreach", "foreach", "collection"),
	lambdaForm("Filter", "filter", "collection"),
	lambdaForm("Reduce", "reduce", "initial", "collection"),
	form("Union", "union"),
	form("Intersection", "intersection"),
	form("Difference", "difference"),
	form("Distinct", "distinct"),
	form("Reverse", "reverse"),
	form("Select", "select", "from", "?all", "?default"),
	form("Contains", "contains", "in"),
	{Name: "Merge", Operands: []ast.Operand{
		{Key: "merge"}, {Key: "with"}, {Key: "lambda", Syntax: ast.LambdaOnly, Optional: true},
	}},
	form("Equals", "equals"),
	form("Not", "not"),
	form("Add", "add"),
	form("Multiply", "multiply"),
	form("Divide", "divide"),
	form("Abs", "abs"),
	form("Exp", "exp"),
	form("Pow", "pow", "?exp"),
	form("Concat", "concat", "?separator"),
	form("Now", "now"),
	form("Time", "time"),
	form("Ref", "ref", "id", "?scope"),
	form("Index", "index", "?scope"),
	form("Collection", "collection", "?scope"),
	form("Function", "function", "?scope"),
	form("Databases", "databases"),
	form("Collections", "collections"),
	form("Singleton", "singleton"),
	form("Events", "events"),
	form("Documents", "documents"),
	form("Match", "match", "?terms"),
	form("MatchTerms", "match", "index"),
	form("Range", "range", "from", "to"),
	{Name: "Join", Operands: []ast.Operand{{Key: "join"}, {Key: "with", Syntax: ast.LambdaOrExpr}}},
	form("Exists", "exists", "?ts"),
	form("Get", "get", "?ts"),
	{Name: "Paginate", Operands: []ast.Operand{
		{Key: "paginate"},
		{Key: "after", Optional: true, Alternative: true},
		{Key: "before", Optional: true, Alternative: true},
		{Key: "cursor", Optional: true, Alternative: true},
		{Key: "ts", Optional: true},
		{Key: "size", Optional: true},
		{Key: "events", Optional: true},
		{Key: "sources", Optional: true},
	}},
	form("Create", "create", "?params"),
	form("CreateFunction", "create_function"),
	form("CreateCollection", "create_collection"),
	form("CreateIndex", "create_index"),
	form("Update", "update", "?params"),
	form("Delete", "delete"),
})

// form makes a form of plain operands; a question mark makes one optional.
func form(name string, keys ...string) *ast.Form {
	f := &ast.Form{Name: name}
	for _, key := range keys {
		optional := key[0] == '?'
		if optional {
			key = key[1:]
		}
		f.Operands = append(f.Operands, ast.Operand{Key: key, Optional: optional})
	}
	return f
}

// lambdaForm makes a form whose first operand is a lambda.
func lambdaForm(name string, keys ...string) *ast.Form {
	f := form(name, keys...)
	f.Operands[0].Syntax = ast.LambdaOnly
	return f
}
