package query

import "github.com/fawndb/fawn/query/value"

// typecheckFunctions look at the kind of a value and at nothing else: no
// document is read, existing or not.
// Source: chapter on functions, section 20.
var typecheckFunctions = []*Function{
	isKind("IsNumber", "is_number", "an integer or a double", `IsNumber(3.14) // true`, value.KindLong, value.KindDouble),
	isKind("IsInteger", "is_integer", "an integer", `IsInteger(3.0) // false`, value.KindLong),
	isKind("IsDouble", "is_double", "a double", `IsDouble(3.14) // true`, value.KindDouble),
	isKind("IsBoolean", "is_boolean", "true or false", `IsBoolean(false) // true`, value.KindBoolean),
	isKind("IsNull", "is_null", "null", `IsNull(null) // true`, value.KindNull),
	isKind("IsBytes", "is_bytes", "a string of bytes", `IsBytes("AQID") // false`, value.KindBytes),
	isKind("IsTimestamp", "is_timestamp", "a time", `IsTimestamp(Now()) // true`, value.KindTime),
	isKind("IsDate", "is_date", "a date", `IsDate(Date("1970-01-01")) // true`, value.KindDate),
	isKind("IsUUID", "is_uuid", "a UUID", `IsUUID("7ca9b4e6") // false`, value.KindUUID),
	isKind("IsString", "is_string", "a string, or the action of an event", `IsString("a") // true`,
		value.KindString, value.KindAction),
	isKind("IsArray", "is_array", "an array; a page is none", `IsArray([1]) // true`, value.KindArray),
	isKind("IsObject", "is_object", "an object, a page, a document or an event", `IsObject({ a: 1 }) // true`,
		value.KindObject, value.KindDocument, value.KindEvent, value.KindPage),
	isKind("IsRef", "is_ref", "a ref, to something that exists or not", `IsRef("1") // false`,
		value.KindRef, value.KindUnresolved),
	isA("IsSet", "is_set", "a set, or a system collection", `IsSet([1]) // false`, func(v value.Value) bool {
		r, ok := v.(value.Ref)
		return v.Kind() == value.KindSet || ok && r.Native()
	}),
	isKind("IsDoc", "is_doc", "a document, or a ref whose names exist", `IsDoc({ a: 1 }) // false`,
		value.KindDocument, value.KindRef),
	isKind("IsLambda", "is_lambda", "a function", `IsLambda("x") // false`, value.KindLambda),
	isOf("IsCollection", "is_collection", "a collection", `IsCollection("users") // false`, value.Collections),
	isOf("IsDatabase", "is_database", "a database", `IsDatabase("shop") // false`, value.Databases),
	isOf("IsIndex", "is_index", "an index", `IsIndex("tokens_by_instance") // false`, value.Indexes),
	isOf("IsFunction", "is_function", "a user function", `IsFunction("double") // false`, value.Functions),
	isOf("IsKey", "is_key", "a key", `IsKey("1") // false`, value.Keys),
	isOf("IsToken", "is_token", "a token", `IsToken("1") // false`, value.Tokens),
	isOf("IsCredentials", "is_credentials", "credentials", `IsCredentials("1") // false`, value.Credentials),
	isOf("IsRole", "is_role", "a role", `IsRole("admin") // false`, value.Roles),
}

// isA is the row of a check.
func isA(name, key, what, example string, holds func(value.Value) bool) *Function {
	return &Function{
		Name:     name,
		Params:   []Param{arg(key, anything)},
		Doc:      "reports whether its argument is " + what,
		Examples: []string{example},
		Eval: func(_ *Context, args []value.Value) (value.Value, error) {
			return value.Boolean(holds(args[0])), nil
		},
	}
}

// isKind is the row of a check for kinds.
func isKind(name, key, what, example string, accepted ...value.Kind) *Function {
	var set uint32
	for _, k := range accepted {
		set |= 1 << k
	}
	return isA(name, key, what, example, func(v value.Value) bool { return set&(1<<v.Kind()) != 0 })
}

// isOf is the row of a check for documents of a system collection, and for
// refs to them.
func isOf(name, key, what, example string, class value.Class) *Function {
	return isA(name, key, what+" or the ref of one", example, func(v value.Value) bool {
		switch v := v.(type) {
		case *value.Document:
			return v.Ref.Class == class
		case value.Ref:
			return v.Class == class
		default:
			return false
		}
	})
}
