package http1

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestAppendRequest(t *testing.T) {
	for _, c := range []struct {
		name string
		r    Request
		want string
	}{
		{"plain", Request{Method: "GET", Target: "/a?b=c", Host: "example.org"}, "GET /a?b=c HTTP/1.1\r\nHost: example.org\r\n\r\n"},
		{
			"fields in order, twice the same, empty",
			Request{Method: "GET", Target: "/", Host: "[::1]:8080", Fields: []Pair{{"b", "1"}, {"A", ""}, {"b", "x\ty \xe9"}}},
			"GET / HTTP/1.1\r\nHost: [::1]:8080\r\nb: 1\r\nA: \r\nb: x\ty \xe9\r\n\r\n",
		},
		{"body", Request{Method: "POST", Target: "/", Host: "a", Length: 12}, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n"},
		{"a method that expects a body, RFC 9110 §8.6", Request{Method: "PUT", Target: "/", Host: "a"}, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"},
		{"absolute form, §3.2.2", Request{Method: "GET", Target: "http://a/b", Host: "a"}, "GET http://a/b HTTP/1.1\r\nHost: a\r\n\r\n"},
		{"authority form, §3.2.3", Request{Method: "CONNECT", Target: "a:443", Host: "a:443"}, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"},
		{"no authority, §3.2", Request{Method: "OPTIONS", Target: "*"}, "OPTIONS * HTTP/1.1\r\nHost: \r\n\r\n"},
	} {
		got, err := AppendRequest([]byte("before"), &c.r)
		if err != nil || string(got) != "before"+c.want {
			t.Errorf("%s: %q, %v, want %q", c.name, got, err, c.want)
		}
		if head := got[len("before"):]; c.r.Method != "CONNECT" {
			checkRequest(t, head, &c.r)
		}
	}
}

// What could be read as something else is not written at all.
func TestAsksToClose(t *testing.T) {
	for _, tt := range []struct {
		fields []Pair
		want   bool
	}{
		{nil, false},
		{[]Pair{{"Connection", "close"}}, true},
		{[]Pair{{"Accept", "*/*"}, {"CONNECTION", "TE,\t Close , x"}}, true},
		{[]Pair{{"Connection", "keep-alive"}, {"connection", "close"}}, true},
		{[]Pair{{"Connection", "closed, keep-alive"}, {"Connectiom", "close"}, {"Connection", ""}}, false},
	} {
		if got := AsksToClose(tt.fields); got != tt.want {
			t.Errorf("%q: %v, want %v", tt.fields, got, tt.want)
		}
	}
}

func TestAppendRequestRefuses(t *testing.T) {
	good := Request{Method: "GET", Target: "/", Host: "a"}
	field := func(name, value string) func(*Request) {
		return func(r *Request) { r.Fields = []Pair{{"A", "b"}, {name, value}} }
	}
	for name, spoil := range map[string]func(*Request){
		"empty method":        func(r *Request) { r.Method = "" },
		"method with a space": func(r *Request) { r.Method = "GET /x HTTP/1.1\r\n" },
		"empty target":        func(r *Request) { r.Target = "" },
		"space in target":     func(r *Request) { r.Target = "/a b" },
		"line end in target":  func(r *Request) { r.Target = "/ HTTP/1.1\r\nX: y" },
		"tab in target":       func(r *Request) { r.Target = "/\t" },
		"fragment":            func(r *Request) { r.Target = "/#a" },
		"not ASCII in target": func(r *Request) { r.Target = "/\xe9" },
		"DEL in target":       func(r *Request) { r.Target = "/\x7f" },
		"line end in host":    func(r *Request) { r.Host = "a\r\nX: y" },
		"user in host":        func(r *Request) { r.Host = "u@a" },
		"path in host":        func(r *Request) { r.Host = "a/b" },
		"not ASCII in host":   func(r *Request) { r.Host = "\xc3\xa9" },
		"negative length":     func(r *Request) { r.Length = -1 },
		"empty name":          field("", "x"),
		"colon in name":       field("a:", "x"),
		"line end in name":    field("a\n", "x"),
		"LF in value":         field("a", "x\ny: z"),
		"CR in value":         field("a", "x\ry"),
		"NUL in value":        field("a", "x\x00"),
		"DEL in value":        field("a", "\x7f"),
		"second Host":         field("host", "b"),
		"length by hand":      field("Content-length", "1"),
		"coding by hand":      field("Transfer-Encoding", "chunked"),
	} {
		r := good
		spoil(&r)
		got, err := AppendRequest([]byte("before"), &r)
		if !errors.Is(err, ErrRequest) || string(got) != "before" {
			t.Errorf("%s: %q, %v, want %v", name, got, err, ErrRequest)
		}
	}
	if _, err := AppendRequest(nil, &good); err != nil {
		t.Errorf("the request that was spoilt is not good itself: %v", err)
	}
}

// checkRequest has net/http read head as exactly one request with the parts of r.
func checkRequest(t *testing.T, head []byte, r *Request) {
	t.Helper()
	br := bufio.NewReader(bytes.NewReader(append(bytes.Clone(head), strings.Repeat("x", int(min(r.Length, 1<<16)))...)))
	got, err := http.ReadRequest(br)
	if err != nil {
		t.Fatalf("net/http does not read %q: %v", head, err)
	}
	if got.Method != r.Method || got.RequestURI != r.Target || got.ContentLength != r.Length || r.Target[0] == '/' && got.Host != strings.TrimSpace(r.Host) {
		t.Fatalf("net/http reads %s %s of %q, length %d, from %q", got.Method, got.RequestURI, got.Host, got.ContentLength, head)
	}
	fields := 0
	for _, values := range got.Header {
		fields += len(values)
	}
	if r.Length > 0 || bytes.Contains(head, []byte("\r\nContent-Length: 0\r\n")) {
		fields--
	}
	if fields != len(r.Fields) {
		t.Fatalf("net/http reads fields %v from %q", got.Header, head)
	}
	if r.Length < 1<<16 {
		if body, _ := io.ReadAll(got.Body); int64(len(body)) != r.Length || br.Buffered() != 0 {
			t.Fatalf("net/http reads a body of %d bytes after %q", len(body), head)
		}
	}
}

// FuzzRequest: no input makes more than one request, or another one.
func FuzzRequest(f *testing.F) {
	f.Add("GET", "/", "example.org", "Accept", "*/*", int64(0))
	f.Add("GET", "/ HTTP/1.1\r\n\r\n", "a\r\nb", "a:", "b\r\n\r\nGET / HTTP/1.1", int64(5))
	f.Add("POST", "/x", "[::1]:80", "User-Agent", "a\tb", int64(7))
	f.Fuzz(func(t *testing.T, method, target, host, name, value string, length int64) {
		r := Request{Method: method, Target: target, Host: host, Fields: []Pair{{name, value}}, Length: length}
		head, err := AppendRequest(nil, &r)
		if err != nil {
			return
		}
		lines := 4 // request line, Host, the field, blank line
		if length > 0 || method == "POST" || method == "PUT" || method == "PATCH" {
			lines++
		}
		if bytes.Count(head, []byte("\n")) != lines || bytes.Count(head, []byte("\r")) != lines || !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
			t.Fatalf("%d lines expected of %q", lines, head)
		}
		if bytes.Count(head[:bytes.IndexByte(head, '\r')], []byte(" ")) != 2 {
			t.Fatalf("request line of %q", head)
		}
	})
}
