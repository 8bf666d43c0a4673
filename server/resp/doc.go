// Package resp is the door for Redis clients: queries, and the verification of
// tokens, over RESP2 and RESP3.
//
// One command's way: it is cut out of what arrives (reader.go), found in the
// table of commands and run (conn.go, table.go), by the code for connections
// (session.go) or for queries (query.go); its reply, or the line of its error, is
// written behind the replies before it (reply.go, fail.go), and sent when nothing
// more is there to be read. What a command does is the engine's.
package resp
