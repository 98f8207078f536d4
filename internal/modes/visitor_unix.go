//go:build unix

package modes

import (
	"errors"
	"time"

	"crawl/internal/eventloop"
	"crawl/internal/fetch"
	"crawl/internal/http1"
)

// A visitor makes one fetch after the other, in pieces: see callbacks.
type visitor struct {
	client   *callbacks
	fetch    int
	line     *line
	address  int // which of the host's is tried
	again    bool
	deadline time.Duration
	timer    *eventloop.TimerHandle

	visit   visit
	partial []byte // of a head
	seen    int    // of these, where no head ends
	interim int    // bytes of interim responses that were before them
	unsent  []byte
	got     bool // a byte of the response has arrived
	inBody  bool
	framing http1.Framing
	body    *http1.Body
}

var (
	errEarlyClose = errors.New("connection closed without an answer")
	errSwitched   = errors.New("server switched to another protocol, which was not asked for")
	errTimeout    = errors.New("the whole fetch took too long")
	errNoAddress  = errors.New("the name has no address")
)

// next takes the next fetch and begins it when it is due.
func (v *visitor) next() {
	c := v.client
	i, ok := c.job.take()
	if !ok {
		v.leave()
		return
	}
	v.fetch = i
	if wait := c.job.due(i) - c.now(); c.job.Rate > 0 && wait > 0 {
		c.loop.CallLater(wait, v.begin)
		return
	}
	v.begin()
}

// leave is the end of a visitor, and with the last of them that of the work.
func (v *visitor) leave() {
	if v.timer != nil {
		v.timer.Cancel()
	}
	v.client.working--
	if v.client.working == 0 {
		v.client.loop.Stop()
	}
}

// begin is the first piece of a fetch.
func (v *visitor) begin() {
	now := v.client.now()
	v.visit = visit{Begin: int64(now)}
	v.address, v.again = 0, false
	v.limit(now)
	v.attempt()
}

// limit sets the time limit of the fetch. The timer of the fetch before is left where it is, so that it is set once in
// a time limit and not once for each fetch.
func (v *visitor) limit(now time.Duration) {
	v.deadline = now + v.client.job.Timeout
	if v.timer == nil {
		v.timer = v.client.loop.CallAt(v.deadline+v.client.epoch, v.onTimer)
	}
}

// onTimer is called when the time of some fetch is over, which need not be this one. Between two fetches there is no
// visit to end, and the deadline is that of the one before.
func (v *visitor) onTimer() {
	v.timer = nil
	now := v.client.now()
	switch {
	case v.visit.End != 0: // none is under way: it waits for when the next is due
	case now >= v.deadline:
		v.fail(&fetch.Error{Class: fetch.TimeoutTotal, Err: errTimeout})
	default:
		v.timer = v.client.loop.CallAt(v.deadline+v.client.epoch, v.onTimer)
	}
}

// attempt gets a connection for the request.
func (v *visitor) attempt() {
	c := v.client
	h := c.hosts[v.fetch%len(c.hosts)]
	v.partial, v.unsent = v.partial[:0], nil
	v.seen, v.interim, v.got, v.inBody = 0, 0, false, false
	if !v.again {
		if l := c.take(h); l != nil {
			v.line, l.visitor = l, v
			v.send()
			return
		}
	}
	if len(h.addrs) == 0 {
		v.fail(&fetch.Error{Class: fetch.DNSNotFound, Err: errNoAddress})
		return
	}
	for c.open >= c.job.room() && c.oldest != nil {
		c.close(c.oldest)
	}
	v.connect(h)
}

// connect begins to connect, and leaves.
func (v *visitor) connect(h *host) {
	c := v.client
	fd, err := c.loop.SockConnect(h.addrs[v.address])
	if err != nil {
		v.unconnected(h, err)
		return
	}
	c.open++
	l := &line{client: c, fd: fd, host: h, visitor: v}
	v.line = l
	if err := errors.Join(c.loop.AddReader(fd, l.onReadable), c.loop.AddWriter(fd, v.onConnected)); err != nil {
		v.fail(err)
	}
}

// onConnected is called when the connection stands, or does not come about.
func (v *visitor) onConnected() {
	c, l := v.client, v.line
	if err := c.loop.SockConnected(l.fd, l.host.addrs[v.address]); err != nil {
		h := l.host
		v.drop()
		v.unconnected(h, err)
		return
	}
	c.loop.RemoveWriter(l.fd)
	c.job.connections.Add(1)
	v.visit.Connected = int64(c.now())
	v.send()
	if l.early && v.line == l {
		l.onReadable()
	}
}

// pressurePause is for this machine to have a descriptor or port again.
const pressurePause = 50 * time.Millisecond

// unconnected tries once more, later or at the next address, or gives up.
func (v *visitor) unconnected(h *host, err error) {
	class := fetch.ClassFor(err, fetch.TimeoutTotal)
	switch {
	case class.Family() == "local":
		fetchNow := v.fetch
		v.client.loop.CallLater(pressurePause, func() {
			if v.fetch == fetchNow && v.visit.End == 0 {
				v.connect(h)
			}
		})
		return
	case v.address+1 < len(h.addrs):
		v.address++
		v.connect(h)
		return
	case class == fetch.ClosedReset || class == fetch.Internal:
		class = fetch.ConnectFailed
	}
	v.fail(&fetch.Error{Class: class, Err: err})
}

// send composes the request and writes it. A request is short: that the system does not take all of it is rare.
func (v *visitor) send() {
	c := v.client
	u := &c.job.list.urls[v.fetch%len(c.job.list.urls)]
	c.request = http1.Request{Method: "GET", Target: u.Target(), Host: u.Authority()}
	if value := fetch.AuthorizationOf(u); value != "" {
		c.request.Fields = []http1.Pair{{Name: "Authorization", Value: value}}
	}
	var err error
	if c.out, err = http1.AppendRequest(c.out[:0], &c.request); err != nil {
		v.fail(err)
		return
	}
	n, err := c.loop.SockWrite(v.line.fd, c.out)
	switch {
	case err != nil:
		v.broken(err)
	case n < len(c.out):
		v.unsent = append(v.unsent[:0], c.out[n:]...)
		if err := c.loop.AddWriter(v.line.fd, v.onWritable); err != nil {
			v.fail(err)
		}
	}
}

// onWritable goes on with a request that was not taken whole.
func (v *visitor) onWritable() {
	n, err := v.client.loop.SockWrite(v.line.fd, v.unsent)
	if err != nil {
		v.broken(err)
		return
	}
	if v.unsent = v.unsent[n:]; len(v.unsent) == 0 {
		v.client.loop.RemoveWriter(v.line.fd)
	}
}
