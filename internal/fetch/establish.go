package fetch

import (
	"context"

	"crawl/internal/engine"
)

// establishing is the making of a connection that takes more than a connect. It is done in a task of its own: a
// handshake goes deep, and a stack that has grown for one is gone with its task, while that of the fetch stays
// small. Leave to make a connection is the task's until it is done.
type establishing struct {
	client   *Client
	dialing  *dialing
	route    route
	response Response // of which the fetch takes the times: it may have left

	over engine.Cond // and what follows: guarded by Client.mu
	done bool
	left bool // nobody waits any more
	conn *conn
	err  error
}

// establish makes a connection by the route of d.
func (c *Client) establish(ctx context.Context, d *dialing) (*conn, error) {
	res := d.response
	e := &establishing{client: c, dialing: d, route: d.route, response: *res, over: c.engine.NewCond(c.mu, "connection")}
	d.response = &e.response
	c.engine.Go("connect", e.run)
	c.mu.Lock()
	defer c.mu.Unlock()
	for !e.done {
		if err := e.over.Wait(ctx); err != nil && !e.done {
			e.left = true
			return nil, fail(Cancelled, err)
		}
	}
	res.Timings, res.Lag, res.Remote = e.response.Timings, e.response.Lag, e.response.Remote
	return e.conn, e.err
}

// run is the task.
func (e *establishing) run(ctx context.Context) error {
	c := e.client
	e.dialing.ctx = ctx
	conn, err := c.connect(ctx, e.dialing)
	if err == nil && !conn.used { // else it is one that has become idle meanwhile
		e.response.Remote = conn.remote
		if err = e.prepare(ctx, conn); err != nil {
			c.pool.release(conn)
		}
	}
	c.mu.Lock()
	e.done, e.err = true, err
	if err == nil {
		e.conn = conn
	}
	left := e.left
	e.over.Signal()
	c.mu.Unlock()
	if left && err == nil {
		c.pool.release(conn)
	}
	return nil
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
