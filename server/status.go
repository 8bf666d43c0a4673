package server

import (
	"net/http"

	"github.com/fawndb/fawn/query"
)

// statuses gives the status of an answer by the code of the error that
// decides it. What is not listed is a bad request.
// Source: chapter on the wire, sections 1.11 and 3.2.
var statuses = map[query.Code]int{
	query.PermissionDenied:     http.StatusForbidden,
	query.InstanceNotFound:     http.StatusNotFound,
	query.ValueNotFound:        http.StatusNotFound,
	query.ContendedTransaction: http.StatusConflict,
	query.TimeOut:              http.StatusServiceUnavailable,
	query.Unauthorized:         http.StatusUnauthorized,
	query.Internal:             http.StatusInternalServerError,
}

// statusOf returns the status of an answer that reports err.
func statusOf(err error) int {
	e := query.Decisive(err)
	if e == nil {
		return http.StatusInternalServerError
	}
	if status, ok := statuses[e.Code]; ok {
		return status
	}
	return http.StatusBadRequest
}
