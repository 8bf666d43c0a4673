// Package transfer is the form in which a database leaves a file and enters
// another: lines of JSON. It owns the lines, their counts and their digest, and
// knows nothing of what is in a document.
//
//	{"fawn":{"format":1,"time":1714564800000000,"secrets":false,"history":true}}
//	{"database":{"path":[],"global_ids":["yyyyyyyyyyyyy"]}}
//	{"number":1024,"ref":{"@ref":…},"ts":1714564800000001,"name":"users",…}
//	{"ref":{"@ref":…},"ts":1714564800000002,"data":{…}}
//	{"ref":{"@ref":…},"ts":1714564800000003,"action":"delete"}
//	{"end":{"databases":1,"schema":1,"documents":1,"versions":2,"sha256":"…"}}
//
// After the first line comes database after database, each a line that names
// it from the one that was exported downwards, its schema, and its documents.
// A line is one version of a document, in the tagged form that the language
// prints, with refs as the document's own database sees them; the versions of
// a document follow each other, oldest first. A schema object has its number
// beside it. The last line counts the others and has their SHA-256.
//
// A Reader also takes dumps that have nothing but documents: lines of them, or
// one array.
package transfer

import "fmt"

// Format is the number of the form that this package writes, the highest that
// it reads.
const Format = 1

// Header is the first line.
type Header struct {
	Format int `json:"format"`
	// Time is when the database was as the lines say, in microseconds.
	Time int64 `json:"time"`
	// Secrets says that keys, tokens and credentials are there.
	Secrets bool `json:"secrets"`
	// History says that versions that were no longer live are there.
	History bool `json:"history"`
}

// Database is the line that begins a database.
type Database struct {
	// Path names it from the exported database downwards, which has none.
	Path []string `json:"path"`
	// GlobalIDs are its global ids as text, its own first.
	GlobalIDs []string `json:"global_ids"`
}

// Counts are how many lines of a kind there are.
type Counts struct {
	Databases int64 `json:"databases"`
	// Schema counts the versions of schema objects.
	Schema int64 `json:"schema"`
	// Documents counts documents, Versions their versions.
	Documents int64 `json:"documents"`
	Versions  int64 `json:"versions"`
}

// String is the counts in words.
func (c Counts) String() string {
	return fmt.Sprintf("%d documents in %d versions, %d schema versions and %d databases", c.Documents, c.Versions, c.Schema, c.Databases)
}

// End is the last line.
type End struct {
	Counts
	// SHA256 is that of all bytes before the line, in hexadecimal.
	SHA256 string `json:"sha256"`
}

// Problem is something that is not carried over as it stands.
type Problem struct {
	// Line is where it stands in what is read, from 1; 0 is no place.
	Line int64
	// Reason says what is wrong, or is lost.
	Reason string
	// Skipped says that the whole line is left out, not only a part of it.
	Skipped bool
}

// What lines of our own begin with.
var (
	headerPrefix   = []byte(`{"fawn":`)
	databasePrefix = []byte(`{"database":`)
	schemaPrefix   = []byte(`{"number":`)
	documentPrefix = []byte(`{"ref":`)
	endPrefix      = []byte(`{"end":`)
)

// refEnd ends the ref in a line that a Writer made of a document.
var refEnd = []byte(`,"ts":`)
