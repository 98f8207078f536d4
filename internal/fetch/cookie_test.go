//go:build unix

package fetch

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"crawl/internal/cookies"
	"crawl/internal/engine"
	"crawl/internal/link"
)

// cookieServer answers with what it was sent as the body: each Cookie field in brackets. It sets what the query of
// the request says, one field for each "set".
func cookieServer(p *peer) {
	for req := p.request(); req != nil; req = p.request() {
		var sent, set strings.Builder
		for _, value := range req.Header["Cookie"] {
			fmt.Fprintf(&sent, "[%s]", value)
		}
		for _, value := range req.URL.Query()["set"] {
			fmt.Fprintf(&set, "Set-Cookie: %s\r\n", value)
		}
		p.send(fmt.Sprintf("HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s", orOK(req.URL.Query().Get("status")), &set, sent.Len(), &sent))
	}
}

func orOK(status string) string {
	if status == "" {
		return "200 OK"
	}
	return status + " x"
}

// namedOptions is the options for a client to which every name of the list is the server.
func namedOptions(s *server, jar *cookies.Jar, names ...string) Options {
	o := Options{Cookies: jar, Resolve: map[string][]netip.Addr{}}
	port := s.address[strings.LastIndexByte(s.address, ':')+1:]
	for _, name := range names {
		o.Resolve[name+":"+port] = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	}
	return o
}

func (s *server) at(host, target string) string {
	return "http://" + host + s.address[strings.LastIndexByte(s.address, ':'):] + target
}

// TestCookies: what a response sets, the next requests carry that it is for, whatever the status of the response and
// the connection they go over.
func TestCookies(t *testing.T) {
	s := serve(t, cookieServer)
	onEach(t, func(t *testing.T, k kind) {
		jar := cookies.New()
		with(t, k.engine(t), namedOptions(s, jar, "example.org", "a.example.org", "example.com"), func(c client) error {
			visit := func(host, target, want string) {
				t.Helper()
				c.get(s.at(host, target)).want(t, 200, want)
			}
			visit("example.org", "/", "")
			visit("example.org", "/x/y?set=a%3D1&set=b%3D2%3BDomain%3Dexample.org%3BPath%3D/&set=c%3D3%3BMax-Age%3D0&set=d%3D4%3BSecure", "")
			visit("example.org", "/x/y", "[a=1; b=2]")
			visit("example.org", "/?q=/x/y", "[b=2]")
			visit("a.example.org", "/x/y", "[b=2]")
			visit("example.com", "/x/y", "")
			c.get(s.at("a.example.org", "/?set=e%3D5&status=404")).want(t, 404, "[b=2]")
			c.get(s.at("a.example.org", "/?set=f%3D6&status=302")).want(t, 302, "[b=2; e=5]")
			visit("a.example.org", "/?set=b%3D%3BDomain%3Dexample.org%3BPath%3D/%3BMax-Age%3D0", "[b=2; e=5; f=6]")
			visit("a.example.org", "/", "[e=5; f=6]")
			return nil
		})
		if jar.Len() != 3 {
			t.Errorf("%d cookies are left, want 3", jar.Len())
		}
	})
}

// TestCookieField: a Cookie field of the caller's comes behind what the jar has, in one field; the caller's fields stay
// as they are, and in their order.
func TestCookieField(t *testing.T) {
	s := serve(t, func(p *peer) {
		for req := p.request(); req != nil; req = p.request() {
			body := fmt.Sprintf("%q %s%s", req.Header["Cookie"], req.Header.Get("X-One"), req.Header.Get("X-Two"))
			p.send(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
		}
	})
	u := s.at("example.org", "/")
	onEach(t, func(t *testing.T, k kind) {
		jar := cookies.New()
		with(t, k.engine(t), namedOptions(s, jar, "example.org"), func(c client) error {
			one, two := Field{Name: "X-One", Value: "1"}, Field{Name: "X-Two", Value: "2"}
			for _, f := range []struct {
				fields        []Field
				with, without string // a jar that has something
			}{
				{[]Field{one, {Name: "cookie", Value: "mine=1; b=2"}, two}, `["jar=1; mine=1; b=2"] 12`, `["mine=1; b=2"] 12`},
				{[]Field{one, {Name: "Cookie", Value: ""}, two}, `["jar=1"] 12`, `[""] 12`},
				{[]Field{one, two}, `["jar=1"] 12`, `[] 12`},
			} {
				before := fmt.Sprint(f.fields)
				jar.Set(false, "example.org", "/", "jar=1", c.engine.Now())
				c.do(u, Request{Fields: f.fields}).want(t, 200, f.with)
				jar.Set(false, "example.org", "/", "jar=; Max-Age=0", c.engine.Now())
				c.do(u, Request{Fields: f.fields}).want(t, 200, f.without)
				if after := fmt.Sprint(f.fields); after != before {
					t.Errorf("the caller's fields were %s and are %s", before, after)
				}
			}
			return nil
		})
	})
}

// TestCookieAllocations: a request that has cookies costs their text and no list of fields; one that has none costs
// nothing.
func TestCookieAllocations(t *testing.T) {
	e := engine.NewGoroutine()
	jar := cookies.New()
	jar.Set(false, "example.org", "/", "a=1", e.Now())
	c := NewClient(e, Options{Cookies: jar})
	for raw, want := range map[string]float64{"http://example.org/": 1, "http://example.com/": 0} {
		u, err := link.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		b := c.newBuffer(&conn{})
		b.req = &Request{URL: &u, Fields: []Field{{Name: "Accept", Value: "*/*"}}}
		n := testing.AllocsPerRun(100, func() {
			b.request.Fields = b.req.Fields
			b.addCookies()
		})
		if n != want || len(b.request.Fields) != 1+int(want) {
			t.Errorf("%s: %v allocations, fields %v", raw, n, b.request.Fields)
		}
	}
}

// TestCookiesRefused: a response that is refused for its head sets nothing, an interim one neither.
func TestCookiesRefused(t *testing.T) {
	for name, c := range map[string]struct{ answer, want string }{
		"framing":  {"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", ""},
		"switched": {"HTTP/1.1 101 Switching Protocols\r\nSet-Cookie: a=1\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", ""},
		"interim":  {"HTTP/1.1 103 Early Hints\r\nSet-Cookie: a=1\r\n\r\nHTTP/1.1 200 OK\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n", "b=2"},
		"control":  {"HTTP/1.1 200 OK\r\nSet-Cookie: a=\x01\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n", "b=2"},
		"many":     {"HTTP/1.1 200 OK\r\n" + strings.Repeat("Set-Cookie: a=1\r\n", maxSetCookies-1) + "Set-Cookie: b=2\r\nSet-Cookie: c=3\r\nContent-Length: 0\r\n\r\n", "a=1; b=2"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, answering(c.answer))
			onEach(t, func(t *testing.T, k kind) {
				jar := cookies.New()
				e := k.engine(t)
				with(t, e, namedOptions(s, jar, "example.org"), func(cl client) error {
					cl.get(s.at("example.org", "/"))
					return nil
				})
				if got := string(jar.AppendHeader(nil, false, "example.org", "/", e.Now())); got != c.want {
					t.Errorf("the jar has %q, want %q", got, c.want)
				}
			})
		})
	}
}

// TestCookiesAtOnce: fetches that run at once share the jar; the race detector looks on.
func TestCookiesAtOnce(t *testing.T) {
	s := serve(t, cookieServer)
	onEach(t, func(t *testing.T, k kind) {
		const tasks, each = 8, 20
		jar := cookies.New()
		e := k.engine(t)
		with(t, e, namedOptions(s, jar, "example.org"), func(c client) error {
			mu := e.NewMutex()
			done := e.NewCond(mu, "the others")
			left := tasks
			for i := range tasks {
				e.Go("fetcher", func(ctx context.Context) error {
					mine := client{c.Client, t, ctx, e}
					for n := range each {
						mine.get(s.at("example.org", fmt.Sprintf("/?set=n%d%%3D%d", i, n)))
						if v := mine.get(s.at("example.org", "/")); !strings.Contains(string(v.body), fmt.Sprintf("n%d=%d", i, n)) {
							t.Errorf("%q lacks what was set just before: n%d=%d", v.body, i, n)
						}
					}
					finish(mu, done, &left)
					return nil
				})
			}
			return waitForAll(c, mu, done, &left)
		})
		if jar.Len() != tasks {
			t.Errorf("%d cookies, want %d", jar.Len(), tasks)
		}
	})
}

func finish(mu sync.Locker, done engine.Cond, left *int) {
	mu.Lock()
	defer mu.Unlock()
	*left--
	done.Broadcast()
}

func waitForAll(c client, mu sync.Locker, done engine.Cond, left *int) error {
	mu.Lock()
	defer mu.Unlock()
	for *left > 0 {
		if err := done.Wait(c.ctx); err != nil {
			return err
		}
	}
	return nil
}
