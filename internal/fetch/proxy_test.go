//go:build unix

package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"crawl/internal/link"
	"crawl/internal/origin"
)

// secret is the password of every proxy here: it is looked for in all errors.
const secret = "geheim"

// parseProxy is for proxies that are right.
func parseProxy(t testing.TB, s string) *Proxy {
	t.Helper()
	p, err := ParseProxy(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return p
}

// proxied sends everything by p.
func proxied(p *Proxy) Options { return Options{Proxy: func(*link.URL) *Proxy { return p }} }

// tunnelling is p with tunnels for http URLs too.
func tunnelling(p *Proxy) *Proxy {
	p.Tunnel = true
	return p
}

// noLookups is a resolver that must not be asked.
func noLookups(t testing.TB) func(context.Context, string) ([]netip.Addr, error) {
	return func(_ context.Context, host string) ([]netip.Addr, error) {
		t.Errorf("%s was looked up", host)
		return nil, errBoom
	}
}

// wantSilent checks that an error names the proxy, and tells nobody who we are to it.
func wantSilent(t testing.TB, err error, p *Proxy) {
	t.Helper()
	if err == nil {
		return
	}
	text := err.Error()
	if strings.Contains(text, secret) || strings.Contains(text, "nobody") || !strings.Contains(text, p.String()) || strings.ContainsAny(text, "\r\n") {
		t.Errorf("error %q: want the proxy %s in one line, and no credentials", text, p)
	}
}

// seen is what a proxy was asked, as a script notes it.
type seen struct {
	mu   sync.Mutex // guards list
	list []string
}

func (s *seen) add(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, fmt.Sprintf(format, args...))
}

func (s *seen) want(t testing.TB, want ...string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Equal(s.list, want) {
		t.Errorf("it was asked\n%q, want\n%q", s.list, want)
	}
}

// TestProxyAsked: what an HTTP proxy is asked for an http URL: the whole URL but for user information and fragment,
// the host of the server, and who we are. One connection serves every origin, and no name is looked up.
func TestProxyAsked(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		var asked seen
		s := serve(t, func(p *peer) {
			for req := p.request(); req != nil; req = p.request() {
				asked.add("%s %s %s %s %s", req.Method, req.RequestURI, req.Host, req.Header.Get("Proxy-Authorization"), req.Header.Get("X"))
				p.send(hello)
			}
		})
		p := parseProxy(t, "http://nobody:"+secret+"@"+s.address)
		with(t, k.engine(t), proxied(p), func(c client) error {
			c.resolver.lookup = noLookups(t)
			for _, u := range []string{"http://a.test/", "http://b.test:81/x?y#z", "http://me:too@a.test/p", "http://[2001:db8::1]:8080/", "http://127.0.0.1:1/#"} {
				v := c.do(u, Request{Fields: []Field{{Name: "X", Value: "1"}}})
				v.want(t, 200, "hello")
				if v.Proxy() != "http://"+s.address || v.Remote != s.address {
					t.Errorf("%s: by proxy %q at %s", u, v.Proxy(), v.Remote)
				}
			}
			return nil
		})
		const basic = " Basic bm9ib2R5OmdlaGVpbQ== 1"
		asked.want(t, "GET http://a.test/ a.test"+basic, "GET http://b.test:81/x?y b.test:81"+basic, "GET http://a.test/p a.test"+basic,
			"GET http://[2001:db8::1]:8080/ [2001:db8::1]:8080"+basic, "GET http://127.0.0.1:1/ 127.0.0.1:1"+basic)
		if n := s.conns.Load(); n != 1 {
			t.Errorf("%d connections to the proxy, want 1", n)
		}
	})
}

// TestProxyChosen: each origin is decided on once; who has no proxy is asked as ever, and never with what is for the
// proxy, also when the server is the proxy itself.
func TestProxyChosen(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		var asked seen
		s := serve(t, func(p *peer) {
			for req := p.request(); req != nil; req = p.request() {
				asked.add("%d %s %q", p.n, req.RequestURI, req.Header["Proxy-Authorization"])
				p.send(hello)
			}
		})
		p := parseProxy(t, "http://nobody:"+secret+"@"+s.address)
		decisions := map[string]int{}
		o := Options{Proxy: func(u *link.URL) *Proxy {
			decisions[u.Origin()]++
			if u.Host() == "far.test" {
				return p
			}
			return nil
		}}
		with(t, k.engine(t), o, func(c client) error {
			for range 2 {
				c.get("http://far.test/a").want(t, 200, "hello")
				v := c.get(s.base + "/b")
				v.want(t, 200, "hello")
				if v.Proxy() != "" {
					t.Errorf("direct, and by %s", v.Proxy())
				}
			}
			c.get("http://far.test/c").want(t, 200, "hello")
			return nil
		})
		const basic = `["Basic bm9ib2R5OmdlaGVpbQ=="]`
		asked.want(t, "0 http://far.test/a "+basic, "1 /b []", "0 http://far.test/a "+basic, "1 /b []", "0 http://far.test/c "+basic)
		if decisions["http://far.test"] != 1 || decisions[s.base] != 1 || len(decisions) != 2 {
			t.Errorf("decisions: %v, want one for each origin", decisions)
		}
	})
}

// TestProxyDecisionsBounded: a crawl of many origins does not keep what was decided on all of them.
func TestProxyDecisionsBounded(t *testing.T) {
	s := serve(t, answering(hello))
	p := parseProxy(t, s.address)
	with(t, kinds()[0].engine(t), proxied(p), func(c client) error {
		for i := range maxVias + 10 {
			u, err := link.Parse(fmt.Sprintf("http://host%d.test/", i))
			if err != nil {
				return err
			}
			if key := c.key(&u, &Response{}); key != c.key(&u, &Response{}) || len(c.vias) > maxVias {
				t.Fatalf("%d decisions are kept, the last is %q", len(c.vias), key)
			}
		}
		if len(c.vias) != 10 {
			t.Errorf("%d decisions are kept, want the last 10", len(c.vias))
		}
		return nil
	})
}

// connected is the answer of a proxy that has made a tunnel.
const connected = "HTTP/1.1 200 Connection established\r\n\r\n"

// TestTunnel: a tunnel belongs to one origin, is kept for it, and what goes through it is as if there were none. The
// proxy's answer may come in any pieces, and behind others.
func TestTunnel(t *testing.T) {
	answers := map[string]string{
		"plain":   connected,
		"1.0":     "HTTP/1.0 200 OK\r\nVia: x\r\nContent-Length: 10\r\n\r\n", // which means nothing (RFC 9110 section 9.3.6)
		"204":     "HTTP/1.1 204 \r\nTransfer-Encoding: chunked\r\n\r\n",
		"interim": "HTTP/1.1 102 \r\n\r\nHTTP/1.1 103 \r\nLink: x\r\n\r\n" + connected,
	}
	for name, answer := range answers {
		for _, step := range []int{1, 1 << 20} {
			t.Run(fmt.Sprint(name, " ", step), func(t *testing.T) {
				onEach(t, func(t *testing.T, k kind) {
					var asked seen
					s := serve(t, func(p *peer) {
						req := p.request()
						asked.add("%d %s %s %s %s", p.n, req.Method, req.RequestURI, req.Host, req.Header.Get("Proxy-Authorization"))
						for part := range slices.Chunk([]byte(answer), step) {
							if _, err := p.Write(part); err != nil {
								return
							}
						}
						for req := p.request(); req != nil; req = p.request() {
							asked.add("%d %s %s %q", p.n, req.RequestURI, req.Host, req.Header["Proxy-Authorization"])
							p.send(hello)
						}
					})
					p := tunnelling(parseProxy(t, "http://nobody:"+secret+"@"+s.address))
					with(t, k.engine(t), proxied(p), func(c client) error {
						c.resolver.lookup = noLookups(t)
						for _, u := range []string{"http://a.test/1", "http://b.test:81/2", "http://a.test/3", "http://[2001:db8::1]/4"} {
							v := c.get(u)
							v.want(t, 200, "hello")
							if v.Proxy() != p.String() || v.BytesWire != int64(len(hello)) {
								t.Errorf("%s: by %q, %d bytes", u, v.Proxy(), v.BytesWire)
							}
						}
						return nil
					})
					const basic = " Basic bm9ib2R5OmdlaGVpbQ=="
					asked.want(t, "0 CONNECT a.test:80 a.test:80"+basic, "0 /1 a.test []", "1 CONNECT b.test:81 b.test:81"+basic, "1 /2 b.test:81 []", "0 /3 a.test []",
						"2 CONNECT [2001:db8::1]:80 [2001:db8::1]:80"+basic, "2 /4 [2001:db8::1] []")
				})
			})
		}
	}
}

// TestTunnelRefused: what a proxy may answer to CONNECT instead, for http and for https.
func TestTunnelRefused(t *testing.T) {
	evil := "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
	for _, tt := range []struct {
		name, answer string
		reset        bool
		class        Class
		text         string
	}{
		{"forbidden", "HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\nno way", false, ProxyRefused, `it answered 403 "Forbidden"`},
		{"hostile", "HTTP/1.1 403 \x1b[2J\r\n\r\n", false, ProxyRefused, `it answered 403 "\x1b[2J"`},
		{"redirect", "HTTP/1.1 302 \r\nLocation: http://a.test/\r\n\r\n", false, ProxyRefused, `it answered 302`},
		{"switch", "HTTP/1.1 101 \r\n\r\n", false, ProxyRefused, `it answered 101`},
		{"who", "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic\r\n\r\n", false, ProxyAuth, `it answered 407 "Who"`},
		{"unauthorized", "HTTP/1.1 401 Unauthorized\r\n\r\n", false, ProxyAuth, `it answered 401 "Unauthorized"`},
		{"bad gateway", "HTTP/1.1 502 Bad Gateway\r\n\r\nsorry", false, ProxyFailed, "it answered 502"},
		{"timeout", "HTTP/1.1 504 \r\n\r\n", false, ProxyFailed, "it answered 504"},
		{"closed", "", false, ProxyFailed, "closed the connection without an answer"},
		{"closed in the head", connected[:20], false, ProxyFailed, "closed the connection without an answer"},
		{"closed before the last byte", connected[:len(connected)-1], false, ProxyFailed, "closed the connection without an answer"},
		{"closed after an interim answer", "HTTP/1.1 102 \r\n\r\n", false, ProxyFailed, "closed the connection without an answer"},
		{"reset", "", true, ProxyFailed, "connection reset"},
		{"garbage", "220 ready\r\n\r\n", false, ProxyProtocol, "220 ready"},
		{"a SOCKS proxy", "\x05\xff", false, ProxyProtocol, "not an HTTP/1.x response"},
		{"a malformed field", "HTTP/1.1 200 OK\r\nx\r\n\r\n", false, ProxyProtocol, "no colon"},
		{"an endless field", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("y", 300_000), false, ProxyProtocol, "too large"},
		{"endless interim answers", strings.Repeat("HTTP/1.1 102 \r\n\r\n", 20_000), false, ProxyProtocol, "too large"},
		{"an answer ahead of the request", connected + evil, false, ProxyProtocol, "it went on after its answer"},
		{"one byte too many", connected + "\n", false, ProxyProtocol, "it went on after its answer"},
		{"a body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, ProxyProtocol, "it went on after its answer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, k kind) {
				s := serve(t, func(p *peer) {
					p.request()
					p.send(tt.answer)
					if tt.reset {
						p.reset()
						return
					}
					p.close()
				})
				p := tunnelling(parseProxy(t, "http://nobody:"+secret+"@"+s.address))
				with(t, k.engine(t), proxied(p), func(c client) error {
					for _, u := range []string{"http://a.test/", "https://a.test/"} {
						v := c.get(u)
						v.wantClass(t, tt.class)
						wantSilent(t, v.err, p)
						if v.Status != 0 || len(v.body) != 0 || !strings.Contains(fmt.Sprint(v.err), tt.text) || !strings.Contains(fmt.Sprint(v.err), "a.test:") {
							t.Errorf("%s: status %d, body %q, %v; want %q", u, v.Status, v.body, v.err, tt.text)
						}
					}
					if c.pool.open != 0 {
						t.Errorf("%d connections are left", c.pool.open)
					}
					return nil
				})
			})
		})
	}
}

// talkative is an engine whose connections have something to read whenever they are asked.
type talkative struct{ denied }

type talkativeConn struct {
	net.Conn
	asked bool
}

func (c *talkativeConn) Stale() bool {
	c.asked = true
	return true
}

func (c *talkativeConn) Read(p []byte) (int, error) {
	if c.asked {
		return copy(p, "x"), nil
	}
	return c.Conn.Read(p)
}

func (e talkative) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := e.Engine.DialContext(ctx, network, address)
	return &talkativeConn{Conn: c}, err
}

// TestTunnelTalks: bytes that have come after the proxy's answer, and before anybody was asked, are nobody's answer.
func TestTunnelTalks(t *testing.T) {
	s := serve(t, func(p *peer) {
		p.request()
		p.send(connected)
		p.idle()
	})
	p := tunnelling(parseProxy(t, s.address))
	onEach(t, func(t *testing.T, k kind) {
		with(t, talkative{denied{k.engine(t), 0}}, proxied(p), func(c client) error {
			c.get("http://a.test/").wantClass(t, ProxyProtocol)
			return nil
		})
	})
}

// TestTunnelStalls: a proxy that takes its time for a tunnel has as long as a connect has, or the fetch in all.
func TestTunnelStalls(t *testing.T) {
	for _, sent := range []string{"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 102 \r\n\r\n"} {
		s := serve(t, func(p *peer) {
			p.request()
			p.send(sent)
			p.idle()
		})
		p := tunnelling(parseProxy(t, "http://nobody:"+secret+"@"+s.address))
		onEach(t, func(t *testing.T, k kind) {
			for class, o := range map[Class]Options{
				TimeoutProxy: {ConnectTimeout: short, Proxy: proxied(p).Proxy},
				TimeoutTotal: {TotalTimeout: short, Proxy: proxied(p).Proxy},
			} {
				with(t, punctual(k.engine(t)), o, func(c client) error {
					v := c.get("http://a.test/")
					v.wantClass(t, class)
					wantSilent(t, v.err, p)
					if v.Timings.Connect < short/2 || v.Timings.Total < short || v.Timings.FirstByte != 0 {
						t.Errorf("timings %+v, want %v of connecting", v.Timings, short)
					}
					return nil
				})
			}
		})
	}
}

// TestProxyAway: what goes wrong on the way to a proxy is no fault of the server's, and says so; what is this
// machine's fault stays that.
func TestProxyAway(t *testing.T) {
	closed := strings.TrimSuffix(strings.TrimPrefix(refused(t), "http://"), "/")
	for _, tt := range []struct {
		name, proxy string
		lookup      error
		class       Class
		is          error
	}{
		{"refused", closed, nil, ProxyConnect, syscall.ECONNREFUSED},
		{"unreachable", "127.255.255.255:1", nil, ProxyConnect, nil},
		{"no such name", "proxy.test:1", &net.DNSError{Err: "no such host", IsNotFound: true}, ProxyConnect, nil},
		{"no answer of the resolver", "proxy.test:1", &net.DNSError{Err: "i/o timeout", IsTimeout: true}, TimeoutProxy, nil},
	} {
		for _, scheme := range []string{"http", "socks5", "socks5h"} {
			t.Run(tt.name+" "+scheme, func(t *testing.T) {
				onEach(t, func(t *testing.T, k kind) {
					p := parseProxy(t, scheme+"://nobody:"+secret+"@"+tt.proxy)
					with(t, k.engine(t), proxied(p), func(c client) error {
						c.resolver.lookup = answerOf(nil, tt.lookup)
						for _, u := range []string{"http://a.test/", "https://a.test/"} {
							v := c.get(u)
							v.wantClass(t, tt.class)
							wantSilent(t, v.err, p)
							if tt.is != nil && !errors.Is(v.err, tt.is) || v.Proxy() != p.String() {
								t.Errorf("%v (by %q), want %v in it", v.err, v.Proxy(), tt.is)
							}
						}
						return nil
					})
				})
			})
		}
	}
	t.Run("full queue", func(t *testing.T) {
		hole := strings.TrimSuffix(blackHole(t), "/")
		onEach(t, func(t *testing.T, k kind) {
			p := parseProxy(t, hole)
			with(t, punctual(k.engine(t)), Options{ConnectTimeout: short, Proxy: proxied(p).Proxy}, func(c client) error {
				v := c.get("http://a.test/")
				v.wantClass(t, TimeoutProxy)
				wantSilent(t, v.err, p)
				return nil
			})
		})
	})
	t.Run("no descriptors", func(t *testing.T) {
		onEach(t, func(t *testing.T, k kind) {
			with(t, without(syscall.EMFILE)(k.engine(t)), proxied(parseProxy(t, "127.0.0.1:1")), func(c client) error {
				c.get("http://a.test/").wantClass(t, LocalDescriptors)
				return nil
			})
		})
	})
}

// TestProxyStatus: a proxy's answer to a request is the answer, whatever its status, for nobody can tell it from the
// server's; but 407 is never the server's. Without a proxy it is a status like any other.
func TestProxyStatus(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s := serve(t, func(p *peer) {
			for req := p.request(); req != nil; req = p.request() {
				p.send(fmt.Sprintf("HTTP/1.1 %s \r\nContent-Length: 5\r\n\r\nhello", req.URL.Path[1:]))
			}
		})
		p := parseProxy(t, "http://nobody:"+secret+"@"+s.address)
		with(t, k.engine(t), proxied(p), func(c client) error {
			for _, status := range []int{200, 403, 502, 504} {
				c.get(fmt.Sprintf("http://a.test/%d", status)).want(t, status, "hello")
			}
			v := c.get("http://a.test/407")
			v.wantClass(t, ProxyAuth)
			wantSilent(t, v.err, p)
			if v.Status != 407 || len(v.body) != 0 {
				t.Errorf("status %d, body %q, want 407 and none", v.Status, v.body)
			}
			return nil
		})
		with(t, k.engine(t), Options{}, func(c client) error {
			c.get(s.base+"/407").want(t, 407, "hello")
			return nil
		})
	})
}

// TestProxyRetry: a connection to the proxy that was closed while it was idle costs another, not the fetch.
func TestProxyRetry(t *testing.T) {
	for _, tunnel := range []bool{false, true} {
		onEach(t, func(t *testing.T, k kind) {
			s := serve(t, func(p *peer) {
				if tunnel {
					p.request()
					p.send(connected)
				}
				p.request()
				p.send(hello)
				if p.n == 0 {
					p.request() // and closes instead of an answer
					return
				}
				p.idle()
			})
			p := parseProxy(t, s.address)
			p.Tunnel = tunnel
			with(t, k.engine(t), proxied(p), func(c client) error {
				c.get("http://a.test/").want(t, 200, "hello")
				c.get("http://a.test/").want(t, 200, "hello")
				return nil
			})
			if n := s.conns.Load(); n != 2 {
				t.Errorf("%d connections, want 2", n)
			}
		})
	}
}

// TestTunnelAbandoned: a fetch that is called off while the proxy makes its tunnel leaves nothing. (That there is no
// descriptor and no goroutine left, TestMain checks.)
func TestTunnelAbandoned(t *testing.T) {
	for _, scheme := range []string{"http", "socks5h"} {
		onEach(t, func(t *testing.T, k kind) {
			begun := make(chan struct{})
			s := serve(t, func(p *peer) {
				_, _ = p.reader.ReadByte()
				close(begun)
				p.idle()
			})
			p := tunnelling(parseProxy(t, scheme+"://"+s.address))
			e := k.engine(t)
			c := NewClient(e, proxied(p))
			ctx, cancel := context.WithTimeout(context.Background(), bound)
			defer cancel()
			go func() {
				<-begun
				cancel()
			}()
			e.Go("test", func(ctx context.Context) error {
				defer c.Close()
				v := client{c, t, ctx, e}.get("http://a.test/")
				v.wantClass(t, Cancelled)
				return nil
			})
			if err := e.Run(ctx); err != nil {
				t.Error(err)
			}
			if c.pool.open != 0 {
				t.Errorf("%d connections are counted", c.pool.open)
			}
		})
	}
}

// relaying is an HTTP proxy made of net/http, which is not ours: it forwards and makes tunnels, for user and password
// if there are any. hosts are where the servers are, by the host and port in the URL.
func relaying(t testing.TB, user string, hosts map[string]string) (address string, forwarded, tunnels *atomic.Int64) {
	t.Helper()
	forwarded, tunnels = new(atomic.Int64), new(atomic.Int64)
	dial := func(ctx context.Context, _, address string) (net.Conn, error) {
		if there, ok := hosts[address]; ok {
			address = there
		}
		return (&net.Dialer{}).DialContext(ctx, "tcp", address)
	}
	transport := &http.Transport{DialContext: dial, DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	var relays struct {
		sync.WaitGroup
		mu   sync.Mutex // guards over
		over bool       // the proxy has been closed, though a request may still be on its way through it
	}
	t.Cleanup(func() {
		relays.mu.Lock()
		relays.over = true
		relays.mu.Unlock()
		relays.Wait()
	})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		check := &http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}
		if name, password, _ := check.BasicAuth(); user != "" && name+":"+password != user {
			w.Header().Set("Proxy-Authenticate", "Basic")
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		r.Header.Del("Proxy-Authorization")
		if r.Method != http.MethodConnect {
			forwarded.Add(1)
			answer, err := transport.RoundTrip(r)
			if err != nil {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			defer answer.Body.Close()
			for name, values := range answer.Header {
				w.Header()[name] = values
			}
			w.WriteHeader(answer.StatusCode)
			_, _ = io.Copy(w, answer.Body)
			return
		}
		there, err := dial(r.Context(), "tcp", r.RequestURI)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		tunnels.Add(1)
		here, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(here, connected)
		relays.mu.Lock()
		defer relays.mu.Unlock()
		if relays.over {
			here.Close()
			there.Close()
			return
		}
		relays.Go(func() { relay(here, there) })
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: bound}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(ln) })
	t.Cleanup(func() {
		server.Close()
		serving.Wait()
	})
	return ln.Addr().String(), forwarded, tunnels
}

// relay copies both ways until either ends: as bytes, since package net would splice, through pipes that stay.
func relay(a, b net.Conn) {
	var one sync.WaitGroup
	way := func(to, from net.Conn) {
		_, _ = io.Copy(struct{ io.Writer }{to}, struct{ io.Reader }{from})
		a.Close()
		b.Close()
	}
	one.Go(func() { way(a, b) })
	way(b, a)
	one.Wait()
}

// TestProxyOracle: the standard client by the same proxy gets the same status and body from everything of the test
// web that both take, forwarded and through tunnels.
func TestProxyOracle(t *testing.T) {
	_, base := web(t, origin.Config{Pages: 20})
	address, forwarded, tunnels := relaying(t, "nobody:"+secret, map[string]string{"a.test:80": strings.TrimPrefix(base, "http://")})
	proxyURL := "http://nobody:" + secret + "@" + address
	parsed, err := url.Parse(proxyURL)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{Proxy: http.ProxyURL(parsed), DisableCompression: true}
	defer transport.CloseIdleConnections()
	paths := []string{
		"/", "/p/0", "/p/19", "/p/999", "/f/size/0", "/f/size/100000", "/f/chunked/50000", "/f/status/404", "/f/status/500",
		"/f/status/204", "/f/close-delimited/5000", "/robots.txt",
	}
	type answer struct {
		status int
		body   string
	}
	want := map[string]answer{}
	for _, path := range paths {
		res, err := (&http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Get("http://a.test" + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		want[path] = answer{res.StatusCode, string(body)}
	}
	if n := forwarded.Load(); n != int64(len(paths)) {
		t.Fatalf("the standard client went by the proxy %d times, want %d", n, len(paths))
	}
	for _, tunnel := range []bool{false, true} {
		onEach(t, func(t *testing.T, k kind) {
			p := parseProxy(t, proxyURL)
			p.Tunnel = tunnel
			before, tunnelsBefore := forwarded.Load(), tunnels.Load()
			with(t, k.engine(t), proxied(p), func(c client) error {
				for _, path := range paths {
					c.get("http://a.test"+path).want(t, want[path].status, want[path].body)
				}
				if tunnel {
					c.get("http://a.test:1/").wantClass(t, ProxyFailed)
				} else {
					c.get("http://a.test:1/").want(t, 502, "")
				}
				return nil
			})
			if tunnel && (tunnels.Load() == tunnelsBefore || forwarded.Load() != before) {
				t.Errorf("%d tunnels, %d forwarded", tunnels.Load()-tunnelsBefore, forwarded.Load()-before)
			}
			if !tunnel && forwarded.Load()-before != int64(len(paths)+1) {
				t.Errorf("%d forwarded, want %d", forwarded.Load()-before, len(paths)+1)
			}
			wrong := parseProxy(t, "http://nobody:"+secret+"x@"+address)
			wrong.Tunnel = tunnel
			with(t, k.engine(t), proxied(wrong), func(c client) error {
				v := c.get("http://a.test/")
				v.wantClass(t, ProxyAuth)
				wantSilent(t, v.err, wrong)
				return nil
			})
		})
	}
}

// TestParseProxy: what is taken, and as what.
func TestParseProxy(t *testing.T) {
	for in, want := range map[string]string{
		"proxy":                     "http://proxy:1080",
		"proxy:3128":                "http://proxy:3128",
		"proxy:":                    "http://proxy:1080",
		"proxy:80":                  "http://proxy:80",
		"HTTP://Proxy.Example:3128": "http://proxy.example:3128",
		"http://proxy:3128/":        "http://proxy:3128",
		"https://proxy":             "https://proxy:443",
		"https://proxy:80":          "https://proxy:80",
		"socks5://127.0.0.1":        "socks5://127.0.0.1:1080",
		"socks5h://[::1]:9050":      "socks5h://[::1]:9050",
		"[2001:DB8::1]":             "http://[2001:db8::1]:1080",
		"u:p@proxy":                 "http://proxy:1080",
		"http://u:p%40%3a/@proxy:1": "http://proxy:1",
		"socks5://u@proxy":          "socks5://proxy:1080",
		"bücher.example":            "http://xn--bcher-kva.example:1080",
	} {
		p, err := ParseProxy(in)
		if err != nil || p.String() != want {
			t.Errorf("%q: %v, %v; want %s", in, p, err, want)
		}
	}
	for _, in := range []string{
		"", "http://", "http://:3128", "ftp://proxy", "socks4://proxy", "socks4a://proxy", "socks://proxy", "://proxy", "pro xy", "proxy:x", "proxy:0", "proxy:70000",
		"proxy/path", "http://proxy:1/path", "http://proxy?x", "http://proxy#x", "http://u:" + secret + "%@proxy", "http://u%zz:" + secret + "@proxy",
		"u:" + secret + "@", "u:" + secret + "@proxy:99999", "u:" + secret, "a%3ab:" + secret + "@proxy",
		"socks5://:" + secret + "@proxy", "socks5://u:" + secret + strings.Repeat("x", 256) + "@proxy", "socks5://" + strings.Repeat("u", 256) + ":" + secret + "@proxy",
	} {
		p, err := ParseProxy(in)
		if err == nil {
			t.Errorf("%q is taken as %s", in, p)
		} else if strings.Contains(err.Error(), secret) || !strings.HasPrefix(err.Error(), "proxy: ") {
			t.Errorf("%q: error %q", in, err)
		}
	}
}

// FuzzParseProxy: what is taken is written as it can be read again, and neither that nor an error has the password.
func FuzzParseProxy(f *testing.F) {
	for _, s := range []string{"proxy", "http://u:p@proxy:3128/", "socks5h://[::1]:9", "https://%41:%42@h", "u:p", "socks5://u@:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParseProxy(s)
		if err != nil {
			return
		}
		again, err := ParseProxy(p.String())
		if err != nil || again.String() != p.String() || again.user != "" || len(again.fields) != 0 || again.host != p.host || again.port != p.port {
			t.Errorf("%q: %s comes back as %v, %v", s, p, again, err)
		}
		withSecret, err := ParseProxy("socks5://nobody:" + secret + "@" + p.address())
		if err != nil || strings.Contains(withSecret.String(), secret) || withSecret.password != secret {
			t.Errorf("%q: %v, %v", s, withSecret, err)
		}
		for _, field := range p.fields {
			if strings.ContainsAny(field.Value, "\r\n\x00") {
				t.Errorf("%q: field %q", s, field.Value)
			}
		}
	})
}

// TestSlowProxyIsCounted: what a proxy takes for a tunnel is time of the connect.
func TestSlowProxyIsCounted(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		e := newShifted(k.engine(t))
		s := serve(t, func(p *peer) {
			p.request()
			e.advance(3 * time.Second)
			p.send(connected)
			for p.request() != nil {
				p.send(hello)
			}
		})
		p := tunnelling(parseProxy(t, s.address))
		with(t, e, proxied(p), func(c client) error {
			v := c.get("http://a.test/")
			v.want(t, 200, "hello")
			if v.Timings.Connect < 3*time.Second || v.Timings.FirstByte > time.Second {
				t.Errorf("timings %+v, want 3 s of connecting", v.Timings)
			}
			return nil
		})
	})
}
