// Package engine is the database that a program embeds: Open, queries, and
// typed calls for tokens.
//
//	db, err := engine.Open("app.db", engine.Options{})
//	defer db.Close()
//	res, err := db.Query(ctx, db.RootSecret(), `Paginate(Documents(Tokens()))`, nil)
//
// A query is one transaction. It opens a snapshot, finds out whose secret it
// runs under, is evaluated by package query with the transaction as its Host,
// and commits if nothing that it read has changed; else it is run again. A
// query that writes nothing never waits for one that does.
//
// What every kind of document is made of, checked for and followed by is one
// row in the file of its system collection (tokens.go, databases.go, ...).
//
// Queries leave out what has expired or was deleted by themselves. The sweeper
// (sweep.go) frees it in the background, and history that need not be kept.
package engine
