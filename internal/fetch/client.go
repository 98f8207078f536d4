package fetch

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"crawl/internal/coding"
	"crawl/internal/cookies"
	"crawl/internal/dns"
	"crawl/internal/engine"
	"crawl/internal/http1"
	"crawl/internal/link"
)

// Options of a Client. The zero value of each field is its default.
type Options struct {
	ConnectTimeout time.Duration // for each address, and again for a TLS handshake; default 10 s
	Timeout        time.Duration // without a byte, first or next; default 30 s
	TotalTimeout   time.Duration // for the whole fetch, but for its time in the queue and that of ErrRest; default 5 min
	MaxBody        int64         // bytes, of the body as it comes and of the decoded one; default 1 GiB
	MaxRedirects   int           // that are followed; default 0: a redirect is the answer
	MaxConns       int           // connections, idle ones included; default 1000
	IdleTimeout    time.Duration // an idle connection is not used after that; default 30 s
	Limits         http1.Limits
	Decode         bool // content codings are undone; they are asked for by a field of the Request: see AcceptEncoding

	// DecodeMemory is how many bytes undoing them takes at a time, for all fetches together; default 256 MiB. A body that
	// wants more than an eighth of what the others leave of it waits within its time limits or, of br, is ended; the class
	// is LocalMemory then. One that is alone has what it needs.
	DecodeMemory int64

	// Cookies, if not nil, is where cookies are kept, and which are sent. Until the engine has run it is the
	// client's: nobody else may use it.
	Cookies *cookies.Jar
	TLS     TLSOptions

	Credentials *Credentials // nil: only those that are in a URL

	Resolve  map[string][]netip.Addr // addresses of "host:port", which are then not looked up
	Resolver *dns.Resolver           // of the same engine; nil: the system's, off the loop, within ConnectTimeout
	Family   Family                  // the only one whose addresses are used; default both

	// AttemptDelay is how long the attempt at one of several addresses has before the next one begins beside it
	// (RFC 8305 section 5); default 250 ms.
	AttemptDelay time.Duration

	// AllowPrivate lets a Guarded request go to private addresses. Private says which these are; nil is for all that
	// are not of the public Internet (RFC 6890).
	AllowPrivate bool
	Private      func(netip.Addr) bool

	// Proxy says by which proxy the URLs of an origin are fetched: nil is none, and so is a nil function. It is asked
	// once for an origin, with one of its URLs, and does not wait.
	Proxy func(u *link.URL) *Proxy

	// OnPressure is called, from a task, when the system has no descriptor, port or memory for a connection, or there is
	// no DecodeMemory left for a body: class is one of the local ones. The fetch waits and goes on.
	OnPressure func(class Class)
}

// The defaults of Options: a minute is what people wait for a page at most, and a server that has said nothing
// for half of that is not going to.
const (
	DefaultConnectTimeout = 10 * time.Second
	DefaultTimeout        = 30 * time.Second
	DefaultTotalTimeout   = 5 * time.Minute
	DefaultMaxBody        = 1 << 30
	DefaultMaxConns       = 1000
	DefaultIdleTimeout    = 30 * time.Second // below the idle timeouts of common servers (nginx 75 s)
	DefaultAttemptDelay   = 250 * time.Millisecond
)

// A Client fetches over connections that it keeps. All its methods belong to tasks of its engine.
type Client struct {
	engine   engine.Engine
	options  Options
	pool     *pool
	memory   *memory
	resolver *resolver
	jar      sync.Locker // guards options.Cookies

	mu       sync.Locker // guards what follows, most of which is to be used again
	security *security   // nil before the first https URL
	// proxySecurity is nil before the first connection to an https proxy.
	proxySecurity *security
	buffers       []*buffer
	dialings      []*dialing
	decoders      coding.Pool
	vias          map[string]*via // the ways that Options.Proxy has chosen, by origin; nil is none
	noIPv6        time.Time       // until then IPv6 addresses come last: see dialing.noWay
}

// On an engine that waits without a buffer there are as many as there are responses that came in parts, so
// they may be large; else there is one for each connection that waits.
const (
	sharedBuffer = 64 << 10
	ownBuffer    = 4 << 10
)

// NewClient makes a client on e.
func NewClient(e engine.Engine, o Options) *Client {
	orDefault(&o.ConnectTimeout, DefaultConnectTimeout)
	orDefault(&o.Timeout, DefaultTimeout)
	orDefault(&o.TotalTimeout, DefaultTotalTimeout)
	orDefault(&o.MaxBody, DefaultMaxBody)
	orDefault(&o.DecodeMemory, DefaultDecodeMemory)
	orDefault(&o.MaxConns, DefaultMaxConns)
	orDefault(&o.IdleTimeout, DefaultIdleTimeout)
	orDefault(&o.AttemptDelay, DefaultAttemptDelay)
	orDefault(&o.Limits.Head, http1.DefaultHead)
	return &Client{
		engine: e, options: o,
		pool:     newPool(e, o.MaxConns, o.IdleTimeout),
		memory:   newMemory(e, o.DecodeMemory),
		resolver: newResolver(e, o.Resolve, o.Resolver),
		jar:      e.NewMutex(),
		mu:       e.NewMutex(),
		vias:     map[string]*via{},
	}
}

func orDefault[T int | int64 | time.Duration](v *T, value T) {
	if *v == 0 {
		*v = value
	}
}

// Close closes idle connections, and ends what the resolver still waits for although nobody else does. Fetches that are
// under way close their connections when they end.
func (c *Client) Close() {
	c.pool.closeIdle()
	if c.options.Resolver != nil {
		c.options.Resolver.EndLate()
	}
}

// Do fetches req into res. It returns nil for any whole response, whatever its status, and else an *Error; res
// then tells how far it came. A request that is idempotent (RFC 9110 section 9.2.2) is sent once more, on a
// fresh connection, when a connection that had been idle turns out to be closed before a byte of the response
// (RFC 9112 section 9.3.1). Redirects are followed if Options say so; then res is about the last of them.
//
// Do and what it calls before it waits keep their frames small, and leave what goes deep to Leaf: a task that
// stays within 2 KB of stack costs half of one that does not, and that is most of what it costs.
func (c *Client) Do(ctx context.Context, req *Request, res *Response) error {
	c.begin(res)
	if req.Trace != nil {
		c.startTrace(req, res)
	}
	for {
		var conn *conn
		var err error
		key := c.key(req.URL, res)
		if res.via() != nil {
			err = c.barred(req, res)
		}
		if err == nil {
			conn, err = c.pool.acquire(ctx, key, c.need(req, res), &res.Timings.Queue)
		}
		if conn == nil && err == nil {
			if d := c.plan(ctx, req, res); d.simple() {
				conn, err = c.connect(ctx, d)
			} else {
				conn, err = c.establish(ctx, d)
			}
		}
		if err == nil {
			res.Remote, res.Public, res.Reused, res.TLS = conn.remote, !conn.private, conn.used, conn.tls
			err = c.exchange(ctx, conn, req, res)
			if res.decoding() != nil {
				c.stopDecoding(res)
			}
			if next := c.settle(conn, req, res, err); next != nil {
				req = next
				continue
			}
		}
		if err != nil {
			err = c.end(res, err)
		}
		if res.trace() != nil {
			res.trace().tellEnd(res, err)
		}
		return err
	}
}

// need is what req needs of a connection.
func (c *Client) need(req *Request, res *Response) (n need) {
	if res.fresh {
		n = needFresh
	}
	if req.Guarded && !c.options.AllowPrivate {
		n |= needPublic
	}
	return n
}

func (c *Client) begin(res *Response) {
	res.reset(c.engine.Now())
}

// end is the end of a fetch that failed because of err; where the last byte of a response arrives, the time is known.
func (c *Client) end(res *Response, err error) error {
	res.Timings.Total = c.engine.Now().Sub(res.Started)
	if res.Lag > 0 {
		return c.blameLag(res, err)
	}
	return err
}

// settle gives the connection of an exchange that ended with err back to the pool, and returns the request to go on
// with, if there is one: the same on a fresh connection, or that which follows a redirect.
func (c *Client) settle(conn *conn, req *Request, res *Response, err error) (next *Request) {
	if err == nil && res.framing.KeepAlive {
		c.pool.put(conn)
	} else {
		again := err != nil && conn.used && !res.got && Idempotent(req.method()) && closedByPeer(err)
		c.pool.release(conn)
		if again {
			res.fresh = true
			if res.trace() != nil {
				res.trace().tellAgain(res, err)
			}
			return req
		}
	}
	if res.moved {
		return c.follow(res, err)
	}
	return nil
}

// Idempotent reports whether a request may be made twice where it was meant to be made once (RFC 9110 section 9.2.2).
func Idempotent(method string) bool {
	switch method {
	case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE":
		return true
	}
	return false
}

func closedByPeer(err error) bool {
	class := ClassOf(err)
	return class == ClosedEarly || class == ClosedReset
}

// borrow takes a buffer for an exchange; it goes back with giveBack.
func (c *Client) borrow(conn *conn, req *Request, res *Response) *buffer {
	c.mu.Lock()
	var b *buffer
	if n := len(c.buffers); n > 0 {
		b = c.buffers[n-1]
		c.buffers = c.buffers[:n-1]
	}
	c.mu.Unlock()
	if b == nil {
		b = c.newBuffer(conn)
	}
	b.conn, b.req, b.res = conn, req, res
	b.have, b.seen, b.interim, b.over, b.err = 0, 0, 0, false, nil
	return b
}

func (c *Client) newBuffer(conn *conn) *buffer {
	size := ownBuffer
	if conn.events != nil {
		size = sharedBuffer
	}
	b := &buffer{client: c, bytes: make([]byte, size)}
	b.compose, b.take = b.composeRequest, b.takeIn
	return b
}

func (c *Client) giveBack(b *buffer) {
	if len(b.bytes) > sharedBuffer { // it grew for a large head
		return
	}
	b.conn, b.req, b.res, b.out = nil, nil, nil, nil
	c.mu.Lock()
	c.buffers = append(c.buffers, b)
	c.mu.Unlock()
}
