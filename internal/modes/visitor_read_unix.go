//go:build unix

package modes

import (
	"errors"
	"hash/crc32"
	"io"

	"crawl/internal/fetch"
	"crawl/internal/http1"
)

// onReadable is called whenever something may be read on a connection. It reads until nothing is left, or until the
// visitor has left the connection: a fetch that ends may have begun the next one on it, in this very call.
func (l *line) onReadable() {
	c, v := l.client, l.visitor
	if v == nil { // idle: it has been closed, or has got what nobody asked for
		if n, more, err := c.loop.SockRead(l.fd, c.buffer); n > 0 || more || err != nil {
			c.close(l)
		}
		return
	}
	if v.visit.Connected == 0 && !l.used { // onConnected comes first, for a connect that failed is readable too
		l.early = true
		return
	}
	for {
		n, more, err := c.loop.SockRead(l.fd, c.buffer)
		switch {
		case err == io.EOF:
			v.ended()
			return
		case err != nil:
			v.broken(err)
			return
		case n == 0:
			return
		}
		l.unread = more // then there may be an end behind it, and no further event of that
		if over := v.take(c.buffer[:n]); over || !more {
			return
		}
	}
}

// take makes sense of what has arrived, and reports whether the fetch is over.
func (v *visitor) take(p []byte) (over bool) {
	if !v.got {
		v.got = true
		v.visit.FirstByte = int64(v.client.now())
	}
	if !v.inBody {
		rest, err := v.takeHead(p)
		if err != nil {
			v.fail(err)
			return true
		}
		if !v.inBody {
			return false
		}
		p = rest
	}
	return v.takeBody(p)
}

// takeHead parses the head of a final response, if all of it is there, and returns what is behind it.
func (v *visitor) takeHead(p []byte) (rest []byte, err error) {
	c := v.client
	if len(v.partial) > 0 {
		v.partial = append(v.partial, p...)
		p = v.partial
	}
	for {
		limits := http1.Limits{Head: max(1, http1.DefaultHead-v.interim)}
		end, next, err := http1.HeadEnd(p, v.seen, limits)
		if err != nil {
			return nil, err
		}
		if end < 0 {
			v.partial, v.seen = append(v.partial[:0], p...), next
			return nil, nil
		}
		if err := c.head.Parse(p[:end], http1.Limits{}); err != nil {
			return nil, err
		}
		p, v.seen = p[end:], 0
		if !c.head.Interim() {
			break
		}
		v.interim += end
	}
	v.visit.Status = uint16(c.head.Status)
	if v.framing, err = c.head.Framing("GET"); err != nil {
		return nil, err
	}
	if v.framing.Kind == http1.Tunnel {
		return nil, &fetch.Error{Class: fetch.ProtocolHead, Err: errSwitched}
	}
	c.body.Reset(v.framing, http1.Limits{})
	v.inBody = true
	return p, nil
}

// takeBody passes p on as body.
func (v *visitor) takeBody(p []byte) (over bool) {
	body := v.body
	if body == nil {
		body = &v.client.body
	}
	for len(p) > 0 && !body.Done() {
		data, n, err := body.Next(p)
		if err != nil {
			v.fail(err)
			return true
		}
		p = p[n:]
		v.visit.Bytes += uint32(len(data))
		v.visit.Sum = crc32.Update(v.visit.Sum, v.client.job.sums, data)
	}
	if len(p) > 0 { // nobody's: the connection is not to be trusted
		v.framing.KeepAlive = false
	}
	if body.Done() {
		v.end(nil)
		return true
	}
	if v.body == nil {
		v.body = new(http1.Body)
		*v.body, v.client.body = v.client.body, http1.Body{}
	}
	return false
}

// ended is called when the server has closed the connection.
func (v *visitor) ended() {
	switch {
	case v.inBody:
		v.framing.KeepAlive = false
		if err := v.body.EOF(); err != nil {
			v.fail(err)
			return
		}
		v.end(nil)
	case v.got:
		v.fail(http1.ErrTruncated)
	default:
		v.broken(errEarlyClose)
	}
}

// broken is called when the connection has failed. One that had been idle may have been closed before the request came:
// then it is tried once more on a fresh one.
func (v *visitor) broken(err error) {
	class := fetch.ClassFor(err, fetch.TimeoutTotal)
	if errors.Is(err, errEarlyClose) {
		class = fetch.ClosedEarly
	}
	if v.line.used && !v.got && !v.again && (class == fetch.ClosedEarly || class == fetch.ClosedReset) {
		v.again = true
		v.drop()
		v.attempt()
		return
	}
	v.fail(&fetch.Error{Class: class, Err: err})
}

// fail ends a fetch that came to nothing. What follows is left to the loop: failures can come one out of the other, each
// deeper on the stack, until it is full.
func (v *visitor) fail(err error) {
	var known *fetch.Error
	if !errors.As(err, &known) {
		err = &fetch.Error{Class: fetch.ClassFor(err, fetch.TimeoutTotal), Err: err}
	}
	v.framing.KeepAlive = false
	v.end(err)
}

// end books a fetch, leaves its connection, and goes on.
func (v *visitor) end(err error) {
	c := v.client
	v.visit.End = int64(c.now())
	c.job.noted(v.fetch, v.visit, err)
	if v.line != nil && v.framing.KeepAlive && !v.line.unread {
		c.keep(v.line)
		v.line = nil
	} else {
		v.drop()
	}
	v.body = nil
	if err != nil {
		c.loop.CallSoon(v.next)
		return
	}
	v.next()
}

// drop closes the visitor's connection, if it has one.
func (v *visitor) drop() {
	if v.line != nil {
		v.client.close(v.line)
		v.line = nil
	}
}
