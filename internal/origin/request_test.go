package origin

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// parsed is what a head means, in a form that can be compared.
func parsed(r *request) string {
	return fmt.Sprintf("%s %s 1.%c at %s, body %d, close %t, keep %t, expect %t, HEAD %t",
		r.method, r.path, r.minor, r.authority, r.length, r.close, r.keep, r.expect, r.headOnly)
}

func TestParse(t *testing.T) {
	for _, tc := range []struct{ head, want string }{
		{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "GET / 1.1 at x, body 0, close false, keep false, expect false, HEAD false"},
		{"HEAD /a?b HTTP/1.1\r\nhOST:  x:80 \t\r\n\r\n", "HEAD /a?b 1.1 at x:80, body 0, close false, keep false, expect false, HEAD true"},
		{"GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / 1.1 at , body 0, close false, keep false, expect false, HEAD false"},
		{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 007\r\nExpect: 100-Continue\r\n\r\n", "POST / 1.1 at x, body 7, close false, keep false, expect true, HEAD false"},
		{"GET / HTTP/1.1\r\nHost: x\r\nConnection: TE, Close\r\n\r\n", "GET / 1.1 at x, body 0, close true, keep false, expect false, HEAD false"},
		{"GET / HTTP/1.1\r\nHost: x\r\nConnection: closed\r\n\r\n", "GET / 1.1 at x, body 0, close false, keep false, expect false, HEAD false"},
		{"GET / HTTP/1.0\r\n\r\n", "GET / 1.0 at , body 0, close true, keep false, expect false, HEAD false"},
		{"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET / 1.0 at , body 0, close false, keep true, expect false, HEAD false"},
		{"GET http://y:81/p?q HTTP/1.1\r\nHost: x\r\n\r\n", "GET /p?q 1.1 at y:81, body 0, close false, keep false, expect false, HEAD false"},
		{"GET HTTP://y?q HTTP/1.1\r\nHost: x\r\n\r\n", "GET /?q 1.1 at y, body 0, close false, keep false, expect false, HEAD false"},
		{"GET http://[::1] HTTP/1.1\r\nHost: x\r\n\r\n", "GET / 1.1 at [::1], body 0, close false, keep false, expect false, HEAD false"},
		{"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "OPTIONS * 1.1 at x, body 0, close false, keep false, expect false, HEAD false"},
		{"GET /\"<>\\^`{|} HTTP/1.1\r\nHost: x\r\nX: \x80\tb\r\n\r\n", "GET /\"<>\\^`{|} 1.1 at x, body 0, close false, keep false, expect false, HEAD false"},
	} {
		var r request
		if err := r.parse([]byte(tc.head)); err != nil {
			t.Errorf("%q: %v", tc.head, err)
			continue
		}
		want(t, fmt.Sprintf("%q", tc.head), parsed(&r), tc.want)
	}
}

func TestParseRefuses(t *testing.T) {
	const host = "Host: x\r\n"
	for _, tc := range []struct {
		head   string
		status int
	}{
		{"GET / HTTP/1.1\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\nHost: u@x\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\nHost: x y\r\n\r\n", 400},
		{"GET / HTTP/1.1\nHost: x\n\n", 400},
		{"GET / HTTP/1.1\r\nHost: x\n\r\n", 400},
		{"GET  / HTTP/1.1\r\n" + host + "\r\n", 400},
		{"GET /a b HTTP/1.1\r\n" + host + "\r\n", 400},
		{"GET / \r\n" + host + "\r\n", 400},
		{"GET /\r\n" + host + "\r\n", 400},
		{"GET / HTTP/1.1 \r\n" + host + "\r\n", 400},
		{"GET / http/1.1\r\n" + host + "\r\n", 400},
		{"GET / HTTP/1.2\r\n" + host + "\r\n", 505},
		{"GET / HTTP/2.0\r\n" + host + "\r\n", 505},
		{"G(T / HTTP/1.1\r\n" + host + "\r\n", 400},
		{" / HTTP/1.1\r\n" + host + "\r\n", 400},
		{"GET x HTTP/1.1\r\n" + host + "\r\n", 400},
		{"GET * HTTP/1.1\r\n" + host + "\r\n", 400},
		{"GET /#f HTTP/1.1\r\n" + host + "\r\n", 400},
		{"GET /\x00 HTTP/1.1\r\n" + host + "\r\n", 400},
		{"GET /\x80 HTTP/1.1\r\n" + host + "\r\n", 400},
		{"GET http:/// HTTP/1.1\r\n" + host + "\r\n", 400},
		{"GET http://u:p@y/ HTTP/1.1\r\n" + host + "\r\n", 400},
		{"GET ftp://y/ HTTP/1.1\r\n" + host + "\r\n", 400},
		{"CONNECT x:443 HTTP/1.1\r\n" + host + "\r\n", 501},
		{"GET / HTTP/1.1\r\n" + host + "X : y\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\n" + host + " folded\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\n" + host + ": y\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\n" + host + "X\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\n" + host + "X: \x00\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\n" + host + "X: a\rb\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\n" + host + "Content-Length: +1\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\n" + host + "Content-Length:\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\n" + host + "Content-Length: 1, 1\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\n" + host + "Content-Length: 99999999999999999999\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n", 411},
		{"GET / HTTP/1.1\r\n" + host + "Expect: wonders\r\n\r\n", 417},
	} {
		var r request
		var ref *refusal
		err := r.parse([]byte(tc.head))
		if !errors.As(err, &ref) || ref.status != tc.status {
			t.Errorf("%q: %v, want %d", tc.head, err, tc.status)
		}
	}
}

// RFC 9110 section 5.6.2 lists the characters of a token.
func TestTokenCharacters(t *testing.T) {
	const tchar = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for c := range 256 {
		want(t, fmt.Sprintf("%#x in a token", c), isToken([]byte{byte(c)}), strings.IndexByte(tchar, byte(c)) >= 0)
	}
	want(t, "an empty token", isToken(nil), false)
}

// transcript reads requests until the first error and says what it saw.
func transcript(src io.Reader) (out []string) {
	in := reader{src: src}
	for {
		var r request
		err := in.next(&r)
		if err != nil {
			return append(out, err.Error())
		}
		out = append(out, parsed(&r)+fmt.Sprintf("%q", r.fields()))
		var body []byte
		err = in.body(min(r.length, 1<<16), func(b []byte) { body = append(body, b...) })
		out = append(out, fmt.Sprintf("%q %q", r.head, body)) // the head must not have moved
		if err != nil {
			return append(out, err.Error())
		}
	}
}

// chopped returns at most n bytes at a time.
type chopped struct {
	io.Reader
	n int
}

func (c chopped) Read(p []byte) (int, error) { return c.Reader.Read(p[:min(len(p), c.n)]) }

func compareSplits(t *testing.T, stream []byte) {
	t.Helper()
	whole := transcript(bytes.NewReader(stream))
	for name, src := range map[string]io.Reader{
		"one byte at a time":         iotest.OneByteReader(bytes.NewReader(stream)),
		"seven bytes at a time":      chopped{bytes.NewReader(stream), 7},
		"the end with the last data": iotest.DataErrReader(bytes.NewReader(stream)),
	} {
		if got := transcript(src); strings.Join(got, "\n") != strings.Join(whole, "\n") {
			t.Fatalf("%q read %s:\n%q\nread whole:\n%q", stream, name, got, whole)
		}
	}
}

func TestReaderSplitAnywhere(t *testing.T) {
	long := "X: " + strings.Repeat("y", 3000) + "\r\n"
	for _, stream := range []string{
		"",
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\n" + long + "Content-Length: 5000\r\n\r\n" + strings.Repeat("b", 5000) + "GET / HTTP/1.1\r\nHost: x\r\n" + long + "\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel",
		"GET / HTTP/1.1\r\nHost: x\r\n",
		"GET / HTTP/1.1\nHost: x\n\nmore",
		"\n\r\n\r\n",
		"GET / HTTP/1.1\r\nX: " + strings.Repeat("z", maxHead),
		"GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("z", maxHead) + "\r\n\r\n",
	} {
		compareSplits(t, []byte(stream))
		if len(stream) > 500 {
			continue
		}
		for i := range stream {
			got := transcript(io.MultiReader(strings.NewReader(stream[:i]), strings.NewReader(stream[i:])))
			want(t, fmt.Sprintf("%q split at %d", stream, i), strings.Join(got, "\n"), strings.Join(transcript(strings.NewReader(stream)), "\n"))
		}
	}
}

func TestReaderLimits(t *testing.T) {
	var ref *refusal
	var r request
	in := reader{src: strings.NewReader(strings.Repeat("x", 2*maxHead))}
	if err := in.next(&r); !errors.As(err, &ref) || ref.status != 431 {
		t.Errorf("an endless head: %v", err)
	}
	const head = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	in = reader{src: strings.NewReader(head + strings.Repeat("x", 3*maxAhead))}
	if err := in.next(&r); err != nil {
		t.Fatal(err)
	}
	var err error
	for err == nil {
		err = in.more()
	}
	if !errors.As(err, &ref) || ref.status != 413 || len(in.buf) > 4*maxAhead {
		t.Errorf("an endless run ahead: %v with a buffer of %d", err, len(in.buf))
	}
	want(t, "the request that waits", string(r.head), head)
	in = reader{src: iotest.TimeoutReader(chopped{strings.NewReader(head), 3})}
	if err := in.next(&r); !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("an error of the source: %v", err)
	}
}

// FuzzReader holds the reader to two rules: it makes of a stream the same requests however the stream
// is split, and what it accepts net/http accepts, with the same meaning.
func FuzzReader(f *testing.F) {
	for _, s := range []string{
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"\r\nHEAD /a?b HTTP/1.0\r\nConnection: keep-alive, x\r\n\r\nGET http://u/ HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST /%7e HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhelloX / HTTP/1.1\r\nhost:\r\n\r\n",
		"GET / HTTP/1.1\nHost: x\n\n",
		"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		compareSplits(t, stream)
		in := reader{src: bytes.NewReader(stream)}
		for {
			var r request
			if in.next(&r) != nil {
				return
			}
			compareWithStandard(t, &r)
			if in.body(r.length, nil) != nil {
				return
			}
		}
	})
}

func compareWithStandard(t *testing.T, r *request) {
	t.Helper()
	std, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(r.head)))
	if err != nil {
		// It also refuses URLs that a client may well send, such as /%zz; those are none of ours.
		if strings.Contains(err.Error(), "invalid URL escape") || strings.Contains(err.Error(), "parse ") {
			return
		}
		t.Fatalf("%q is refused by net/http: %v", r.head, err)
	}
	want(t, "method", string(r.method), std.Method)
	want(t, "target", string(r.target), std.RequestURI)
	want(t, "authority", string(r.authority), std.Host)
	want(t, "length", r.length, max(std.ContentLength, 0))
	want(t, "close", r.close, std.Close)
	for _, f := range r.fields() {
		if !strings.EqualFold(f.Name, "Host") && !slices.Contains(std.Header.Values(f.Name), f.Value) {
			t.Errorf("%q: net/http has not the field %q with the value %q", r.head, f.Name, f.Value)
		}
	}
}
