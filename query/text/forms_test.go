package text

import (
	"strings"

	"github.com/fawndb/fawn/query/ast"
)

// testForms are forms of all shapes, with the names of functions of the
// language. A row is the name and the operands in declared order; the signs
// before a key say how it is written: ? optional, : named, * variadic,
// 0 nullable, \ lambda, | lambda or expression, ! list, & operands, # quoted.
// A number behind a key is its place in text, a name behind a slash the alias.
var testForms = func() *ast.Forms {
	rows := []string{
		"Get get ?ts", "Exists exists ?ts", "Delete delete", "Abort abort", "Now 0now", "Tokens 0tokens",
		"Collections 0collections", "Keys 0keys", "Index index ?scope", "Collection collection ?scope",
		"Database database ?scope", "Function function ?scope", "Role role ?scope", "Ref ref id ?scope",
		"Match match ?*terms", "Documents documents", "Singleton singleton", "Events events", "Union *union",
		"Intersection *intersection", "Difference *difference", "Distinct distinct", "Reverse reverse",
		"Range range from to", "Join join |with", "Filter \\filter2 collection1", "Map \\map2 collection1",
		"Foreach \\foreach2 collection1", "Reduce \\reduce initial collection",
		"Paginate paginate ?:after ?:before ?:cursor ?:ts ?:size ?:events ?:sources",
		"Select select1 from2 ?:all3 ?default4", "Merge merge with ?\\lambda", "Take take collection",
		"If if then else", "Do !*do", "And &*and", "Or &*or", "Not not", "Equals *equals", "Add *add", "LT *lt",
		"Concat concat ?separator", "SubString substring ?start ?length", "Format format *values",
		"FindStrRegex findstrregex pattern ?start ?num_results", "Query \\query", "Quote #quote",
		"Call call ?*arguments", "BitAnd/Bitand *bitand", "At at expr", "Time time", "Date date", "Create create ?params",
		"CreateIndex create_index", "Update update ?params", "Login login params", "NGram ngram ?min ?max",
		"Repeat repeat ?number", "ToString to_string", "MatchTerms match index", "Needs needs :how ?:when",
	}
	forms := make([]*ast.Form, len(rows))
	for i, row := range rows {
		forms[i] = testForm(row)
		forms[i].ID = i
	}
	return ast.NewForms(forms)
}()

func testForm(row string) *ast.Form {
	words := strings.Fields(row)
	f := &ast.Form{}
	f.Name, f.Alias, _ = strings.Cut(words[0], "/")
	order := map[int]int{}
	for i, word := range words[1:] {
		key := strings.TrimLeft(word, `?:*0\|!&#`)
		signs := word[:len(word)-len(key)]
		if place := key[len(key)-1]; place >= '1' && place <= '9' {
			order[int(place-'1')] = i
			key = key[:len(key)-1]
		}
		o := ast.Operand{
			Key: key, Optional: strings.Contains(signs, "?"), Named: strings.Contains(signs, ":"),
			Variadic: strings.Contains(signs, "*"), Nullable: strings.Contains(signs, "0"),
		}
		for sign, syntax := range map[string]ast.Syntax{
			`\`: ast.LambdaOnly, "|": ast.LambdaOrExpr, "!": ast.ExpressionList, "&": ast.Operands, "#": ast.Quoted,
		} {
			if strings.Contains(signs, sign) {
				o.Syntax = syntax
			}
		}
		f.Operands = append(f.Operands, o)
	}
	for i := range len(order) {
		f.Order = append(f.Order, order[i])
	}
	return f
}
