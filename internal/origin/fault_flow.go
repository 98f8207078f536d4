package origin

import (
	"strings"
	"sync"
)

// closeAfter: an ordinary answer that announces the end of the connection.
func (f *fault) closeAfter() bool {
	f.req.close = true
	if f.wrong() {
		return false
	}
	return f.filler(200, 64)
}

// closeSilently: an answer that promises a persistent connection, which then ends: at once, after a
// time, or, what a client meets when it loses the race, when the next request arrives on it.
func (f *fault) closeSilently() bool {
	after, on := f.duration(f.query.Get("after"), 0), f.choice("on", "answer", "next")
	if f.wrong() {
		return true
	}
	f.silently()
	f.filler(200, 64)
	switch {
	case f.err != nil:
	case on == "next":
		if f.read() == nil {
			f.begin()
			f.settle(0)
		}
	case after > 0:
		_ = f.wait(after) // either way the connection ends
	}
	return false
}

// extra: bytes after a response that is framed correctly.
func (f *fault) extra() bool {
	with, n := f.choice("with", "bytes", "response"), f.number("n", 32, 1, maxMemory)
	if f.wrong() {
		return true
	}
	f.writeHead(head{status: 200, contentType: typeText, length: 5})
	f.writeBody([]byte("hello"))
	if with == "response" {
		f.writeHead(head{status: 200, contentType: typeText, length: 8})
		f.write("poisoned")
	} else {
		f.write(strings.Repeat("x", n))
	}
	return f.done(200)
}

// resetAt: the connection is reset instead of an answer, after the head, or in the body.
func (f *fault) resetAt() bool {
	at := f.choice("at", "start", "head", "body")
	if f.wrong() {
		return true
	}
	status := 0
	if at != "start" {
		status = 200
		f.writeHead(head{status: 200, contentType: typeText, length: 1024})
	}
	if at == "body" {
		f.writeBody(f.srv.Filler(512))
	}
	f.over(status)
	f.conn.reset()
	return false
}

// redirect: N redirections, RFC 9110 section 15.4, and then an answer.
func (f *fault) redirect() bool {
	n, status := f.count(maxFields), f.number("status", 302, 300, 399)
	absolute, loop := f.flag("absolute"), f.flag("loop")
	if f.wrong() {
		return true
	}
	if n == 0 && !loop {
		return f.text(200, "arrived\n")
	}
	_, query, hasQuery := strings.Cut(string(f.req.path), "?")
	to := faultPrefix + "redirect/" + decimal(n-1)
	switch {
	case loop:
		to = string(f.req.path)
	case n == 1 && f.query.Has("to"):
		to = f.query.Get("to")
	case hasQuery:
		to += "?" + query
	}
	if absolute && strings.HasPrefix(to, "/") {
		to = f.srv.scheme + string(f.req.authority) + to
	}
	return f.named(status, "Location: "+to+"\r\n")
}

// retry: the first N requests of a target fail, those after succeed.
func (f *fault) retry() bool {
	n, status := f.count(maxFields), f.number("status", 503, 300, 999)
	after := f.query.Get("after")
	if f.wrong() {
		return true
	}
	if f.srv.retries.add(string(f.req.authority)+string(f.req.path)) > n {
		return f.text(200, "at last\n")
	}
	extra := ""
	if after != "" {
		extra = "Retry-After: " + after + "\r\n"
	}
	return f.named(status, extra)
}

// tally counts the requests of each target. It grows with the targets that are asked for.
type tally struct {
	mu   sync.Mutex // guards seen
	seen map[string]int
}

// add counts one more and returns how many that makes.
func (t *tally) add(target string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seen == nil {
		t.seen = map[string]int{}
	}
	t.seen[target]++
	return t.seen[target]
}

func (t *tally) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen = nil
}
