package frontiertest

import (
	"cmp"
	"slices"
	"time"

	"crawl/internal/frontier"
)

// oracle is a frontier that is slow and obvious: it counts when it is asked, and looks at all hosts for the next.
// When a host may be asked it computes with frontier.Pace, which has tests of its own.
type oracle struct {
	options frontier.Options
	hosts   []*oracleHost
	urls    []*oracleURL // in the order in which they were found
	refused int64
	begun   *oracleURL // the last to be given out
	before  frontier.Instant
	level   int
	later   []*oracleURL // whose level has not come, in the order in which they were found to be so deep
}

type oracleHost struct {
	origin string
	id     frontier.HostID
	tempo  frontier.Tempo
	fresh  []*oracleURL // in the order in which they were found
	tried  []*oracleURL // to go before these
	held   bool
	note   uint32
	failed int // visits in a row
	armed  bool
	ready  frontier.Instant // if armed: since when, or when, it may be asked
}

type oracleURL struct {
	host     *oracleHost
	entry    frontier.Entry
	key      string
	priority int
	state    frontier.State
	due      time.Time // of those waiting
	order    int       // in which they began to wait
}

func instant(t time.Time) frontier.Instant { return frontier.Instant(t.Sub(began())) + 1 }

func (o *oracle) count(h *oracleHost, s frontier.State) (n int) {
	for _, u := range o.urls {
		if (h == nil || u.host == h) && u.state == s {
			n++
		}
	}
	return n
}

// update finds out whether a host may be asked, and since when. That it may be asked earlier than it was thought is true from
// since on.
func (o *oracle) update(h *oracleHost, since frontier.Instant) {
	if h.held || len(h.fresh)+len(h.tried) == 0 || !o.options.Pace.Allows(o.count(h, frontier.InFlight)) {
		h.armed = false
		return
	}
	at := o.options.Pace.Next(&h.tempo)
	switch {
	case !h.armed:
		h.ready = max(at, since)
	case at > h.ready:
		h.ready = at
	default:
		h.ready = min(h.ready, max(at, since))
	}
	h.armed = true
}

// first is the URL of a host that goes first.
func (h *oracleHost) first() *oracleURL {
	all := slices.Concat(h.tried, h.fresh)
	return slices.MinFunc(all, func(a, b *oracleURL) int { return cmp.Compare(a.priority, b.priority) })
}

func (h *oracleHost) drop(u *oracleURL) {
	other := func(o *oracleURL) bool { return o == u }
	h.fresh, h.tried = slices.DeleteFunc(h.fresh, other), slices.DeleteFunc(h.tried, other)
}

// recall queues those whose next attempt is due.
func (o *oracle) recall(now time.Time) {
	var due []*oracleURL
	for _, u := range o.urls {
		if u.state == frontier.Waiting && !u.due.After(now) {
			due = append(due, u)
		}
	}
	slices.SortFunc(due, func(a, b *oracleURL) int { return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.order, b.order)) })
	for _, u := range due {
		u.state = frontier.Queued
		u.host.tried = append(u.host.tried, u)
		o.update(u.host, instant(u.due))
	}
}

// admit has u queued, now or when its level comes.
func (o *oracle) admit(u *oracleURL, now frontier.Instant) {
	u.state = frontier.Queued
	if o.options.Levels && u.entry.Depth > o.level {
		o.later = append(o.later, u)
		return
	}
	u.host.fresh = append(u.host.fresh, u)
	o.update(u.host, now)
}

// lower has u be less deep.
func (o *oracle) lower(u *oracleURL, depth int, now frontier.Instant) {
	if depth >= u.entry.Depth {
		return
	}
	u.entry.Depth = depth
	if i := slices.Index(o.later, u); i >= 0 {
		o.later = slices.Delete(o.later, i, i+1)
		o.admit(u, now)
	}
}

// mayAdvance reports whether a level has ended, and another is to begin.
func (o *oracle) mayAdvance() bool {
	pending := o.count(nil, frontier.Queued) + o.count(nil, frontier.InFlight) + o.count(nil, frontier.Waiting)
	return len(o.later) > 0 && pending == len(o.later)
}

// advance begins it.
func (o *oracle) advance(now frontier.Instant) {
	if !o.mayAdvance() {
		return
	}
	least := slices.MinFunc(o.later, func(a, b *oracleURL) int { return cmp.Compare(a.entry.Depth, b.entry.Depth) })
	o.level = least.entry.Depth
	waiting := o.later
	o.later = nil
	for _, u := range waiting {
		o.admit(u, now)
	}
}

// next are the URLs of which any may be the next: each the first of its host, and the hosts waiting equally long.
func (o *oracle) next(now time.Time) (next []*oracleURL) {
	o.recall(now)
	o.advance(instant(now))
	best := instant(now)
	for _, h := range o.hosts {
		if h.armed {
			best = min(best, h.ready)
		}
	}
	for _, h := range o.hosts {
		if h.armed && h.ready == best {
			next = append(next, h.first())
		}
	}
	return next
}

// take has u in flight.
func (o *oracle) take(u *oracleURL, now time.Time) {
	h := u.host
	o.begun, o.before = u, o.options.Pace.Start(&h.tempo, instant(now))
	u.state = frontier.InFlight
	u.entry.Attempt++
	h.drop(u)
	h.armed = false
	o.update(h, instant(now))
}

// nextAt is when something will change by itself.
func (o *oracle) nextAt() (at time.Time, ok bool) {
	consider := func(t time.Time) {
		if !ok || t.Before(at) {
			at, ok = t, true
		}
	}
	for _, h := range o.hosts {
		if h.armed {
			consider(began().Add(time.Duration(h.ready - 1)))
		}
	}
	for _, u := range o.urls {
		if u.state == frontier.Waiting {
			consider(u.due)
		}
	}
	if o.mayAdvance() {
		consider(began())
	}
	return at, ok
}

// land ends a flight for the host.
func (o *oracle) land(u *oracleURL, v frontier.Visit, now time.Time) {
	h := u.host
	switch {
	case v.Asked && v.Failed:
		h.failed++
	case v.Asked:
		h.failed = 0
	case o.begun == u:
		o.options.Pace.TakeBack(&h.tempo, o.before)
	}
	if v.Asked {
		o.options.Pace.End(&h.tempo, v, instant(now))
	}
}

// facts are those of a host.
func (o *oracle) facts(h *oracleHost) frontier.Host {
	return frontier.Host{
		ID: h.id, Shard: o.shard(h), Origin: h.origin,
		Queued: o.count(h, frontier.Queued), InFlight: o.count(h, frontier.InFlight), Waiting: o.count(h, frontier.Waiting),
		Fetched: o.count(h, frontier.Fetched), Failed: o.count(h, frontier.Failed), Skipped: o.count(h, frontier.Skipped),
		Held: h.held, Failures: h.failed, Latency: h.tempo.Latency(), Interval: o.options.Pace.Interval(&h.tempo),
	}
}

func (o *oracle) shard(h *oracleHost) uint16 {
	for _, u := range o.urls {
		if u.host == h {
			return frontier.Shard(u.entry.URL.Host())
		}
	}
	return 0
}

func (o *oracle) counts() frontier.Counts {
	n := func(s frontier.State) int64 { return int64(o.count(nil, s)) }
	return frontier.Counts{
		Queued: n(frontier.Queued), InFlight: n(frontier.InFlight), Waiting: n(frontier.Waiting),
		Fetched: n(frontier.Fetched), Failed: n(frontier.Failed), Skipped: n(frontier.Skipped),
		Refused: o.refused, Hosts: int64(len(o.hosts)),
	}
}

// criticalPath is the longest time that is left for a host.
func (o *oracle) criticalPath(now time.Time) (longest time.Duration) {
	for _, h := range o.hosts {
		longest = max(longest, o.remaining(h, now))
	}
	return longest
}

// remaining is how long h takes for what it has queued or waiting.
func (o *oracle) remaining(h *oracleHost, now time.Time) time.Duration {
	n := o.count(h, frontier.Queued) + o.count(h, frontier.Waiting)
	if n == 0 {
		return 0
	}
	each := o.options.Pace.Interval(&h.tempo)
	if p := o.options.Pace.PerHost; p > 0 {
		each = max(each, h.tempo.Latency()/time.Duration(p))
	}
	turn := max(0, time.Duration(o.options.Pace.Next(&h.tempo)-instant(now)))
	return turn + time.Duration(n-1)*each + h.tempo.Latency()
}

// hostOf is the host of a number, nil if there is none.
func (o *oracle) hostOf(id frontier.HostID) *oracleHost {
	for _, h := range o.hosts {
		if h.id == id {
			return h
		}
	}
	return nil
}
