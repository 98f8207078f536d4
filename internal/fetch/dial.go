package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"crawl/internal/engine"
	"crawl/internal/link"
)

// pressurePatience is how long a fetch waits for this machine to have a descriptor or port for it: a port is
// free again a minute after its connection was closed (TIME_WAIT), and others wait for them too.
const pressurePatience = 3 * time.Minute

var errNoneLeft = errors.New("no address is left to try")

// plan begins to make a connection, which the pool has given leave for: it finds out what to connect to. connect or
// establish goes on with it, and on an error gives that leave back.
func (c *Client) plan(ctx context.Context, req *Request, res *Response) *dialing {
	d := c.borrowDialing()
	d.ctx, d.url, d.response, d.need = ctx, req.URL, res, c.need(req, res)
	c.engine.Leaf(d.steps.begin)
	if d.question != nil {
		d.err = c.resolver.wait(d.deadline, d.question)
		c.engine.Leaf(d.steps.learn)
	}
	return d
}

// connect connects to the host of d's route. When this machine has no descriptor, port or memory for a connection, that
// is not the server's fault: the fetch waits, its time limits too, and the pool makes do with fewer connections. If
// one becomes idle meanwhile, and none fresh is asked for, that one will do.
func (c *Client) connect(ctx context.Context, d *dialing) (*conn, error) {
	for !d.over {
		if d.response.trace() != nil {
			d.tellAttempt(EventConnecting, 0, nil)
		}
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
	steps  *steps

	ctx      context.Context
	url      *link.URL
	route    route // to it
	response *Response
	need     need
	question question      // that the resolver owes an answer to
	written  [1]netip.Addr // the address that the URL has instead of a name
	given    bool          // the user gave the addresses
	several  bool          // they are worth a race: see establishing
	own      attempts
	attempts *attempts // own, or those of the race that this dialing is in

	addr     netip.Addr
	address  string          // with the port
	first    time.Time       // attempt at this address
	before   time.Time       // this attempt, or the pause or question before it
	deadline context.Context // ctx with the deadline of this attempt, or of the wait for an answer
	timeout  Class           // what passes with it
	pause    time.Duration   // before another attempt at the same address

	raw  net.Conn
	err  error
	conn *conn
	over bool // with conn, or with err
}

// steps are methods of a dialing, for Leaf, made once.
type steps struct{ begin, learn, start, prepare, judge func() }

func newDialing(c *Client) *dialing {
	d := &dialing{client: c}
	d.steps = &steps{d.begin, d.learn, d.start, d.prepare, d.judge}
	return d
}

// simple reports whether connect does all that is left to do, in the task of the fetch.
func (d *dialing) simple() bool { return d.over || d.route.direct() && !d.several }

// begin takes the addresses that need no resolver, given by the user or written in the URL, or else asks.
func (d *dialing) begin() {
	c := d.client
	d.route = routeTo(d.url, d.response)
	d.attempts = &d.own
	d.given = d.route.via != nil // the user gave the proxy; where it leads is another matter: see Client.barred, target
	if addrs := c.resolver.given(d.route.host, d.route.port); len(addrs) > 0 {
		d.given = true
		if d.response.trace() != nil {
			d.tellAddresses(addrs, fromUser, 0, nil)
		}
		d.choose(addrs)
		return
	}
	if addr, err := netip.ParseAddr(d.route.host); err == nil {
		d.written[0] = addr
		d.choose(d.written[:])
		return
	}
	d.before = c.engine.Now()
	d.deadline = engine.WithDeadline(d.ctx, d.client.deadline(d.response))
	d.question = c.resolver.ask(d.route.host, min(c.options.ConnectTimeout, c.options.TotalTimeout))
}

// learn takes what the resolver has answered, if it has.
func (d *dialing) learn() {
	now := d.client.engine.Now()
	d.response.Timings.DNS += now.Sub(d.before)
	d.client.noteLag(d.response, now)
	question := d.question
	d.question = nil
	if d.err == nil && d.response.trace() != nil {
		addrs, err := question.outcome()
		d.tellAddresses(addrs, d.client.resolver.from(question), now.Sub(d.before), err)
	}
	switch {
	case d.err != nil: // of the wait
		class := Cancelled
		if errors.Is(d.err, os.ErrDeadlineExceeded) {
			class, d.err = TimeoutTotal, fmt.Errorf("lookup of %q was not done in time: %w", d.route.host, d.err)
		}
		d.err, d.over = fail(class, d.err), true
	default:
		addrs, err := question.outcome()
		if err != nil {
			d.err, d.over = err, true
			return
		}
		d.choose(addrs)
	}
}

// start begins with the first address that is left.
func (d *dialing) start() {
	if d.take() {
		d.prepare()
		return
	}
	d.err, d.over = errNoneLeft, true
}

// take takes the next address, if there is one left.
func (d *dialing) take() bool {
	c, a := d.client, d.attempts
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(a.addrs) == 0 {
		return false
	}
	d.first = c.engine.Now()
	d.addr, a.addrs, a.latest = a.addrs[0].Unmap(), a.addrs[1:], d.first
	if d.address == "" { // its first one
		a.active++
	}
	d.address = netip.AddrPortFrom(d.addr, d.route.port).String()
	return true
}

// prepare sets the limits of an attempt at the address, the first or one after a pause, which does not count for
// the time limits.
func (d *dialing) prepare() {
	now := d.client.engine.Now()
	switch {
	case d.err != nil: // of the pause
		d.err = fail(Cancelled, d.err)
		d.failed(Cancelled)
		return
	case d.pause > 0:
		d.response.Timings.Queue += now.Sub(d.before)
		if d.need&needFresh != 0 {
			break
		}
		if d.conn = d.client.pool.trade(d.route.key, d.need); d.conn != nil {
			d.over = true
			return
		}
	}
	d.before = now
	deadline := now.Add(d.client.options.ConnectTimeout)
	d.timeout = TimeoutConnect
	if last := d.client.deadline(d.response); last.Before(deadline) {
		deadline, d.timeout = last, TimeoutTotal
	}
	d.deadline = engine.WithDeadline(d.ctx, deadline)
}

// judge books an attempt, and decides whether it was the last.
func (d *dialing) judge() {
	c, now := d.client, d.client.engine.Now()
	d.response.Timings.Connect += now.Sub(d.before)
	c.noteLag(d.response, now)
	if d.err == nil {
		d.conn, d.over = newConn(d.raw, d.route.key, d.address), true
		d.conn.private, d.conn.given = c.private(d.addr), d.given
		if d.response.trace() != nil {
			d.tellAttempt(EventConnected, now.Sub(d.before), nil)
		}
		return
	}
	d.err = classify(d.ctx, d.err, d.timeout)
	class := ClassOf(d.err)
	if class == LocalPorts && d.pause == 0 && !d.haveSource() {
		class = ConnectUnreachable
		d.err = fail(class, d.err)
	}
	if class.Family() == "local" && now.Sub(d.first) <= pressurePatience {
		if d.response.trace() != nil {
			d.tellAttempt(EventPressure, now.Sub(d.before), d.err)
		}
		d.relieve(class)
		d.before, d.err = now, nil
		return
	}
	d.pause = 0
	d.noteNoWay(class)
	if class == ClosedReset || class == Internal { // some other error of the system's
		d.err = fail(ConnectFailed, d.err)
	}
	if d.response.trace() != nil {
		d.tellAttempt(EventUnconnected, now.Sub(d.before), d.err)
	}
	d.failed(class)
}

// failed goes on with the next address after an attempt that has failed for good, or ends.
func (d *dialing) failed(class Class) {
	c, a := d.client, d.attempts
	if class != Cancelled {
		c.mu.Lock()
		a.note(d.err)
		c.mu.Unlock()
	}
	if class != Cancelled && class != TimeoutTotal && d.take() {
		d.err = nil
		d.prepare()
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	a.active--
	d.over = true
	if class != Cancelled {
		d.err = a.verdict()
	}
}

// haveSource reports whether this machine has an address to connect from. If it has none, as for IPv6 where that
// is switched off, the system's error is the same as when there is no port left (EADDRNOTAVAIL); but then a
// socket for datagrams has none either. Connecting one sends nothing and does not wait.
func (d *dialing) haveSource() bool { return !errors.Is(d.probe(), syscall.EADDRNOTAVAIL) }

// probe is what this machine says to a socket for datagrams to the address.
func (d *dialing) probe() error {
	probe, err := d.client.engine.DialContext(d.ctx, "udp", d.address)
	if err == nil {
		_ = probe.Close() // nothing was sent
	}
	return err
}

// noteNoWay notes that this machine has no way to IPv6 addresses, if that is why the attempt at one has failed.
func (d *dialing) noteNoWay(class Class) {
	c := d.client
	if class != ConnectUnreachable || !isGlobal6(d.addr) {
		return
	}
	// A router may have said so of one network. A socket for datagrams asks none: this machine says it, or nobody.
	if err := d.probe(); errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EADDRNOTAVAIL) {
		c.mu.Lock()
		c.noIPv6 = c.engine.Now().Add(noIPv6For)
		c.mu.Unlock()
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
