package fetch

import (
	"context"
	"errors"
	"time"

	"crawl/internal/engine"
	"crawl/internal/link"
)

// mostRunners is how many attempts at the addresses of a host are under way at once.
const mostRunners = 4

// establishing is the making of a connection that takes more than a connect to one address. It is done in tasks of
// its own: a handshake goes deep, and a stack that has grown for one is gone with its task, while that of the fetch
// stays small.
//
// Where a host has several addresses, connecting is a race (RFC 8305 section 5). It begins with one runner, which takes
// the next address when its last one has failed. Each time that AttemptDelay has passed without a new attempt, another
// runner joins it, once the pool has leave for one. The first to be connected wins, and goes on with what there is to
// do on the connection; the others are called off.
type establishing struct {
	client *Client
	url    *link.URL
	route  route
	need   need
	given  bool // the user gave the addresses
	began  time.Time
	base   Response // what the fetch had taken before

	over     engine.Cond // and what follows: guarded by Client.mu
	attempts             // of all runners
	runners  []*runner
	running  int      // of these
	settled  bool     // how it ends is one runner's, or nobody waits any more
	response Response // its; the fetch takes the times from it
	done     bool
	left     bool // nobody waits any more
	conn     *conn
	err      error
}

// runner is a task that connects. Leave to make a connection is its own from its beginning until it is done.
type runner struct {
	*establishing
	dialing  *dialing // nil: to be made, for the fetch made the first
	begun    bool     // guarded by Client.mu
	began    time.Time
	response Response
	cancel   func()
}

// establish makes a connection by the route of d.
func (c *Client) establish(ctx context.Context, d *dialing) (conn *conn, err error) {
	res := d.response
	if err = ctx.Err(); err != nil { // its tasks might never begin
		c.pool.release(nil)
		c.giveDialingBack(d)
		return nil, fail(Cancelled, err)
	}
	var e *establishing
	c.engine.Leaf(func() { e = c.newEstablishing(d) })
	c.mu.Lock()
	for !e.done && err == nil {
		err = e.over.Wait(ctx)
	}
	if e.done {
		res.Timings, res.Lag, res.Remote = e.response.Timings, e.response.Lag, e.response.Remote
		conn, err = e.conn, e.err
	} else {
		err = e.leave(err)
	}
	c.mu.Unlock()
	return conn, err
}

// newEstablishing begins.
func (c *Client) newEstablishing(d *dialing) *establishing {
	e := &establishing{
		client: c, url: d.url, route: d.route, need: d.need, given: d.given, began: c.engine.Now(), base: d.response.clone(),
		over: c.engine.NewCond(c.mu, "connection"),
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	e.attempts, e.latest = d.own, e.began
	e.hire(d)
	if len(e.addrs) > 0 {
		c.engine.After(c.options.AttemptDelay, e.pace)
	}
	return e
}

// hire starts a runner. The caller holds the lock, and the runner waits for it.
func (e *establishing) hire(d *dialing) {
	r := &runner{establishing: e, dialing: d, began: e.client.engine.Now(), response: e.base}
	e.runners = append(e.runners, r)
	e.running++
	r.cancel = e.client.engine.Spawn("connect", r.run)
}

// pace is called again and again until the race is over, and has another runner join it when it is time.
func (e *establishing) pace() {
	c := e.client
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.settled || len(e.addrs) == 0 {
		return
	}
	wait := c.options.AttemptDelay - c.engine.Now().Sub(e.latest)
	if wait <= 0 {
		if e.running == e.active && e.running < mostRunners { // nobody is waiting for leave already
			e.hire(nil)
		}
		wait = c.options.AttemptDelay
	}
	c.engine.After(wait, e.pace)
}

// run is the task.
func (r *runner) run(ctx context.Context) error {
	c, e := r.client, r.establishing
	if !r.begin() {
		return nil
	}
	conn, err := r.connect(ctx)
	if !e.settle(r, err) {
		switch {
		case conn == nil:
		case conn.used:
			c.pool.put(conn)
		default:
			c.pool.release(conn)
		}
		return nil
	}
	if err == nil && !conn.used { // else it is one that has become idle meanwhile
		e.response.Remote = conn.remote
		if err = e.prepare(ctx, conn); err != nil {
			c.pool.release(conn)
		}
	}
	if e.finish(conn, err) && err == nil {
		c.pool.release(conn)
	}
	return nil
}

// begin reports whether there is still anything to do.
func (r *runner) begin() bool {
	r.client.mu.Lock()
	defer r.client.mu.Unlock()
	r.begun = !r.settled
	return r.begun
}

// connect connects to one of the addresses that are left, or finds a connection that has become idle.
func (r *runner) connect(ctx context.Context) (*conn, error) {
	c, e, d := r.client, r.establishing, r.dialing
	if d == nil {
		conn, err := c.pool.acquire(ctx, e.route.key, e.need, &r.response.Timings.Queue)
		if conn != nil || err != nil {
			return conn, err
		}
		d = c.borrowDialing()
		d.url, d.route, d.need, d.given, d.several = e.url, e.route, e.need, e.given, true
	}
	d.ctx, d.response = ctx, &r.response
	d.attempts = &e.attempts
	begin := d.steps.prepare // once more, in this task's context
	if d.several {
		begin = d.steps.start
	}
	c.engine.Leaf(begin)
	return c.connect(ctx, d)
}

// settle says whether what a runner has come to is what all come to: the first connection, or the failure after which
// no runner has an address. Then the others are called off.
func (e *establishing) settle(r *runner, err error) bool {
	c := e.client
	c.mu.Lock()
	defer c.mu.Unlock()
	e.running--
	if e.settled || errors.Is(err, errNoneLeft) || err != nil && e.active > 0 {
		return false
	}
	e.settled = true
	e.response = r.response
	e.response.Timings.Connect += r.began.Sub(e.began)
	e.callOff(r)
	return true
}

// callOff ends the runners but for one, now that it is settled how all ends. A task that is called off before it has
// begun may never begin: then the leave that the first runner has of the fetch is given back here. The caller holds the
// lock.
func (e *establishing) callOff(winner *runner) {
	for _, r := range e.runners {
		if r == winner {
			continue
		}
		r.cancel()
		if !r.begun && r.dialing != nil {
			r.dialing = nil
			e.client.pool.release(nil)
		}
	}
}

// leave ends all because the fetch does, with the error of its wait. The caller holds the lock.
func (e *establishing) leave(err error) error {
	e.settled, e.left = true, true
	e.callOff(nil)
	return fail(Cancelled, err)
}

// finish hands over what has come of it, and reports whether nobody waits for that any more.
func (e *establishing) finish(conn *conn, err error) (left bool) {
	c := e.client
	c.mu.Lock()
	defer c.mu.Unlock()
	e.done, e.err = true, err
	if err == nil {
		e.conn = conn
	}
	e.over.Signal()
	return e.left
}

// prepare does on a new connection what there is to do before a request.
func (e *establishing) prepare(ctx context.Context, conn *conn) error {
	if e.route.via != nil {
		if err := e.greet(ctx, conn); err != nil {
			return err
		}
	}
	if e.route.secure {
		return e.secure(ctx, conn)
	}
	return nil
}
