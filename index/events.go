package index

import (
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

type history struct{ node }

func noEvents() error {
	return &query.Refusal{Code: query.InvalidArgument, Description: "Set does not support events history.", Place: query.AtForm}
}

func (h *history) where(_ *value.Set, _ any) node    { return h }
func (h *history) reversed() node                    { return h }
func (o opener) eventsOf(_ *value.Set) (node, error) { return nil, nil }
func (o opener) events(_ *value.Set) (node, error)   { return nil, noEvents() }
