//go:build unix

package fetch

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"crawl/internal/engine"
	"crawl/internal/http1"
	"crawl/internal/link"
	"crawl/internal/origin"
)

// scenario is a fetch that ends with a class.
type scenario struct {
	class   Class
	name    string
	options Options
	request Request
	lookup  func(ctx context.Context, host string) ([]netip.Addr, error)
	dns     func(t *testing.T) string // its name server; "" is the system's resolver
	engine  func(engine.Engine) engine.Engine
	cancel  time.Duration                           // the engine is cancelled after that, if not 0
	secure  func(t *testing.T, o *Options) string   // makes the server and the client's options, or
	proxy   func(t *testing.T) *Proxy               // if it goes by one
	url     func(t *testing.T) string               // or
	path    string                                  // of the test web, or
	answer  string                                  // of a server that closes then
	then    func(t *testing.T, c *Client, v *visit) // looks closer
	takes   func(o *Options) time.Duration          // a limit that has to pass
}

func connectTimeout(o *Options) time.Duration { return o.ConnectTimeout }
func timeout(o *Options) time.Duration        { return o.Timeout }
func totalTimeout(o *Options) time.Duration   { return o.TotalTimeout }
func shortly(*Options) time.Duration          { return short }

func at(rawURL string) func(*testing.T) string { return func(*testing.T) string { return rawURL } }

// deaf is a server that reads nothing.
func deaf(t *testing.T) string { return serve(t, func(*peer) { <-t.Context().Done() }).base }

// stalling is a server that sends this much and then nothing.
func stalling(sent string) func(*testing.T) string {
	return func(t *testing.T) string {
		return serve(t, func(p *peer) {
			p.request()
			p.send(sent)
			p.idle()
		}).base
	}
}

// proxyAnswering is a proxy that says so much to CONNECT, and then waits.
func proxyAnswering(answer string) func(t *testing.T) *Proxy {
	return func(t *testing.T) *Proxy {
		return tunnelling(parseProxy(t, serve(t, func(p *peer) {
			p.request()
			p.send(answer)
			p.idle()
		}).address))
	}
}

// denying is an engine on which the system has run out of something for as long as is waited for it. Waiting
// takes no time.
type denying struct {
	shifted
	errno syscall.Errno
}

func without(errno syscall.Errno) func(engine.Engine) engine.Engine {
	return func(e engine.Engine) engine.Engine { return denying{newShifted(e), errno} }
}

func (d denying) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if network != "tcp" {
		return d.Engine.DialContext(ctx, network, address)
	}
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("socket", d.errno)}
}

func (d denying) Sleep(ctx context.Context, pause time.Duration) error {
	d.advance(pause)
	return d.Engine.Sleep(ctx, 0)
}

// noLaterThan is a resolver that does not answer, and has to be told to give up before that.
func noLaterThan(limit time.Duration) func(context.Context, string) ([]netip.Addr, error) {
	return func(ctx context.Context, _ string) ([]netip.Addr, error) {
		if end, ok := ctx.Deadline(); !ok || time.Until(end) > limit {
			return nil, errBoom
		}
		<-ctx.Done()
		return nil, ctx.Err()
	}
}

func answerOf(addrs []netip.Addr, err error) func(context.Context, string) ([]netip.Addr, error) {
	return func(context.Context, string) ([]netip.Addr, error) { return addrs, err }
}

// parts is an engine whose connections bring what a server sends part by part. A clock that is set forward by gap
// for each is all that passes, and a part that comes after the deadline does not come.
type parts struct {
	shifted
	gap   time.Duration
	parts []string
}

func (e *parts) DialContext(context.Context, string, string) (net.Conn, error) {
	return &partsConn{parts: e}, nil
}

type partsConn struct {
	net.Conn
	*parts
	deadline time.Time
}

func (c *partsConn) SetDeadline(t time.Time) error     { c.deadline = t; return nil }
func (c *partsConn) SetReadDeadline(t time.Time) error { c.deadline = t; return nil }
func (c *partsConn) Write(p []byte) (int, error)       { return len(p), nil }
func (c *partsConn) Close() error                      { return nil }

func (c *partsConn) Read(p []byte) (int, error) {
	c.advance(c.gap)
	if !c.Now().Before(c.deadline) {
		return 0, os.ErrDeadlineExceeded
	}
	n := copy(p, c.parts.parts[0])
	c.parts.parts = c.parts.parts[1:]
	return n, nil
}

// TestTimeoutIsForEachByte: Timeout is for the time without a byte, wherever in the response that is; what the
// whole may take is TotalTimeout's.
func TestTimeoutIsForEachByte(t *testing.T) {
	answer := []string{"HTTP/1.1 102 \r\n\r\n", "HTTP/1.1 10", "2 \r\n\r\n", "HTTP/1.1 200 OK\r\n", "Content-Length: 10\r\n\r\n", "hello", "hello"}
	for _, tt := range []struct {
		gap, total time.Duration
		class      Class
	}{
		{29 * time.Second, time.Hour, OK},
		{31 * time.Second, time.Hour, TimeoutFirstByte},
		{29 * time.Second, 7*29*time.Second + time.Second, OK},
		{29 * time.Second, 7 * 29 * time.Second, TimeoutTotal},
		{29 * time.Second, 29*time.Second + 1, TimeoutTotal},
	} {
		onEach(t, func(t *testing.T, k kind) {
			e := &parts{newShifted(k.engine(t)), tt.gap, answer}
			with(t, e, Options{Timeout: 30 * time.Second, TotalTimeout: tt.total}, func(c client) error {
				v := c.get("http://127.0.0.1:1/")
				if v.wantClass(t, tt.class); tt.class == OK {
					v.want(t, 200, "hellohello")
				}
				return nil
			})
		})
	}
}

const short = 25 * time.Millisecond // a limit that is to pass

// hasty is an engine on which only a short time passes before the next bytes have to be there, when the first
// have come: a server may take its time for those.
type hasty struct{ engine.Engine }

func hastily(e engine.Engine) engine.Engine { return hasty{e} }

func (h hasty) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := h.Engine.DialContext(ctx, network, address)
	return hastyConn{c, h}, err
}

type hastyConn struct {
	net.Conn
	hasty hasty
}

func (c hastyConn) SetReadDeadline(time.Time) error {
	return c.Conn.SetReadDeadline(c.hasty.Now().Add(short))
}

func (c hastyConn) AwaitReadable() error {
	if w, ok := c.Conn.(engine.ReadWaiter); ok {
		return w.AwaitReadable()
	}
	return nil
}

// large is a request body that fits into no socket.
func large() []byte { return make([]byte, 32<<20) }

// scenarios has at least one for each class.
func scenarios() []scenario {
	named := at("http://name.test/")
	pastItsContext := func(ctx context.Context, _ string) ([]netip.Addr, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	patience := func(*Options) time.Duration { return pressurePatience }
	return []scenario{
		{class: OK, name: "200", path: "/f/size/10"},
		{class: OK, name: "500", path: "/f/status/500"},

		{class: Input, name: "field with a line end", path: "/p/0", request: Request{Fields: []Field{{Name: "X", Value: "y\r\nZ: z"}}}},
		{class: Input, name: "field of the client's", path: "/p/0", request: Request{Fields: []Field{{Name: "host", Value: "y"}}}},
		{class: Input, name: "method", path: "/p/0", request: Request{Method: "GET /"}},

		{class: DNSNotFound, name: "error", url: named, lookup: answerOf(nil, &net.DNSError{Err: "no such host", IsNotFound: true})},
		{class: DNSNotFound, name: "no address", url: named, lookup: answerOf(nil, nil)},
		{class: DNSFailed, name: "error", url: named, lookup: answerOf(nil, errBoom)},
		{class: DNSFailed, name: "server failure", url: named, lookup: answerOf(nil, &net.DNSError{Err: "server misbehaving", IsTemporary: true})},
		{class: DNSTimeout, name: "error", url: named, lookup: answerOf(nil, &net.DNSError{Err: "i/o timeout", IsTimeout: true})},
		{class: TimeoutTotal, name: "no name within the total", url: named, lookup: noLaterThan(time.Second), options: Options{TotalTimeout: short}, takes: totalTimeout},
		{class: DNSTimeout, name: "no answer", url: named, lookup: pastItsContext, options: Options{ConnectTimeout: short}, takes: connectTimeout},

		{class: AddressPrivate, name: "written", path: "/f/size/10", request: Request{Guarded: true}},
		{class: AddressPrivate, name: "of a name", url: named, lookup: answerOf([]netip.Addr{netip.IPv6Loopback()}, nil), request: Request{Guarded: true}},
		{class: ConnectFamily, name: "written", path: "/f/size/10", options: Options{Family: IPv6}},
		{class: ConnectFamily, name: "of a name", url: named, lookup: answerOf([]netip.Addr{netip.IPv6Loopback()}, nil), options: Options{Family: IPv4}},
		{class: DNSNotFound, name: "own resolver", url: named, dns: nameServer(dnsmessage.RCodeNameError)},
		{class: DNSNoData, name: "own resolver", url: named, dns: nameServer(dnsmessage.RCodeSuccess)},
		{class: DNSServFail, name: "own resolver", url: named, dns: nameServer(dnsmessage.RCodeServerFailure)},
		{class: DNSRefused, name: "own resolver", url: named, dns: nameServer(dnsmessage.RCodeRefused)},
		{class: DNSFailed, name: "own resolver, an odd answer", url: named, dns: nameServer(9)},
		{class: DNSFailed, name: "own resolver, nobody there", url: named, dns: func(t *testing.T) string { return refused(t)[len("http://"):] }},
		{class: DNSTimeout, name: "own resolver, no answer", url: named, dns: nameServer(noCode), takes: shortly},
		{class: Cancelled, name: "while the own resolver waits", url: named, dns: nameServer(noCode), cancel: 20 * time.Millisecond},

		{class: ConnectRefused, name: "nobody listens", url: func(t *testing.T) string { return refused(t) }},
		{class: ConnectUnreachable, name: "broadcast address", url: at("http://127.255.255.255/")},
		{class: ConnectFailed, name: "link-local without a link", url: at("http://[fe80::1]/")},
		{class: ConnectFailed, name: "with little time left in all", url: at("http://[fe80::1]/"), options: Options{TotalTimeout: time.Second}},

		{class: TimeoutConnect, name: "full queue", url: func(t *testing.T) string { return blackHole(t) }, options: Options{ConnectTimeout: short}, takes: connectTimeout},
		{class: ProxyConnect, name: "nobody listens", url: named, proxy: func(t *testing.T) *Proxy { return parseProxy(t, refused(t)) }},
		{class: TimeoutProxy, name: "no tunnel", url: named, proxy: proxyAnswering(""), options: Options{ConnectTimeout: short}, takes: connectTimeout},
		{class: TimeoutTotal, name: "no tunnel", url: named, proxy: proxyAnswering("HTTP/1.1 200 OK\r\n"), options: Options{TotalTimeout: short}, takes: totalTimeout},
		{class: ProxyAuth, name: "CONNECT", url: named, proxy: proxyAnswering("HTTP/1.1 407 \r\n\r\n")},
		{class: ProxyRefused, name: "CONNECT", url: named, proxy: proxyAnswering("HTTP/1.1 403 \r\n\r\n")},
		{class: ProxyFailed, name: "CONNECT", url: named, proxy: proxyAnswering("HTTP/1.1 503 \r\n\r\n")},
		{class: ProxyProtocol, name: "CONNECT", url: named, proxy: proxyAnswering("hello\r\n\r\n")},
		{class: ProxySOCKS, name: "general failure", url: named, proxy: func(t *testing.T) *Proxy {
			return parseProxy(t, "socks5h://"+serve(t, socks{reply: coded(1), step: 100, most: 100}.play(&seen{})).address)
		}},

		{class: TimeoutWrite, name: "deaf server", url: deaf, request: Request{Method: "PUT", Body: large()}, options: Options{Timeout: short}, takes: timeout},
		{class: TimeoutFirstByte, name: "stalling server", path: "/f/stall", options: Options{Timeout: short}, takes: timeout},
		{class: TimeoutRead, name: "in the head", url: stalling("HTTP/1.1 200 OK\r\nX"), engine: hastily, takes: shortly},
		{class: TimeoutRead, name: "after an interim response", url: stalling("HTTP/1.1 100 \r\n\r\n"), engine: hastily, takes: shortly},
		{class: TimeoutRead, name: "in the body", path: "/f/stall-body/1000", engine: hastily, takes: shortly, then: func(t *testing.T, _ *Client, v *visit) {
			if v.Status != 200 || len(v.body) != 500 {
				t.Errorf("status %d, %d bytes, want what had come: 200, 500", v.Status, len(v.body))
			}
		}},
		{class: TimeoutRead, name: "in the chunks", url: stalling("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"), engine: hastily, takes: shortly},
		{class: TimeoutTotal, name: "while it is sent", url: deaf, request: Request{Method: "PUT", Body: large()}, options: Options{TotalTimeout: short}, takes: totalTimeout},
		{class: TimeoutTotal, name: "before the first byte", path: "/f/stall", options: Options{TotalTimeout: short}, takes: totalTimeout},
		{class: TimeoutTotal, name: "while the body comes", path: "/f/drip/10000?every=5ms", options: Options{TotalTimeout: short, Timeout: bound}, takes: totalTimeout},
		{class: TimeoutTotal, name: "while connecting", url: func(t *testing.T) string { return blackHole(t) }, options: Options{TotalTimeout: short}, takes: totalTimeout},

		{class: ClosedReset, name: "before the head", path: "/f/reset"},
		{class: ClosedReset, name: "after the head", path: "/f/reset?at=head"},
		{class: ClosedReset, name: "in the body", path: "/f/reset?at=body"},
		{class: ClosedReset, name: "of a body that the end would have ended", url: func(t *testing.T) string {
			return serve(t, func(p *peer) {
				p.request()
				p.send("HTTP/1.1 200 OK\r\n\r\nhalf")
				p.reset()
			}).base
		}},
		{class: ClosedEarly, name: "nothing came", answer: ""},

		{class: ProtocolHead, name: "garbage", path: "/f/garbage"},
		{class: ProtocolHead, name: "one byte", answer: "\n"},
		{class: ProtocolHead, name: "HTTP/2", answer: "HTTP/2 200 \r\n\r\n"},
		{class: ProtocolHead, name: "no status", answer: "HTTP/1.1 OK\r\n\r\n"},
		{class: ProtocolHead, name: "a field without a colon", answer: "HTTP/1.1 200 OK\r\nfield\r\n\r\n"},
		{class: ProtocolHead, name: "another protocol", answer: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"},
		{class: ProtocolFraming, name: "no number", path: "/f/bad-length"},
		{class: ProtocolFraming, name: "negative", path: "/f/bad-length?value=-1"},
		{class: ProtocolFraming, name: "two lengths", path: "/f/two-lengths"},
		{class: ProtocolFraming, name: "unknown coding", answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello"},
		{class: ProtocolChunk, name: "size", path: "/f/chunked/100?broken=size"},
		{class: ProtocolChunk, name: "line end", path: "/f/chunked/100?broken=crlf"},
		{class: ProtocolTruncated, name: "status line", answer: "HTTP/1.1 20"},
		{class: ProtocolTruncated, name: "head", answer: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"},
		{class: ProtocolTruncated, name: "after an interim response", answer: "HTTP/1.1 103 \r\n\r\n"},
		{class: ProtocolTruncated, name: "no body", path: "/f/truncate/0"},
		{class: ProtocolTruncated, name: "body", path: "/f/truncate/100000", then: func(t *testing.T, _ *Client, v *visit) {
			if v.Status != 200 || len(v.body) != 100_000 {
				t.Errorf("status %d, %d bytes, want what had come: 200, 100000", v.Status, len(v.body))
			}
		}},
		{class: ProtocolTruncated, name: "last chunk", path: "/f/chunked/100?broken=end"},
		{class: ProtocolTruncated, name: "chunk", answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"},
		{class: ProtocolTruncated, name: "trailer section", answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n"},

		{class: ProtocolTruncated, name: "coding, by the end of the connection", options: Options{Decode: true}, answer: "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00"},
		{class: ProtocolCoding, name: "not coded", options: Options{Decode: true}, answer: "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 12\r\n\r\nhello, world"},
		{class: ProtocolCoding, name: "ends early", options: Options{Decode: true}, answer: "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00"},
		{class: ProtocolUnknownCoding, name: "unknown", options: Options{Decode: true}, answer: "HTTP/1.1 200 OK\r\nContent-Encoding: rot13\r\nContent-Length: 5\r\n\r\nuryyb", then: wantNoBody},
		{class: LimitCoding, name: "five codings", options: Options{Decode: true}, answer: "HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip, gzip, gzip, gzip\r\nContent-Length: 5\r\n\r\nhello", then: wantNoBody},

		{class: ProtocolRange, request: Request{Selection: &Selection{Part: &Part{0, 1}}}, answer: "HTTP/1.1 206 x\r\nContent-Length: 2\r\n\r\nhi"},
		{class: RedirectLocation, name: "that cannot be parsed", options: Options{MaxRedirects: 5}, answer: redirectTo("http://[")},
		{class: RedirectLocation, name: "of another scheme", options: Options{MaxRedirects: 5}, answer: redirectTo("ftp://127.0.0.1/")},
		{class: RedirectLocation, name: "of which there are two", options: Options{MaxRedirects: 5}, answer: redirectTo("/a\r\nLocation: /b")},
		{class: RedirectLoop, path: "/f/redirect/1?loop=1", options: Options{MaxRedirects: 5}},
		{class: RedirectLimit, path: "/f/redirect/6", options: Options{MaxRedirects: 5}},
		{class: LimitHead, name: "one long field", path: "/f/huge-head/300000"},
		{class: LimitHead, name: "interim responses without an end", url: func(t *testing.T) string {
			return serve(t, func(p *peer) {
				p.request()
				many := []byte(strings.Repeat("HTTP/1.1 102 \r\n\r\n", 1000))
				for range 100 { // 1.7 MB
					if _, err := p.Write(many); err != nil {
						return
					}
				}
				p.send(hello)
				p.idle()
			}).base
		}},
		{class: LimitHead, name: "own limit", path: "/f/huge-head/1001", options: Options{Limits: http1.Limits{Head: 1000}}},
		{class: LimitHeaders, name: "too many", path: "/f/many-headers/1001"},
		{class: LimitHeaders, name: "too long", path: "/f/huge-head/70000"},
		{class: LimitHeaders, name: "trailers", answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " + strings.Repeat("y", 20_000) + "\r\n\r\n"},
		{class: LimitBody, name: "declared", path: "/f/size/1001", options: Options{MaxBody: 1000}, then: wantNoBody},
		{class: LimitBody, name: "in chunks", path: "/f/chunked/100000?chunk=100", options: Options{MaxBody: 1000}, then: wantBodyWithin(1000)},
		{class: LimitBody, name: "in one chunk", path: "/f/chunked/100000?chunk=100000", options: Options{MaxBody: 1000}, then: wantBodyWithin(1000)},
		{class: LimitBody, name: "until the end", path: "/f/close-delimited/100000", options: Options{MaxBody: 1000}, then: wantBodyWithin(1000)},

		{class: LocalDescriptors, name: "of the process", url: at("http://127.0.0.1:1/"), engine: without(syscall.EMFILE), takes: patience},
		{class: LocalDescriptors, name: "of the system", url: at("http://127.0.0.1:1/"), engine: without(syscall.ENFILE), takes: patience},
		{class: LocalPorts, name: "all taken", url: at("http://127.0.0.1:1/"), engine: without(syscall.EADDRNOTAVAIL), takes: patience},
		{class: LocalMemory, name: "of buffers", url: at("http://127.0.0.1:1/"), engine: without(syscall.ENOBUFS), takes: patience},
		{class: LocalMemory, name: "of sockets", url: at("http://127.0.0.1:1/"), engine: without(syscall.ENOMEM), takes: patience},

		{class: LocalLate, name: "before the first byte", path: "/f/stall", options: Options{Timeout: short}, engine: lateBy(short / 2), takes: timeout},

		{class: Cancelled, name: "before the first byte", path: "/f/stall", cancel: short},
		{class: Cancelled, name: "in the body", path: "/f/stall-body", cancel: short},
		{class: Cancelled, name: "while it is sent", url: deaf, request: Request{Method: "PUT", Body: large()}, cancel: short},
		{class: Cancelled, name: "while connecting", url: func(t *testing.T) string { return blackHole(t) }, cancel: short},
		{class: Cancelled, name: "while resolving", url: named, lookup: pastItsContext, cancel: short},
		{class: Cancelled, name: "while there is no descriptor", url: at("http://127.0.0.1:1/"), engine: func(e engine.Engine) engine.Engine {
			return denied{e, syscall.EMFILE}
		}, cancel: short},
	}
}

// denied is denying with pauses that take their time.
type denied struct {
	engine.Engine
	errno syscall.Errno
}

func (d denied) DialContext(context.Context, string, string) (net.Conn, error) {
	return nil, os.NewSyscallError("socket", d.errno)
}

func wantNoBody(t *testing.T, _ *Client, v *visit) {
	if v.Status != 200 || len(v.body) != 0 {
		t.Errorf("status %d, %d bytes, want 200 and none of the body", v.Status, len(v.body))
	}
}

func wantBodyWithin(most int) func(t *testing.T, _ *Client, v *visit) {
	return func(t *testing.T, _ *Client, v *visit) {
		if v.Status != 200 || len(v.body) > most {
			t.Errorf("status %d, %d bytes were passed on, want 200 and at most %d", v.Status, len(v.body), most)
		}
	}
}

// TestClasses: every way in which a fetch can end has its class, and every class is shown here by a fetch that
// ends with it, but for the one of our own bugs.
func TestClasses(t *testing.T) {
	_, base := web(t, origin.Config{})
	all := append(scenarios(), tlsScenarios()...)
	for _, advice := range Classes() {
		if advice.Class != Internal && !slices.ContainsFunc(all, func(s scenario) bool { return s.class == advice.Class }) {
			t.Errorf("no scenario ends with %s", advice.Class)
		}
	}
	for _, s := range all {
		t.Run(string(s.class)+" "+s.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, k kind) { s.play(t, k, base) })
		})
	}
}

func (s scenario) play(t *testing.T, k kind, base string) {
	rawURL := base + s.path
	switch {
	case s.secure != nil:
		rawURL = s.secure(t, &s.options)
	case s.url != nil:
		rawURL = s.url(t)
	case s.path == "":
		rawURL = serve(t, func(p *peer) {
			p.request()
			p.send(s.answer)
			p.close()
		}).base
	}
	e := punctual(k.engine(t)) // it is servers that are judged here, by limits that are short
	if s.engine != nil {
		e = s.engine(e)
	}
	if s.proxy != nil {
		p := s.proxy(t)
		s.options.Proxy = func(*link.URL) *Proxy { return p }
	}
	if s.dns != nil {
		patience := bound
		if s.class == DNSTimeout {
			patience = short
		}
		s.options.Resolver = ownResolver(e, s.dns(t), patience)
	}
	c := NewClient(e, s.options)
	if s.lookup != nil {
		c.resolver.lookup = s.lookup
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	late := time.AfterFunc(bound, cancel)
	e.Go("test", func(ctx context.Context) error {
		defer c.Close()
		if s.cancel > 0 {
			time.AfterFunc(s.cancel, cancel)
		}
		v := client{c, t, ctx, e}.do(rawURL, s.request)
		v.wantClass(t, s.class)
		if s.takes != nil && v.Timings.Total < s.takes(&c.options) {
			t.Errorf("the limit of %v passed after %v", s.takes(&c.options), v.Timings.Total)
		}
		if v.err != nil && (strings.ContainsAny(v.err.Error(), "\n\r") || v.err.Error() == "") {
			t.Errorf("the error is not one line: %q", v.err)
		}
		if s.then != nil {
			s.then(t, c, v)
		}
		if s.class != Cancelled && v.err != nil && c.pool.open != 0 { // after a cancellation, who makes a connection meanwhile ends by itself
			t.Errorf("%d connections are counted after a failure", c.pool.open)
		}
		return nil
	})
	if err := e.Run(ctx); err != nil {
		t.Error(err)
	}
	if c.pool.open != 0 {
		t.Errorf("%d connections are counted at the end", c.pool.open)
	}
	if !late.Stop() {
		t.Errorf("it had not ended within %v", bound)
	}
}

// TestClassNames: the names are a family and a word, each has one sentence for the user, and what is transient
// is a list that somebody has thought about.
func TestClassNames(t *testing.T) {
	transient := []Class{
		DNSServFail, DNSFailed, DNSTimeout, ConnectRefused, ConnectUnreachable, ConnectFailed, TimeoutConnect, TimeoutTLS, TimeoutWrite,
		TimeoutFirstByte, TimeoutRead, TimeoutTotal, ClosedReset, ClosedEarly, ProtocolTruncated,
		LocalDescriptors, LocalPorts, LocalMemory, LocalLate, ProxyConnect, ProxyFailed, ProxySOCKS, TimeoutProxy,
	}
	seen := map[Class]bool{}
	for _, a := range Classes() {
		if seen[a.Class] {
			t.Errorf("%s is listed twice", a.Class)
		}
		seen[a.Class] = true
		if a.Class.Transient() != slices.Contains(transient, a.Class) {
			t.Errorf("%s: transient is %v", a.Class, a.Class.Transient())
		}
		if !strings.HasSuffix(a.Sentence, ".") && !strings.HasSuffix(a.Sentence, "?") || strings.Contains(a.Sentence, "\n") {
			t.Errorf("%s: %q is no sentence", a.Class, a.Sentence)
		}
		if f := a.Class.Family(); !strings.HasPrefix(string(a.Class)+".", f+".") || strings.Contains(f, ".") {
			t.Errorf("%s has family %q", a.Class, f)
		}
	}
	if ClassOf(nil) != OK || ClassOf(errBoom) != Internal || ClassOf(errors.Join(errBoom, fail(Input, errBoom))) != Input {
		t.Error("ClassOf does not find the class")
	}
}
