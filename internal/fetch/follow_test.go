//go:build unix

package fetch

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"crawl/internal/link"
	"crawl/internal/origin"
)

// redirectTo is a response that leads elsewhere.
func redirectTo(location string) string { return redirectBy(302, location) }

func redirectBy(status int, location string) string {
	return fmt.Sprintf("HTTP/1.1 %d x\r\nLocation: %s\r\nContent-Length: 4\r\n\r\ngone", status, location)
}

// asked is a request as a site saw it.
type asked struct {
	method, target, body string
	fields               http.Header
}

// site is a server that answers by path, and remembers what it was asked.
type site struct {
	*server
	mu     sync.Mutex // guards what follows
	pages  map[string]string
	visits []asked
}

// newSite starts one. What has no page gets hello.
func newSite(t testing.TB, pages map[string]string) *site {
	t.Helper()
	s := &site{pages: pages}
	s.server = serve(t, func(p *peer) {
		for {
			req, err := http.ReadRequest(p.reader)
			if err != nil {
				return
			}
			body, err := io.ReadAll(req.Body)
			if err != nil {
				return
			}
			s.mu.Lock()
			s.visits = append(s.visits, asked{req.Method, req.URL.RequestURI(), string(body), req.Header})
			page, ok := s.pages[req.URL.RequestURI()]
			s.mu.Unlock()
			if !ok {
				page = hello
			}
			if req.Method == "HEAD" {
				head, _, _ := strings.Cut(page, "\r\n\r\n")
				page = head + "\r\n\r\n"
			}
			p.send(page)
			if strings.Contains(page, "Connection: close") || !strings.Contains(page, "Content-Length") {
				p.close()
				return
			}
		}
	})
	return s
}

// take returns what it was asked, and forgets it.
func (s *site) take() []asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.visits
	s.visits = nil
	return all
}

func (s *site) page(target, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages[target] = answer
}

var following = Options{MaxRedirects: DefaultMaxRedirects}

// finalURL is "" for a fetch that was not redirected.
func (v *visit) finalURL() string {
	if v.Redirection() == nil {
		return ""
	}
	return v.Redirection().FinalURL.String()
}

// TestRedirectMethods: which method and body follow which status, as the Fetch standard has it.
func TestRedirectMethods(t *testing.T) {
	const body = "a=1"
	for _, c := range []struct {
		status       int
		method, then string
		bare         bool
	}{
		{301, "GET", "GET", false},
		{302, "HEAD", "HEAD", false},
		{303, "HEAD", "HEAD", false},
		{301, "POST", "GET", true},
		{302, "POST", "GET", true},
		{303, "POST", "GET", true},
		{303, "PUT", "GET", true},
		{303, "DELETE", "GET", true},
		{301, "PUT", "PUT", false},
		{302, "DELETE", "DELETE", false},
		{307, "POST", "POST", false},
		{308, "POST", "POST", false},
		{307, "PUT", "PUT", false},
		{308, "GET", "GET", false},
	} {
		onEach(t, func(t *testing.T, k kind) {
			s := newSite(t, map[string]string{"/a": redirectBy(c.status, "/b"), "/b": redirectBy(307, "/c")})
			with(t, k.engine(t), following, func(cl client) error {
				req := Request{Method: c.method, Fields: []Field{
					{Name: "content-type", Value: "x/y"}, {Name: "Content-Language", Value: "de"}, {Name: "X-Kept", Value: "1"},
				}}
				if c.method != "GET" && c.method != "HEAD" {
					req.Body = []byte(body)
				}
				v := cl.do(s.base+"/a", req)
				want := "hello"
				if c.method == "HEAD" {
					want = ""
				}
				v.want(t, 200, want)
				if v.finalURL() != s.base+"/c" || len(v.Redirection().Hops) != 2 {
					t.Errorf("it ended at %s", v.finalURL())
				}
				return nil
			})
			all := s.take()
			if len(all) != 3 || all[0].method != c.method || all[1].method != c.then || all[2].method != c.then {
				t.Fatalf("%s to %d: asked %+v", c.method, c.status, all)
			}
			for i, a := range all {
				bare := c.bare && i > 0
				if wantBody := req(c.method, body); (a.body == "") != (bare || wantBody == "") {
					t.Errorf("%s to %d: request %d has body %q", c.method, c.status, i, a.body)
				}
				if (a.fields.Get("Content-Type") == "") != bare || (a.fields.Get("Content-Language") == "") != bare || a.fields.Get("X-Kept") != "1" {
					t.Errorf("%s to %d: request %d has fields %v", c.method, c.status, i, a.fields)
				}
				if length := a.fields.Get("Content-Length"); bare && length != "" {
					t.Errorf("%s to %d: request %d without a body has the length %s", c.method, c.status, i, length)
				}
			}
			if n := s.conns.Load(); n != 1 {
				t.Errorf("%d connections for three requests to one server", n)
			}
		})
	}
}

func req(method, body string) string {
	if method == "GET" || method == "HEAD" {
		return ""
	}
	return body
}

// TestNotARedirect: what looks like a redirect and is an answer.
func TestNotARedirect(t *testing.T) {
	for _, answer := range []string{
		"HTTP/1.1 302 x\r\nContent-Length: 4\r\n\r\ngone",
		"HTTP/1.1 302 x\r\nLocation:\r\nContent-Length: 4\r\n\r\ngone",
		"HTTP/1.1 300 x\r\nLocation: /b\r\nContent-Length: 4\r\n\r\ngone",
		"HTTP/1.1 305 x\r\nLocation: /b\r\nContent-Length: 4\r\n\r\ngone",
		"HTTP/1.1 201 x\r\nLocation: /b\r\nContent-Length: 4\r\n\r\ngone",
		"HTTP/1.1 404 x\r\nLocation: /b\r\nContent-Length: 4\r\n\r\ngone",
	} {
		onEach(t, func(t *testing.T, k kind) {
			s := newSite(t, map[string]string{"/a": answer})
			with(t, k.engine(t), following, func(c client) error {
				v := c.get(s.base + "/a")
				if v.err != nil || string(v.body) != "gone" || v.Redirection() != nil {
					t.Errorf("%q: %v, %q, %+v", answer, v.err, v.body, v.Redirection())
				}
				return nil
			})
			if n := len(s.take()); n != 1 {
				t.Errorf("%q: %d requests", answer, n)
			}
		})
	}
	onEach(t, func(t *testing.T, k kind) { // nobody wants them followed
		s := newSite(t, map[string]string{"/a": redirectTo("/b\r\nLocation: http://[")})
		with(t, k.engine(t), Options{}, func(c client) error {
			c.get(s.base+"/a").want(t, 302, "gone")
			return nil
		})
	})
}

// TestLocation: where a Location leads, and what is said of it.
func TestLocation(t *testing.T) {
	s := newSite(t, map[string]string{})
	long := strings.Repeat("x", 1000)
	for _, c := range []struct {
		from, location string
		class          Class
		final          string
	}{
		{"/d/a", "b", OK, "/d/b"},
		{"/d/a", "../b?x=1", OK, "/b?x=1"},
		{"/d/a?q=1", "?r=2", OK, "/d/a?r=2"},
		{"/d/a", " \t/b c ", OK, "/b%20c"},
		{"/d/a", "/b\r\nLocation: /b", OK, "/b"},
		{"/d/a", "/\xe9", OK, "/%E9"},
		{"/d/a", "/é?é", OK, "/%C3%A9?%C3%A9"},
		{"/d/a", `\b`, OK, "/b"},
		{"/d/a#here", "/b", OK, "/b#here"},
		{"/d/a#here", "/b#there", OK, "/b#there"},
		{"/d/a#here", "/b#", OK, "/b#"},
		{"/d/a", s.base + "/b", OK, "/b"},
		{"/d/a", strings.Replace(s.base, "http://", "http://user:pass@", 1) + "/b#x", OK, "/b#x"},
		{"/d/a", "/b\r\nLocation: /c", RedirectLocation, ""},
		{"/d/a", "http://user:secret@[x/", RedirectLocation, ""},
		{"/d/a", "ftp://user:secret@127.0.0.1/", RedirectLocation, ""},
		{"/d/a", "http://user:secret@127.0.0.1:99999/" + long, RedirectLocation, ""},
		{"/d/a", "mailto:user:secret@127.0.0.1", RedirectLocation, ""},
		{"/d/a", "javascript:1", RedirectLocation, ""},
		{"/d/a", "http://", RedirectLocation, ""},
	} {
		from, _, _ := strings.Cut(c.from, "#")
		s.page(from, redirectTo(c.location))
		onEach(t, func(t *testing.T, k kind) {
			with(t, k.engine(t), following, func(cl client) error {
				v := cl.get(s.base + c.from)
				if c.class == OK {
					v.want(t, 200, "hello")
					if v.finalURL() != s.base+c.final {
						t.Errorf("%q from %s leads to %s, want %s", c.location, c.from, v.finalURL(), c.final)
					}
					return nil
				}
				v.wantClass(t, c.class)
				if v.Status != 302 || v.Redirection() != nil || len(v.body) > 0 {
					t.Errorf("%q: status %d, %+v", c.location, v.Status, v.Redirection())
				}
				if text := v.err.Error(); strings.Contains(text, "secret") || len(text) > 400 {
					t.Errorf("%q: %s", c.location, text)
				}
				return nil
			})
		})
		s.page(from, hello)
	}
}

// TestRedirectBounds: how many are followed, and which are a circle.
func TestRedirectBounds(t *testing.T) {
	s := newSite(t, map[string]string{
		"/1": redirectTo("/2"), "/2": redirectTo("/3"), "/3": redirectTo("/4"),
		"/x": redirectTo("/y"), "/y": redirectTo("/x#again"),
	})
	onEach(t, func(t *testing.T, k kind) {
		with(t, k.engine(t), Options{MaxRedirects: 3}, func(c client) error {
			v := c.get(s.base + "/1")
			v.want(t, 200, "hello")
			hops := ""
			for _, h := range v.Redirection().Hops {
				hops += fmt.Sprintf("%s %s %d ", h.Method, h.URL.Target(), h.Status)
			}
			if hops != "GET /1 302 GET /2 302 GET /3 302 " || v.finalURL() != s.base+"/4" {
				t.Errorf("it went by %s to %s", hops, v.finalURL())
			}
			return nil
		})
		with(t, k.engine(t), Options{MaxRedirects: 2}, func(c client) error {
			v := c.get(s.base + "/1")
			if v.wantClass(t, RedirectLimit); v.Status != 302 || len(v.Redirection().Hops) != 2 || v.finalURL() != s.base+"/3" {
				t.Errorf("status %d at %s after %d", v.Status, v.finalURL(), len(v.Redirection().Hops))
			}
			return nil
		})
		s.take()
		with(t, k.engine(t), following, func(c client) error {
			c.get(s.base+"/x").wantClass(t, RedirectLoop)
			return nil
		})
		if n := len(s.take()); n != 4 {
			t.Errorf("%d requests on a circle of two, want each twice", n)
		}
	})
}

// TestCookieDance: a page that leads to itself once, having set a cookie, is no circle.
func TestCookieDance(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s := serve(t, func(p *peer) {
			for i := 0; p.request() != nil; i++ {
				p.send([]string{redirectTo("/"), hello}[min(i, 1)])
			}
		})
		with(t, k.engine(t), following, func(c client) error {
			c.get(s.base+"/").want(t, 200, "hello")
			return nil
		})
	})
}

// TestRedirectBodies: the body of a redirect reaches nobody; the connection is kept if it was short and right, and
// whatever is wrong with it, the redirect is followed.
func TestRedirectBodies(t *testing.T) {
	const head = "HTTP/1.1 302 x\r\nLocation: /b\r\n"
	for _, c := range []struct {
		name, answer string
		kept         bool
	}{
		{"none", head + "Content-Length: 0\r\n\r\n", true},
		{"short", head + "Content-Length: 3\r\n\r\nabc", true},
		{"chunked", head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", true},
		{"the most", head + fmt.Sprintf("Content-Length: %d\r\n\r\n", movedBody) + strings.Repeat("x", movedBody), true},
		{"more", head + fmt.Sprintf("Content-Length: %d\r\n\r\n", movedBody+1) + strings.Repeat("x", movedBody+1), false},
		{"more in chunks", head + "Transfer-Encoding: chunked\r\n\r\nffff\r\n" + strings.Repeat("x", 0xffff) + "\r\n0\r\n\r\n", false},
		{"without an end", head + "\r\nabc", false},
		{"broken off", head + "Content-Length: 10\r\n\r\nabc", false},
		{"broken chunks", head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", false},
		{"with more behind it", head + "Content-Length: 3\r\n\r\nabcde", false},
		{"a length over --max-body", head + "Content-Length: 900000\r\n\r\nabc", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, k kind) {
				s := serve(t, func(p *peer) {
					for req := p.request(); req != nil; req = p.request() {
						if req.URL.Path == "/b" {
							p.send(hello)
							continue
						}
						p.send(c.answer)
						if c.name == "broken off" || c.name == "without an end" {
							p.close()
							return
						}
					}
				})
				with(t, k.engine(t), Options{MaxRedirects: 1, MaxBody: 100_000}, func(cl client) error {
					v := cl.get(s.base + "/a")
					v.want(t, 200, "hello")
					if v.Reused != c.kept || v.BytesWire <= int64(len(hello)) {
						t.Errorf("kept is %v, %d bytes came", v.Reused, v.BytesWire)
					}
					return nil
				})
			})
		})
	}
}

// TestStalledRedirectBody: a body that does not come is not waited for.
func TestStalledRedirectBody(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s := serve(t, func(p *peer) {
			for req := p.request(); req != nil; req = p.request() {
				if req.URL.Path == "/b" {
					p.send(hello)
					continue
				}
				p.send("HTTP/1.1 302 x\r\nLocation: /b\r\nContent-Length: 3\r\n\r\na")
				p.idle()
				return
			}
		})
		with(t, k.engine(t), following, func(c client) error {
			v := c.get(s.base + "/a")
			if v.want(t, 200, "hello"); v.Timings.Body < movedPatience*9/10 || v.Timings.Total > 10*movedPatience {
				t.Errorf("it took %+v", v.Timings)
			}
			return nil
		})
	})
}

// TestRedirectPatience: the body of a redirect is waited for no longer than any other.
func TestRedirectPatience(t *testing.T) {
	s := serve(t, func(p *peer) {
		for req := p.request(); req != nil; req = p.request() {
			if req.URL.Path == "/" {
				p.send("HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 9\r\n\r\n")
			} else {
				p.send(hello)
			}
		}
	})
	onEach(t, func(t *testing.T, k kind) {
		with(t, k.engine(t), Options{MaxRedirects: 5, Timeout: movedPatience / 4}, func(c client) error {
			v := c.get(s.base)
			if v.want(t, 200, "hello"); v.Timings.Body >= movedPatience {
				t.Errorf("its body took %v", v.Timings.Body)
			}
			return nil
		})
	})
}

// TestRedirectSecrets: what the user gave for one origin is sent to no other, whichever way it was given; on the way
// back it is sent again, as curl does.
func TestRedirectSecrets(t *testing.T) {
	second := newSite(t, map[string]string{})
	first := newSite(t, map[string]string{"/a": redirectTo(second.base + "/b")})
	second.page("/b", redirectTo("/c"))
	second.page("/c", redirectTo(first.base+"/d"))
	secret := []Field{
		{Name: "authorization", Value: "x"}, {Name: "Cookie", Value: "a=b"}, {Name: "PROXY-Authorization", Value: "y"},
	}
	onEach(t, func(t *testing.T, k kind) {
		with(t, k.engine(t), following, func(c client) error {
			req := Request{Fields: append([]Field{{Name: "X-Open", Value: "1"}}, secret...)}
			before := slices.Clone(req.Fields)
			v := c.do(first.base+"/a", req)
			if v.want(t, 200, "hello"); !slices.Equal(req.Fields, before) {
				t.Errorf("the request was changed: %v", req.Fields)
			}
			return nil
		})
		for _, a := range append(first.take(), second.take()...) {
			elsewhere := a.target == "/b" || a.target == "/c"
			for _, f := range secret {
				if sent := a.fields.Get(f.Name) != ""; sent == elsewhere {
					t.Errorf("%s: %s sent is %v", a.target, f.Name, sent)
				}
			}
			if a.fields.Get("X-Open") != "1" {
				t.Errorf("%s: not with it: %v", a.target, a.fields)
			}
		}
	})
}

// TestRedirectOrigins: another host, port or scheme is another origin.
func TestRedirectOrigins(t *testing.T) {
	for to, elsewhere := range map[string]bool{
		"http://one.test/x": false, "http://one.test:80/x": false, "http://u:p@one.test/": false, "//ONE.test/": false, "x": false,
		"http://two.test/": true, "http://one.test:81/": true, "https://one.test/": true, "http://one.test./": true, "https://one.test:80/": true,
	} {
		u, err := link.Parse("http://one.test/a")
		if err != nil {
			t.Fatal(err)
		}
		req, res := &Request{URL: &u}, &Response{Status: 302}
		b := &buffer{client: &Client{}, req: req, res: res}
		if err := b.head.Parse([]byte("HTTP/1.1 302 x\r\nLocation: "+to+"\r\n\r\n"), Options{}.Limits); err != nil {
			t.Fatal(err)
		}
		if err := b.noteRedirect(5); err != nil || !res.moved || res.Redirection().request.elsewhere != elsewhere {
			t.Errorf("%s: elsewhere is %v, want %v: %v", to, res.Redirection().request.elsewhere, elsewhere, err)
		}
	}
}

// TestGuarded: from a page of the public Internet on, everything that redirects lead to is guarded; a page that came by
// a proxy is such a page unless its URL has a private address.
func TestGuarded(t *testing.T) {
	by := func(proxy, host string) *via {
		u, err := link.Parse("http://" + host + "/")
		if err != nil {
			t.Fatal(err)
		}
		return newVia(parseProxy(t, proxy), &u, u.Origin())
	}
	byProxy := func(host string) *via { return by("http://proxy.test", host) }
	for name, c := range map[string]struct {
		public, before bool
		via            *via
		after          bool
	}{
		"private":                        {},
		"private, behind a public one":   {before: true, after: true},
		"public":                         {public: true, after: true},
		"private address, by a proxy":    {public: true, via: byProxy("10.1.2.3")},
		"public address, by a proxy":     {via: byProxy("93.184.216.34"), after: true},
		"name, by a proxy that is local": {via: byProxy("one.test"), after: true},
		"localhost, by a proxy":          {public: true, via: byProxy("localhost")},
		"below localhost, by a proxy":    {public: true, via: byProxy("a.LOCALHOST.")},
		"no localhost, by a proxy":       {via: byProxy("localhost.test"), after: true},
		"name, resolved by socks5h":      {via: by("socks5h://proxy.test", "one.test"), after: true},
		"private name, by socks5":        {via: by("socks5://proxy.test", "one.test")},
		"public name, by socks5":         {public: true, via: by("socks5://proxy.test", "one.test"), after: true},
	} {
		u, err := link.Parse("http://one.test/a")
		if err != nil {
			t.Fatal(err)
		}
		req, res := &Request{URL: &u, Guarded: c.before}, &Response{Status: 302, Public: c.public, extra: &extra{via: c.via}}
		b := &buffer{client: &Client{}, req: req, res: res}
		if err := b.head.Parse([]byte("HTTP/1.1 302 x\r\nLocation: /\r\n\r\n"), Options{}.Limits); err != nil {
			t.Fatal(err)
		}
		if err := b.noteRedirect(5); err != nil || res.Redirection().request.Guarded != c.after || req.Guarded != c.before {
			t.Errorf("%s: guarded is %v: %v", name, res.Redirection().request.Guarded, err)
		}
	}
}

// TestFailureBehindRedirect: what is told of a fetch whose redirect leads to a failure.
func TestFailureBehindRedirect(t *testing.T) {
	nobody := refused(t)
	onEach(t, func(t *testing.T, k kind) {
		s := newSite(t, map[string]string{"/a": redirectTo(nobody)})
		with(t, k.engine(t), following, func(c client) error {
			v := c.get(s.base + "/a")
			if v.wantClass(t, ConnectRefused); v.Status != 0 || v.finalURL() != nobody || v.Remote != "" || !v.Sent {
				t.Errorf("it is %+v", v.Response)
			}
			return nil
		})
	})
}

// TestRedirectTimes: the phases of all requests add up, and one time limit is for all of them.
func TestRedirectTimes(t *testing.T) {
	_, base := web(t, origin.Config{})
	slow := fmt.Sprintf("/f/redirect/1?to=%s/f/delay/40ms", base)
	onEach(t, func(t *testing.T, k kind) {
		s := newSite(t, map[string]string{"/a": redirectTo(base + slow)})
		with(t, k.engine(t), following, func(c client) error {
			v := c.get(s.base + "/a")
			if v.want(t, 200, "Su"); v.Timings.FirstByte < 40*time.Millisecond || v.Timings.Connect <= 0 {
				t.Errorf("it took %+v", v.Timings)
			}
			return nil
		})
		tick := fmt.Sprintf("HTTP/1.1 302 x\r\nLocation: %s\r\nContent-Length: 1\r\n\r\n", "/more")
		stalling := serve(t, func(p *peer) {
			for p.request() != nil {
				p.send(tick) // and no body: each costs movedPatience, unless the whole is over before
				p.idle()
				return
			}
		})
		with(t, punctual(k.engine(t)), Options{MaxRedirects: 5, TotalTimeout: movedPatience / 4}, func(c client) error {
			v := c.get(stalling.base + "/a")
			if v.wantClass(t, TimeoutTotal); v.Timings.Total >= movedPatience {
				t.Errorf("it took %+v", v.Timings)
			}
			return nil
		})
	})
}

// TestRedirectsAgainstNetHTTP: the standard client comes to the same end.
func TestRedirectsAgainstNetHTTP(t *testing.T) {
	other := newSite(t, map[string]string{"/back?x": redirectTo("/end")})
	s := newSite(t, map[string]string{
		"/301": redirectBy(301, "/end"), "/302": redirectBy(302, "../end"), "/303": redirectBy(303, "end?x=1"),
		"/307": redirectBy(307, "/end"), "/308": redirectBy(308, "/end"), "/none": "HTTP/1.1 304 x\r\nLocation: /end\r\nContent-Length: 0\r\n\r\n",
		"/away": redirectTo(other.base + "/back?x"), "/fragment": redirectTo("/end#f"),
		"/far": redirectTo("/far/1"), "/far/1": redirectTo("/far/2"), "/far/2": redirectTo("/far/3"), "/far/3": redirectTo("301"),
	})
	_, base := web(t, origin.Config{})
	var urls []string
	for target := range s.pages {
		urls = append(urls, s.base+target)
	}
	for n := range 10 {
		urls = append(urls, fmt.Sprintf("%s/f/redirect/%d", base, n), fmt.Sprintf("%s/f/redirect/%d?absolute=1&status=307", base, n))
	}
	standard := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	defer standard.CloseIdleConnections()
	for _, method := range []string{"GET", "HEAD", "POST", "PUT"} {
		for _, rawURL := range urls {
			if strings.HasPrefix(rawURL, s.base) && (method == "PUT" && !strings.HasSuffix(rawURL, "/307") && !strings.HasSuffix(rawURL, "/308")) {
				continue // net/http makes GET of it
			}
			req, err := http.NewRequestWithContext(t.Context(), method, rawURL, bytes.NewReader([]byte(requestBody(method))))
			if err != nil {
				t.Fatal(err)
			}
			res, err := standard.Do(req)
			if err != nil {
				t.Fatalf("net/http: %s %s: %v", method, rawURL, err)
			}
			body := readAll(t, res)
			onEach(t, func(t *testing.T, k kind) {
				with(t, k.engine(t), following, func(c client) error {
					v := c.do(rawURL, Request{Method: method, Body: []byte(requestBody(method))})
					v.want(t, res.StatusCode, string(body))
					final := v.finalURL()
					if final == "" {
						final = rawURL
					}
					if want := res.Request.URL.String(); final != want {
						t.Errorf("%s %s: it ends at %s, with net/http at %s", method, rawURL, final, want)
					}
					return nil
				})
			})
		}
	}
}

func requestBody(method string) string {
	if method == "POST" || method == "PUT" {
		return "body"
	}
	return ""
}

// targets are those of the requests, with a space in a query as the URL standard has it.
func (f *flow) targets() (all []string) {
	for line := range strings.Lines(f.Asked) {
		if rest, ok := strings.CutPrefix(line, "GET "); ok {
			target, _, _ := strings.Cut(rest, " ")
			all = append(all, strings.ReplaceAll(target, "+", "%20"))
		}
	}
	return all
}

// reply is what curl's test server answers to a target.
func (f *flow) reply(target string) []byte {
	part := "0"
	digits := target[strings.LastIndexByte(target, '/')+1:]
	if i := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		digits = digits[:i]
	}
	if strings.HasSuffix(digits, "0002") {
		part = "2"
	}
	return f.Replies[part]
}

// TestCurlFlow: curl's cases of redirects: the same requests, the same end.
func TestCurlFlow(t *testing.T) {
	cases := flows(t, false)
	if len(cases) != 10 {
		t.Fatalf("%d cases", len(cases))
	}
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) { onEach(t, c.play) })
	}
}

func (f *flow) play(t *testing.T, k kind) {
	var mu sync.Mutex // guards targets
	var targets []string
	s := serve(t, func(p *peer) {
		for req := p.request(); req != nil; req = p.request() {
			mu.Lock()
			targets = append(targets, req.RequestURI)
			mu.Unlock()
			reply := f.reply(req.RequestURI)
			p.send(string(reply))
			if bytes.Contains(reply, []byte("swsclose")) || bytes.Contains(reply, []byte("Connection: close")) {
				p.close()
				return
			}
		}
	})
	command, _, _ := strings.Cut(strings.TrimPrefix(f.Command, `"`), " -L")
	rawURL := strings.Replace(strings.TrimSuffix(command, `"`), "http://127.0.0.1:{PORT}", s.base, 1)
	class := OK
	if f.Code == 47 {
		class = RedirectLimit
	}
	with(t, k.engine(t), Options{MaxRedirects: 5}, func(c client) error {
		v := c.get(rawURL)
		v.wantClass(t, class)
		last := f.reply(f.targets()[len(f.targets())-1])
		if class == OK {
			_, want, _ := bytes.Cut(bytes.ReplaceAll(last, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
			if got := bytes.ReplaceAll(v.body, []byte("\r\n"), []byte("\n")); !bytes.Equal(got, want) {
				t.Errorf("body %q, want %q", got, want)
			}
		}
		return nil
	})
	mu.Lock()
	defer mu.Unlock()
	if want := f.targets(); !slices.Equal(targets, want) {
		t.Errorf("asked for %q, want %q", targets, want)
	}
}

// TestRedirectCancelled: a fetch that is called off on its way is not followed any further.
func TestRedirectCancelled(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		e := k.engine(t)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		s := serve(t, func(p *peer) {
			for p.request() != nil {
				p.send("HTTP/1.1 302 x\r\nLocation: /b\r\nContent-Length: 3\r\n\r\na")
				cancel()
				p.idle()
			}
		})
		cl := NewClient(e, following)
		e.Go("test", func(ctx context.Context) error {
			defer cl.Close()
			client{cl, t, ctx, e}.get(s.base+"/a").wantClass(t, Cancelled)
			return nil
		})
		if err := e.Run(ctx); err != nil {
			t.Error(err)
		}
		if n := s.requests.Load(); n != 1 {
			t.Errorf("%d requests", n)
		}
	})
}

// TestStay: who stays is told where a redirect leads, and gets its body; where there are two ways there is none.
func TestStay(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s := serve(t, func(p *peer) {
			for req := p.request(); req != nil; req = p.request() {
				switch req.URL.Path {
				case "/a":
					p.send("HTTP/1.1 301 x\r\nLocation: ../b c\r\nContent-Length: 4\r\n\r\ngone")
				case "/two":
					p.send("HTTP/1.1 302 x\r\nLocation: /b\r\nLocation: /c\r\nContent-Length: 0\r\n\r\n")
				case "/other":
					p.send("HTTP/1.1 304 x\r\nLocation: /b\r\n\r\n")
				default:
					p.send(hello)
				}
			}
		})
		with(t, k.engine(t), following, func(c client) error {
			if v := c.do(s.base+"/a", Request{Stay: true}); v.Status != 301 || string(v.body) != "gone" || v.Location() != "../b c" || v.Redirection() != nil || v.err != nil {
				t.Errorf("status %d, %q, to %q: %v", v.Status, v.body, v.Location(), v.err)
			}
			if v := c.do(s.base+"/b", Request{Stay: true}); v.Status != 200 || v.Location() != "" || v.err != nil {
				t.Errorf("status %d, to %q: %v", v.Status, v.Location(), v.err)
			}
			if v := c.do(s.base+"/other", Request{Stay: true}); v.Status != 304 || v.Location() != "" || v.err != nil {
				t.Errorf("status %d, to %q: %v", v.Status, v.Location(), v.err)
			}
			c.do(s.base+"/two", Request{Stay: true}).wantClass(t, RedirectLocation)
			return nil
		})
	})
}

// TestWatchHead: who watches is given the head of the answer, and not that of a redirect to it.
func TestWatchHead(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s := serve(t, func(p *peer) {
			for req := p.request(); req != nil; req = p.request() {
				if req.URL.Path == "/a" {
					p.send("HTTP/1.1 302 x\r\nX-Robots-Tag: none\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n")
					continue
				}
				p.send("HTTP/1.1 200 x\r\nX-Robots-Tag: noindex\r\nContent-Length: 2\r\n\r\nhi")
			}
		})
		with(t, k.engine(t), following, func(c client) error {
			var got []string
			onHead := func(h *Head) {
				value, _ := h.Get("X-Robots-Tag")
				got = append(got, fmt.Sprintf("%d %s", h.Status, value))
			}
			c.do(s.base+"/a", Request{Watch: &Watch{OnHead: onHead}}).want(t, 200, "hi")
			if strings.Join(got, ", ") != "200 noindex" {
				t.Errorf("got %q", got)
			}
			return nil
		})
	})
}
