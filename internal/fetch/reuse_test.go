//go:build unix

package fetch

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"crawl/internal/engine"
	"crawl/internal/origin"
)

func readAll(t testing.TB, res *http.Response) []byte {
	t.Helper()
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// TestKeepAlive: one connection serves a thousand fetches one after the other, and as many as are in flight at
// once serve more than that.
func TestKeepAlive(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, base := web(t, origin.Config{})
		with(t, k.engine(t), Options{}, func(c client) error {
			for i := range 1000 {
				v := c.get(base + "/p/0")
				if v.err != nil || v.Status != 200 || v.Reused != (i > 0) {
					t.Errorf("fetch %d: status %d, reused %v, error %v", i, v.Status, v.Reused, v.err)
					break
				}
			}
			return nil
		})
		if n := s.Stats().Connections; n != 1 {
			t.Errorf("%d connections for 1000 fetches in a row", n)
		}
	})
	onEach(t, func(t *testing.T, k kind) {
		s, base := web(t, origin.Config{})
		e := k.engine(t)
		c := NewClient(e, Options{})
		left := atomic.Int64{}
		left.Store(20)
		for range 20 {
			e.Go("fetcher", func(ctx context.Context) error {
				defer func() {
					if left.Add(-1) == 0 {
						c.Close()
					}
				}()
				cl := client{c, t, ctx, e}
				cl.get(base+"/f/gate/20").want(t, 200, "open\n") // all twenty at once
				for range 20 {
					cl.get(base+"/f/size/100").want(t, 200, string(s.Filler(100)))
				}
				return nil
			})
		}
		run(t, e, func(context.Context) error { return nil })
		if n := s.Stats().Connections; n != 20 {
			t.Errorf("%d connections for 20 tasks", n)
		}
	})
}

// TestMaxConns: there are never more connections than allowed; who waits for one gets it, in the end, and the
// wait is told as Queue.
func TestMaxConns(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		const most, fetches = 3, 12
		var inFlight atomic.Int64
		open := make(chan struct{})
		s := serve(t, func(p *peer) {
			for p.request() != nil {
				if n := inFlight.Add(1); n > most {
					t.Errorf("%d requests are in flight", n)
				}
				select {
				case <-open:
				case <-t.Context().Done():
				}
				inFlight.Add(-1)
				p.send(hello)
			}
		})
		e := newShifted(k.engine(t))
		c := NewClient(e, Options{MaxConns: most})
		visits := make([]*visit, fetches)
		left := atomic.Int64{}
		left.Store(fetches)
		for i := range visits {
			e.Go("fetcher", func(ctx context.Context) error {
				visits[i] = client{c, t, ctx, e}.get(s.base)
				if left.Add(-1) == 0 {
					c.Close()
				}
				return nil
			})
		}
		run(t, e, func(ctx context.Context) error {
			b := &bench{pool: c.pool, t: t, ctx: ctx, clock: e}
			err := b.await(func() bool { return b.waiting == fetches-most && inFlight.Load() == most })
			e.advance(time.Minute)
			close(open)
			return err
		})
		queued := 0
		for _, v := range visits {
			v.want(t, 200, "hello")
			switch q := v.Timings.Queue; {
			case q >= time.Minute:
				queued++
			case q != 0:
				t.Errorf("a fetch was queued for %v, want a minute or not at all", q)
			}
		}
		if queued != fetches-most || s.conns.Load() != most {
			t.Errorf("%d fetches were queued, and there were %d connections, want %d and %d", queued, s.conns.Load(), fetches-most, most)
		}
	})
}

// TestEviction: a connection to another host takes the place of the one that has been idle for longest.
func TestEviction(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		var servers []*server
		for range 3 {
			servers = append(servers, serve(t, answering(hello)))
		}
		with(t, k.engine(t), Options{MaxConns: 2}, func(c client) error {
			for i, wantReused := range []bool{0: false, 1: false, 2: true, 3: false, 4: true, 5: false} {
				n := []int{0: 0, 1: 1, 2: 0, 3: 2, 4: 0, 5: 1}[i] // 2 takes the place of 1, for 0 was used since
				v := c.get(servers[n].base)
				if v.want(t, 200, "hello"); v.Reused != wantReused {
					t.Errorf("fetch %d, of server %d: reused is %v", i, n, v.Reused)
				}
			}
			return nil
		})
	})
}

// TestIdleTimeout: a connection that has been idle for too long is not used again.
func TestIdleTimeout(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s := serve(t, answering(hello))
		e := newShifted(k.engine(t))
		with(t, e, Options{IdleTimeout: 10 * time.Second}, func(c client) error {
			for _, tt := range []struct {
				idle   time.Duration
				reused bool
			}{{0, false}, {9 * time.Second, true}, {9 * time.Second, true}, {11 * time.Second, false}, {9 * time.Second, true}} {
				e.advance(tt.idle)
				v := c.get(s.base)
				if v.want(t, 200, "hello"); v.Reused != tt.reused {
					t.Errorf("after %v, reused is %v", tt.idle, v.Reused)
				}
			}
			return nil
		})
	})
}

// TestStale: a connection that the server has closed while it was idle is found out without a request being
// lost on it, so that a POST, too, finds a fresh connection.
func TestStale(t *testing.T) {
	for _, how := range []string{"close", "reset", "timeout message"} {
		for _, method := range []string{"GET", "POST"} {
			t.Run(how+" "+method, func(t *testing.T) {
				onEach(t, func(t *testing.T, k kind) {
					testStale(t, k, how, method)
				})
			})
		}
	}
}

func testStale(t *testing.T, k kind, how, method string) {
	ended := make(chan struct{}, 1)
	s := serve(t, func(p *peer) {
		if p.request() == nil {
			return
		}
		p.send(hello)
		if p.n > 0 {
			p.idle()
			return
		}
		switch how { // some servers say why (HAProxy, Apache), and then close
		case "timeout message":
			p.send("HTTP/1.0 408 Request Time-out\r\nConnection: close\r\n\r\n<html>408</html>\n")
			ended <- struct{}{}
			p.idle()
			return
		case "reset":
			p.reset()
		}
		p.Conn.Close()
		ended <- struct{}{}
	})
	e := k.engine(t)
	with(t, e, Options{}, func(c client) error {
		c.do(s.base, Request{Method: method}).want(t, 200, "hello")
		if err := e.Blocking(c.ctx, func() error { <-ended; return nil }); err != nil {
			return err
		}
		if err := c.awaitStale(); err != nil {
			return err
		}
		v := c.do(s.base, Request{Method: method})
		v.want(t, 200, "hello")
		if v.Reused {
			t.Error("the answer came over a connection that was closed")
		}
		return nil
	})
	if s.conns.Load() != 2 || s.requests.Load() != 2 {
		t.Errorf("%d connections and %d requests, want 2 and 2", s.conns.Load(), s.requests.Load())
	}
}

// TestStaleRace: when the server closes just as the request arrives, an idempotent one is sent once more, over
// a fresh connection, and a POST is not (RFC 9112 section 9.3.1).
func TestStaleRace(t *testing.T) {
	for _, method := range []string{"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "POST", "PATCH", "BREW"} {
		retried := !slices.Contains([]string{"POST", "PATCH", "BREW"}, method)
		t.Run(method, func(t *testing.T) {
			onEach(t, func(t *testing.T, k kind) {
				s, base := web(t, origin.Config{LogRequests: 10})
				with(t, k.engine(t), Options{}, func(c client) error {
					c.get(base+"/f/close-silently?on=next").want(t, 200, string(s.Filler(64)))
					v := c.do(base+"/f/size/5", Request{Method: method, Body: []byte("body")})
					switch {
					case !retried:
						v.wantClass(t, ClosedEarly)
						if !v.Reused || v.Status != 0 || !ClassOf(v.err).Transient() {
							t.Errorf("reused %v, status %d of the failed fetch", v.Reused, v.Status)
						}
					case v.err != nil || v.Status != 200 || v.Reused:
						t.Errorf("status %d, reused %v, error %v, want 200 over a fresh connection", v.Status, v.Reused, v.err)
					}
					return nil
				})
				want := []string{"GET 1", method + " 1"}
				if retried {
					want = append(want, method+" 2")
				}
				var got []string
				for _, r := range s.Log() {
					got = append(got, fmt.Sprint(r.Method, " ", r.Conn))
				}
				if !slices.Equal(got, want) {
					t.Errorf("the server got, by connection, %q, want %q", got, want)
				}
			})
		})
	}
}

// TestRetryOnce: a fresh connection that is closed without an answer is an answer: there is no third attempt.
// Nor is there a second after a byte of the response, or when the first connection was fresh.
func TestRetryOnce(t *testing.T) {
	tests := []struct {
		name   string
		script func(p *peer) // after the first request of the first connection was answered
		class  Class
		conns  int64
	}{
		{"closed again", func(*peer) {}, ClosedEarly, 2},
		{"reset again", func(p *peer) { p.reset() }, ClosedReset, 2},
		{"after a byte", func(p *peer) { p.send("H") }, ProtocolTruncated, 1},
		{"after an interim response", func(p *peer) { p.send("HTTP/1.1 103 \r\n\r\n") }, ProtocolTruncated, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, k kind) {
				s := serve(t, func(p *peer) {
					if p.n == 0 {
						p.request()
						p.send(hello)
					}
					p.request()
					tt.script(p)
				})
				with(t, k.engine(t), Options{}, func(c client) error {
					c.get(s.base).want(t, 200, "hello")
					c.get(s.base).wantClass(t, tt.class)
					return nil
				})
				if s.conns.Load() != tt.conns || s.requests.Load() != tt.conns+1 {
					t.Errorf("%d connections and %d requests, want %d and %d", s.conns.Load(), s.requests.Load(), tt.conns, tt.conns+1)
				}
			})
		})
	}
	t.Run("fresh", func(t *testing.T) {
		onEach(t, func(t *testing.T, k kind) {
			s := serve(t, func(p *peer) { p.request() })
			with(t, k.engine(t), Options{}, func(c client) error {
				c.get(s.base).wantClass(t, ClosedEarly)
				return nil
			})
			if s.conns.Load() != 1 {
				t.Errorf("%d connections, want 1", s.conns.Load())
			}
		})
	})
}

// TestExtraBytes: what a server sends behind a response never becomes part of another, however the reads fall,
// and the connection is not used again (RFC 9112 section 11.2).
func TestExtraBytes(t *testing.T) {
	const poison = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npoisoned"
	filled := func(n int) string { // a response of n bytes in all
		head := "HTTP/1.1 200 OK\r\nContent-Length: %09d\r\n\r\n"
		n -= len(fmt.Sprintf(head, 0))
		return fmt.Sprintf(head, n) + strings.Repeat("x", n)
	}
	answers := map[string]string{
		"a response":            hello + poison,
		"a byte":                hello + "x",
		"a line end":            hello + "\r\n",
		"after chunks":          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" + poison,
		"after no content":      "HTTP/1.1 204 No Content\r\n\r\n" + poison,
		"a body where none is":  "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello",
		"4096 bytes and more":   filled(ownBuffer) + poison,
		"8192 bytes and more":   filled(2*ownBuffer) + poison,
		"65536 bytes and more":  filled(sharedBuffer) + poison,
		"131072 bytes and more": filled(2*sharedBuffer) + poison,
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, k kind) {
				sent := make(chan struct{}, 1)
				s := serve(t, func(p *peer) {
					for p.request() != nil {
						if p.n > 0 {
							p.send(hello)
							continue
						}
						p.send(answer)
						sent <- struct{}{}
					}
				})
				e := k.engine(t)
				with(t, e, Options{}, func(c client) error {
					if v := c.get(s.base); v.err != nil || strings.Contains(string(v.body), "poison") {
						t.Errorf("body %.80q, error %v", v.body, v.err)
					}
					// What has not arrived when the next request goes out cannot be told from its answer.
					if err := e.Blocking(c.ctx, func() error { <-sent; return nil }); err != nil {
						return err
					}
					if err := c.awaitStale(); err != nil {
						return err
					}
					v := c.get(s.base)
					v.want(t, 200, "hello")
					if v.Reused {
						t.Error("the connection serves again")
					}
					return nil
				})
			})
		})
	}
	t.Run("test web", func(t *testing.T) {
		s, base := web(t, origin.Config{})
		onEach(t, func(t *testing.T, k kind) {
			with(t, k.engine(t), Options{}, func(c client) error {
				for _, query := range []string{"", "?n=100000", "?with=response"} {
					c.get(base+"/f/extra"+query).want(t, 200, "hello")
					v := c.get(base + "/f/size/3")
					if v.want(t, 200, string(s.Filler(3))); v.Reused {
						t.Errorf("%q: the connection serves again", query)
					}
				}
				return nil
			})
		})
	})
}

// TestAskedToClose: who asks the server to close the connection does not use it again, whatever the server says
// (RFC 9112 section 9.6).
func TestAskedToClose(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s := serve(t, answering(hello))
		with(t, k.engine(t), Options{}, func(c client) error {
			for value, kept := range map[string]bool{"close": false, "x, Close": false, "keep-alive": true, "": true} {
				c.do(s.base, Request{Fields: []Field{{Name: "connection", Value: value}}}).want(t, 200, "hello")
				v := c.get(s.base)
				if v.want(t, 200, "hello"); v.Reused != kept {
					t.Errorf("Connection: %q: the connection serves again: %v, want %v", value, v.Reused, kept)
				}
				c.pool.closeIdle()
				c.pool.closing = false
			}
			return nil
		})
	})
}

// TestEarlyAnswer: a server that answers before it has the whole request, and takes no more of it, is heard (RFC
// 9112 section 9.5). An answer that only the end of the connection would end is none, for the end is not to be
// trusted there; nor does the connection serve again.
func TestEarlyAnswer(t *testing.T) {
	const refusal = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 5\r\n\r\nlarge"
	tests := []struct {
		name, answer string
		stays        bool // the server does not close but reads no more
		class        Class
	}{
		{"and closes", refusal, false, OK},
		{"and waits", refusal, true, OK},
		{"without a length", "HTTP/1.1 413 Content Too Large\r\n\r\nlarge", false, ClosedReset},
		{"in part", "HTTP/1.1 413 Content Too Large\r\nContent-Length: 9\r\n\r\nlarge", false, ClosedReset},
		{"with nothing", "", false, ClosedReset},
	}
	for _, tt := range tests {
		for _, method := range []string{"PUT", "POST"} {
			if method == "PUT" && tt.stays { // only the end of a connection is another thing for what may be sent again
				continue
			}
			t.Run(method+" "+tt.name, func(t *testing.T) {
				onEach(t, func(t *testing.T, k kind) {
					e := held{k.engine(t), make(chan net.Conn, 2)}
					s := serve(t, func(p *peer) {
						if p.n%2 == 1 { // the next fetch
							answering(hello)(p)
							return
						}
						if _, err := http.ReadRequest(p.reader); err != nil {
							return
						}
						p.send(tt.answer)
						if tt.stays { // until the client has had enough
							c := <-e.conns
							e.Post(func() { _ = c.SetWriteDeadline(time.Now()) })
							<-t.Context().Done()
						}
					})
					with(t, e, Options{}, func(c client) error {
						v := c.do(s.base, Request{Method: method, Body: large()})
						if v.wantClass(t, tt.class); tt.class == OK {
							v.want(t, 413, "large")
						}
						v = c.get(s.base)
						if v.want(t, 200, "hello"); v.Reused {
							t.Error("a connection serves again on which a part of a request was sent")
						}
						return nil
					})
				})
			})
		}
	}
}

// held is an engine whose connections a test may have, too.
type held struct {
	engine.Engine
	conns chan net.Conn
}

func (h held) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := h.Engine.DialContext(ctx, network, address)
	if err == nil {
		h.conns <- c
	}
	return c, err
}

// TestByHost: connections belong to a host and port, also where several share an address.
func TestByHost(t *testing.T) {
	s, _ := web(t, origin.Config{Hosts: 3, LogRequests: 100})
	onEach(t, func(t *testing.T, k kind) {
		s.Reset()
		with(t, k.engine(t), Options{Resolve: resolveAll(t, s)}, func(c client) error {
			for round := range 2 {
				for i := range 3 {
					v := c.get(s.URL(i))
					_, _, body := s.Page(i)
					if v.want(t, 200, string(body)); v.Reused != (round > 0) {
						t.Errorf("%s in round %d: reused is %v", s.URL(i), round, v.Reused)
					}
				}
			}
			return nil
		})
		for i, r := range s.Log() {
			if r.Host != s.Hosts()[i%3] {
				t.Errorf("request %d is for %s, want %s", i, r.Host, s.Hosts()[i%3])
			}
		}
	})
}
