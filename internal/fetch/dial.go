package fetch

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"

	"crawl/internal/engine"
	"crawl/internal/link"
)

// pressurePatience is how long a fetch waits for this machine to have a descriptor or port for it: a port is
// free again a minute after its connection was closed (TIME_WAIT), and others wait for them too.
const pressurePatience = 3 * time.Minute

// plan begins to make a connection, which the pool has given leave for: connect or establish goes on with it, and on
// an error gives that leave back.
func (c *Client) plan(ctx context.Context, req *Request, res *Response, fresh bool) *dialing {
	d := c.borrowDialing()
	d.ctx, d.url, d.response, d.fresh = ctx, req.URL, res, fresh
	c.engine.Leaf(d.steps.begin)
	return d
}

// connect connects to the host of d's route. When this machine has no descriptor, port or memory for a connection, that
// is not the server's fault: the fetch waits, its time limits too, and the pool makes do with fewer connections. If
// one becomes idle meanwhile, and none fresh is asked for, that one will do.
func (c *Client) connect(ctx context.Context, d *dialing) (*conn, error) {
	if d.question != nil {
		d.err = c.resolver.wait(ctx, d.question)
		c.engine.Leaf(d.steps.prepare)
	}
	for !d.over {
		d.raw, d.err = c.engine.DialContext(d.deadline, "tcp", d.address)
		c.engine.Leaf(d.steps.judge)
		if d.pause > 0 && !d.over {
			d.err = c.engine.Sleep(ctx, d.pause)
			c.engine.Leaf(d.steps.prepare)
		}
	}
	if d.err != nil {
		d.err = d.route.blame(d.err)
		c.pool.release(nil)
	}
	conn, err := d.conn, d.err
	c.giveDialingBack(d)
	return conn, err
}

// spareDialings is how many are kept to be used again: more than are at work at a time when each fetch makes a
// connection, and few beside the connections that begin a crawl all at once.
const spareDialings = 256

// borrowDialing takes a dialing that has served before, or makes one.
func (c *Client) borrowDialing() (d *dialing) {
	c.mu.Lock()
	if n := len(c.dialings); n > 0 {
		d, c.dialings = c.dialings[n-1], c.dialings[:n-1]
	}
	c.mu.Unlock()
	if d == nil {
		c.engine.Leaf(func() { d = newDialing(c) })
	}
	return d
}

func (c *Client) giveDialingBack(d *dialing) {
	steps := d.steps
	*d = dialing{} // in place: see Response.reset
	d.client, d.steps = c, steps
	c.mu.Lock()
	if len(c.dialings) < spareDialings {
		c.dialings = append(c.dialings, d)
	}
	c.mu.Unlock()
}

// dialing is the work of connecting to a host, by one of its addresses after the other. It is kept apart from
// the stack of the task, which waits in it, and what goes deep in it is done on the engine's: see
// engine.Engine.Leaf.
type dialing struct {
	client *Client
	steps  struct{ begin, prepare, judge func() } // methods, for Leaf, made once

	ctx      context.Context
	url      *link.URL
	route    route // to it
	response *Response
	fresh    bool          // an idle connection will not do
	question *answer       // that the resolver owes
	addrs    []netip.Addr  // that are left to try
	written  [1]netip.Addr // the one that the URL has instead of a name

	address  string
	first    time.Time       // attempt at this address
	before   time.Time       // this attempt, or the pause or question before it
	deadline context.Context // ctx with the deadline of this attempt
	timeout  Class           // what passes with it
	pause    time.Duration   // before another attempt at the same address

	raw  net.Conn
	err  error
	conn *conn
	over bool // with conn, or with err
}

func newDialing(c *Client) *dialing {
	d := &dialing{client: c}
	d.steps.begin, d.steps.prepare, d.steps.judge = d.begin, d.prepare, d.judge
	return d
}

// begin takes the addresses that need no resolver, given by the user or written in the URL, or else asks.
func (d *dialing) begin() {
	c := d.client
	d.route = routeTo(d.url, d.response)
	if d.addrs = c.resolver.given(d.route.host, d.route.port); len(d.addrs) > 0 {
		d.prepare()
		return
	}
	if addr, err := netip.ParseAddr(d.route.host); err == nil {
		d.written[0] = addr
		d.addrs = d.written[:]
		d.prepare()
		return
	}
	d.before = c.engine.Now()
	d.question = c.resolver.ask(d.route.host, min(c.options.ConnectTimeout, c.options.TotalTimeout))
}

// prepare sets what to dial: the next address, or the same once more after a pause, which does not count for
// the time limits.
func (d *dialing) prepare() {
	now := d.client.engine.Now()
	if d.question != nil {
		d.learn(now)
	}
	switch {
	case d.over:
		return
	case d.err != nil: // of the wait for the resolver, or of the pause
		d.err, d.over = fail(Cancelled, d.err), true
		return
	case d.pause > 0:
		d.response.Timings.Queue += now.Sub(d.before)
		if d.fresh {
			break
		}
		if d.conn = d.client.pool.trade(d.route.key); d.conn != nil {
			d.over = true
			return
		}
	default:
		d.address = netip.AddrPortFrom(d.addrs[0], d.route.port).String()
		d.addrs = d.addrs[1:]
		d.first = now
	}
	d.before = now
	deadline := now.Add(d.client.options.ConnectTimeout)
	d.timeout = TimeoutConnect
	if last := d.response.deadline(); last.Before(deadline) {
		deadline, d.timeout = last, TimeoutTotal
	}
	d.deadline = engine.WithDeadline(d.ctx, deadline)
}

// learn takes what the resolver has answered, if it has.
func (d *dialing) learn(now time.Time) {
	d.response.Timings.DNS += now.Sub(d.before)
	if d.err == nil {
		d.addrs, d.err = d.question.addrs, d.question.err
		d.over = d.err != nil
	}
	d.question = nil
}

// judge books an attempt, and decides whether it was the last.
func (d *dialing) judge() {
	c, now := d.client, d.client.engine.Now()
	d.response.Timings.Connect += now.Sub(d.before)
	c.noteLag(d.response, now)
	if d.err == nil {
		d.conn, d.over = newConn(d.raw, d.route.key, d.address), true
		return
	}
	d.err = classify(d.ctx, d.err, d.timeout)
	class := ClassOf(d.err)
	if class == LocalPorts && d.pause == 0 && !d.haveSource() {
		class = ConnectUnreachable
		d.err = fail(class, d.err)
	}
	if class.Family() == "local" && now.Sub(d.first) <= pressurePatience {
		d.relieve(class)
		d.before, d.err = now, nil
		return
	}
	d.pause = 0
	if len(d.addrs) > 0 && class != Cancelled && class != TimeoutTotal {
		d.err = nil
		d.prepare()
		return
	}
	d.over = true
	if class == ClosedReset || class == Internal { // some other error of the system's
		d.err = fail(ConnectFailed, d.err)
	}
}

// haveSource reports whether this machine has an address to connect from. If it has none, as for IPv6 where that
// is switched off, the system's error is the same as when there is no port left (EADDRNOTAVAIL); but then a
// socket for datagrams has none either. Connecting one sends nothing and does not wait.
func (d *dialing) haveSource() bool {
	probe, err := d.client.engine.DialContext(d.ctx, "udp", d.address)
	if err == nil {
		_ = probe.Close() // nothing was sent
	}
	return !errors.Is(err, syscall.EADDRNOTAVAIL)
}

// relieve makes room where that is possible, and has the attempt repeated after a pause.
func (d *dialing) relieve(class Class) {
	c := d.client
	if class == LocalDescriptors {
		c.pool.shrink()
	}
	if c.options.OnPressure != nil {
		c.options.OnPressure(class)
	}
	d.pause = min(max(50*time.Millisecond, 2*d.pause), time.Second)
}
