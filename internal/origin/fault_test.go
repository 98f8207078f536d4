package origin

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	okHead   = "HTTP/1.1 200 OK\r\nServer: crawl-origin\r\nContent-Type: text/plain; charset=utf-8\r\n"
	bareHead = "\r\nServer: crawl-origin\r\n"
)

// lengthOf is the field and the end of a head.
func lengthOf(n int) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n", n) }

// wire is what each fault sends, byte for byte. A second request on the connection, for /f/size/0
// with Connection: close, is answered with last if the connection persists, and with nothing if the
// fault ends it.
func wire(s *Server) (exact map[string]string, last string) {
	text := func(n int) string { return string(s.Filler(n)) }
	last = okHead + "Content-Length: 0\r\nConnection: close\r\n\r\n"
	const chunkedHead = okHead + "Transfer-Encoding: chunked\r\n"
	persist := map[string]string{
		"size/0":                         okHead + lengthOf(0),
		"size/70000":                     okHead + lengthOf(70000) + text(70000),
		"chunked/0":                      chunkedHead + "\r\n0\r\n\r\n",
		"chunked/20?chunk=16":            chunkedHead + "\r\n10\r\n" + text(16) + "\r\n4\r\n" + text(20)[16:] + "\r\n0\r\n\r\n",
		"chunked/3?trailers=1":           chunkedHead + "Trailer: X-Length, X-Chunks\r\n\r\n3\r\n" + text(3) + "\r\n0\r\nX-Length: 3\r\nX-Chunks: 1\r\n\r\n",
		"chunked/1?ext=1":                chunkedHead + "\r\n1;word=token;quoted=\"a \\\"b\\\"; c\"\r\n" + text(1) + "\r\n0;word=token;quoted=\"a \\\"b\\\"; c\"\r\n\r\n",
		"status/404":                     "HTTP/1.1 404 Not Found" + bareHead + "Content-Type: text/plain; charset=utf-8\r\n" + lengthOf(14) + "404 Not Found\n",
		"status/799":                     "HTTP/1.1 799 " + bareHead + "Content-Type: text/plain; charset=utf-8\r\n" + lengthOf(4) + "799\n",
		"status/205":                     "HTTP/1.1 205 Reset Content" + bareHead + lengthOf(0),
		"no-content":                     "HTTP/1.1 204 No Content" + bareHead + "\r\n",
		"not-modified":                   "HTTP/1.1 304 Not Modified" + bareHead + "ETag: \"origin\"\r\n\r\n",
		"not-modified?length=5":          "HTTP/1.1 304 Not Modified" + bareHead + "ETag: \"origin\"\r\n" + lengthOf(5),
		"header?status=204&b=1&a=x%0Dy&": "HTTP/1.1 204 No Content" + bareHead + "b: 1\r\na: x\ry\r\n\r\n",
		"interim/103?n=2":                strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n", 2) + okHead + lengthOf(6) + "final\n",
		"many-headers/2":                 "HTTP/1.1 200 OK\r\nX-Field-1: 1\r\nX-Field-2: 2\r\n" + lengthOf(5) + "hello",
		"huge-head/200":                  okHead + "Content-Length: 5\r\nX-Fill: " + strings.Repeat("x", 200-len(okHead)-len("Content-Length: 5\r\nX-Fill: \r\n\r\n")) + "\r\n\r\nhello",
		"extra?n=3":                      okHead + lengthOf(5) + "helloxxx",
		"extra?with=response":            okHead + lengthOf(5) + "hello" + okHead + lengthOf(8) + "poisoned",
		"delay/1ms":                      okHead + lengthOf(2) + text(2),
		"drip/3?every=0s&head=1":         okHead + lengthOf(3) + text(3),
		"drip/3?every=1ms&step=2":        okHead + lengthOf(3) + text(3),
		"gate/1":                         okHead + lengthOf(5) + "open\n",
		"redirect/0":                     okHead + lengthOf(8) + "arrived\n",
		"redirect/2?status=307&absolute=1": "HTTP/1.1 307 Temporary Redirect" + bareHead + "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 23\r\n" +
			"Location: http://x/f/redirect/1?status=307&absolute=1\r\n\r\n307 Temporary Redirect\n",
		"redirect/1?to=http://y/%3Fa":       "HTTP/1.1 302 Found" + bareHead + "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 10\r\nLocation: http://y/?a\r\n\r\n302 Found\n",
		"redirect/0?loop=1":                 "HTTP/1.1 302 Found" + bareHead + "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 10\r\nLocation: /f/redirect/0?loop=1\r\n\r\n302 Found\n",
		"retry/1?status=429&after=2":        "HTTP/1.1 429 Too Many Requests" + bareHead + "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 22\r\nRetry-After: 2\r\n\r\n429 Too Many Requests\n",
		"auth/a:b":                          "HTTP/1.1 401 Unauthorized" + bareHead + "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 17\r\nWWW-Authenticate: Basic realm=\"origin\"\r\n\r\n401 Unauthorized\n",
		"resource/3?etag=1":                 okHead + "Content-Length: 3\r\nAccept-Ranges: bytes\r\nETag: \"1\"\r\n\r\n" + text(3),
		"echo":                              "HTTP/1.1 200 OK\r\nServer: crawl-origin\r\nContent-Type: message/http\r\n" + lengthOf(39) + "GET /f/echo HTTP/1.1\r\nHost: x\r\nX: y\r\n\r\n",
		"raw/" + encode("x") + "?then=keep": "x",
		"nothing":                           "HTTP/1.1 404 Not Found" + bareHead + "Content-Type: text/plain; charset=utf-8\r\n" + lengthOf(14) + "no such fault\n",
	}
	ends := map[string]string{
		"chunked/20?broken=size":                 chunkedHead + "\r\nzz\r\nhello\r\n0\r\n\r\n",
		"chunked/2?broken=crlf":                  chunkedHead + "\r\n2\r\n" + text(2) + "XX0\r\n\r\n",
		"chunked/2?broken=end":                   chunkedHead + "\r\n2\r\n" + text(2) + "\r\n",
		"close-delimited/70000":                  okHead + "\r\n" + text(70000),
		"truncate/10?of=20":                      okHead + lengthOf(20) + text(10),
		"truncate/0":                             okHead + lengthOf(1),
		"garbage":                                "SSH-2.0-OpenSSH_9.9\r\n\x00\x00\x04\xfc\x07\x14\xff\xfe\r\n\r\n",
		"bad-length":                             okHead + "Content-Length: abc\r\n\r\nhello",
		"bad-length?value=-1":                    okHead + "Content-Length: -1\r\n\r\nhello",
		"bad-length?value=":                      okHead + "Content-Length: \r\n\r\nhello",
		"two-lengths":                            okHead + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + text(6),
		"two-lengths?a=3&b=3":                    okHead + "Content-Length: 3\r\nContent-Length: 3\r\n\r\n" + text(3),
		"length-and-chunked":                     chunkedHead + "Content-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
		"close":                                  okHead + "Content-Length: 64\r\nConnection: close\r\n\r\n" + text(64),
		"close-silently":                         okHead + lengthOf(64) + text(64),
		"close-silently?after=1ms":               okHead + lengthOf(64) + text(64),
		"close-silently?on=next":                 okHead + lengthOf(64) + text(64),
		"raw/" + encode("HTTP/1.1 200 OK\n\nhi"): "HTTP/1.1 200 OK\n\nhi",
	}
	exact = map[string]string{}
	for target, answer := range persist {
		exact[target] = answer + last
	}
	for target, answer := range ends {
		exact[target] = answer
	}
	return exact, last
}

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func TestFaultsByteForByte(t *testing.T) {
	s := start(t, Config{})
	exact, _ := wire(s)
	for target, answer := range exact {
		t.Run(target, func(t *testing.T) {
			more := ""
			if target == "echo" {
				more = "X: y\r\n"
			}
			// The second request goes out when the first is answered: closing with unread bytes would be a reset.
			c := dial(t, s)
			if _, err := io.WriteString(c, getHead("/f/"+target, more)); err != nil {
				t.Fatal(err)
			}
			first := strings.TrimSuffix(answer, okHead+"Content-Length: 0\r\nConnection: close\r\n\r\n")
			got := make([]byte, len(first))
			if n, err := io.ReadFull(c, got); err != nil || string(got) != first {
				t.Fatalf("got  %.3000q, %v\nwant %.3000q", got[:n], err, first)
			}
			if first != answer || strings.HasSuffix(target, "on=next") {
				if _, err := io.WriteString(c, getHead("/f/size/0", "Connection: close\r\n")); err != nil {
					t.Fatal(err)
				}
			}
			rest, err := io.ReadAll(c)
			if err != nil || string(rest) != answer[len(first):] {
				t.Errorf("then %.500q, %v\nwant %.500q", rest, err, answer[len(first):])
			}
		})
	}
}

// Every fault is in the documentation and in a test.
func TestFaultsAreDocumentedAndTested(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	tests, err := os.ReadFile("fault_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for name := range faults() {
		if !bytes.Contains(doc, []byte("//	/f/"+name)) {
			t.Errorf("/f/%s is not in the table of doc.go", name)
		}
		if !bytes.Contains(tests, []byte(`"`+name)) && !bytes.Contains(tests, []byte("/f/"+name)) {
			t.Errorf("/f/%s is not tested", name)
		}
	}
	for _, line := range strings.Split(string(doc), "\n") {
		if rest, ok := strings.CutPrefix(line, "//	/f/"); ok {
			name := rest[:strings.IndexAny(rest, " /?")]
			if faults()[name] == nil {
				t.Errorf("doc.go has /f/%s, which does not exist", name)
			}
		}
	}
}

func TestFaultArgumentsThatMakeNoSense(t *testing.T) {
	s := start(t, Config{})
	for _, target := range []string{
		"size", "size/", "size/x", "size/-1", "size/01", "size/9999999999", "size/1/2",
		"chunked/5?chunk=0", "chunked/5?trailers=yes", "chunked/5?broken=all", "chunked/5?%zz",
		"close-delimited/x", "truncate/5?of=5", "truncate/x", "gzip/x", "gzip/99999999", "gzip/5?cut=99", "deflate/5?raw=2",
		"status/99", "status/103", "status/1000", "header?status=1", "interim/200", "interim/101", "interim/100?n=x",
		"bad-length?;", "two-lengths?a=x", "length-and-chunked?;", "huge-head/5", "huge-head/x", "many-headers/9999999",
		"no-content?;", "not-modified?length=x", "hostile?;", "raw/!", "raw/aa?then=wait",
		"delay", "delay/1", "delay/-1s", "delay/2h", "delay/1ms?size=x", "stall?;", "stall-body/x", "drip/1?every=x", "drip/1?step=0",
		"gate/0", "gate/x", "close-silently?on=x", "close-silently?after=x", "extra?n=0", "reset?at=end",
		"redirect/x", "redirect/1?status=200", "retry/x", "retry/1?status=200",
	} {
		got, err := exchange(t, s, getHead("/f/"+target, "Connection: close\r\n"), false)
		if err != nil || !strings.HasPrefix(got, "HTTP/1.1 400 Bad Request\r\n") || !strings.HasSuffix(got, "\n") {
			t.Errorf("%s: %.200q, %v", target, got, err)
		}
	}
	if got, err := exchange(t, s, getHead("/f/close?;", ""), false); err != nil || !strings.HasPrefix(got, "HTTP/1.1 400 ") {
		t.Errorf("close: %.200q, %v", got, err)
	}
}

// HEAD gets the head alone, and the connection goes on.
func TestFaultsWithHEAD(t *testing.T) {
	s := start(t, Config{})
	for _, target := range []string{
		"size/70000", "chunked/5?trailers=1", "close-delimited/9", "gzip/50", "deflate/50", "status/404", "interim/103", "hostile",
		"huge-head/300", "many-headers/3", "drip/9?every=0s", "redirect/2", "retry/1", "gate/1", "delay/1ms", "close", "echo",
	} {
		got, err := exchange(t, s, "HEAD /f/"+target+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false)
		if err != nil || !strings.HasSuffix(got, "\r\n\r\n") || strings.Count(got, "\r\n\r\n") != 1+strings.Count(got, "HTTP/1.1 103") {
			t.Errorf("%s: %.300q, %v", target, got, err)
		}
	}
}

// fetchFault fetches /f/target with net/http.
func fetchFault(c *http.Client, s *Server, target string) (*http.Response, []byte, error) {
	return fetch(c, "http://"+s.Hosts()[0]+"/f/"+target)
}

// What net/http makes of the faults that are about framing.
func TestFaultsByTheStandardClient(t *testing.T) {
	s := start(t, Config{})
	c := client(t, "")
	for target, n := range map[string]int{
		"size/300000": 300000, "chunked/300000?chunk=100000": 300000, "chunked/500?chunk=1&ext=1": 500,
		"close-delimited/300000": 300000, "drip/50?every=0s&step=7&head=1": 50, "delay/1ms?size=80000": 80000,
	} {
		resp, body, err := fetchFault(c, s, target)
		if err != nil || resp.StatusCode != 200 {
			t.Errorf("%s: %v", target, err)
		}
		wantBytes(t, target, body, s.Filler(n))
	}
	resp, body, err := fetchFault(c, s, "chunked/1000?chunk=300&trailers=1")
	if err != nil || len(body) != 1000 || resp.Trailer.Get("X-Length") != "1000" || resp.Trailer.Get("X-Chunks") != "4" {
		t.Errorf("trailers: %v, %v", resp.Trailer, err)
	}
	for _, target := range []string{"truncate/500?of=1000", "chunked/500?broken=end"} {
		if _, _, err := fetchFault(c, s, target); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %v", target, err)
		}
	}
	for _, target := range []string{
		"garbage", "bad-length", "bad-length?value=%2B5", "bad-length?value=99999999999999999999", "two-lengths",
		"chunked/5?broken=size", "chunked/5?broken=crlf", "huge-head/20000000",
	} {
		if _, _, err := fetchFault(c, s, target); err == nil {
			t.Errorf("%s is accepted", target)
		}
	}
	for target, status := range map[string]int{
		"no-content": 204, "not-modified?length=5": 304, "status/500": 500, "many-headers/1000": 200, "huge-head/100000": 200, "length-and-chunked": 200,
	} {
		resp, _, err := fetchFault(c, s, target)
		if err != nil || resp.StatusCode != status {
			t.Errorf("%s: %v, %v", target, resp, err)
		}
	}
	resp, _, err = fetchFault(c, s, "header?status=401&Set-Cookie=a%3Db&Set-Cookie=c%3Dd&WWW-Authenticate=Basic")
	if err != nil || resp.StatusCode != 401 || len(resp.Cookies()) != 2 || resp.Header.Get("WWW-Authenticate") != "Basic" {
		t.Errorf("header: %v, %v", resp, err)
	}
}

func TestFaultEncodings(t *testing.T) {
	s := start(t, Config{})
	c := client(t, "")
	open := map[string]func([]byte) (io.Reader, error){
		"gzip":    func(b []byte) (io.Reader, error) { return gzip.NewReader(bytes.NewReader(b)) },
		"deflate": func(b []byte) (io.Reader, error) { return zlib.NewReader(bytes.NewReader(b)) },
		"raw":     func(b []byte) (io.Reader, error) { return flate.NewReader(bytes.NewReader(b)), nil },
	}
	for _, tc := range []struct {
		target, format string
		want           []byte // nil: decoding fails
	}{
		{"gzip/0", "gzip", []byte{}},
		{"gzip/100000", "gzip", s.Filler(100000)},
		{"gzip/3000000?zeros=1", "gzip", make([]byte, 3000000)},
		{"gzip/5000?cut=3", "gzip", nil},
		{"gzip/5000?corrupt=1", "gzip", nil},
		{"gzip/5000?extra=40", "gzip", nil},
		{"deflate/100000", "deflate", s.Filler(100000)},
		{"deflate/100000?raw=1", "raw", s.Filler(100000)},
		{"deflate/5000?cut=1", "deflate", nil},
	} {
		resp, body, err := fetchFault(c, s, tc.target)
		if err != nil {
			t.Fatal(err)
		}
		coding, _, _ := strings.Cut(tc.target, "/")
		want(t, "Content-Encoding of "+tc.target, resp.Header.Get("Content-Encoding"), coding)
		r, err := open[tc.format](body)
		if err != nil {
			t.Fatalf("%s: %v", tc.target, err)
		}
		decoded, err := io.ReadAll(r)
		if tc.want == nil && err == nil {
			t.Errorf("%s decodes", tc.target)
		}
		if tc.want != nil {
			wantBytes(t, tc.target, decoded, tc.want)
		}
		if strings.Contains(tc.target, "zeros") && len(body) > 3000000/900 {
			t.Errorf("%s is no bomb: %d bytes", tc.target, len(body))
		}
	}
}

func TestFaultInterim(t *testing.T) {
	s := start(t, Config{})
	var codes []int
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
			codes = append(codes, code)
			want(t, "Link", h.Get("Link"), "</style.css>; rel=preload")
			return nil
		},
	})
	req, err := http.NewRequestWithContext(ctx, "GET", "http://"+s.Hosts()[0]+"/f/interim/103?n=3", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client(t, "").Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	want(t, "interim responses", fmt.Sprint(codes), "[103 103 103]")
	want(t, "status", resp.StatusCode, 200)
}

// The hostile answer has its control characters in each place, and is framed correctly.
func TestFaultHostile(t *testing.T) {
	s := start(t, Config{})
	got, err := exchange(t, s, getHead("/f/hostile", "")+getHead("/f/size/0", "Connection: close\r\n"), false)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(got, "\r\n\r\n")
	for _, line := range strings.Split(head, "\r\n") {
		if !strings.HasPrefix(line, "Content-Length: ") && !strings.ContainsAny(line, "\x1b\x01") {
			t.Errorf("%q is harmless", line)
		}
	}
	body, _, _ := strings.Cut(rest, "HTTP/1.1 200 OK\r\n")
	if !strings.Contains(head, fmt.Sprintf("Content-Length: %d", len(body))) || !strings.Contains(body, "\x1b]0;owned\x07") {
		t.Errorf("%q", got)
	}
}

// A client that leaves a request that stalls is noticed at once.
func TestFaultsNoticeThatTheClientLeft(t *testing.T) {
	s := start(t, Config{LogRequests: 100})
	for i, target := range []string{
		"stall", "stall-body/9000", "gate/2", "delay/1h", "drip/5?every=1h", "close-silently?after=1h", "raw/" + encode("x") + "?then=stall",
	} {
		c := dial(t, s)
		if _, err := io.WriteString(c, getHead("/f/"+target, "")); err != nil {
			t.Fatal(err)
		}
		silent := strings.HasPrefix(target, "close-silently")
		until(t, s, func(st Stats) bool {
			return st.Requests == int64(i+1) && (st.InFlight == 1 || silent) && st.OpenConnections == 1
		})
		c.Close()
		until(t, s, func(st Stats) bool { return st.InFlight == 0 && st.OpenConnections == 0 })
	}
	st := s.Stats()
	want(t, "abandoned", st.Abandoned, 6)
	// The gate has forgotten who left: two are needed still.
	c := client(t, "")
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if _, body, err := fetchFault(c, s, "gate/2"); err != nil || string(body) != "open\n" {
				t.Errorf("%q, %v", body, err)
			}
		})
	}
	wg.Wait()
	for _, r := range s.Log() {
		if r.Status != 0 && strings.HasPrefix(r.Target, "/f/stall") {
			t.Errorf("%s is logged with status %d", r.Target, r.Status)
		}
	}
}

// Half the body is there, and the rest does not come.
func TestFaultStallBody(t *testing.T) {
	s := start(t, Config{})
	c := dial(t, s)
	if _, err := io.WriteString(c, getHead("/f/stall-body/100", "")); err != nil {
		t.Fatal(err)
	}
	want1 := okHead + lengthOf(100) + string(s.Filler(50))
	got := make([]byte, len(want1))
	if _, err := io.ReadFull(c, got); err != nil {
		t.Fatal(err)
	}
	want(t, "what came", string(got), want1)
	if err := c.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(got); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("more came: %q, %v", got[:n], err)
	}
	want(t, "in flight", s.Stats().InFlight, 1)
}

func TestFaultReset(t *testing.T) {
	s := start(t, Config{})
	for at, least := range map[string]string{"": "", "?at=head": "HTTP/1.1 200 OK\r\n", "?at=body": "HTTP/1.1 200 OK\r\n"} {
		got, err := exchange(t, s, getHead("/f/reset"+at, ""), false)
		if !errors.Is(err, syscall.ECONNRESET) && !isErrno(err, syscall.ECONNRESET, syscall.Errno(10054)) {
			t.Errorf("reset%s: %q, %v", at, got, err)
		}
		if !strings.HasPrefix(got, least) && strings.HasPrefix(least, got) {
			t.Logf("the reset%s overtook the answer, of which came %d bytes", at, len(got))
		}
	}
	if got, err := exchange(t, s, getHead("/f/raw/"+encode("abc")+"?then=reset", ""), false); err == nil {
		t.Errorf("raw?then=reset: %q", got)
	}
	want(t, "abandoned", s.Stats().Abandoned, 0)
}

// A request that comes on a connection which is about to close gets no answer: net/http, which cannot
// tell, sends it again on a new one.
func TestFaultStaleConnection(t *testing.T) {
	s := start(t, Config{LogRequests: 10})
	c := client(t, "")
	for _, target := range []string{"close-silently?on=next", "size/5"} {
		if _, _, err := fetchFault(c, s, target); err != nil {
			t.Errorf("%s: %v", target, err)
		}
	}
	var seen []string
	for _, r := range s.Log() {
		seen = append(seen, fmt.Sprint(r.Conn, " ", r.Target, " ", r.Status))
	}
	want(t, "log", strings.Join(seen, ", "), "1 /f/close-silently?on=next 200, 1 /f/size/5 0, 2 /f/size/5 200")
}

func TestFaultRedirects(t *testing.T) {
	s := start(t, Config{LogRequests: 20})
	c := client(t, "")
	c.CheckRedirect = nil
	resp, body, err := fetchFault(c, s, "redirect/5")
	if err != nil || string(body) != "arrived\n" || resp.Request.URL.Path != "/f/redirect/0" {
		t.Errorf("%q, %v", body, err)
	}
	want(t, "requests", s.Stats().Requests, 6)
	resp, _, err = fetchFault(c, s, "redirect/2?to=/f/size/9&status=308&absolute=1")
	if err != nil || resp.Request.URL.Path != "/f/size/9" || resp.ContentLength != 9 {
		t.Errorf("%v, %v", resp, err)
	}
	if _, _, err := fetchFault(c, s, "redirect/1?loop=1"); err == nil {
		t.Error("a loop has an end")
	}
}

func TestFaultRetry(t *testing.T) {
	s := start(t, Config{})
	c := client(t, "")
	statuses := func(target string) (out []int) {
		for range 4 {
			resp, _, err := fetchFault(c, s, target)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, resp.StatusCode)
		}
		return out
	}
	want(t, "two failures", fmt.Sprint(statuses("retry/2")), "[503 503 200 200]")
	want(t, "another target", fmt.Sprint(statuses("retry/2?x")), "[503 503 200 200]")
	want(t, "no failure", fmt.Sprint(statuses("retry/0")), "[200 200 200 200]")
	s.Reset()
	want(t, "after a reset", fmt.Sprint(statuses("retry/2")), "[503 503 200 200]")
}

func TestFaultEcho(t *testing.T) {
	s := start(t, Config{})
	send := "PATCH /f/echo?q HTTP/1.1\r\nHost: x\r\nhOsT2:  y\t\r\nContent-Length: 70000\r\n\r\n" + strings.Repeat("0123456", 10000)
	got, err := exchange(t, s, send+getHead("/f/size/0", "Connection: close\r\n"), false)
	_, last := wire(s)
	if err != nil || got != "HTTP/1.1 200 OK\r\nServer: crawl-origin\r\nContent-Type: message/http\r\n"+lengthOf(len(send))+send+last {
		t.Errorf("%.300q, %v", got, err)
	}
	got, err = exchange(t, s, fmt.Sprintf("POST /f/echo HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\nbody", maxMemory+1), true)
	if err != nil || !strings.HasPrefix(got, "HTTP/1.1 413 ") {
		t.Errorf("too much to echo: %.300q, %v", got, err)
	}
}

// An answer that nobody reads fills the socket buffers and waits; when the client leaves it ends.
func TestFaultLargeBodyAbandoned(t *testing.T) {
	s := start(t, Config{})
	for i, target := range []string{"/f/size/1000000000", "/f/chunked/1000000000", "/f/huge-head/1000000000", "/f/interim/103?n=1000000"} {
		c := dial(t, s)
		if err := c.(*net.TCPConn).SetReadBuffer(4096); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, getHead(target, "")); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(c, make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		want(t, "in flight", s.Stats().InFlight, 1)
		c.Close()
		until(t, s, func(st Stats) bool { return st.Abandoned == int64(i+1) && st.InFlight == 0 })
	}
}

// TestSelection: who may see what, which version and which part, as net/http asks for it.
func TestSelection(t *testing.T) {
	s := start(t, Config{})
	text := string(s.Filler(10))
	const date, later, earlier = "Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:38 GMT", "Sun, 06 Nov 1994 08:49:36 GMT"
	dated := "resource/10?modified=" + strings.NewReplacer(" ", "%20", ",", "%2C").Replace(date)
	for _, c := range []struct {
		target, field, value string
		status               int
		body, contentRange   string
	}{
		{"auth/a:b", "Authorization", "Basic YTpi", 200, "welcome\n", ""},
		{"auth/a:b", "Authorization", "Basic YTpj", 401, "401 Unauthorized\n", ""},
		{"auth/a:b", "Authorization", "Bearer a:b", 401, "401 Unauthorized\n", ""},
		{"auth/tok?scheme=bearer", "Authorization", "Bearer tok", 200, "welcome\n", ""},
		{"resource/10?etag=1", "If-None-Match", `"1"`, 304, "", ""},
		{"resource/10?etag=W/%221%22", "If-None-Match", `"1"`, 304, "", ""},
		{"resource/10?etag=1", "If-None-Match", `"2"`, 200, text, ""},
		{dated, "If-Modified-Since", date, 304, "", ""},
		{dated, "If-Modified-Since", later, 304, "", ""},
		{dated, "If-Modified-Since", earlier, 200, text, ""},
		{"resource/10", "If-Modified-Since", date, 200, text, ""},
		{"resource/10", "Range", "bytes=0-0", 206, text[:1], "bytes 0-0/10"},
		{"resource/10", "Range", "bytes=2-99", 206, text[2:], "bytes 2-9/10"},
		{"resource/10", "Range", "bytes=9-", 206, text[9:], "bytes 9-9/10"},
		{"resource/10", "Range", "bytes=-4", 206, text[6:], "bytes 6-9/10"},
		{"resource/10", "Range", "bytes=-44", 206, text, "bytes 0-9/10"},
		{"resource/10", "Range", "bytes=10-", 416, "416 Requested Range Not Satisfiable\n", "bytes */10"},
		{"resource/10", "Range", "bytes=-0", 416, "416 Requested Range Not Satisfiable\n", "bytes */10"},
		{"resource/10", "Range", "bytes=x", 416, "416 Requested Range Not Satisfiable\n", "bytes */10"},
		{"resource/0", "Range", "bytes=0-", 416, "416 Requested Range Not Satisfiable\n", "bytes */0"},
		{"resource/10", "Range", "bytes=0-1,3-4", 200, text, ""},
		{"resource/10", "Range", "lines=0-1", 200, text, ""},
	} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+s.Addresses()[0]+"/f/"+c.target, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set(c.field, c.value)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != c.status || string(body) != c.body || res.Header.Get("Content-Range") != c.contentRange {
			t.Errorf("%s with %s: %s: %d, %q, %q, %v", c.target, c.field, c.value, res.StatusCode, body, res.Header.Get("Content-Range"), err)
		}
	}
}
