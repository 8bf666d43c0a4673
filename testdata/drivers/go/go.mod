module github.com/fawndb/fawn/testdata/drivers/go

go 1.26.0

require github.com/fauna/faunadb-go/v4 v4.3.0

require (
	golang.org/x/net v0.0.0-20201224014010-6772e930b67b // indirect
	golang.org/x/text v0.3.3 // indirect
)
