// Package server is the doors of a database: the query endpoint that Fauna's
// drivers speak to, over HTTP/1.1 and HTTP/2 on one port; other doors are the
// packages below. What all share about connections is package conns.
//
// One request's way: it gets its trace and its limits, and whatever fails is
// caught (guard.go); its headers are checked (headers.go), its secret is read
// (authorization.go), the engine runs it (query.go), and the answer is written
// with the headers that drivers read (answer.go). Status codes live here, in
// one table (status.go).
package server
