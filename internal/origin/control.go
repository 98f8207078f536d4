package origin

import (
	"encoding/json"
	"strings"
)

// control answers a request under /-/, for those who are in another process than the server.
func (c *conn) control() bool {
	if c.dropBody() != nil {
		return false
	}
	name, _, _ := strings.Cut(string(c.req.path[len(controlPrefix):]), "?")
	method := string(c.req.method)
	switch {
	case name == "stats" && (method == "GET" || method == "HEAD"):
		return c.controlJSON(c.srv.Stats())
	case name == "log" && (method == "GET" || method == "HEAD"):
		return c.controlJSON(c.srv.Log())
	case name == "reset" && method == "POST":
		c.srv.Reset()
		c.writeHead(head{status: 204, length: noLength})
		return c.done(204)
	case name == "stats", name == "log", name == "reset":
		return c.text(405, "stats and log are for GET, reset is for POST\n")
	}
	return c.text(404, "there are stats, log and reset\n")
}

func (c *conn) controlJSON(v any) bool {
	body, err := json.Marshal(v)
	if err != nil {
		return c.text(500, err.Error()+"\n")
	}
	body = append(body, '\n')
	c.writeHead(head{status: 200, contentType: typeJSON, length: int64(len(body))})
	c.writeBody(body)
	return c.done(200)
}

// text answers with a short text.
func (c *conn) text(status int, body string) bool {
	c.writeHead(head{status: status, contentType: typeText, length: int64(len(body))})
	c.writeBody([]byte(body))
	return c.done(status)
}
