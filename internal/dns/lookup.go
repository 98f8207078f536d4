package dns

import (
	"net"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// lookup is the work for one answer: queries for each family of the first of its names, then of the next. It is a
// record that its queries fill in as they end, and no task of its own.
type lookup struct {
	answer   *Answer
	names    []string // absolute: the one that is asked for now, and those to be tried then
	asked    time.Time
	deadline time.Time // zero until its first query begins

	queries   []*query // of this name
	failed    outcome  // of names before it, the one that counts most
	published bool     // answer has arrived
}

// query is the question for the addresses of one family, which a worker asks of one server after the other.
type query struct {
	lookup   *lookup
	question question
	outcome  outcome
	over     bool     // outcome is there
	ended    bool     // by EndLate
	conn     net.Conn // that it waits for
}

// outcome is what has become of a query. It has addresses or an error.
type outcome struct {
	addrs []netip.Addr
	err   *Error
	keep  time.Duration
}

// start asks for the first name of a lookup, and puts the queries into a queue. The caller holds the lock.
func (r *Resolver) start(l *lookup, queue *[]*query) {
	name := dnsmessage.MustNewName(l.names[0]) // which is valid
	l.queries = nil
	for _, kind := range r.kinds {
		l.queries = append(l.queries, &query{lookup: l, question: question{name, kind}})
	}
	for _, q := range l.queries {
		r.enqueue(q, queue)
		if r.options.Config.SingleRequest {
			return
		}
	}
}

// settle takes the outcome of a query.
func (r *Resolver) settle(q *query, out outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := q.lookup
	delete(r.out, q)
	q.outcome, q.over = out, true
	if out.err == nil || out.err.Kind.heard() {
		r.heard = r.engine.Now()
	}
	open := l.open()
	switch {
	case l.published:
		r.complete(q)
	case open == nil:
		r.conclude(l)
	case r.options.Config.SingleRequest:
		r.enqueue(open, &r.urgent)
	case q.question.kind == dnsmessage.TypeA && len(out.addrs) > 0:
		r.engine.After(resolutionDelay, func() { r.hurry(l) })
	}
}

// open is a query of the lookup that is not over.
func (l *lookup) open() *query {
	if i := slices.IndexFunc(l.queries, func(q *query) bool { return !q.over }); i >= 0 {
		return l.queries[i]
	}
	return nil
}

// hurry gives those who wait the IPv4 addresses that there are, when IPv6 is late.
func (r *Resolver) hurry(l *lookup) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !l.published {
		r.publish(l, l.merge())
	}
}

// complete puts what came late into the cache. The caller holds the lock.
func (r *Resolver) complete(q *query) {
	if out := q.lookup.merge(); len(q.outcome.addrs) > 0 {
		old := q.lookup.answer
		r.cache.replace(old, &Answer{
			Addrs: r.options.Families.interleave(out.addrs), name: old.name, expires: r.engine.Now().Add(out.keep),
		})
	}
}

// conclude ends a lookup whose queries are over, or goes on to its next name. What a name in the search list fails with
// is no reason not to try the others, unless nothing is to be had from any. The caller holds the lock.
func (r *Resolver) conclude(l *lookup) {
	out := l.merge()
	if out.err == nil {
		r.publish(l, out)
		return
	}
	kind := out.err.Kind
	if l.failed.err == nil || outranks(out.err.Kind, l.failed.err.Kind) {
		out, l.failed = l.failed, out
	}
	if out.err != nil {
		l.failed.keep = min(l.failed.keep, out.keep)
	}
	switch kind {
	case Timeout, Unreachable, Local, Cancelled:
	default:
		if len(l.names) > 1 {
			l.names = l.names[1:]
			r.start(l, &r.urgent)
			return
		}
	}
	r.publish(l, l.failed)
}

// merge is what the queries of a lookup come to that are over.
func (l *lookup) merge() (all outcome) {
	for _, q := range l.queries {
		out := q.outcome
		switch {
		case !q.over:
		case len(out.addrs) > 0 && len(all.addrs) > 0:
			all.addrs, all.keep = append(slices.Clone(all.addrs), out.addrs...), min(all.keep, out.keep)
		case len(out.addrs) > 0:
			all = out
		case len(all.addrs) > 0:
		case all.err == nil || outranks(out.err.Kind, all.err.Kind):
			all = out
		}
	}
	return all
}

// outranks reports which of two errors counts: one that leaves the name's fate open, for another attempt may find it;
// and of a name that exists, that it does.
func outranks(a, b Kind) bool {
	rank := func(k Kind) int {
		switch k {
		case NotFound:
			return 0
		case NoAddress:
			return 1
		}
		return 2
	}
	return rank(a) > rank(b)
}

// publish has the answer of a lookup arrive. The caller holds the lock.
func (r *Resolver) publish(l *lookup, out outcome) {
	a := l.answer
	l.published = true
	if out.err != nil {
		a.Err = out.err
	} else {
		a.Addrs = r.options.Families.interleave(out.addrs)
	}
	a.expires = r.engine.Now().Add(out.keep)
	r.cache.arrived(a)
	a.arrived.Broadcast()
	a.arrived = nil
}
