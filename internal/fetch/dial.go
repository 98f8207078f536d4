package fetch

import (
	"context"
	"net"
	"net/netip"
	"time"

	"crawl/internal/engine"
)

// pressurePatience is how long a fetch waits for this machine to have a descriptor or port for it: a port is
// free again a minute after its connection was closed (TIME_WAIT), and others wait for them too.
const pressurePatience = 3 * time.Minute

// dial makes a connection, which the pool has given leave for; on an error it gives that back.
func (c *Client) dial(ctx context.Context, req *Request, res *Response) (*conn, error) {
	d := &dialing{client: c, ctx: ctx, url: req.URL, response: res}
	c.engine.Leaf(d.begin)
	if d.addrs == nil {
		c.resolve(d)
	}
	for d.err == nil && d.conn == nil {
		d.connect()
	}
	if d.err != nil {
		c.pool.release(nil)
	}
	return d.conn, d.err
}

func (c *Client) resolve(d *dialing) {
	before := c.engine.Now()
	d.addrs, d.err = c.resolver.resolve(d.ctx, d.url, c.options.ConnectTimeout)
	d.response.Timings.DNS += c.engine.Now().Sub(before)
}

// dialing is the work of connecting to a host, by one of its addresses after the other. It is kept apart from
// the stack of the task, which waits in it, and what goes deep in it is done on the engine's: see
// engine.Engine.Leaf.
type dialing struct {
	client   *Client
	ctx      context.Context
	url      *URL
	response *Response
	addrs    []netip.Addr // that are left to try

	address  string
	first    time.Time       // attempt at this address
	before   time.Time       // this attempt
	deadline context.Context // ctx with the deadline of this attempt
	timeout  Class           // what passes with it
	pause    time.Duration   // before another attempt at the same address

	raw  net.Conn
	err  error
	conn *conn
}

// begin takes the addresses that need no resolver: given by the user, or written in the URL.
func (d *dialing) begin() {
	d.response.Timings.Queue += d.client.engine.Now().Sub(d.response.Started)
	if d.addrs = d.client.resolver.given(d.url); d.addrs != nil {
		return
	}
	if addr, err := netip.ParseAddr(d.url.Host); err == nil {
		d.addrs = []netip.Addr{addr}
	}
}

// connect tries the next address, and sets conn, or err when there is none left. When this machine has no
// descriptor, port or memory for a connection, that is not the server's fault: the fetch waits, its time
// limits too, and the pool makes do with fewer connections.
func (d *dialing) connect() {
	e := d.client.engine
	e.Leaf(d.next)
	for {
		d.raw, d.err = e.DialContext(d.deadline, "tcp", d.address)
		e.Leaf(d.judge)
		if d.pause == 0 {
			return
		}
		if err := e.Sleep(d.ctx, d.pause); err != nil {
			d.err = fail(Cancelled, err)
			return
		}
		e.Leaf(d.again)
	}
}

func (d *dialing) next() {
	d.address = netip.AddrPortFrom(d.addrs[0], d.url.Port).String()
	d.addrs = d.addrs[1:]
	d.first = d.client.engine.Now()
	d.attempt(d.first)
}

func (d *dialing) attempt(now time.Time) {
	d.before = now
	deadline := now.Add(d.client.options.ConnectTimeout)
	d.timeout = TimeoutConnect
	if d.response.deadline.Before(deadline) {
		deadline, d.timeout = d.response.deadline, TimeoutTotal
	}
	d.deadline = engine.WithDeadline(d.ctx, deadline)
}

// judge books an attempt. An error that another address may not have is forgotten.
func (d *dialing) judge() {
	c, now := d.client, d.client.engine.Now()
	d.response.Timings.Connect += now.Sub(d.before)
	c.noteLag(d.response)
	if d.err == nil {
		d.pause = 0
		d.conn = newConn(d.raw, d.url.Authority, d.address)
		return
	}
	d.err = classify(d.ctx, d.err, d.timeout)
	class := ClassOf(d.err)
	if class.Family() == "local" && now.Sub(d.first) <= pressurePatience {
		d.relieve(class)
		return
	}
	d.pause = 0
	switch {
	case class == Cancelled || class == TimeoutTotal:
	case len(d.addrs) > 0:
		d.err = nil
	case class == ClosedReset:
		d.err = fail(ConnectFailed, d.err)
	}
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

// again begins another attempt after a pause, which does not count for the time limits.
func (d *dialing) again() {
	now := d.client.engine.Now()
	waited := now.Sub(d.before)
	d.response.deadline = d.response.deadline.Add(waited)
	d.response.Timings.Queue += waited
	d.attempt(now)
}
