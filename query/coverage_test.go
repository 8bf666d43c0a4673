package query_test

import (
	"testing"

	"github.com/fawndb/fawn/query/querytest"
)

func TestCoverage(t *testing.T) { querytest.Coverage(t, "../testdata/fql/*.txt") }
