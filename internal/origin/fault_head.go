package origin

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// status: an answer with that status and its name as the body.
func (f *fault) status() bool {
	code := f.count(999)
	if code < 200 {
		f.fail("status %q is not from 200 to 999; see interim", f.arg)
	}
	return f.wrong() || f.named(code, "")
}

// named answers with a status, its name as the body, and further field lines. What has no content
// (RFC 9110 section 6.4.1) has no body and no length.
func (f *fault) named(code int, extra string) bool {
	h := head{status: code, extra: extra, length: noLength}
	body := ""
	switch code {
	case 204, 304:
	case 205:
		h.length = 0
	default:
		body = strings.TrimSpace(decimal(code)+" "+http.StatusText(code)) + "\n"
		h.contentType, h.length = typeText, int64(len(body))
	}
	f.writeHead(h)
	f.writeBody([]byte(body))
	return f.done(code)
}

// header: the parameters of the query, in order, as header fields, raw.
func (f *fault) header() bool {
	code := f.number("status", 200, 200, 999)
	var lines strings.Builder
	_, query, _ := strings.Cut(string(f.req.path), "?")
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		name, value, _ := strings.Cut(pair, "=")
		// ParseQuery has checked the escapes.
		name, _ = url.QueryUnescape(name)
		value, _ = url.QueryUnescape(value)
		if name != "status" && name != "" {
			lines.WriteString(name + ": " + value + "\r\n")
		}
	}
	return f.wrong() || f.named(code, lines.String())
}

// interim: n responses 1xx before the final one, RFC 9110 section 15.2.
func (f *fault) interim() bool {
	code, n := f.count(199), f.number("n", 1, 0, maxFields)
	if code < 100 || code == 101 {
		f.fail("status %q is not one of 100 and 102 to 199", f.arg)
	}
	if f.wrong() {
		return true
	}
	for range n {
		out := f.output()
		out.b = appendStatusLine(out.b, code)
		out.b = append(out.b, "Link: </style.css>; rel=preload\r\n\r\n"...)
		if len(out.b) >= maxOutput && f.flush() != nil {
			return false
		}
	}
	return f.text(200, "final\n")
}

// garbage: the greeting of another protocol and some bytes, then the end.
func (f *fault) garbage() bool {
	f.write("SSH-2.0-OpenSSH_9.9\r\n\x00\x00\x04\xfc\x07\x14\xff\xfe\r\n\r\n")
	return f.over(0)
}

// badLength: a Content-Length that is none.
func (f *fault) badLength() bool {
	value := "abc"
	if f.query.Has("value") {
		value = f.query.Get("value")
	}
	if f.wrong() {
		return true
	}
	f.writeHead(head{status: 200, contentType: typeText, length: noLength, extra: "Content-Length: " + value + "\r\n"})
	f.write("hello")
	return f.over(200)
}

// twoLengths: Content-Length twice, different by default.
func (f *fault) twoLengths() bool {
	a, b := f.number("a", 5, 0, maxMemory), f.number("b", 6, 0, maxMemory)
	if f.wrong() {
		return true
	}
	f.writeHead(head{status: 200, contentType: typeText, length: int64(a), extra: "Content-Length: " + decimal(b) + "\r\n"})
	f.writeBody(f.srv.Filler(max(a, b)))
	return f.over(200)
}

// lengthAndChunked: both ways of framing in one head, RFC 9112 section 6.1.
func (f *fault) lengthAndChunked() bool {
	if f.wrong() {
		return true
	}
	f.writeHead(head{status: 200, contentType: typeText, length: chunked, extra: "Content-Length: 5\r\n"})
	f.write("5\r\nhello\r\n0\r\n\r\n")
	return f.over(200)
}

// hugeHead: a head of exactly N bytes, nearly all of them one field.
func (f *fault) hugeHead() bool {
	const name = "X-Fill: "
	n := f.count(maxBody)
	h := head{status: 200, contentType: typeText, length: 5}
	fill := n - len(appendHead(nil, h, &f.req)) - len(name+"\r\n")
	if fill < 0 {
		f.fail("a head of %d bytes is too small for this one by %d", n, -fill)
	}
	if f.wrong() {
		return true
	}
	f.writeHead(h)
	out := f.output()
	out.b = append(out.b[:len(out.b)-len("\r\n")], name...)
	for x := strings.Repeat("x", 4096); fill > 0; {
		part := x[:min(fill, len(x))]
		f.write(part)
		if fill -= len(part); len(f.output().b) >= maxOutput && f.flush() != nil {
			return false
		}
	}
	f.write("\r\n\r\n")
	f.writeBody([]byte("hello"))
	return f.done(200)
}

// manyHeaders: N fields more than usual.
func (f *fault) manyHeaders() bool {
	n := f.count(maxFields)
	if f.wrong() {
		return true
	}
	out := f.output()
	out.b = appendStatusLine(out.b, 200)
	for k := range n {
		out = f.output()
		out.b = fmt.Appendf(out.b, "X-Field-%d: %d\r\n", k+1, k+1)
		if len(out.b) >= maxOutput && f.flush() != nil {
			return false
		}
	}
	f.write("Content-Length: 5\r\n\r\n")
	f.writeBody([]byte("hello"))
	return f.done(200)
}

// noContent: 204, RFC 9110 section 15.3.5.
func (f *fault) noContent() bool { return f.wrong() || f.named(204, "") }

// notModified: 304, which has no body even if a length says so (RFC 9110 section 8.6).
func (f *fault) notModified() bool {
	extra := "ETag: \"origin\"\r\n"
	if f.query.Has("length") {
		extra += "Content-Length: " + decimal(f.number("length", 0, 0, maxBody)) + "\r\n"
	}
	return f.wrong() || f.named(304, extra)
}

// hostile: bytes that do harm on a terminal, wherever a response has room for them.
func (f *fault) hostile() bool {
	if f.wrong() {
		return true
	}
	body := "<!doctype html><title>\x1b]0;owned\x07\x1b[2Jtitle\u202e\u0085</title><a href=\"/p/0\x1b[31m\">\x1b[8mlink</a>\r\n"
	f.write("HTTP/1.1 200 OK\x1b[31m\x07\b\b\x9b1m\r\n" +
		"Server: origin\x1b[2J\x1b]0;owned\x07\r\n" +
		"Content-Type: text/html\x1b[1m\r\n" +
		"X-Bytes: \x01\x7f\x80\xff\x9d\r\n" +
		"Content-Length: " + decimal(len(body)) + "\r\n\r\n")
	f.writeBody([]byte(body))
	return f.done(200)
}

// echo: the request as received, head and body.
func (f *fault) echo() bool {
	if f.req.length > maxMemory {
		f.linger = true
		f.text(413, "a request of more than "+decimal(maxMemory)+" bytes is not echoed\n")
		return false
	}
	message := append([]byte(nil), f.req.head...)
	if f.takeBody(func(piece []byte) { message = append(message, piece...) }) != nil {
		return false
	}
	f.writeHead(head{status: 200, contentType: "message/http", length: int64(len(message))})
	f.writeBody(message)
	return f.done(200)
}

// raw: any bytes at all, given in base64url without padding.
func (f *fault) raw() bool {
	wire, err := base64.RawURLEncoding.DecodeString(f.arg)
	if err != nil {
		f.fail("%w", err)
	}
	then := f.choice("then", "close", "keep", "reset", "stall")
	if f.wrong() {
		return true
	}
	f.write(string(wire))
	switch then {
	case "keep":
		return f.done(0)
	case "reset":
		f.over(0)
		f.conn.reset()
		return false
	case "stall":
		return f.hold()
	default:
		return f.over(0)
	}
}
