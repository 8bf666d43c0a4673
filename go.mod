module github.com/fawndb/fawn

go 1.26
