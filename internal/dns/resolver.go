package dns

import (
	"context"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"crawl/internal/engine"
)

// Options of a Resolver. The zero value of each field but Config is its default.
type Options struct {
	Config   Config // see ReadConfig and DefaultConfig
	Hosts    *Hosts // nil: none
	Families Families

	Timeout time.Duration // for one query; default Config.Timeout
	Limit   time.Duration // for a name, with everything that is asked for its sake; default 30 s

	MinTTL, MaxTTL time.Duration // an answer is kept as long as it says, within these; default 5 s and 1 h
	MaxNames       int           // that are known at a time; default 16,384
	MaxQueries     int           // that are out at a time, each with a socket; default 128
}

// The defaults of Options. An answer that may not be kept is kept for a moment all the same: a list has the URLs of a
// host one after the other.
const (
	DefaultLimit      = 30 * time.Second
	DefaultMinTTL     = 5 * time.Second
	DefaultMaxTTL     = time.Hour
	DefaultMaxNames   = 1 << 14 // more than fetches are in flight by default, at some 300 bytes each
	DefaultMaxQueries = 128     // half of what the receive buffer of a server on Linux holds (208 KiB, 256 small datagrams)
)

const (
	// keepFailure is how long a failure is kept, and a negative answer that does not say how long it holds, so that ten
	// thousand URLs of one host ask once (RFC 9520 section 3.2 wants 1 s to 5 min).
	keepFailure = 5 * time.Second
	// resolutionDelay is how long IPv4 addresses wait for IPv6 ones (RFC 8305 section 3).
	resolutionDelay = 50 * time.Millisecond
)

// A Resolver turns names into addresses. Its methods are called from tasks and callbacks of its engine.
type Resolver struct {
	engine  engine.Engine
	options Options
	kinds   []dnsmessage.Type // that are asked for

	mu      sync.Locker // guards what follows
	cache   *cache
	queue   []*query // that wait for a worker, first come, first served
	urgent  []*query // the same, for lookups that have begun
	workers int
	turns   int                 // of rotation
	heard   time.Time           // when a server last said anything
	out     map[*query]struct{} // that workers have
}

// New makes a resolver on e. It opens nothing.
func New(e engine.Engine, o Options) *Resolver {
	if len(o.Config.Servers) == 0 {
		o.Config.Servers = DefaultConfig().Servers
	}
	orDefault(&o.Config.Attempts, 1)
	orDefault(&o.Timeout, o.Config.Timeout)
	orDefault(&o.Timeout, DefaultConfig().Timeout)
	orDefault(&o.Limit, DefaultLimit)
	orDefault(&o.MinTTL, DefaultMinTTL)
	orDefault(&o.MaxTTL, DefaultMaxTTL)
	orDefault(&o.MaxNames, DefaultMaxNames)
	orDefault(&o.MaxQueries, DefaultMaxQueries)
	r := &Resolver{
		engine: e, options: o, kinds: []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeAAAA},
		mu: e.NewMutex(), cache: newCache(o.MaxNames), out: map[*query]struct{}{},
	}
	switch {
	case o.Families == OnlyIPv6:
		r.kinds = r.kinds[1:]
	case o.Families == OnlyIPv4 || o.Config.NoAAAA:
		r.kinds = r.kinds[:1]
	}
	return r
}

func orDefault[T int | time.Duration](v *T, value T) {
	if *v == 0 {
		*v = value
	}
}

// Ask returns the answer for a host: the one that is known, or the one to come. It never waits, and costs little when
// the answer is known (below 1 µs, and nothing is allocated).
func (r *Resolver) Ask(host string) *Answer {
	name := strings.ToLower(host) // the same string, if it is
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.cache.get(name)
	if a == nil || !a.pending() && !r.engine.Now().Before(a.expires) {
		a = r.begin(name)
	}
	return a
}

// Wait waits until a has arrived, or until the deadline of ctx if that was made by engine.WithDeadline. The error that it
// returns is that of the wait; that of the name is in a. A lookup goes on when nobody waits for it any more.
func (r *Resolver) Wait(ctx context.Context, a *Answer) (err error) {
	r.mu.Lock() // without defer, for tasks that are to hold little stack: see Two kilobytes in ARCHITECTURE.md
	a.waiting++
	for err == nil && a.pending() {
		if err = ctx.Err(); err == nil { // after a cancellation no lookup begins any more
			err = a.arrived.Wait(ctx)
		}
	}
	a.waiting--
	r.mu.Unlock()
	return err
}

// EndLate ends the queries that nobody waits for: those for IPv6 addresses whose names have an answer already, and those
// of whose waits none was as long as their own time. Who is done calls it, or the engine runs on for them until that is
// over.
func (r *Resolver) EndLate() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for q := range r.out {
		if !q.isAwaited() {
			q.ended = true
			if q.conn != nil {
				_ = q.conn.Close() // which ends its read
			}
		}
	}
	for _, queue := range [][]*query{r.urgent, r.queue} {
		for _, q := range queue {
			q.ended = !q.isAwaited()
		}
	}
}

// isAwaited reports whether anybody waits for the answer that a query is asked for. The caller holds the lock.
func (q *query) isAwaited() bool { return !q.lookup.published && q.lookup.answer.waiting > 0 }

// begin answers a name that nothing is known of: at once, if no server has to be asked. The caller holds the lock.
func (r *Resolver) begin(name string) *Answer {
	now := r.engine.Now()
	name = strings.Clone(name) // it may be part of something larger
	bare := strings.TrimSuffix(name, ".")
	if addrs := r.given(bare); len(addrs) > 0 {
		a := &Answer{name: name, expires: now.Add(r.options.MaxTTL), Local: true}
		if a.Addrs = r.options.Families.interleave(addrs); len(a.Addrs) == 0 {
			a.Err = &Error{Kind: NoAddress, Families: r.options.Families, Name: bare}
		}
		r.cache.put(a)
		return a
	}
	if !validName(bare) {
		return &Answer{Err: &Error{Kind: BadName, Name: clip(name)}, expires: now} // is not kept: it costs nothing
	}
	a := &Answer{name: name, arrived: r.engine.NewCond(r.mu, "answer of the DNS")}
	r.cache.put(a)
	l := &lookup{answer: a, asked: now, names: r.options.Config.candidates(name)}
	r.start(l, &r.queue)
	return a
}

// given are the addresses that a name has without any server: it is one, or the hosts file has it, or it is this machine.
func (r *Resolver) given(name string) []netip.Addr {
	if addr, err := netip.ParseAddr(name); err == nil {
		return []netip.Addr{addr.Unmap()}
	}
	if addrs := r.options.Hosts.lookup(name); len(addrs) > 0 {
		return addrs
	}
	if isLocalhost(name) {
		return []netip.Addr{netip.IPv6Loopback(), netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	}
	return nil
}

// enqueue has a worker do a query. The caller holds the lock.
func (r *Resolver) enqueue(q *query, queue *[]*query) {
	*queue = append(*queue, q)
	if r.workers < r.options.MaxQueries {
		r.workers++
		r.engine.Go("resolve", r.work)
	}
}

// take gives a worker its next query, or nil, and then the worker is not counted any more.
func (r *Resolver) take() *query {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, queue := range []*[]*query{&r.urgent, &r.queue} {
		if len(*queue) > 0 {
			q := (*queue)[0]
			(*queue)[0] = nil
			*queue = (*queue)[1:]
			r.out[q] = struct{}{}
			r.setOut(q.lookup)
			return q
		}
	}
	r.workers--
	return nil
}

// setOut has the time of a lookup run from its first query: a wait in line is our fault, not a server's. But if no
// server has said anything all the while, it is no use to ask: then servers that are dead are dead for the last in line
// as soon as for the first.
func (r *Resolver) setOut(l *lookup) {
	if !l.deadline.IsZero() {
		return
	}
	now := r.engine.Now()
	l.deadline = now.Add(r.options.Limit)
	if now.Sub(l.asked) >= r.options.Limit && r.heard.Before(l.asked) {
		l.deadline = now
	}
}

// beginWith is the server that a query begins with.
func (r *Resolver) beginWith() int {
	if !r.options.Config.Rotate {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turns++
	return r.turns % len(r.options.Config.Servers)
}

// keep is how long something with a time to live of so many seconds is kept.
func (r *Resolver) keep(seconds uint32) time.Duration {
	return min(max(time.Duration(seconds)*time.Second, r.options.MinTTL), r.options.MaxTTL)
}

// clip bounds what an error quotes of a name that may be of any length.
func clip(s string) string {
	if len(s) <= maxName {
		return s
	}
	return s[:maxName] + "…"
}
