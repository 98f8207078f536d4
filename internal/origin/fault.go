package origin

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// fault is a request under /f/: /f/NAME/ARG?QUERY. Each name is a misbehaviour, or an answer in a
// particular form, that a client must cope with. Package documentation has the table.
type fault struct {
	*conn
	arg   string // what follows the name, without the slash
	query url.Values
	bad   error // the first argument or parameter that makes no sense
}

// faults returns what serves each name. A function reports whether the connection goes on.
func faults() map[string]func(*fault) bool {
	return map[string]func(*fault) bool{
		// fault_body.go
		"size": (*fault).size, "chunked": (*fault).chunked, "close-delimited": (*fault).closeDelimited,
		"truncate": (*fault).truncate, "gzip": (*fault).gzip, "deflate": (*fault).deflate,
		// fault_head.go
		"status": (*fault).status, "header": (*fault).header, "interim": (*fault).interim,
		"garbage": (*fault).garbage, "bad-length": (*fault).badLength, "two-lengths": (*fault).twoLengths,
		"length-and-chunked": (*fault).lengthAndChunked, "huge-head": (*fault).hugeHead,
		"many-headers": (*fault).manyHeaders, "no-content": (*fault).noContent,
		"not-modified": (*fault).notModified, "hostile": (*fault).hostile, "echo": (*fault).echo, "raw": (*fault).raw,
		// fault_time.go
		"delay": (*fault).delay, "stall": (*fault).stall, "stall-body": (*fault).stallBody,
		"drip": (*fault).drip, "gate": (*fault).gate,
		// fault_flow.go
		"close": (*fault).closeAfter, "close-silently": (*fault).closeSilently, "extra": (*fault).extra,
		"reset": (*fault).resetAt, "redirect": (*fault).redirect, "retry": (*fault).retry,
		// fault_select.go
		"auth": (*fault).auth, "resource": (*fault).resource,
	}
}

// fault answers a request under /f/.
func (c *conn) fault() bool {
	path, query, _ := strings.Cut(string(c.req.path[len(faultPrefix):]), "?")
	name, arg, _ := strings.Cut(path, "/")
	f := &fault{conn: c, arg: arg}
	f.query, f.bad = url.ParseQuery(query)
	if name != "echo" && c.dropBody() != nil {
		return false
	}
	serve, ok := c.srv.faults[name]
	if !ok {
		return c.text(404, "no such fault\n")
	}
	return serve(f)
}

// wrong answers 400 if an argument made no sense, and reports whether it did.
func (f *fault) wrong() bool {
	if f.bad != nil {
		f.text(400, f.bad.Error()+"\n")
	}
	return f.bad != nil
}

func (f *fault) fail(format string, args ...any) {
	if f.bad == nil {
		f.bad = fmt.Errorf(format, args...)
	}
}

// Bounds of arguments.
const (
	maxBody   = 1 << 30 // bytes of a body that is generated while it is sent
	maxMemory = 1 << 24 // bytes of one that is held in memory
	maxFields = 1 << 20
	maxWait   = time.Hour
)

// count returns the argument, a number from 0 to most.
func (f *fault) count(most int) int {
	n, ok := parseNumber([]byte(f.arg))
	if !ok || n > uint64(most) {
		f.fail("%q is no number from 0 to %d", f.arg, most)
		return 0
	}
	return int(n)
}

// number returns a parameter of the query, a number from least to most.
func (f *fault) number(name string, otherwise, least, most int) int {
	s := f.query.Get(name)
	if s == "" {
		return otherwise
	}
	n, ok := parseNumber([]byte(s))
	if !ok || n < uint64(least) || n > uint64(most) {
		f.fail("%s: %q is no number from %d to %d", name, s, least, most)
		return otherwise
	}
	return int(n)
}

// duration reads a duration such as 200ms, up to an hour.
func (f *fault) duration(s string, otherwise time.Duration) time.Duration {
	if s == "" {
		return otherwise
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 || d > maxWait {
		f.fail("%q is no duration from 0s to %s", s, maxWait)
		return otherwise
	}
	return d
}

// choice returns a parameter that must be one of the words; the first is the default.
func (f *fault) choice(name string, words ...string) string {
	s := f.query.Get(name)
	if s == "" {
		return words[0]
	}
	for _, w := range words {
		if s == w {
			return w
		}
	}
	f.fail("%s: %q is none of %s", name, s, strings.Join(words, ", "))
	return words[0]
}

// flag reports whether a parameter is set to 1.
func (f *fault) flag(name string) bool { return f.choice(name, "0", "1") == "1" }

// filler answers with n bytes of the endless text.
func (f *fault) filler(status, n int) bool {
	f.writeHead(head{status: status, contentType: typeText, length: int64(n)})
	if !f.req.headOnly && f.writeFiller(0, n, nil) != nil {
		return false
	}
	return f.done(status)
}

// over ends an answer after which the connection is closed whatever the client asked for.
func (f *fault) over(status int) bool {
	f.done(status)
	return false
}

// silently makes the head that follows say nothing about the connection.
func (f *fault) silently() {
	f.req.close, f.req.minor = false, '1'
}

func decimal(n int) string { return strconv.Itoa(n) }
