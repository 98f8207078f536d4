package origin

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// This file reads request heads: no I/O. It is strict, since it judges our client: what RFC 9112
// says a client must not send is refused with a status and a reason. What is accepted here is
// accepted by net/http too, with the same meaning; a fuzz target holds it to that.

// request is one parsed head. Its slices point into head.
type request struct {
	head      []byte // verbatim, with the empty line
	method    []byte
	target    []byte // as sent
	authority []byte // of an absolute target, else the Host field; may be empty
	path      []byte // the target in origin form, with its query
	length    int64  // of the body
	minor     byte   // of HTTP/1.x: '0' or '1'
	close     bool   // the connection ends after the answer
	keep      bool   // an HTTP/1.0 client asked to keep it
	expect    bool   // the client waits for 100 (Continue)
	headOnly  bool   // the method is HEAD
}

// refusal is a request that is answered with an error status, and then the connection is closed.
type refusal struct {
	status int
	reason string
}

func (r *refusal) Error() string { return strconv.Itoa(r.status) + ": " + r.reason }

func refuse(status int, format string, args ...any) error {
	return &refusal{status, fmt.Sprintf(format, args...)}
}

// parse reads a head that ends with its empty line.
func (r *request) parse(head []byte) error {
	*r = request{head: head}
	line, rest, err := cutLine(head)
	if err != nil {
		return err
	}
	if err := r.parseLine(line); err != nil {
		return err
	}
	var seen seenFields
	for {
		if line, rest, err = cutLine(rest); err != nil {
			return err
		}
		if len(line) == 0 {
			break
		}
		if err := r.parseField(line, &seen); err != nil {
			return err
		}
	}
	switch {
	case !seen.host && r.minor == '1':
		return refuse(400, "no Host field (RFC 9112 section 3.2)")
	case r.minor == '0' && !r.keep:
		r.close = true
	}
	return nil
}

// cutLine returns the first line of b without its CRLF, and what follows.
func cutLine(b []byte) (line, rest []byte, err error) {
	i := bytes.IndexByte(b, '\n')
	if i < 1 || b[i-1] != '\r' {
		return nil, nil, refuse(400, "a line does not end in CRLF (RFC 9112 section 2.2)")
	}
	return b[:i-1], b[i+1:], nil
}

// parseLine reads the request line, RFC 9112 section 3.
func (r *request) parseLine(line []byte) error {
	method, rest, ok := bytes.Cut(line, []byte(" "))
	target, version, ok2 := bytes.Cut(rest, []byte(" "))
	if !ok || !ok2 {
		return refuse(400, "request line %.100q is not method, target and version with single spaces", line)
	}
	if !isToken(method) {
		return refuse(400, "method %.40q is not a token", method)
	}
	if len(version) != 8 || string(version[:7]) != "HTTP/1." || version[7] != '0' && version[7] != '1' {
		if len(version) == 8 && bytes.HasPrefix(version, []byte("HTTP/")) {
			return refuse(505, "version %q is not HTTP/1.1 or HTTP/1.0", version)
		}
		return refuse(400, "version %.40q is none", version)
	}
	for _, c := range target {
		if c <= ' ' || c >= 0x7f || c == '#' {
			return refuse(400, "target %.100q holds %q, which no target may", target, c)
		}
	}
	r.method, r.target, r.minor = method, target, version[7]
	r.headOnly = string(method) == "HEAD"
	if string(method) == "CONNECT" {
		return refuse(501, "this is no tunnel")
	}
	return r.parseTarget()
}

// parseTarget takes the target apart, RFC 9112 section 3.2. What a proxy is sent (the absolute form)
// is answered as an origin server must: the authority in it replaces the Host field.
func (r *request) parseTarget() error {
	switch {
	case len(r.target) > 0 && r.target[0] == '/':
		r.path = r.target
		return nil
	case string(r.target) == "*" && string(r.method) == "OPTIONS":
		r.path = r.target
		return nil
	}
	scheme, rest, ok := bytes.Cut(r.target, []byte("://"))
	if !ok || !bytes.EqualFold(scheme, []byte("http")) && !bytes.EqualFold(scheme, []byte("https")) {
		return refuse(400, "target %.100q is in neither origin nor absolute form", r.target)
	}
	end := bytes.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	r.authority, r.path = rest[:end], rest[end:]
	if !isAuthority(r.authority) {
		return refuse(400, "target %.100q has no proper authority", r.target)
	}
	if len(r.path) == 0 || r.path[0] == '?' {
		r.path = append([]byte("/"), r.path...)
	}
	return nil
}

// seenFields are those that may come once only.
type seenFields struct {
	host, length bool
}

// parseField reads one field line, RFC 9112 section 5, and the meaning of the few that matter here.
func (r *request) parseField(line []byte, seen *seenFields) error {
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok || !isToken(name) {
		return refuse(400, "field line %.100q does not begin with a name and a colon", line)
	}
	for _, c := range value {
		if c < ' ' && c != '\t' || c == 0x7f {
			return refuse(400, "field %.40q holds the control character %q", name, c)
		}
	}
	value = bytes.Trim(value, " \t")
	// The names that matter differ in length, so most fields cost one comparison.
	switch len(name) {
	case len("Host"):
		if equalFold(name, "host") {
			return r.parseHost(value, seen)
		}
	case len("Expect"):
		if equalFold(name, "expect") {
			if r.expect = r.minor == '1' && equalFold(value, "100-continue"); !r.expect {
				return refuse(417, "expectation %.40q is not 100-continue", value)
			}
		}
	case len("Connection"):
		if equalFold(name, "connection") {
			r.parseConnection(value)
		}
	case len("Content-Length"):
		if equalFold(name, "content-length") {
			return r.parseLength(value, seen)
		}
	case len("Transfer-Encoding"):
		if equalFold(name, "transfer-encoding") {
			return refuse(411, "a body needs Content-Length here, not Transfer-Encoding %.40q", value)
		}
	}
	return nil
}

func (r *request) parseHost(value []byte, seen *seenFields) error {
	if seen.host {
		return refuse(400, "two Host fields (RFC 9112 section 3.2)")
	}
	seen.host = true
	if len(value) > 0 && !isAuthority(value) {
		return refuse(400, "host %.100q is not a host and a port", value)
	}
	if r.authority == nil {
		r.authority = value
	}
	return nil
}

// parseLength reads Content-Length, RFC 9112 section 6.2. A second one is refused even when it
// agrees: no client has a reason to send it.
func (r *request) parseLength(value []byte, seen *seenFields) error {
	if seen.length {
		return refuse(400, "two Content-Length fields")
	}
	seen.length = true
	for _, c := range value {
		if c < '0' || c > '9' {
			return refuse(400, "content length %.40q is no number", value)
		}
	}
	n, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil {
		return refuse(400, "content length %.40q is no number", value)
	}
	r.length = n
	return nil
}

// parseConnection reads the options that matter, RFC 9112 section 9.3.
func (r *request) parseConnection(value []byte) {
	for len(value) > 0 {
		var option []byte
		option, value, _ = bytes.Cut(value, []byte(","))
		option = bytes.Trim(option, " \t")
		switch {
		case equalFold(option, "close"):
			r.close = true
		case equalFold(option, "keep-alive"):
			r.keep = true
		}
	}
}

// fields returns the field lines, whitespace around the values removed, for the log.
func (r *request) fields() []Field {
	var fs []Field
	_, rest, _ := cutLine(r.head)
	for {
		line, tail, err := cutLine(rest)
		if err != nil || len(line) == 0 {
			return fs
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		fs = append(fs, Field{string(name), string(bytes.Trim(value, " \t"))})
		rest = tail
	}
}

// equalFold compares b with lower, which is in lower case, as ASCII.
func equalFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// Bit sets of the ASCII characters of a token, RFC 9110 section 5.6.2: below 64, and from there on.
const (
	tokenLow  uint64 = 0x03ff6cfa_00000000
	tokenHigh uint64 = 0x57ffffff_c7fffffe
)

func isToken(b []byte) bool {
	for _, c := range b {
		if c < 64 && tokenLow>>c&1 == 0 || c >= 64 && (c >= 128 || tokenHigh>>(c-64)&1 == 0) {
			return false
		}
	}
	return len(b) > 0
}

// isAuthority reports whether b can be a host with an optional port: RFC 9112 section 3.2 without
// user information. It checks the characters, not the grammar.
func isAuthority(b []byte) bool {
	for _, c := range b {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte("-._~!$&'()*+,;=:[]%", c) >= 0:
		default:
			return false
		}
	}
	return len(b) > 0
}
