package value

// Scope is the internal number of a database; the root database is 0. Numbers
// are given in order of creation and never used again.
type Scope uint32

// Class is the internal number of a collection. The system's own are fixed
// (below); a user's are counted from FirstUserClass up.
type Class uint32

// The system collections. Their numbers take part in the order of refs
// and are part of the file format. Source: chapter on documents, section 4.4.
const (
	Databases       Class = 0
	Collections     Class = 1
	Keys            Class = 2
	Tokens          Class = 3
	Indexes         Class = 7
	Tasks           Class = 8
	Credentials     Class = 10
	Functions       Class = 11
	Roles           Class = 12
	AccessProviders Class = 13

	// FirstUserClass is the number of the first collection a user makes in a
	// database, FirstIndex that of the first index.
	FirstUserClass Class = 1024
	FirstIndex     int64 = 32768
)

// nativeNames are the system collections' names on the wire.
var nativeNames = [...]string{
	Databases: "databases", Collections: "collections", Keys: "keys", Tokens: "tokens",
	Indexes: "indexes", Tasks: "tasks", Credentials: "credentials", Functions: "functions",
	Roles: "roles", AccessProviders: "access_providers",
}

// NativeName returns the wire name of a system collection, "" for any other.
func NativeName(c Class) string {
	if int(c) >= len(nativeNames) {
		return ""
	}
	return nativeNames[c]
}

// nativeClasses are the system collections by name, and by old name.
var nativeClasses = func() map[string]Class {
	m := map[string]Class{"classes": Collections}
	for c, name := range nativeNames {
		if name != "" {
			m[name] = Class(c)
		}
	}
	return m
}()

// NativeClass returns the system collection called name on the wire; classes
// is an old name of collections.
func NativeClass(name string) (Class, bool) {
	c, ok := nativeClasses[name]
	return c, ok
}

// Named reports whether the documents of c are addressed by name, not by id.
func (c Class) Named() bool {
	switch c {
	case Databases, Collections, Indexes, Functions, Roles, AccessProviders:
		return true
	default:
		return false
	}
}

// Ref names a document. Schema objects are documents of a system collection:
// the collection users is {Class: Collections, ID: 1024}, and Tokens() itself
// is {Class: Collections, ID: 3}.
type Ref struct {
	Scope Scope
	Class Class
	ID    int64
}

// CollectionRef returns the ref of the collection with number c.
func CollectionRef(s Scope, c Class) Ref { return Ref{s, Collections, int64(c)} }

// Collection returns the ref of the collection that r is in.
func (r Ref) Collection() Ref { return CollectionRef(r.Scope, r.Class) }

// Native reports whether r is a system collection itself, such as Tokens().
func (r Ref) Native() bool { return r.Class == Collections && r.ID < int64(FirstUserClass) }

// Names gives the numbers inside refs their names, as one database sees them
// at one moment.
type Names interface {
	// Scope is the database that looks: its own refs print without database.
	Scope() Scope
	// Name returns the present name of a schema object, or the last it had
	// when it is deleted. It is false for one that never was.
	Name(r Ref) (string, bool)
	// Parent returns the ref of database s inside its parent database.
	// It is false for the root.
	Parent(s Scope) (Ref, bool)
}

// Unresolved is a ref by name of something that does not exist. It prints as
// it came; whatever needs a real ref refuses it.
//
// The ref of document 1 in an unknown collection x has Class Collections,
// Name "x" and ID "1"; an unknown index i has Class Indexes and Name "i".
type Unresolved struct {
	Class Class    // kind of the object that is missing
	Name  string   // its name
	ID    string   // document id, "" when the ref is to the object itself
	Path  []string // databases, outermost first, when the ref named some
}
