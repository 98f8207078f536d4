package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"crawl/internal/http1"
)

// buffer is what a connection borrows while there is something to read, with what is needed to make sense of
// it. It belongs to one exchange at a time.
type buffer struct {
	bytes   []byte
	have    int // bytes of a head, and what came with it
	seen    int // of these, where no head ends
	interim int // bytes of interim responses that were before them
	head    http1.Head
	body    http1.Body // of a response that is whole at its first read; else it moves to the Response
	request http1.Request
	fields  []Field     // of the request, when there are more than the caller's
	cookies []byte      // what the jar has for it
	content contentType // of the last response, which most often is that of the next
	out     []byte      // the request as it is sent
	compose func()      // composeRequest, made once
	take    func()      // takeIn, made once

	client *Client
	conn   *conn
	req    *Request
	res    *Response
	over   bool // the response has ended
	err    error
}

// exchange sends the request and reads the response. When it returns, nothing of this response is left on the
// connection if res.framing.KeepAlive says so.
func (c *Client) exchange(ctx context.Context, conn *conn, req *Request, res *Response) error {
	if err := c.send(conn, req, res); err != nil {
		return c.unsent(ctx, conn, req, res, err)
	}
	return c.receive(ctx, conn, req, res)
}

// unsent is the end of an exchange whose request could not be sent whole because of err.
func (c *Client) unsent(ctx context.Context, conn *conn, req *Request, res *Response, err error) error {
	c.noteLag(res, c.engine.Now())
	err = classify(ctx, err, c.unlessTotal(res, TimeoutWrite))
	if c.answeredEarly(ctx, conn, req, res, ClassOf(err)) {
		return nil
	}
	return err
}

// earlyPatience is for an answer that should be there already.
const earlyPatience = 100 * time.Millisecond

// answeredEarly looks for a response to a request that could not be sent whole, for the reason class: a server
// may answer before it has read all, and take no more (RFC 9112 section 9.5). It has to be whole by what its head
// says, since the end of such a connection says nothing. A request that is going to be sent again needs none.
func (c *Client) answeredEarly(ctx context.Context, conn *conn, req *Request, res *Response, class Class) bool {
	if class != TimeoutWrite && (class != ClosedReset || conn.used && Idempotent(req.method())) {
		return false
	}
	if conn.SetReadDeadline(c.engine.Now().Add(earlyPatience)) != nil || c.receive(ctx, conn, req, res) != nil {
		return false
	}
	res.framing.KeepAlive = false
	return res.framing.Kind != http1.Close
}

// send writes the request.
func (c *Client) send(conn *conn, req *Request, res *Response) error {
	b := c.borrow(conn, req, res)
	c.engine.Leaf(b.compose)
	err := b.err
	if err == nil {
		_, err = conn.Write(b.out)
	}
	c.giveBack(b)
	return err
}

// composeRequest puts the request into the buffer, as out. One deadline covers sending it and the wait for the
// first byte of the response; it is set once, for each setting costs where it goes through a timer of the
// runtime.
func (b *buffer) composeRequest() {
	req := b.req
	b.request.Method = req.method()
	b.request.Target, b.request.Host = req.URL.Target(), req.URL.Authority()
	b.request.Fields, b.request.Length = req.Fields, int64(len(req.Body))
	if b.extended() {
		b.request.Fields = b.extend()
	}
	if b.client.options.Cookies != nil {
		b.addCookies()
	}
	if v := b.res.via(); v != nil && !v.tunnel {
		b.askProxy(v.proxy)
	}
	if b.out, b.err = http1.AppendRequest(b.bytes[:0], &b.request); b.err != nil {
		return
	}
	b.out = append(b.out, req.Body...)
	now := b.client.engine.Now()
	b.res.phase, b.res.Sent = now.Sub(b.res.Started), true
	if b.res.trace() != nil {
		b.res.trace().tellRequest(b)
	}
	b.err = b.conn.SetDeadline(b.client.limit(now, b.res))
}

// receive reads the response. Between two reads a body needs no buffer, and a head only if a part of it is there.
func (c *Client) receive(ctx context.Context, conn *conn, req *Request, res *Response) error {
	var b *buffer
	for {
		if b == nil {
			if err := c.await(conn); err != nil {
				return c.readError(ctx, err, res)
			}
			b = c.borrow(conn, req, res)
		}
		n, err := c.read(conn, b.room(), res)
		if err == syscall.EAGAIN { // of TLS: what had come was not all of a record, or no data
			if b.have == 0 && b.interim == 0 { // else it knows something
				c.giveBack(b)
				b = nil
			} else if err := conn.events.AwaitReadable(); err != nil {
				c.giveBack(b)
				return c.readError(ctx, err, res)
			}
			continue
		}
		if err != nil {
			c.giveBack(b)
			return c.readError(ctx, err, res)
		}
		b.have += n
		c.engine.Leaf(b.take)
		if res.pausing() {
			err = c.takeTurns(ctx, res, b.take)
		}
		if b.over || b.err != nil || err != nil {
			if err == nil {
				err = b.err
			}
			c.giveBack(b)
			if err != nil {
				err = classify(ctx, err, TimeoutRead)
			}
			return err
		}
		if res.inBody {
			c.giveBack(b)
			b = nil
		}
		if err := conn.SetReadDeadline(c.limit(c.engine.Now(), res)); err != nil {
			return c.readError(ctx, err, res)
		}
	}
}

// await waits until there is something to read, where that is possible without a buffer.
func (c *Client) await(conn *conn) error {
	if conn.events == nil {
		return nil
	}
	return conn.events.AwaitReadable()
}

// limit is when the next byte has to have arrived.
func (c *Client) limit(now time.Time, res *Response) time.Time {
	limit := now.Add(c.options.Timeout)
	if res.moved {
		limit = now.Add(min(movedPatience, c.options.Timeout))
	}
	if last := c.deadline(res); last.Before(limit) {
		return last
	}
	return limit
}

// unlessTotal is what a deadline that passes now stands for: the total, or else timeout.
func (c *Client) unlessTotal(res *Response, timeout Class) Class {
	if c.engine.Now().Before(c.deadline(res)) {
		return timeout
	}
	return TimeoutTotal
}

// readError gives the error of a read its class. nil is for the end of the connection where that is the end
// of the response.
func (c *Client) readError(ctx context.Context, err error, res *Response) error {
	timeout := TimeoutRead
	if !res.got {
		timeout = TimeoutFirstByte
	}
	c.noteLag(res, c.engine.Now())
	timeout = c.unlessTotal(res, timeout)
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		switch {
		case res.inBody && err == io.EOF:
			if err = res.body.EOF(); err == nil && res.decoding() != nil {
				return c.finish(ctx, res)
			} else if err == nil {
				return res.finish(nil, nil, c.engine.Now())
			}
		case res.got && err != io.EOF: // an end that TLS has not announced, and that anybody could have made
			err = fmt.Errorf("%w: %w", http1.ErrTruncated, err)
		case res.got:
			err = http1.ErrTruncated
		default:
			err = errEarlyClose
		}
	}
	return classify(ctx, err, timeout)
}

// read reads into p and counts.
func (c *Client) read(conn *conn, p []byte, res *Response) (int, error) {
	n, err := conn.Read(p)
	if n > 0 {
		res.BytesWire += int64(n)
		return n, nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return 0, err
}

// room is where the next bytes go. The limit that HeadEnd keeps bounds how large the buffer gets.
func (b *buffer) room() []byte {
	if b.have == len(b.bytes) {
		b.bytes = append(b.bytes, make([]byte, len(b.bytes))...)
	}
	return b.bytes[b.have:]
}

// takeIn makes sense of what has arrived: of the head when all of it is there, of the body stretch by stretch.
// It sets over when the response has ended, and err. It does not wait, and runs on the engine's stack.
func (b *buffer) takeIn() {
	c, res := b.client, b.res
	now := c.engine.Now()
	if !res.got {
		res.begun(now)
	}
	c.noteLag(res, now)
	rest := b.bytes[:b.have]
	if !res.inBody {
		var end int
		if end, b.err = b.parseHead(c.options.Limits); end == 0 || b.err != nil {
			return
		}
		rest = b.bytes[end:b.have]
		if b.err = b.note(&c.options); b.err != nil {
			return
		}
		res.inBody = true
	}
	body := res.body
	if body == nil {
		body = &b.body
	}
	b.have = 0
	b.over, b.err = c.consume(rest, body, b.req, res)
	switch {
	case b.over:
		b.err = res.finish(b.req, body, now)
	case res.body == nil:
		res.body = new(http1.Body)
		*res.body, b.body = b.body, http1.Body{}
	}
}

// parseHead parses the head of a final response, if all of it is there, and returns where it ends; else 0.
// There may be interim responses before it, which count against the limit of the head, else there could be no
// end to them.
func (b *buffer) parseHead(lim http1.Limits) (int, error) {
	begin := 0
	for {
		left := lim
		left.Head = max(1, lim.Head-b.interim)
		end, next, err := http1.HeadEnd(b.bytes[begin:b.have], b.seen, left)
		if (end < 0 || err != nil) && isAlert(b.bytes[begin:b.have]) {
			return 0, errSpeaksTLS
		}
		if err != nil {
			return 0, err
		}
		if end < 0 {
			b.have, b.seen = copy(b.bytes, b.bytes[begin:b.have]), next
			return 0, nil
		}
		if err := b.head.Parse(b.bytes[begin:begin+end], lim); err != nil {
			return 0, err
		}
		if b.res.trace() != nil {
			b.res.trace().tell(&Event{Kind: headKind(&b.head), Head: b.head.Raw})
		}
		if !b.head.Interim() {
			return begin + end, nil
		}
		begin += end
		b.interim += end
		b.seen = 0
	}
}

// note takes from the head what the result needs. The head is gone with its buffer.
func (b *buffer) note(o *Options) (err error) {
	h, res := &b.head, b.res
	res.Status, res.Minor = h.Status, h.Minor
	if v := res.via(); h.Status == 407 && v != nil && !v.tunnel {
		return fail(ProxyAuth, v.proxy.wrap(answered(h), ""))
	}
	if res.framing, err = h.Framing(b.req.method()); err != nil {
		return err
	}
	res.framing.KeepAlive = res.framing.KeepAlive && !http1.AsksToClose(b.req.Fields)
	res.Anomalies = h.Anomalies
	if res.framing.Kind == http1.Tunnel {
		return errSwitched
	}
	b.noteMediaType()
	if o.Cookies != nil {
		b.keepCookies()
	}
	b.body.Reset(res.framing, o.Limits)
	if res.Status >= 300 {
		if err = b.noteElse(o); err != nil || res.moved {
			return err
		}
	}
	if b.req.Watch != nil && b.req.Watch.OnHead != nil {
		b.req.Watch.OnHead(h)
	}
	if b.req.Selection != nil {
		if err = b.noteSelected(); err != nil {
			return err
		}
	}
	if err := b.noteCoding(o); err != nil {
		return err
	}
	if res.framing.Kind == http1.Length && res.framing.Length > o.MaxBody {
		return errBodyLimit
	}
	return nil
}

// noteElse is note for what is no success.
func (b *buffer) noteElse(o *Options) error {
	if res := b.res; res.Status == 429 || res.Status == 503 || res.Status < 400 {
		if value, ok := b.head.Get("Retry-After"); ok {
			res.more().retryAfter = parseRetryAfter(string(value), b.client.engine.Now())
		}
	}
	switch {
	case b.req.Stay:
		return b.noteLocation()
	case b.req.Redirects > 0:
		return b.noteRedirect(int(b.req.Redirects))
	case o.MaxRedirects > 0:
		return b.noteRedirect(o.MaxRedirects)
	}
	return nil
}

// consume passes p on as body. It reports whether the body has ended; bytes behind it are nobody's, and the
// connection is not to be trusted with another request.
func (c *Client) consume(p []byte, body *http1.Body, req *Request, res *Response) (over bool, err error) {
	if res.decoding() != nil {
		return res.decoding().consume(p, body)
	}
	if res.moved {
		return res.discard(p, body), nil
	}
	for len(p) > 0 && !body.Done() {
		data, n, err := body.Next(p)
		if err != nil {
			return false, err
		}
		p = p[n:]
		res.BytesBody += int64(len(data))
		if res.BytesBody > c.options.MaxBody {
			return false, errBodyLimit
		}
		if req.OnBody != nil && len(data) > 0 {
			if err := res.give(req, data); err != nil {
				return false, err
			}
		}
	}
	if len(p) > 0 {
		res.framing.KeepAlive = false
	}
	return body.Done(), nil
}
