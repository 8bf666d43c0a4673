package value

// book is the Names of the tests: database 1 is app, inside the root (0);
// database 2 is sub, inside app. The reader is in database self.
type book struct{ self Scope }

var schema = map[Ref]string{
	{0, Databases, 100}:          "app",
	{1, Databases, 200}:          "sub",
	{1, Collections, 1024}:       "users",
	{1, Collections, 1025}:       `we"ird`,
	{1, Indexes, 32768}:          "by_name",
	{1, Functions, 5}:            "add2",
	{1, Roles, 6}:                "writer",
	{1, AccessProviders, 7}:      "idp",
	{2, Collections, 1024}:       "orders",
	{0, Collections, 1024}:       "accounts",
	{1, Collections, 1 << 20}:    "far",
	{2, Indexes, FirstIndex + 1}: "by_total",
}

func (b book) Scope() Scope { return b.self }

func (b book) Name(r Ref) (string, bool) {
	name, ok := schema[r]
	return name, ok
}

func (b book) Parent(s Scope) (Ref, bool) {
	switch s {
	case 1:
		return Ref{0, Databases, 100}, true
	case 2:
		return Ref{1, Databases, 200}, true
	}
	return Ref{}, false
}

var (
	app       = book{self: 1}
	users     = CollectionRef(1, 1024)
	user1     = Ref{1, 1024, 1}
	nameIndex = Ref{1, Indexes, 32768}
	unknown   = Ref{1, 4000, 1}
)

const (
	usersJSON     = `{"@ref":{"id":"users","collection":{"@ref":{"id":"collections"}}}}`
	user1JSON     = `{"@ref":{"id":"1","collection":` + usersJSON + `}}`
	nameIndexJSON = `{"@ref":{"id":"by_name","collection":{"@ref":{"id":"indexes"}}}}`
	subJSON       = `{"@ref":{"id":"sub","collection":{"@ref":{"id":"databases"}}}}`
)
