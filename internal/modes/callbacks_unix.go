//go:build unix

package modes

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"crawl/internal/eventloop"
	"crawl/internal/fetch"
	"crawl/internal/http1"
	"crawl/internal/link"
)

// The mode Callbacks: the event loop as it was used before there were coroutines. What Client.Do of package fetch says
// from top to bottom in one function, with loops and returns, is here cut into pieces, each called by the loop when its
// turn has come:
//
//	visitor.next ─ begin ┬──────────────── send ─✂─ onReadable ─ take ┬ end ─ next
//	                     └ connect ─✂─ onConnected ┘      └─────✂─────┘
//	                       └✂ pause      └✂ onWritable
//
// At each ✂ the stack is torn: the function returns to the loop, and what comes next knows only what has been put into
// the visitor or the line. So no error can go up to who asked for it, there being nobody: every piece has to call fail
// itself and to return at once, and to forget either is a fetch that never ends. A loop such as "once more on a fresh
// connection" is a field (again) and a call of the first piece. And a callback may come when nobody wants it any more:
// each looks first whether its line still has a visitor.

// spareBuffer is what all reads go into: nothing of it is kept from one callback to the next, but for a part of a head.
const spareBuffer = 64 << 10

// callbacks is the client: its loop, its connections, and what all of them use in turn.
type callbacks struct {
	job     *job
	loop    *eventloop.Loop
	epoch   time.Duration // of the job, in the loop's time
	hosts   []*host       // of each URL of the list
	all     []*visitor
	working int   // of them, those that have not ended
	err     error // what the loop has reported, which is a bug

	buffer  []byte
	out     []byte
	head    http1.Head
	body    http1.Body // of a response that is whole at its first read; else it moves to the visitor
	request http1.Request

	open           int // links
	newest, oldest *line
}

// A host is one authority of the list.
type host struct {
	addrs []netip.AddrPort
	idle  []*line // the newest last, which is used first
}

// A line is a connection.
type line struct {
	client       *callbacks
	fd           int
	host         *host
	visitor      *visitor // nil: idle
	used         bool     // it has served a fetch
	early        bool     // something can be read that came before the connection was known to stand
	newer, older *line    // in the list of idle ones
	idleSince    time.Duration
	unread       bool // the last read may not have been all
}

// errPlainOnly is a reason and a way out: crypto/tls reads and writes where it stands, and a callback cannot wait there.
var errPlainOnly = errors.New("the mode of callbacks does no TLS; compare the other modes (--modes)")

func (j *job) onCallbacks() (model, error) {
	if i := slices.IndexFunc(j.list.urls, func(u link.URL) bool { return u.Secure() }); i >= 0 {
		return model{}, fmt.Errorf("%q: %w", fetch.VersionURL(&j.list.urls[i]), errPlainOnly)
	}
	c := &callbacks{job: j, hosts: hostsOf(&j.list)}
	loop, err := j.newLoop(func(e eventloop.Error) {
		c.err = e.Err
		c.loop.Stop()
	})
	if err != nil {
		return model{}, err
	}
	c.loop = loop
	return model{
		work: c.work,
		tell: func(r *Result) { tellLoop(r, loop) },
		end:  c.end,
	}, nil
}

// hostsOf finds the host of each URL.
func hostsOf(l *list) []*host {
	known := map[string]*host{}
	all := make([]*host, len(l.urls))
	for i := range l.urls {
		u := &l.urls[i]
		h := known[u.Authority()]
		if h == nil {
			h = new(host)
			for _, a := range l.addresses(u) {
				h.addrs = append(h.addrs, netip.AddrPortFrom(a, u.Port()))
			}
			known[u.Authority()] = h
		}
		all[i] = h
	}
	return all
}

// work starts the visitors and runs the loop until the last has ended.
func (c *callbacks) work(ctx context.Context) error {
	c.epoch = c.loop.Time() - time.Since(c.job.began)
	c.buffer, c.out = make([]byte, spareBuffer), make([]byte, 0, 1<<10)
	c.working = min(c.job.reached, c.job.Fetches)
	for range c.working {
		v := &visitor{client: c}
		c.all = append(c.all, v)
		c.loop.CallSoon(v.next)
	}
	stop := context.AfterFunc(ctx, func() { _ = c.loop.CallSoonThreadsafe(c.loop.Stop) })
	defer stop()
	err := c.loop.RunForever()
	for _, e := range []error{c.err, ctx.Err()} {
		if err == nil {
			err = e
		}
	}
	return err
}

// end closes what is open.
func (c *callbacks) end() {
	for _, v := range c.all { // none has a connection, unless they were stopped
		v.drop()
	}
	for c.oldest != nil {
		c.close(c.oldest)
	}
	_ = c.loop.Close() // there is no task that could fail to end
}

// now is the time as visits have it.
func (c *callbacks) now() time.Duration { return c.loop.Time() - c.epoch }

// idleTime is how long a connection is kept that nobody uses: what fetch.Client does.
const idleTime = fetch.DefaultIdleTimeout

// take returns an idle connection to h, or nil.
func (c *callbacks) take(h *host) *line {
	for n := len(h.idle); n > 0; n = len(h.idle) {
		l := h.idle[n-1]
		if c.now()-l.idleSince < idleTime {
			c.forget(l)
			return l
		}
		c.close(l)
	}
	return nil
}

// keep makes l idle.
func (c *callbacks) keep(l *line) {
	l.visitor, l.used, l.idleSince = nil, true, c.now()
	l.host.idle = append(l.host.idle, l)
	l.older, l.newer = c.newest, nil
	if c.newest != nil {
		c.newest.newer = l
	} else {
		c.oldest = l
	}
	c.newest = l
}

// forget takes l, which is idle, out of the lists.
func (c *callbacks) forget(l *line) {
	if l.newer != nil {
		l.newer.older = l.older
	} else {
		c.newest = l.older
	}
	if l.older != nil {
		l.older.newer = l.newer
	} else {
		c.oldest = l.newer
	}
	l.newer, l.older = nil, nil
	idle := l.host.idle
	for i := len(idle) - 1; i >= 0; i-- {
		if idle[i] == l {
			l.host.idle = append(idle[:i], idle[i+1:]...)
			return
		}
	}
}

// close ends a connection, idle or not.
func (c *callbacks) close(l *line) {
	if l.visitor == nil {
		c.forget(l)
	}
	l.visitor = nil
	c.open--
	_ = c.loop.SockClose(l.fd) // nothing is lost: what was to be read has been, or is not wanted
}
