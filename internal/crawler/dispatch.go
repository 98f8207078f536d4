package crawler

import (
	"container/heap"
	"slices"
	"time"

	"crawl/internal/link"
)

// job is a URL on its way: from the source to a worker, back for another attempt, to its record.
type job struct {
	url      link.URL
	raw      string
	attempts int
	due      time.Duration // of the next attempt, since the crawl began
	errand   *errand       // nil unless links are followed
}

// isRobots reports whether it is for a robots.txt, which is no URL of the crawl.
func (j *job) isRobots() bool { return j.errand != nil && j.errand.robots }

// dispatcher decides what is fetched next, under the crawler's lock. It holds URLs back whose host has enough
// connections, or that wait for another attempt, and reads on meanwhile, but not without limit.
type dispatcher struct {
	crawler   *Crawler
	walk      *walk // where the work comes from if links are followed, instead of what follows up to inHand
	lookahead int   // how many jobs are held back before nothing more is taken

	hosts   map[string]*host // by origin, only those with something in flight or waiting
	ready   []*host          // with something waiting and leave to fetch it, in turn
	held    int              // jobs waiting in hosts
	retries retryHeap
	inHand  *job // taken from the source when nothing more may be held

	ended     bool // the source has ended
	draining  bool // nothing new is begun any more
	paused    bool // nothing new is begun for now
	nextStart time.Time
	timers    []time.Time // when those that are set go off, the first at the end
}

// host is what is known of one origin: scheme, host and port.
type host struct {
	active  int
	waiting []*job
	queued  bool // in dispatcher.ready
}

// newDispatcher makes the dispatcher of c. What it holds back is enough to find work for every worker in a list
// that comes in runs of one host, and at 200 bytes each no burden.
func newDispatcher(c *Crawler) dispatcher {
	return dispatcher{crawler: c, lookahead: max(10_000, 2*c.options.Concurrency), hosts: map[string]*host{}}
}

// next returns a job to begin now. Without one, the worker waits until it is woken, or ends if the crawl is over.
func (d *dispatcher) next() (j *job, over bool) {
	now := d.crawler.engine.Now()
	if d.draining || d.paused || d.crawler.sink.full() {
		if d.paused && d.crawler.source.spent() {
			d.ended = true // else nobody would find out
		}
		return nil, d.over()
	}
	if d.crawler.options.Rate > 0 && now.Before(d.nextStart) {
		if d.inHand == nil && d.walk == nil { // is there anything to wait for?
			d.inHand = d.fromSource()
		}
		return nil, d.over()
	}
	j = d.pick(now)
	if j == nil {
		return nil, d.over()
	}
	if d.crawler.options.Rate > 0 {
		d.countStart(now)
	}
	return j, false
}

// pick takes a retry that is due, else a job whose host has become free, else the next of the source.
func (d *dispatcher) pick(now time.Time) *job {
	if d.walk != nil {
		return d.walk.pick(now)
	}
	for len(d.retries) > 0 {
		if now.Sub(d.crawler.began) < d.retries[0].due {
			break
		}
		if j := d.admit(heap.Pop(&d.retries).(*job)); j != nil {
			return j
		}
	}
	if len(d.ready) > 0 {
		h := d.ready[0]
		d.ready = d.ready[1:]
		h.queued = false
		j := h.waiting[0]
		h.waiting = h.waiting[1:]
		d.held--
		h.active++
		d.enqueue(h)
		return j
	}
	for d.inHand == nil || d.held+len(d.retries) < d.lookahead {
		j := d.inHand
		d.inHand = nil
		if j == nil {
			if j = d.fromSource(); j == nil {
				return nil
			}
		}
		if d.held+len(d.retries) >= d.lookahead {
			d.inHand = j
			return nil
		}
		if j := d.admit(j); j != nil {
			return j
		}
	}
	return nil
}

// fromSource is the next URL of the source; lines that cannot be one are booked on the way.
func (d *dispatcher) fromSource() *job {
	for !d.ended && !d.crawler.sink.full() {
		item, ok, ended := d.crawler.source.take()
		d.ended = ended
		if !ok {
			return nil
		}
		if j := d.crawler.discover(item); j != nil {
			return j
		}
	}
	return nil
}

// admit gives j leave to be fetched now, or holds it back until its host is free.
func (d *dispatcher) admit(j *job) *job {
	perHost := d.crawler.options.PerHost
	if perHost <= 0 {
		return j
	}
	origin := j.url.Origin()
	h := d.hosts[origin]
	if h == nil {
		h = &host{}
		d.hosts[origin] = h
	}
	if h.active < perHost && len(h.waiting) == 0 {
		h.active++
		return j
	}
	h.waiting = append(h.waiting, j)
	d.held++
	return nil
}

// finished says that j is no longer in flight.
func (d *dispatcher) finished(j *job) {
	if d.crawler.options.PerHost <= 0 || d.walk != nil {
		return
	}
	origin := j.url.Origin()
	h := d.hosts[origin]
	h.active--
	if h.active == 0 && len(h.waiting) == 0 {
		delete(d.hosts, origin)
		return
	}
	d.enqueue(h)
}

// enqueue puts a host into the round of those that may be asked, at its end, if it may.
func (d *dispatcher) enqueue(h *host) {
	if !h.queued && len(h.waiting) > 0 && h.active < d.crawler.options.PerHost {
		h.queued = true
		d.ready = append(d.ready, h)
	}
}

// retry has j fetched again when it is due.
func (d *dispatcher) retry(j *job) {
	heap.Push(&d.retries, j)
}

// over reports whether there is nothing left to begin, now or later.
func (d *dispatcher) over() bool {
	if d.walk != nil {
		return d.draining || d.walk.over()
	}
	return d.draining || d.ended && d.inHand == nil && d.held == 0 && len(d.retries) == 0 && d.crawler.inFlight == 0
}

// hasWork guesses whether another worker would find something to do at once. Where that is a question of time, it
// sees that the question comes up again then.
func (d *dispatcher) hasWork() bool {
	switch {
	case d.draining:
		return false
	case d.paused:
		return d.mayBeOver() && d.crawler.source.spent()
	}
	limited, now := d.crawler.options.Rate > 0, time.Time{}
	if limited || len(d.retries) > 0 {
		now = d.crawler.engine.Now()
	}
	if limited && now.Before(d.nextStart) {
		d.wakeAt(d.nextStart)
		return d.mayBeOver()
	}
	if d.walk != nil {
		return d.walk.hasWork(d.crawler.engine.Now())
	}
	if len(d.retries) > 0 {
		due := d.crawler.began.Add(d.retries[0].due)
		if !now.Before(due) {
			return true
		}
		d.wakeAt(due)
	}
	return len(d.ready) > 0 || d.mayTake()
}

// mayTake reports whether there may be a URL that has not been looked at, and leave to look at it.
func (d *dispatcher) mayTake() bool {
	if d.inHand != nil {
		return d.held+len(d.retries) < d.lookahead
	}
	return !d.ended && d.crawler.source.hasNext() || d.mayBeOver()
}

// mayBeOver reports whether somebody has to look if the source is at its end, for then the crawl may be too.
func (d *dispatcher) mayBeOver() bool {
	return d.inHand == nil && !d.ended && d.crawler.source.last && d.crawler.inFlight == 0
}

// countStart spaces the starts evenly. What a late engine has missed it may catch up, up to a burst.
func (d *dispatcher) countStart(now time.Time) {
	const burst = 10 * time.Millisecond // timers are a millisecond coarse
	interval := time.Duration(float64(time.Second) / d.crawler.options.Rate)
	if earliest := now.Add(-burst); d.nextStart.Before(earliest) {
		d.nextStart = earliest
	}
	d.nextStart = d.nextStart.Add(interval)
}

// wakeAt has a worker look again at that time.
func (d *dispatcher) wakeAt(t time.Time) {
	if n := len(d.timers); n > 0 && !t.Before(d.timers[n-1]) {
		return
	}
	d.timers = append(d.timers, t)
	c := d.crawler
	c.engine.After(t.Sub(c.engine.Now()), func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		d.timers = slices.DeleteFunc(d.timers, t.Equal)
		c.stir()
	})
}

// retryHeap is ordered by when a job is due.
type retryHeap []*job

func (h retryHeap) Len() int           { return len(h) }
func (h retryHeap) Less(i, j int) bool { return h[i].due < h[j].due }
func (h retryHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *retryHeap) Push(v any)        { *h = append(*h, v.(*job)) }
func (h *retryHeap) Pop() any {
	last := len(*h) - 1
	j := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return j
}
