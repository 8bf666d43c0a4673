package server

import "fmt"

// FullAnswer is what a connection is told that is one too many: an answer in
// HTTP/1.1, which every client understands enough of to give up.
func FullAnswer() []byte {
	const body = `{"errors":[{"code":"too many requests","description":"Too many open connections."}]}`
	return fmt.Appendf(nil, "HTTP/1.1 429 Too Many Requests\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		jsonType[0], len(body), body)
}
