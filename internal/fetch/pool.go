package fetch

import (
	"context"
	"net"
	"sync"
	"time"

	"crawl/internal/engine"
)

// conn is a connection with what the pool knows of it.
type conn struct {
	net.Conn
	events engine.ReadWaiter // the same connection, if the engine's connections are such
	key    string            // of its route
	remote string
	tls    TLSInfo
	used   bool // it has served a fetch

	private bool // its address is: see isPrivate
	given   bool // the user gave that address

	idle  time.Duration // when it became so, since pool.began
	newer *conn         // in the list of idle connections
	older *conn
}

func newConn(raw net.Conn, key, remote string) *conn {
	c := &conn{Conn: raw, key: key, remote: remote}
	c.events, _ = raw.(engine.ReadWaiter)
	return c
}

// need is what a fetch needs of a connection besides where it leads.
type need uint8

const (
	needFresh  need = 1 << iota // not one that has been idle
	needPublic                  // not one to a private address, unless the user gave that: see Request.Guarded
)

func (c *conn) stale() bool {
	s, ok := c.Conn.(engine.Staler)
	return ok && s.Stale()
}

// pool keeps idle connections by origin, and bounds how many connections there are, idle or not. The newest of
// an origin is used first: it is the least likely to have been closed by the server. When there is no room for
// a new one, the connection goes that has been idle for longest.
type pool struct {
	engine engine.Engine
	began  time.Time
	maxAge time.Duration

	mu      sync.Locker // guards what follows
	room    engine.Cond
	idle    map[string]*stack
	newest  *conn
	oldest  *conn
	spare   int // idle connections
	open    int // connections that exist or are being made
	max     int
	most    int           // what max was set to
	shrunk  time.Time     // when max was last lowered
	waiting int           // tasks that wait for room
	told    int           // of these, how many have been told that there is some, and have not taken it yet; or fewer
	looked  time.Duration // when an idle connection was last asked for; take is too deep down to look at the clock
	closing bool
}

// stack is the idle connections of one origin.
type stack struct {
	key   string
	conns []*conn
}

func newPool(e engine.Engine, most int, maxAge time.Duration) *pool {
	mu := e.NewMutex()
	return &pool{
		engine: e, began: e.Now(), maxAge: maxAge, mu: mu, room: e.NewCond(mu, "room for a connection"),
		idle: map[string]*stack{}, max: most, most: most,
	}
}

func (p *pool) now() time.Duration { return p.engine.Now().Sub(p.began) }

// acquire returns an idle connection to origin, unless need is for a fresh one. With neither connection nor error,
// the caller has leave to make one, and owes the pool a release. It adds to waited how long there was no room.
// Nobody overtakes those that wait: on the loop, a task that fetches without a pause would always come first.
func (p *pool) acquire(ctx context.Context, origin string, need need, waited *time.Duration) (*conn, error) {
	p.mu.Lock() // without defer, which makes the frame larger: see Client.Do
	p.looked = p.now()
	if p.tell(); p.waiting == 0 {
		if c, ok := p.admit(origin, need); ok {
			p.mu.Unlock()
			return c, nil
		}
	}
	c, err := p.wait(ctx, origin, need, waited)
	p.mu.Unlock()
	return c, err
}

// wait is acquire where there is no room yet. It stands apart, for what it needs on the stack acquire must not.
func (p *pool) wait(ctx context.Context, origin string, need need, waited *time.Duration) (*conn, error) {
	before := p.now()
	defer func() { *waited += p.now() - before }()
	for p.waiting++; ; {
		if err := p.room.Wait(ctx); err != nil {
			// As long as it had not run again it counted as waiting, and was told of room that nobody heard of then. Who
			// has been told is not known any more: better to tell twice than to leave somebody asleep.
			p.waiting--
			p.told = 0
			p.tell()
			return nil, fail(Cancelled, err)
		}
		p.looked = p.now()
		c, ok := p.admit(origin, need)
		p.told = max(0, p.told-1)
		if ok {
			p.waiting--
			return c, nil
		}
	}
}

// admit is acquire where there is room.
func (p *pool) admit(origin string, need need) (c *conn, ok bool) {
	switch {
	case need&needFresh != 0:
	case need&needPublic != 0:
		c = p.takePublic(origin)
	default:
		c = p.take(origin)
	}
	if c != nil {
		return c, true
	}
	for p.open >= p.max && p.oldest != nil {
		p.discard(p.oldest)
	}
	if p.open >= p.max {
		return nil, false
	}
	p.open++
	return nil, true
}

// tell wakes as many of those that wait as there is room for.
func (p *pool) tell() {
	p.grow()
	for p.told < min(p.waiting, p.max-p.open+p.spare) {
		p.told++
		p.room.Signal()
	}
}

// trade gives an idle connection to origin, if there is one, for the leave to make another.
func (p *pool) trade(origin string, need need) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.looked = p.now()
	var c *conn
	if need&needPublic != 0 {
		c = p.takePublic(origin)
	} else {
		c = p.take(origin)
	}
	if c != nil {
		p.close(nil)
	}
	return c
}

// take is the newest idle connection of origin that is alive as far as is known.
func (p *pool) take(origin string) *conn {
	s := p.idle[origin]
	if s == nil {
		return nil
	}
	for len(s.conns) > 0 {
		c := s.conns[len(s.conns)-1]
		if c.stale() || p.looked-c.idle > p.maxAge {
			p.discard(c)
			continue
		}
		p.unlink(c)
		return c
	}
	return nil
}

// takePublic is take for who needs a public one (needPublic). It stands apart, for it takes more stack than take, and
// few fetches need it.
func (p *pool) takePublic(origin string) *conn {
	s := p.idle[origin]
	if s == nil {
		return nil
	}
	for i := len(s.conns) - 1; i >= 0; i-- { // what is discarded is behind those that are left to look at
		switch c := s.conns[i]; {
		case c.stale() || p.looked-c.idle > p.maxAge:
			p.discard(c)
		case !c.private || c.given:
			p.unlink(c)
			return c
		}
	}
	return nil
}

// put gives a connection back that can serve again.
func (p *pool) put(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closing || p.open > p.max {
		p.close(c)
		return
	}
	s := p.idle[c.key]
	if s == nil {
		s = &stack{key: c.key}
		p.idle[c.key] = s
	}
	c.key = s.key // that of c is part of the URL that it was made for, which would be kept alive
	c.used, c.idle = true, p.now()
	s.conns = append(s.conns, c)
	c.older, c.newer = p.newest, nil
	if p.newest != nil {
		p.newest.newer = c
	} else {
		p.oldest = c
	}
	p.newest = c
	p.spare++
	if c.idle-p.oldest.idle > p.maxAge {
		p.discard(p.oldest)
	}
	p.tell()
}

// release ends a connection, or the leave to make one, if c is nil.
func (p *pool) release(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.close(c)
}

func (p *pool) close(c *conn) {
	if c != nil {
		_ = c.Close() // nothing is due on it
	}
	p.open--
	p.tell()
}

// discard closes an idle connection.
func (p *pool) discard(c *conn) {
	p.unlink(c)
	p.close(c)
}

// unlink takes c off the list of idle connections and off its origin's. It is the first or last of these
// nearly always.
func (p *pool) unlink(c *conn) {
	if c.newer != nil {
		c.newer.older = c.older
	} else {
		p.newest = c.older
	}
	if c.older != nil {
		c.older.newer = c.newer
	} else {
		p.oldest = c.newer
	}
	c.newer, c.older = nil, nil
	p.spare--
	s := p.idle[c.key]
	last := len(s.conns) - 1
	if s.conns[last] != c {
		i := 0
		for s.conns[i] != c {
			i++
		}
		copy(s.conns[i:], s.conns[i+1:])
	}
	s.conns[last] = nil
	s.conns = s.conns[:last]
	const manyOrigins = 4096 // below, an empty list is kept for the next time
	if last == 0 && len(p.idle) > manyOrigins {
		delete(p.idle, c.key)
	}
}

// shrink is called when the system has no descriptor for a new connection: there will be fewer of them for a
// while, and room is made at once if something is idle.
func (p *pool) shrink() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shrunk = p.engine.Now()
	p.max = max(1, min(p.max, p.open)-1)
	if p.oldest != nil {
		p.discard(p.oldest)
	}
}

// grow raises max again, by an eighth each second without trouble.
func (p *pool) grow() {
	if p.max == p.most {
		return
	}
	if now := p.engine.Now(); now.Sub(p.shrunk) >= time.Second {
		p.shrunk = now
		p.max = min(p.most, p.max+p.max/8+1)
	}
}

// closeIdle closes what is idle, and keeps nothing from now on.
func (p *pool) closeIdle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closing = true
	for p.oldest != nil {
		p.discard(p.oldest)
	}
}
