// Package text reads queries from text and writes them back: the notation of
// JavaScript calls that the shell and .fql files use.
//
//	Paginate(Match(Index("tokens_by_instance"), Ref(Collection("users"), "1")), { size: 10 })
//
// It owns that notation and nothing else. A text is read by a small grammar
// (grammar.go) and written as the wire form (encode.go), which package wire
// reads and checks: every rule about what a query may say stands there, once.
// Errors come back with their positions, and those are found in the text again.
// The functions are known by the ast.Forms that every reader is given. Only the
// names that are no functions stand here: Let, Var, Lambda and Object, and the
// driver's Ref("collections/users/1") and Bytes("AQ==").
//
// # What can be written
//
// Numbers, true, false and null are those of JSON. Strings stand in single,
// double or back quotes and have JavaScript's escapes; only those in back quotes
// may have several lines, and ${...} is an error. { a: 1, "b c": 2 } is an
// object, [1, 2] an array. Comments are // and /* */, a trailing comma may
// stand in every bracket, and q.Get(x) is Get(x).
//
// A lambda is x => body or (x) => body, which take the whole argument, or
// (x, y) => body, which takes an array apart. Lambda("any name", body) and
// Lambda(["x"], body) say what an arrow cannot. A name alone is a variable, and
// so is Var("any name").
//
// Arguments stand in the order of the JavaScript driver. Operands that are
// ast.Operand.Named stand in an object at the end; Object({...}) there is an
// ordinary argument. A "_" leaves an optional argument out: SubString(s, _, 2); so
// does "undefined", which the driver prints.
//
// # Data and tags
//
// What the wire form says with a tag is @tag(data): @ts("2020-01-01T00:00:00Z"),
// @ref("collections/users/1"), @set({ match: @ref("indexes/all") }). Data is
// JSON in this notation, with tags in it; Quote(data) holds it too. In data
// {...} is the JSON object itself, and @obj({ "@ts": 1 }) an object whose name
// is no tag. Outside of data @obj(E) is the expression E, one step deeper.
//
// So everything that can be said in JSON can be said in text, and Parse of what
// Print returns is the same tree.
package text
