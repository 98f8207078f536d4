//go:build unix

package fetch

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"crawl/internal/engine"
	"crawl/internal/link"
	"crawl/internal/origin"
)

// mishap is a kind of fetch, of the many that one client does at the same time.
type mishap struct {
	url     string
	body    int  // of the request
	status  int  // of the response, if one came whole; 0: none can
	length  int  // of its body
	secure  bool // the last response came over TLS
	coding  string
	hops    int
	guarded bool
}

// mishaps is a world to fetch from: what it has in it goes wrong in all ways there are, or well. options are those of
// a client in it.
func mishaps(t *testing.T) (list []mishap, options func(r *rand.Rand) Options) {
	t.Helper()
	a, stranger := newAuthority(t), secured(t)
	cert := a.issue(t, func(c *x509.Certificate) { c.DNSNames = append(c.DNSNames, "relayed.test") })
	w := wire{"tls", &tls.Config{Certificates: []tls.Certificate{cert}}, TLSOptions{Roots: a.pool}}
	_, base := web(t, origin.Config{})
	_, secureBase := web(t, origin.Config{TLS: w.server})
	_, strangerBase := web(t, origin.Config{TLS: stranger.server})
	where := func(base string) string { return base[strings.Index(base, "//")+2:] }
	local := netip.MustParseAddr("127.0.0.1")

	full := blackHole(t)
	_, port, _ := net.SplitHostPort(strings.Trim(full[len("http://"):], "/"))
	second := netip.MustParseAddr("127.0.0.2")
	serveOn(t, net.JoinHostPort(second.String(), port), func(p *peer) {
		if first, err := p.reader.Peek(1); err == nil && first[0] == 0x16 { // a handshake
			c := tls.Server(peeked{p.Conn, p.reader}, w.server)
			if c.Handshake() != nil {
				return
			}
			p.Conn, p.reader = c, bufio.NewReader(c)
		}
		answering(hello)(p)
	})
	torn := serve(t, func(p *peer) { // half an answer, or half a handshake, and a reset
		_, _ = p.reader.Peek(1)
		p.send("\x16\x03\x03")
		p.reset()
	})
	moved := func(location, body string) string {
		return fmt.Sprintf("HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: %d\r\n\r\n%s", location, len(body), body)
	}
	lead := map[string]string{}
	for i, to := range []string{
		secureBase + "/f/size/100", strangerBase + "/", base + "/f/stall", base + "/f/gzip/3000", "http://name.test:" + port + "/", "https://name.test:" + port + "/",
		full, "http://relayed.test/f/size/10", "https://relayed.test:444/f/size/10", "ftp://x/", "https://" + torn.address,
	} {
		lead["/"+strconv.Itoa(i)] = moved(to, strings.Repeat("moved", i*20))
	}
	lead["/long"] = moved(secureBase+"/f/size/100", strings.Repeat("moved", movedBody))
	lead["/cut"] = strings.TrimSuffix(moved(secureBase+"/f/size/100", "moved"), "ed")
	leading := func(p *peer) {
		for req := p.request(); req != nil; req = p.request() {
			answer := lead[req.URL.Path]
			p.send(answer)
			if req.URL.Path == "/cut" {
				return
			}
		}
	}
	from, secureFrom := serve(t, leading).base, w.serve(t, leading).base
	relay, _, _ := relaying(t, "", map[string]string{"relayed.test:80": where(base), "relayed.test:444": where(secureBase)})
	mute := serve(t, func(p *peer) { p.idle() })
	proxies := map[string]*Proxy{
		"relayed.test": parseProxy(t, "http://"+relay), "127.0.0.3": parseProxy(t, "http://"+mute.address),
		"127.0.0.4": parseProxy(t, "socks5h://"+torn.address), "127.0.0.5": tunnelling(parseProxy(t, "http://"+relay)),
	}

	for _, b := range []struct {
		base   string
		secure bool
	}{{base, false}, {secureBase, true}} {
		list = append(
			list,
			mishap{url: b.base + "/f/size/1000", status: 200, length: 1000, secure: b.secure},
			mishap{url: b.base + "/f/chunked/5000?trailers=1", status: 200, length: 5000, secure: b.secure},
			mishap{url: b.base + "/f/gzip/5000", status: 200, length: 5000, secure: b.secure, coding: "gzip"},
			mishap{url: b.base + "/f/gzip/5000?cut=10"}, mishap{url: b.base + "/f/gzip/5000000?zeros=1"},
			mishap{url: b.base + "/f/truncate/1000"}, mishap{url: b.base + "/f/stall"}, mishap{url: b.base + "/f/stall-body/1000"},
			mishap{url: b.base + "/f/reset"}, mishap{url: b.base + "/f/reset?at=body"}, mishap{url: b.base + "/f/garbage"},
			mishap{url: b.base + "/f/close-silently", status: 200, length: 64, secure: b.secure},
			mishap{url: b.base + "/f/extra", status: 200, length: -1, secure: b.secure},
			mishap{url: b.base + "/f/size/100000"}, // over the limit
			mishap{url: b.base + "/f/redirect/2", status: 200, length: -1, secure: b.secure, hops: 2},
			mishap{url: b.base + "/f/redirect/9"}, // too many
			mishap{url: b.base + "/f/stall", body: 4 << 20},
			mishap{url: b.base + "/f/status/404", body: 100, status: 404, length: -1, secure: b.secure},
			mishap{url: b.base + "/f/drip/100000?every=2ms"},
			mishap{url: b.base + "/f/size/10", guarded: true},
		)
	}
	for _, b := range []string{from, secureFrom} {
		list = append(
			list,
			mishap{url: b + "/0", status: 200, length: 100, secure: true, hops: 1}, mishap{url: b + "/1"}, mishap{url: b + "/2"},
			mishap{url: b + "/3", status: 200, length: 3000, coding: "gzip", hops: 1},
			mishap{url: b + "/4", status: 200, length: 5, hops: 1}, mishap{url: b + "/5", status: 200, length: 5, secure: true, hops: 1},
			mishap{url: b + "/6"}, mishap{url: b + "/7", status: 200, length: 10, hops: 1},
			mishap{url: b + "/8", status: 200, length: 10, secure: true, hops: 1}, mishap{url: b + "/9"}, mishap{url: b + "/10"},
			mishap{url: b + "/long", status: 200, length: 100, secure: true, hops: 1},
			mishap{url: b + "/cut", status: 200, length: 100, secure: true, hops: 1},
		)
	}
	list = append(
		list,
		mishap{url: refused(t)}, mishap{url: full}, mishap{url: strings.Replace(full, "http:", "https:", 1)},
		mishap{url: "http://name.test:" + port + "/", status: 200, length: 5},
		mishap{url: "https://name.test:" + port + "/", status: 200, length: 5, secure: true},
		mishap{url: strangerBase + "/"}, mishap{url: "https://" + where(base) + "/"}, mishap{url: "http://" + where(secureBase) + "/"},
		mishap{url: "https://" + torn.address + "/"}, mishap{url: "http://" + torn.address + "/"}, mishap{url: "https://" + mute.address + "/"},
		mishap{url: "http://nowhere.test/"}, mishap{url: "https://nowhere.test/"}, mishap{url: "https://slow.test/"},
		mishap{url: "http://relayed.test/f/size/10", status: 200, length: 10},
		mishap{url: "https://relayed.test:444/f/size/10", status: 200, length: 10, secure: true},
		mishap{url: "http://relayed.test/f/size/10", guarded: true, status: 200, length: 10},
		mishap{url: "https://relayed.test:445/"}, mishap{url: "http://127.0.0.3/"}, mishap{url: "https://127.0.0.3/"},
		mishap{url: "http://127.0.0.4/"}, mishap{url: "https://127.0.0.5/"}, mishap{url: "http://127.0.0.5/", guarded: true},
	)
	roots := w.client.Roots
	return list, func(r *rand.Rand) Options {
		return Options{
			ConnectTimeout: 40 * time.Millisecond, Timeout: 50 * time.Millisecond, TotalTimeout: 300 * time.Millisecond,
			MaxBody: 50_000, MaxRedirects: 5, MaxConns: 1 + r.IntN(20), IdleTimeout: time.Duration(1+r.IntN(50)) * time.Millisecond,
			AttemptDelay: time.Duration(r.IntN(5)) * time.Millisecond, Decode: true, TLS: TLSOptions{Roots: roots},
			Resolve: map[string][]netip.Addr{
				"name.test:" + port: {local, second},
			},
			Proxy: func(u *link.URL) *Proxy { return proxies[u.Host()] },
		}
	}
}

// peeked is a connection of which something has been looked at.
type peeked struct {
	net.Conn
	reader *bufio.Reader
}

func (p peeked) Read(b []byte) (int, error) { return p.reader.Read(b) }

// check holds what came of a fetch against what there was to come. Response is used again and again: nothing of an
// earlier fetch may show.
func (m *mishap) check(t *testing.T, res *Response, body int, err error) {
	t.Helper()
	tm := res.Timings
	if sum := tm.Queue + tm.DNS + tm.Connect + tm.TLS + tm.FirstByte + tm.Body; sum > tm.Total || min(tm.Queue, tm.DNS, tm.Connect, tm.TLS, tm.FirstByte, tm.Body) < 0 {
		t.Errorf("%s: the phases of %+v sum up to %v", m.url, tm, sum)
	}
	hops := 0
	if res.Redirection() != nil {
		hops = len(res.Redirection().Hops)
	}
	class := ClassOf(err)
	switch {
	case errors.Is(err, net.ErrClosed): // on goroutines: whose connection it first was has been called off just before it ended
	case class == Internal:
		t.Errorf("%s: class %s: %v", m.url, class, err)
	case class != OK && res.Status == 0 && (res.MediaType != "" || res.Coding() != "" || res.BytesBody != 0 || res.RetryAfter() != 0):
		t.Errorf("%s: class %s, and without a status there is %+v", m.url, class, res)
	case class != OK && m.status != 0 && class.Family() != "timeout" && class != Cancelled && class != ClosedEarly && class != ClosedReset:
		t.Errorf("%s: class %s: %v", m.url, class, err)
	case class != OK:
	case m.status == 0:
		t.Errorf("%s: status %d, and it cannot be whole", m.url, res.Status)
	case res.Status != m.status || m.length >= 0 && body != m.length || res.TLS.Used() != m.secure || res.Coding() != m.coding || hops != m.hops:
		t.Errorf("%s: status %d, %d bytes, TLS %t, coding %q, %d hops, want %+v", m.url, res.Status, body, res.TLS.Used(), res.Coding(), hops, m)
	}
}

// TestNothingIsLeft: whatever happens to a fetch, and whenever it is called off, the pool counts no connection that is
// not, and no descriptor, task or goroutine stays.
func TestNothingIsLeft(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("CRAWL_TEST_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	for _, k := range append(kinds(), kind{"threads", engine.NewThreads}) {
		for _, end := range []string{"drained", "cancelled"} {
			goroutines, descriptors := runtime.NumGoroutine(), openDescriptors()
			t.Run(k.name+"/"+end, func(t *testing.T) {
				t.Logf("CRAWL_TEST_SEED=%d", seed)
				testNothingIsLeft(t, k, rand.New(rand.NewPCG(seed, uint64(len(end)))), end == "cancelled")
			})
			if err := settled(goroutines, descriptors); err != nil {
				t.Error(err)
			}
		}
	}
}

func testNothingIsLeft(t *testing.T, k kind, r *rand.Rand, cut bool) {
	list, options := mishaps(t)
	e := punctual(k.engine(t)) // limits are short here
	c := NewClient(e, options(r))
	c.resolver.lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
		if host == "slow.test" {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	late := time.AfterFunc(2*bound, cancel)
	fetches(t, e, c, list, r, cut, cancel)
	if err := e.Run(ctx); err != nil {
		t.Error(err)
	}
	if !late.Stop() {
		t.Errorf("fetches have not ended within %v", 2*bound)
	}
	c.Close()
	if p := c.pool; p.open != 0 || p.spare != 0 || p.waiting != 0 || p.told != 0 {
		t.Errorf("the pool counts %d connections, %d idle, %d that wait, %d told", p.open, p.spare, p.waiting, p.told)
	}
}

// fetches has tasks of e do all of list, in some order, some of them in tasks that are called off at some time. In the
// end it closes the client, or cancels everything before.
func fetches(t *testing.T, e engine.Engine, c *Client, list []mishap, r *rand.Rand, cut bool, cancel func()) {
	const tasks, each = 24, 10
	var left, done atomic.Int64
	left.Store(tasks)
	cutAt := int64(tasks * each)
	if cut {
		cutAt = 1 + r.Int64N(cutAt)
	}
	for range tasks {
		r := rand.New(rand.NewPCG(r.Uint64(), r.Uint64()))
		e.Go("fetcher", func(ctx context.Context) error {
			var res Response
			for range each {
				m := list[r.IntN(len(list))]
				if r.IntN(4) == 0 {
					callOff := e.Spawn("called off", func(ctx context.Context) error { var res Response; return fetchOne(ctx, t, c, &m, &res) })
					e.After(time.Duration(r.IntN(30))*time.Millisecond, callOff)
				} else if err := fetchOne(ctx, t, c, &m, &res); err != nil {
					return err
				}
				if done.Add(1) == cutAt && cut {
					cancel()
				}
			}
			if left.Add(-1) == 0 {
				c.Close()
			}
			return nil
		})
	}
}

func fetchOne(ctx context.Context, t *testing.T, c *Client, m *mishap, res *Response) error {
	u, err := link.Parse(m.url)
	if err != nil {
		return err
	}
	body := 0
	req := Request{URL: &u, Guarded: m.guarded, OnBody: func(p []byte) error { body += len(p); return nil }}
	if m.body > 0 {
		req.Method, req.Body = "PUT", make([]byte, m.body)
	}
	err = c.Do(ctx, &req, res)
	m.check(t, res, body, err)
	if ClassOf(err) == Cancelled {
		return ctx.Err()
	}
	return nil
}

// abrupt is an engine that calls a task off as soon as it is spawned, so that it may never begin.
type abrupt struct {
	engine.Engine
	then func()
}

func (h abrupt) Spawn(name string, fn func(ctx context.Context) error) (cancel func()) {
	cancel = h.Engine.Spawn(name, fn)
	cancel()
	h.then()
	return cancel
}

// TestConnectNeverBegins: a fetch that is cancelled before the task has begun that makes its connection leaves nothing
// that the pool counts.
func TestConnectNeverBegins(t *testing.T) {
	s := secured(t).serve(t, answering(hello))
	onEach(t, func(t *testing.T, k kind) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		e := abrupt{k.engine(t), cancel}
		c := NewClient(e, Options{})
		e.Go("test", func(ctx context.Context) error {
			client{c, t, ctx, e}.get(s.base).wantClass(t, Cancelled)
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
