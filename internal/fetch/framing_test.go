//go:build unix

package fetch

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"crawl/internal/http1"
	"crawl/internal/link"
	"crawl/internal/origin"
)

// TestFraming: whatever way a response tells where it ends, its body is given whole, and the connection serves
// again exactly where it can (RFC 9112 section 6.3 and 9.3).
func TestFraming(t *testing.T) {
	prose, _ := web(t, origin.Config{})
	text := func(n int) string { return string(prose.Filler(n)) }
	tests := []struct {
		method, path string
		status       int
		body         string
		keep         bool
	}{
		{"GET", "/f/size/0", 200, "", true},
		{"GET", "/f/size/1", 200, text(1), true},
		{"GET", "/f/size/3000000", 200, text(3_000_000), true},
		{"GET", "/f/chunked/0", 200, "", true},
		{"GET", "/f/chunked/100?chunk=7", 200, text(100), true},
		{"GET", "/f/chunked/200000?chunk=1000&ext=1&trailers=1", 200, text(200_000), true},
		{"GET", "/f/chunked/1000000?chunk=333333", 200, text(1_000_000), true},
		{"GET", "/f/close-delimited/0", 200, "", false},
		{"GET", "/f/close-delimited/300000", 200, text(300_000), false},
		{"GET", "/f/drip/200?step=3&every=0s&head=1", 200, text(200), true},
		{"GET", "/f/length-and-chunked", 200, "hello", false},
		{"GET", "/f/no-content", 204, "", true},
		{"GET", "/f/not-modified", 304, "", true},
		{"GET", "/f/not-modified?length=1000", 304, "", true},
		{"GET", "/f/interim/103?n=3", 200, "final\n", true},
		{"GET", "/f/interim/100", 200, "final\n", true},
		{"GET", "/f/interim/102?n=3000", 200, "final\n", true},
		{"GET", "/f/status/404", 404, "404 Not Found\n", true},
		{"GET", "/f/status/999", 999, "999\n", true},
		{"GET", "/f/status/205", 205, "", true},
		{"GET", "/f/redirect/1", 302, "302 Found\n", true},
		{"GET", "/f/close", 200, text(64), false},
		{"GET", "/f/huge-head/60000", 200, "hello", true},
		{"GET", "/f/many-headers/900", 200, "hello", true},
		{"GET", "/f/header?Content-Encoding=gzip", 200, "200 OK\n", true}, // codings are not undone
		{"HEAD", "/f/size/1000", 200, "", true},
		{"HEAD", "/f/chunked/1000", 200, "", true},
		{"HEAD", "/f/no-content", 204, "", true},
		{"HEAD", "/f/status/500", 500, "", true},
		{"DELETE", "/f/size/10", 200, text(10), true},
		{"OPTIONS", "/f/size/10", 200, text(10), true},
	}
	onEachWire(t, func(t *testing.T, k kind, w wire) {
		s, base := web(t, origin.Config{TLS: w.server})
		ended := int64(1)
		with(t, k.engine(t), Options{TLS: w.client}, func(c client) error {
			for _, tt := range tests {
				name := tt.method + " " + tt.path
				v := c.do(base+tt.path, Request{Method: tt.method})
				if v.err != nil || v.Status != tt.status || string(v.body) != tt.body || v.Minor != 1 {
					t.Errorf("%s: status %d, %d bytes that begin with %.40q, version 1.%d, error %v", name, v.Status, len(v.body), v.body, v.Minor, v.err)
				}
				again := c.get(base + "/f/size/5")
				again.want(t, 200, text(5))
				if again.Reused != tt.keep {
					t.Errorf("%s: the connection serves again: %v, want %v", name, again.Reused, tt.keep)
				}
				if v.Remote != s.Addresses()[0] || again.Remote != v.Remote {
					t.Errorf("%s: remote is %q, want %q", name, v.Remote, s.Addresses()[0])
				}
				if !tt.keep {
					ended++
				}
			}
			return nil
		})
		if n := s.Stats().Connections; n != ended {
			t.Errorf("%d connections, want one and another after each that could not be kept: %d", n, ended)
		}
	})
}

// TestBytes: the body that OnBody gets is what a server of net/http's kind would give, to the byte; what it was
// on the wire is counted as well.
func TestBytes(t *testing.T) {
	onEachWire(t, func(t *testing.T, k kind, w wire) {
		s, base := web(t, origin.Config{Size: origin.Size{Min: 300, Max: 200_000}, Pages: 50, TLS: w.server})
		with(t, k.engine(t), Options{TLS: w.client}, func(c client) error {
			for i := range 50 {
				v := c.get(s.URL(i))
				status, _, body := s.Page(i)
				if v.err != nil || v.Status != status || sha256.Sum256(v.body) != sha256.Sum256(body) {
					t.Errorf("page %d: status %d, %d bytes, error %v, want %d, %d bytes", i, v.Status, len(v.body), v.err, status, len(body))
				}
			}
			head := "HTTP/1.1 200 OK\r\nServer: crawl-origin\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 100000\r\n\r\n"
			v := c.get(base + "/f/size/100000")
			if v.BytesWire != int64(len(head))+100_000 || v.BytesBody != 100_000 {
				t.Errorf("%d bytes on the wire, %d of body, want %d and 100000", v.BytesWire, v.BytesBody, len(head)+100_000)
			}
			return nil
		})
	})
}

// TestRequest: what arrives is one request, with the fields in order and the body with its length.
func TestRequest(t *testing.T) {
	_, base := web(t, origin.Config{})
	host := strings.TrimPrefix(base, "http://")
	fields := []Field{{Name: "User-Agent", Value: "crawl"}, {Name: "Accept", Value: "*/*"}, {Name: "X-Empty", Value: ""}}
	lines := "Host: " + host + "\r\nUser-Agent: crawl\r\nAccept: */*\r\nX-Empty: \r\n"
	large := strings.Repeat("0123456789", 100_000)
	onEach(t, func(t *testing.T, k kind) {
		with(t, k.engine(t), Options{}, func(c client) error {
			for _, tt := range []struct{ method, body, want string }{
				{"", "", "GET /f/echo?q=%20x HTTP/1.1\r\n" + lines + "\r\n"},
				{"POST", "", "POST /f/echo?q=%20x HTTP/1.1\r\n" + lines + "Content-Length: 0\r\n\r\n"},
				{"POST", "a=b", "POST /f/echo?q=%20x HTTP/1.1\r\n" + lines + "Content-Length: 3\r\n\r\na=b"},
				{"PUT", large, "PUT /f/echo?q=%20x HTTP/1.1\r\n" + lines + "Content-Length: 1000000\r\n\r\n" + large},
				{"BREW", "tea", "BREW /f/echo?q=%20x HTTP/1.1\r\n" + lines + "Content-Length: 3\r\n\r\ntea"},
			} {
				v := c.do(base+"/f/echo?q= x#fragment", Request{Method: tt.method, Fields: fields, Body: []byte(tt.body)})
				v.want(t, 200, tt.want)
				if v.MediaType != "message/http" || v.Charset != "" {
					t.Errorf("type %q, charset %q, want message/http and none", v.MediaType, v.Charset)
				}
			}
			return nil
		})
	})
}

// TestOnBodyError: an error of OnBody ends the fetch and is its error; the rest of the body is not read, and the
// connection is not used again. An error with a class keeps it.
func TestOnBodyError(t *testing.T) {
	ours := []error{errBoom, io.EOF, os.ErrDeadlineExceeded, syscall.EPIPE, syscall.ENOMEM, http1.ErrChunk} // which are not the server's
	s, base := web(t, origin.Config{})
	onEach(t, func(t *testing.T, k kind) {
		with(t, k.engine(t), Options{}, func(c client) error {
			for _, err := range ours {
				v := c.do(base+"/f/size/5000000", Request{OnBody: func([]byte) error { return err }})
				if v.wantClass(t, Internal); !errors.Is(v.err, err) || v.err.Error() != err.Error() || v.BytesBody > sharedBuffer {
					t.Errorf("error %v after %d bytes, want %v after the first", v.err, v.BytesBody, err)
				}
			}
			c.do(base+"/f/size/5", Request{OnBody: func([]byte) error { return fail(Input, errBoom) }}).wantClass(t, Input)
			if v := c.get(base + "/f/size/5"); v.Reused {
				t.Error("a connection serves again on which a body was left")
			}
			return nil
		})
		if got := s.Stats().Requests; got == 0 {
			t.Error("the server got nothing")
		}
	})
}

// TestResponseReuse: nothing of a fetch is left in the Response when it is used for the next, however that ends.
func TestResponseReuse(t *testing.T) {
	_, base := web(t, origin.Config{})
	odd := serve(t, answering("HTTP/1.1  418  odd\nContent-Type: Text/X;charset=KOI8-R\nX : y\nTransfer-Encoding: chunked\n\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n"))
	rest := []string{refused(t), base + "/f/reset", base + "/f/garbage", base + "/f/no-content", "http://127.255.255.255/"}
	onEach(t, func(t *testing.T, k kind) {
		with(t, k.engine(t), Options{}, func(c client) error {
			v := &visit{}
			fetch := func(rawURL string) {
				u, err := link.Parse(rawURL)
				if err != nil {
					t.Error(err)
				}
				v.body = nil
				v.err = c.Do(c.ctx, &Request{URL: &u, OnBody: func(p []byte) error { v.body = append(v.body, p...); return nil }}, &v.Response)
				v.check(t, rawURL)
			}
			for _, rawURL := range rest {
				fetch(odd.base) // twice, so that everything is set
				fetch(odd.base)
				v.want(t, 418, "hello")
				if v.MediaType != "text/x" || v.Charset != "koi8-r" || !v.Reused || v.Anomalies&http1.BareLF == 0 {
					t.Errorf("the odd response is %+v", v.Response)
				}
				fetch(rawURL)
				var empty, got Response
				got = v.Response
				// What every fetch sets, or these do.
				got.Started, got.Timings, got.Lag, got.Remote, got.BytesWire = empty.Started, empty.Timings, empty.Lag, empty.Remote, empty.BytesWire
				got.phase, got.Sent, got.fresh, got.got, got.inBody, got.framing = empty.phase, empty.Sent, empty.fresh, empty.got, empty.inBody, empty.framing
				if rawURL == base+"/f/no-content" && got.Status == 204 {
					got.Status, got.Minor = 0, 0
				}
				got.Reused = false // of the connection of its own origin
				if got.extra != nil && *got.extra == (extra{}) {
					got.extra = nil
				}
				if !reflect.DeepEqual(got, empty) {
					t.Errorf("after %s there is left: %+v", rawURL, got)
				}
			}
			return nil
		})
	})
}

// TestHostile: bytes that harm a terminal are in no string of a Response, nor in an error.
func TestHostile(t *testing.T) {
	_, base := web(t, origin.Config{})
	raw := serve(t, func(p *peer) {
		for req := p.request(); req != nil; req = p.request() {
			switch req.URL.Path {
			case "/type":
				p.send("HTTP/1.1 200 \x1b[2J\r\nContent-Type: text/\x9b1mhtml; charset=\x1b]0;x\x07\r\nContent-Length: 0\r\n\r\n")
			case "/charset":
				p.send("HTTP/1.1 200 \r\nContent-Type: text/html; charset=\"utf-8\x1b[2J\"\r\nContent-Length: 0\r\n\r\n")
			case "/length":
				p.send("HTTP/1.1 200 \r\nContent-Length: \x1b[31m5\r\n\r\n")
			case "/chunk":
				p.send("HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n\x1b[31m\r\n")
			case "/name":
				p.send("HTTP/1.1 200 \r\n\x1b[31mX: y\r\n\r\n")
			default:
				p.send("\x1b[2J\x9b1m\u202e")
			}
		}
	})
	onEach(t, func(t *testing.T, k kind) {
		with(t, k.engine(t), Options{}, func(c client) error {
			for _, rawURL := range []string{
				base + "/f/hostile", base + "/f/garbage",
				raw.base + "/type", raw.base + "/charset", raw.base + "/length", raw.base + "/chunk", raw.base + "/name", raw.base + "/",
			} {
				v := c.get(rawURL)
				for _, s := range []string{v.MediaType, v.Charset, v.Remote, v.Anomalies.String(), fmt.Sprint(v.err)} {
					if strings.ContainsFunc(s, func(r rune) bool { return r >= unicode.MaxASCII || !unicode.IsPrint(r) }) {
						t.Errorf("%s: %q is not fit for a terminal", rawURL, s)
					}
				}
			}
			v := c.get(base + "/f/hostile")
			if v.err != nil || v.Status != 200 || len(v.body) == 0 || v.Anomalies&http1.ControlByte == 0 {
				t.Errorf("status %d, %d bytes, anomalies %v, error %v, want the page and a note of its control bytes", v.Status, len(v.body), v.Anomalies, v.err)
			}
			return nil
		})
	})
}

// TestTimings: each phase is there when it took place, and is as long as the server made it.
func TestTimings(t *testing.T) {
	const pause = 20 * time.Second
	onEach(t, func(t *testing.T, k kind) {
		e := newShifted(k.engine(t))
		seen := make(chan struct{})
		s := serve(t, func(p *peer) {
			for req := p.request(); req != nil; req = p.request() {
				switch req.URL.Path {
				case "/late":
					e.advance(pause)
					p.send(hello)
				case "/slow":
					p.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n1")
					select {
					case <-seen:
					case <-t.Context().Done():
					}
					e.advance(pause)
					p.send("2")
				default:
					p.send("HTTP/1.1 200 OK\r\n\r\n1")
					return
				}
			}
		})
		with(t, e, Options{}, func(c client) error {
			before := e.Now()
			v := c.get(s.base + "/late")
			elapsed := e.Now().Sub(before)
			tm := v.Timings
			if v.want(t, 200, "hello"); tm.Connect <= 0 || tm.DNS != 0 || tm.FirstByte < pause || tm.Body > pause/2 || tm.Total > elapsed || v.Started.Before(before) {
				t.Errorf("a delay of %v on a new connection is %+v, and it took %v", pause, tm, elapsed)
			}
			v = c.do(s.base+"/slow", Request{OnBody: func(p []byte) error {
				if p[0] == '1' {
					close(seen)
				}
				return nil
			}})
			tm = v.Timings
			if v.want(t, 200, "12"); tm.Connect != 0 || tm.FirstByte > pause/2 || tm.Body < pause {
				t.Errorf("a body that takes %v on a connection that is there is %+v", pause, tm)
			}
			v = c.get(s.base)
			tm = v.Timings
			if v.want(t, 200, "1"); tm.Body < 0 || tm.FirstByte <= 0 {
				t.Errorf("a body that the end of the connection ends is %+v", tm)
			}
			return nil
		})
	})
}

// TestAgainstNetHTTP: on every path where the test web answers by the rules, the standard client says the same.
func TestAgainstNetHTTP(t *testing.T) {
	s, base := web(t, origin.Config{Pages: 20, Links: 5, Size: origin.Size{Min: 4096, Max: 8192}, Robots: "User-agent: *\n"})
	urls := []string{
		base + "/", base + "/robots.txt", base + "/sitemap.xml", base + "/nowhere", base + "/p/3?query=1",
		base + "/f/size/0", base + "/f/size/70000", base + "/f/chunked/70000?chunk=100", base + "/f/chunked/0",
		base + "/f/chunked/5000?trailers=1&ext=1", base + "/f/close-delimited/70000", base + "/f/gzip/10000", base + "/f/deflate/100",
		base + "/f/no-content", base + "/f/not-modified", base + "/f/not-modified?length=5", base + "/f/interim/103?n=2",
		base + "/f/status/200", base + "/f/status/404", base + "/f/status/503", base + "/f/status/299", base + "/f/status/205",
		base + "/f/header?Content-Type=text%2Fhtml&X=y", base + "/f/huge-head/50000", base + "/f/many-headers/500",
		base + "/f/drip/50?step=7&every=1ms&head=1", base + "/f/close", base + "/f/redirect/3", base + "/f/redirect/0", base + "/f/delay/1ms",
	}
	for i := range 20 {
		urls = append(urls, s.URL(i))
	}
	standard := &http.Client{
		Transport:     &http.Transport{DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer standard.CloseIdleConnections()
	for _, method := range []string{"GET", "HEAD"} {
		type answer struct {
			status int
			digest [sha256.Size]byte
		}
		want := map[string]answer{}
		for _, rawURL := range urls {
			req, err := http.NewRequestWithContext(t.Context(), method, rawURL, nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := standard.Do(req)
			if err != nil {
				t.Fatalf("net/http: %s %s: %v", method, rawURL, err)
			}
			body := readAll(t, res)
			want[rawURL] = answer{res.StatusCode, sha256.Sum256(body)}
		}
		onEach(t, func(t *testing.T, k kind) {
			with(t, k.engine(t), Options{}, func(c client) error {
				for _, rawURL := range urls {
					v := c.do(rawURL, Request{Method: method})
					if got := (answer{v.Status, sha256.Sum256(v.body)}); v.err != nil || got != want[rawURL] {
						t.Errorf("%s %s: status %d, %d bytes, error %v; net/http has status %d, and another body: %v", method, rawURL,
							v.Status, len(v.body), v.err, want[rawURL].status, got.digest != want[rawURL].digest)
					}
				}
				return nil
			})
		})
	}
}
