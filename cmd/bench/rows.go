package main

// rows are all goals, in the order of their numbers; those that write come
// last.
var rows = []row{
	{number: "1", name: "authenticate, in process", must: 1.3, start: startVerify},
	{number: "3", name: "tokens by instance, tree ready", must: 3, start: startMatch},
	{number: "4", name: "the same with Map(Get), 4 decoded documents", must: 2, start: startMap},
	{number: "5", name: "query of 161 bytes to checked tree", must: 0.4, start: startDecode},
	{number: "6", name: "HTTP/1.1 lookup by token, 16 connections", unit: rates, must: 0.85, start: startHTTP(16, http1)},
	{number: "6", name: "HTTP/1.1 lookup by token, 64 connections", unit: rates, must: 0.85, start: startHTTP(64, http1)},
	{number: "8", name: "h2c lookup by token, 16 connections", unit: rates, must: 0.85, start: startHTTP(16, http2c)},
	{number: "8", name: "h2c lookup by token, 64 connections", unit: rates, must: 0.85, start: startHTTP(64, http2c)},
	{number: "11", name: "lone durable create, beside db.Update", must: 1.3, start: startLoneCreate},
	{number: "12", name: "64 writers, beside a bare commit queue", unit: rates, must: 0.9, start: startWriters(bareQueue)},
	{number: "12", name: "64 writers, beside db.Update alone", unit: rates, must: 4, start: startWriters(loneUpdate)},
	{number: "12", name: "64 writers, beside db.Batch", unit: rates, must: 1.5, start: startWriters(dbBatch)},
	{number: "14", name: "bbolt by hand beside a writer, to alone", must: 1.3, start: startRawBesideWriter},
	{number: "14", name: "authenticate beside a writer, to alone", must: 1.3, start: startBesideWriter},
}
