package fetch

import (
	"fmt"
	"time"
)

// A time limit that passes while this machine cannot keep up says nothing of the server. The loop does what it can: what
// has arrived comes before a timer that is due. But where an exchange takes several steps, as a handshake does, time that
// we have lost in one is missing for the others.

// noteLag is called with each step of a fetch whose time counts: when a connection stands or has failed, in a handshake,
// when something has come, and when a limit has passed.
func (c *Client) noteLag(res *Response, now time.Time) {
	res.Lag = max(res.Lag, c.engine.Lag(now))
}

// blameLag is err, or if that is a time limit of which we have spent half or more ourselves, one of class LocalLate
// around it.
func (c *Client) blameLag(res *Response, err error) error {
	class := ClassOf(err)
	if class.Family() != "timeout" || res.Lag < c.limitOf(class)/2 {
		return err
	}
	return fail(LocalLate, fmt.Errorf("this machine was up to %v late: %w", res.Lag.Round(time.Millisecond), err))
}

// limitOf is how long what a class of timeouts is about may take.
func (c *Client) limitOf(class Class) time.Duration {
	o := &c.options
	switch class {
	case TimeoutTotal:
		return o.TotalTimeout
	case TimeoutWrite, TimeoutFirstByte, TimeoutRead:
		return o.Timeout
	}
	return min(o.ConnectTimeout, o.TotalTimeout)
}
