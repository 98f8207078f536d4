package fetch

import (
	"context"
	"errors"
	"os"
)

// ErrRest is what Request.OnBody returns when it has taken the stretch, but has more to do with it than one turn should take. It
// is called with nothing then, each time once others have had their turn, until it returns something else; before that, some
// stretches more may come, of as many bytes as a buffer has. Nothing is read meanwhile.
var ErrRest = errors.New("fetch: there is more to do with the body")

// give gives OnBody a stretch, or nothing for it to go on.
func (r *Response) give(req *Request, data []byte) error {
	err := req.OnBody(data)
	switch {
	case errors.Is(err, ErrRest):
		r.more().resting = req
		return nil
	case r.extra != nil:
		r.extra.resting = nil
	}
	if err != nil {
		return fail(ClassOf(err), err) // whatever it is, it is not the server's
	}
	return nil
}

// resting reports whether OnBody has more to do.
func (r *Response) resting() bool { return r.extra != nil && r.extra.resting != nil }

// pausing reports whether a turn has ended before its work, and another is due.
func (r *Response) pausing() bool {
	return r.resting() || r.decoding() != nil && r.decoding().paused
}

// takeTurns has OnBody go on, and calls take, once others have had their turn, until there is nothing left to do. An error says
// that there was no time for that, or is of OnBody. How long OnBody rests is not the server's time.
func (c *Client) takeTurns(ctx context.Context, res *Response, take func()) error {
	for res.pausing() {
		before := c.engine.Now()
		if d := res.decoding(); d != nil && d.wants > 0 && !res.resting() {
			if err := c.awaitMemory(ctx, res); err != nil {
				return err
			}
		} else if err := c.engine.Sleep(ctx, 0); err != nil {
			return fail(Cancelled, err)
		}
		if res.resting() {
			if err := c.goOn(res); err != nil {
				return err
			}
			res.extra.rested += c.engine.Now().Sub(before)
			continue
		}
		now := c.engine.Now()
		c.noteLag(res, now)
		if !now.Before(c.deadline(res)) {
			return fail(TimeoutTotal, os.ErrDeadlineExceeded)
		}
		c.engine.Leaf(take)
	}
	return nil
}

// goOn gives OnBody a turn for what it has.
func (c *Client) goOn(res *Response) (err error) {
	c.engine.Leaf(func() {
		returns := false
		if d := res.decoding(); d != nil {
			defer d.stopUnless(&returns)
		}
		err = res.give(res.extra.resting, nil)
		returns = true
	})
	return err
}
