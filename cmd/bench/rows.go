package main

// rows are all goals, in the order of their numbers; those that write come
// last. A goal of a list without numbers has none.
var rows = []row{
	{number: "1", name: "authenticate, in process", must: 1.3, start: startVerify},
	{number: "3", name: "tokens by instance, tree ready", must: 3, start: startMatch},
	{number: "4", name: "the same with Map(Get), 4 decoded documents", must: 2, start: startMap},
	{number: "5", name: "query of 161 bytes to checked tree", must: 0.4, start: startDecode},
	{number: "6", name: "HTTP/1.1 lookup by token, 16 connections", unit: rates, must: 0.85, start: startHTTP(16, http1)},
	{number: "6", name: "HTTP/1.1 lookup by token, 64 connections", unit: rates, must: 0.85, start: startHTTP(64, http1)},
	{number: "8", name: "h2c lookup by token, 16 connections", unit: rates, must: 0.85, start: startHTTP(16, http2c)},
	{number: "8", name: "h2c lookup by token, 64 connections", unit: rates, must: 0.85, start: startHTTP(64, http2c)},
	{number: "16", name: "list all tokens, one of them, decoded", must: 2, start: startList},
	{number: "17", name: "growth from 10k tokens, authenticate", unit: growths, must: 1.2, start: startGrowth(startVerify)},
	{number: "17", name: "growth from 10k tokens, tokens by instance", unit: growths, must: 1.2, start: startGrowth(startMatch)},
	{number: "18", name: "memory of its own, serving 16 connections", unit: sizes, most: 40 << 20, rounds: 3, start: startServingMemory},
	{number: "19", name: "disk, in the order of arrival", unit: sizes, must: 1.1, rounds: 1, start: startDisk},
	{number: "19", name: "disk after compaction, beside a sorted file", unit: sizes, must: 1.1, rounds: 1, start: startCompacted},
	{number: "20", name: "open to first answer", most: 100e6, start: startOpen},
	{number: "21", name: "bulk load by queries, durable", unit: rates, must: 0.7, rounds: 3, start: startLoad},
	{number: "", name: "memory for making all tokens", unit: sizes, most: 512 << 20, rounds: 1, start: startFillMemory},
	{number: "", name: "page of 64 from an index, beside a scan", must: 3, start: startPage},
	{number: "", name: "reads of few intersected with all tokens", unit: counts, most: 50, start: startIntersection},
	{number: "", name: "document with 1000 old versions, to one without", must: 1.1, start: startVersions},
	{number: "11", name: "lone durable create, beside db.Update", must: 1.3, start: startLoneCreate},
	{number: "12", name: "64 writers, beside a bare commit queue", unit: rates, must: 0.9, start: startWriters(bareQueue)},
	{number: "12", name: "64 writers, beside db.Update alone", unit: rates, must: 4, start: startWriters(loneUpdate)},
	{number: "12", name: "64 writers, beside db.Batch", unit: rates, must: 1.5, start: startWriters(dbBatch)},
	{number: "14", name: "bbolt by hand beside a writer, to alone", must: 1.3, start: startRawBesideWriter},
	{number: "14", name: "authenticate beside a writer, to alone", must: 1.3, start: startBesideWriter},
}
