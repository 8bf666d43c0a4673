package door

import (
	"net/http"
	"strings"
)

// Problem is an error as RFC 9457 shapes it.
type Problem struct {
	Type     string         `json:"type"`
	Title    string         `json:"title"`
	Status   int            `json:"status"`
	Detail   string         `json:"detail,omitempty"`
	Instance string         `json:"instance,omitempty"`
	Code     string         `json:"code,omitempty"`
	Errors   []ProblemField `json:"errors,omitempty"`
}

// ProblemField is one member of a body that is wrong.
type ProblemField struct {
	Pointer string `json:"pointer"` // "#/scope"
	Detail  string `json:"detail"`
}

// Problem answers with an error. code is its name, "instance_not_found", or ""
// if the status says it all. detail holds no secret, and does not tell whether
// an account exists.
func (d *Door) Problem(w http.ResponseWriter, r *http.Request, status int, code, detail string, fields ...ProblemField) {
	p := Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status,
		Detail: detail, Instance: "/requests/" + RequestID(r), Code: code, Errors: fields,
	}
	if code != "" {
		p.Type = d.Issuer() + "/problems/" + strings.ReplaceAll(code, "_", "-")
		p.Title = strings.ToUpper(code[:1]) + strings.ReplaceAll(code[1:], "_", " ")
	}
	Write(w, status, "application/problem+json; charset=utf-8", AppendJSON(p))
}
