package value

// TypeName returns the name of v's type in error texts of the language, as in
// "String expected, Integer provided."
// Source: chapter on the wire protocol, section 4.2.
func TypeName(v Value) string { //nolint:cyclop // a plain switch over kinds
	switch v := v.(type) {
	case Null:
		return "Null"
	case Boolean:
		return "Boolean"
	case Long:
		return "Integer"
	case Double:
		return "Double"
	case String:
		return "String"
	case Action:
		return "Action"
	case Bytes:
		return "Bytes"
	case UUID:
		return "UUID"
	case Time:
		return "Time"
	case Date:
		return "Date"
	case TxnTime:
		return "Unresolved Transaction Time"
	case Array:
		return "Array"
	case Object, *Document, *Event, *Sourced:
		return "Object"
	case *Page:
		return "Page"
	case Ref:
		return v.typeName()
	case *Unresolved:
		return v.typeName()
	case *Set:
		return "Set"
	case *Lambda:
		return "Lambda"
	default:
		panic("value: unknown kind")
	}
}

func (r Ref) typeName() string {
	switch r.Class {
	case Collections:
		return "Collection Ref"
	case Indexes:
		return "Index Ref"
	case Databases:
		return "Database Ref"
	case Keys:
		return "Key Ref"
	case Functions:
		return "User Function Ref"
	default:
		return "Ref"
	}
}

// typeName names an unresolved ref by what it would be a ref to.
func (u *Unresolved) typeName() string {
	switch {
	case u.Class == Keys && u.ID != "":
		return "Key Ref"
	case u.ID != "":
		return "Ref"
	case u.Name == "":
		return "Collection Ref" // a system collection of an unknown database
	case u.Class == Roles:
		return "Role Ref"
	case u.Class == AccessProviders:
		return "Access Provider Ref"
	default:
		return Ref{Class: u.Class}.typeName()
	}
}

// StorageTypeName returns the name of v's type in validation failures, as in
// "Invalid type Long, expected type Map."
// Source: chapter on the wire protocol, section 3.4.
func StorageTypeName(v Value) string { //nolint:cyclop // a plain switch over kinds
	switch v.(type) {
	case Null:
		return "Null"
	case Boolean:
		return "Boolean"
	case Long:
		return "Long"
	case Double:
		return "Double"
	case String, Action:
		return "String"
	case Bytes:
		return "Bytes"
	case UUID:
		return "UUID"
	case Time:
		return "Time"
	case Date:
		return "Date"
	case TxnTime:
		return "TransactionTime"
	case Array:
		return "Array"
	case Object, *Document, *Event, *Sourced, *Page, *Set:
		return "Map"
	case Ref, *Unresolved:
		return "Ref"
	case *Lambda:
		return "Query"
	default:
		panic("value: unknown kind")
	}
}

// Scalar reports whether v is a scalar: neither an array, page, object,
// document, event, set nor lambda. Refs are scalars.
// Source: chapter on functions, section 3.
func Scalar(v Value) bool {
	switch v.Kind() {
	case KindNull, KindBoolean, KindLong, KindDouble, KindString, KindAction, KindBytes, KindUUID,
		KindTime, KindDate, KindTxnTime, KindRef, KindUnresolved:
		return true
	case KindArray, KindObject, KindDocument, KindEvent, KindSourced, KindPage, KindSet, KindLambda:
		return false
	default:
		panic("value: unknown kind")
	}
}
