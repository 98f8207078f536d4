package origin

import (
	"bytes"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"time"
)

// conn is one connection, served by one goroutine that reads a request, waits, writes the answer.
//
// It holds no buffer for output except while it writes. There are two ways to wait. The latency of a
// page is Server.pause, the cheapest; whether the client is still there shows when the answer is
// written. A wait under /f/ is conn.sleep: a Read with a deadline, which finds out at once when the
// client goes away.
type conn struct {
	srv  *Server
	nc   net.Conn
	id   int64
	home int // the host of the address that was connected to
	in   reader
	out  *buffer // nil between writes
	err  error   // of the first write that failed

	req       request
	entry     *Request // of the log, for req
	active    bool     // req is in flight
	quiet     bool     // req is a control request
	armed     bool     // a read deadline is set
	linger    bool     // the client may still be sending: see close
	epoch     int      // of the server when the connection was counted
	uncounted bool     // no part of the counters, since it began with a control request
}

const (
	faultPrefix   = "/f/"
	controlPrefix = "/-/"
)

// serve runs the connection to its end.
func (c *conn) serve() {
	defer c.srv.remove(c)
	for first := true; ; first = false {
		err := c.read()
		if err != nil {
			c.refuse(err)
			break
		}
		var again bool
		if c.quiet = bytes.HasPrefix(c.req.path, []byte(controlPrefix)); c.quiet {
			if first {
				c.srv.uncount(c)
			}
			again = c.control()
		} else {
			c.begin()
			again = c.answer()
		}
		if c.active {
			c.srv.count.abandoned.Add(1)
			c.settle(0)
		}
		if !again || c.err != nil || c.req.close {
			break
		}
	}
	c.close()
}

// read reads the next request head into c.req.
func (c *conn) read() error {
	if c.armed {
		c.armed = false
		if err := c.nc.SetReadDeadline(time.Time{}); err != nil {
			return err
		}
	}
	return c.in.next(&c.req)
}

// answer answers c.req and reports whether the connection may go on. It does not if the client asked
// for its end, which serve sees to.
func (c *conn) answer() bool {
	if bytes.HasPrefix(c.req.path, []byte(faultPrefix)) {
		return c.fault()
	}
	if c.dropBody() != nil {
		return false
	}
	host := c.home
	if h, ok := c.srv.byName[string(c.req.authority)]; ok {
		host = h
	}
	// The wait is here and not below, where the stack is deeper: that keeps most stacks at 2 KB.
	if d := c.srv.delay(host, c.req.path); d > 0 && !c.srv.pause(d) {
		return false
	}
	return c.page(host)
}

// page answers with a part of the web.
func (c *conn) page(host int) bool {
	w := c.srv.Web
	a := w.find(host, c.req.path)
	if a.page < 0 {
		h := head{status: a.status, contentType: a.contentType, length: int64(len(a.body))}
		if a.location != "" {
			h.extra = "Location: " + a.location + "\r\n"
		}
		c.writeHead(h)
		c.writeBody(a.body)
		return c.done(a.status)
	}
	size := w.pageSize(host, a.page)
	c.writeHead(head{status: a.status, contentType: a.contentType, length: int64(size)})
	if !c.req.headOnly {
		out := c.output()
		start := len(out.b)
		out.tail = w.appendBottom(out.tail[:0], host, a.page)
		out.b = w.appendTop(out.b, host, a.page)
		fill := size - (len(out.b) - start) - len(out.tail)
		if c.writeFiller(w.fillerStart(host, a.page), fill, out.tail) != nil {
			return false
		}
	}
	return c.done(a.status)
}

// begin counts c.req in.
func (c *conn) begin() {
	s := c.srv
	s.count.requests.Add(1)
	n := s.count.inFlight.rise()
	c.active = true
	if s.log.limit == 0 {
		return
	}
	r := &c.req
	c.entry = &Request{
		Since:    time.Since(s.started),
		Conn:     c.id,
		Remote:   c.nc.RemoteAddr().String(),
		Local:    c.nc.LocalAddr().String(),
		Host:     string(r.authority),
		Method:   string(r.method),
		Target:   string(r.target),
		Version:  "HTTP/1." + string(r.minor),
		Fields:   r.fields(),
		Body:     r.length,
		InFlight: n,
	}
	s.log.add(c.entry)
}

// settle counts c.req out. It is called just before the last bytes of the answer are written: a
// client that has read its answer must not find its request still in flight, or a client that keeps
// to a limit would be seen to break it.
func (c *conn) settle(status int) {
	if !c.active {
		return
	}
	c.active = false
	if c.entry != nil {
		c.srv.log.setStatus(c.entry, status)
		c.entry = nil
	}
	c.srv.count.inFlight.fall()
}

// done writes what is left of the answer and reports whether that succeeded.
func (c *conn) done(status int) bool {
	c.settle(status)
	return c.flush() == nil
}

// wait lets d pass. What the client sends meanwhile is kept for later. The error says that the
// client, or the server, is gone.
func (c *conn) wait(d time.Duration) error {
	if err := c.arm(time.Now().Add(d)); err != nil {
		return err
	}
	return c.sleep()
}

// arm sets the end of the sleep that follows; the zero time is never.
func (c *conn) arm(until time.Time) error {
	c.armed = true
	return c.nc.SetReadDeadline(until)
}

// sleep returns nil at the end of the time, or when another goroutine calls wake.
func (c *conn) sleep() error {
	for {
		err := c.in.more()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// wake ends a sleep, from any goroutine. It must come after arm.
func (c *conn) wake() { _ = c.nc.SetReadDeadline(time.Unix(1, 0)) }

// dropBody reads the body of c.req to its end.
func (c *conn) dropBody() error { return c.takeBody(nil) }

// takeBody passes the body of c.req to use, after the 100 (Continue) that the client may wait for
// (RFC 9110 section 10.1.1).
func (c *conn) takeBody(use func([]byte)) error {
	if c.req.length == 0 {
		return nil
	}
	if c.req.expect && c.in.r == c.in.w {
		c.write("HTTP/1.1 100 Continue\r\n\r\n")
		if c.flush() != nil {
			return c.err
		}
	}
	return c.in.body(c.req.length, use)
}

// refuse answers a request that could not be read, if there is anything to answer.
func (c *conn) refuse(err error) {
	var r *refusal
	if !errors.As(err, &r) {
		return
	}
	c.srv.count.refused.Add(1)
	c.linger = true
	c.req = request{close: true, minor: '1'}
	body := r.reason + "\n"
	c.writeHead(head{status: r.status, contentType: typeText, length: int64(len(body))})
	c.write(body)
	_ = c.flush() // either way the connection ends
}

// Bounds of a lingering close.
const (
	lingerTime  = time.Second
	lingerBytes = 1 << 20
)

// close closes the connection. If the client may still be sending, what it sends is read for a
// while, since closing before would reset the connection and could take the answer with it
// (RFC 9112 section 9.6).
func (c *conn) close() {
	if c.linger {
		if t, ok := c.tcp().(*net.TCPConn); ok && c.err == nil && t.CloseWrite() == nil {
			c.nc.SetReadDeadline(time.Now().Add(lingerTime))
			c.in = reader{src: c.nc}
			_ = c.in.body(lingerBytes, nil) // what it says changes nothing: the connection ends
		}
	}
	c.nc.Close()
}

// reset closes the connection with RST instead of FIN.
func (c *conn) reset() {
	if t, ok := c.tcp().(*net.TCPConn); ok {
		_ = t.SetLinger(0) // fails only on a connection that is closed
	}
	c.tcp().Close()
}

// tcp returns the connection below TLS.
func (c *conn) tcp() net.Conn {
	if t, ok := c.nc.(*tls.Conn); ok {
		return t.NetConn()
	}
	return c.nc
}
