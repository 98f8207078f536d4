package crawler

import (
	"errors"
	"time"

	"crawl/internal/fetch"
	"crawl/internal/frontier"
	"crawl/internal/link"
)

// walk is where the work comes from in a crawl that follows links: what its source has, and then what is found. Which URL
// is next, and when its host may be asked, is the frontier's business; which URLs belong to the crawl is decided here,
// when they are found, and whether robots.txt allows them when it is their turn.
type walk struct {
	crawler   *Crawler
	follow    *Follow
	territory territory
	urls      frontier.Frontier
	sites     []site // by the frontier's Note of a host; the first is not used
	asked     int64  // URLs that were given out, for the first time
	limit     string // that the crawl has reached; "" none
}

// errand is what a job of a walk is for.
type errand struct {
	frontier.Entry
	robots bool // for the robots.txt of the entry's host, which has to be read before
}

// A URL's kind in the frontier: how it was found, or, as long as it is skipped, why: its place in skips.
const (
	kindHops    = 1<<6 - 1 // redirects in a row that have led to it
	kindGuarded = 1 << 6   // a page on a public address has led to it: it may not lead to a private one

	maxHops = 20

	// maxAttempts is below what the frontier counts of them: the last has to be told from those before.
	maxAttempts = 250
)

func newWalk(c *Crawler, f *Follow) *walk {
	pace := f.Pace
	pace.PerHost = c.options.PerHost
	return &walk{
		crawler: c, follow: f, territory: newTerritory(&f.Scope), sites: make([]site, 1),
		urls: frontier.NewMemory(frontier.Options{Pace: pace}, c.engine.Now()),
	}
}

var errUserinfo = errors.New("user and password in a URL are not kept where links are followed; see -u")

// seed takes what the source has. Nothing is fetched before it has ended: until then it is not known which URLs belong to
// the crawl.
func (w *walk) seed(now time.Time) {
	c, d := w.crawler, &w.crawler.dispatch
	for !d.ended && !c.sink.full() {
		item, ok, ended := c.source.take()
		d.ended = ended
		if !ok {
			return
		}
		u, err := item.parse()
		if _, _, has := u.Userinfo(); has && err == nil {
			err = errUserinfo
		}
		if err != nil {
			c.ledger.discover()
			c.settle(&Record{URL: item.URL, Class: fetch.Input, Err: item.explain(err)})
			continue
		}
		w.territory.claim(&u)
		u = w.request(&u)
		w.add(&u, frontier.Link{}, "", now)
	}
}

// request is what is asked for where u is meant.
func (w *walk) request(u *link.URL) link.URL {
	if w.follow.Canon == nil {
		return *u // the frontier leaves out the fragment
	}
	return w.follow.Canon.Request(u)
}

// add enters a URL, skipped if there is a reason, and keeps the ledger. (The frontier numbers reasons, so that they can be
// taken back: a URL may be found once more on a way that is open.)
func (w *walk) add(u *link.URL, l frontier.Link, reason fetch.Class, now time.Time) {
	if reason != "" {
		l.Skip, l.Kind = true, numberOf(reason)
	}
	added := w.urls.Add(u, l, now)
	ledger := &w.crawler.ledger
	switch {
	case added.Revived:
		ledger.revive(skips()[added.Kind])
	case added.New:
		ledger.discover()
		if reason != "" {
			ledger.settle(&Record{Class: reason})
		}
	}
}

// pick takes the URL whose turn it is, or the robots.txt that has to be read before.
func (w *walk) pick(now time.Time) *job {
	if w.seed(now); !w.crawler.dispatch.ended {
		return nil
	}
	for !w.crawler.sink.full() { // records of what is skipped take room there
		e, ok := w.urls.Next(now)
		if !ok {
			return nil
		}
		known := w.follow.Robots == RobotsIgnore || w.knowsRobots(&e, now)
		if known && w.follow.Robots == RobotsObey {
			if why := w.bars(&e); why != nil {
				w.skip(&e, why, now)
				continue
			}
		}
		if w.isAtLimit(&e) {
			w.urls.Return(e.Key, frontier.Visit{}, now)
			w.crawler.drain()
			return nil
		}
		if !known {
			return w.askRobots(&e, now)
		}
		if e.Attempt == 1 {
			w.asked++
		}
		return w.job(&e, e.URL, false)
	}
	return nil
}

// isAtLimit reports whether the crawl has had what it may have, and e would be more.
func (w *walk) isAtLimit(e *frontier.Entry) bool {
	switch {
	case w.follow.MaxURLs > 0 && w.asked >= w.follow.MaxURLs && e.Attempt == 1:
		w.limit = "--max-urls"
	case w.follow.MaxBytes > 0 && w.crawler.bytes >= w.follow.MaxBytes:
		w.limit = "--max-bytes"
	}
	return w.limit != ""
}

func (w *walk) job(e *frontier.Entry, u link.URL, isRobots bool) *job {
	c := w.crawler
	var j *job
	if n := len(c.free); n > 0 {
		j, c.free = c.free[n-1], c.free[:n-1]
	} else {
		j = &job{errand: new(errand)}
	}
	*j.errand = errand{Entry: *e, robots: isRobots}
	*j = job{url: u, raw: u.String(), attempts: e.Attempt - 1, errand: j.errand}
	return j
}

// skip settles a URL that was given out and is not asked for. That takes no turn of its host.
func (w *walk) skip(e *frontier.Entry, r *Record, now time.Time) {
	state := frontier.Skipped
	if !isSkip(r.Class) {
		state = frontier.Failed
	}
	w.urls.Done(e.Key, state, frontier.Visit{}, now)
	if r.URL = e.URL.String(); r.Page == nil {
		r.Page = w.facts(e)
	}
	w.crawler.settle(r)
}

// facts are what is known of a page before it is fetched.
func (w *walk) facts(e *frontier.Entry) *PageFacts {
	p := &PageFacts{Depth: e.Depth}
	if e.From != (frontier.Key{}) {
		from := w.urls.URL(e.From)
		p.Referrer = from.String()
	}
	return p
}

// book makes the record of a page, or sends it back for another attempt, and enters the links of the page.
func (w *walk) book(of *worker) {
	c, j, res := w.crawler, of.job, &of.response
	defer of.body.end()
	now := c.engine.Now()
	if errors.Is(of.err, errEnough) {
		of.err = nil
	}
	class := fetch.ClassOf(of.err)
	v := visit(res, class)
	w.slow(j.errand.Key.Host, res, now)
	if j.errand.robots {
		w.bookRobots(of, v, now)
		return
	}
	e := &j.errand.Entry
	if j.attempts <= min(c.options.Retries, maxAttempts-1) && !c.dispatch.draining && mayGoBetter(class, res.Status) && of.mayRepeat() {
		delay := c.retryDelay(j.attempts)
		w.urls.Retry(e.Key, now.Add(max(delay, res.RetryAfter()+delay/2)), v, now)
		return
	}
	r := of.record(class)
	r.Page = w.facts(e)
	state := frontier.Failed
	if class == fetch.OK {
		state = frontier.Fetched
		w.links(of, e, r.Page, now)
	}
	if w.follow.Robots == RobotsReport {
		if why := w.bars(e); why != nil {
			r.Page.Disallowed = true
			if why.Page != nil {
				r.Page.Rule = why.Page.Rule
			}
		}
	}
	w.urls.Done(e.Key, state, v, now)
	c.settle(&r)
}

// visit is what a fetch was like for the host.
func visit(res *fetch.Response, class fetch.Class) frontier.Visit {
	v := frontier.Visit{
		Asked: true, Failed: class != fetch.OK, Throttled: res.Status == 429 || res.Status == 503,
		Latency: res.Timings.FirstByte, RetryAfter: res.RetryAfter(),
	}
	if v.Failed {
		v.Latency = res.Timings.Total
	}
	return v
}

// links enters what a page, or a redirect, leads to.
func (w *walk) links(of *worker, e *frontier.Entry, p *PageFacts, now time.Time) {
	u, res := &of.job.url, &of.response
	l := frontier.Link{From: e.Key, Depth: e.Depth + 1}
	if res.Public || e.Kind&kindGuarded != 0 {
		l.Kind = kindGuarded
	}
	if to := res.Location(); to != "" {
		w.redirect(u, to, e, l, now)
		return
	}
	x := of.body.links
	if x == nil {
		return
	}
	page := x.End(u)
	p.take(&page, of.body.tags)
	closed := p.NoFollow && !w.follow.NoFollow
	for found := range x.Links {
		p.count(u, &found)
		if found.Err != nil || !w.isFollowed(found.Kind) {
			continue
		}
		to := w.request(&found.URL)
		w.add(&to, l, w.reason(&to, &l, closed || found.NoFollow && !w.follow.NoFollow), now)
	}
}

// isFollowed reports whether links of a kind are: those to other pages, and with Assets what pages need.
func (w *walk) isFollowed(k link.Kind) bool {
	return k <= link.KindRefresh || w.follow.Assets && k.IsAsset()
}

// redirect enters where a redirect leads. It is no link further away, but there may not be too many in a row.
func (w *walk) redirect(u *link.URL, to string, e *frontier.Entry, l frontier.Link, now time.Time) {
	next, err := u.Resolve(to)
	if err != nil {
		return // as a browser would stay where it is; the record has the status
	}
	next = w.request(&next)
	hops := e.Kind&kindHops + 1
	l.Depth, l.Kind = e.Depth, l.Kind|hops
	reason := w.reason(&next, &l, false)
	if reason == "" && hops > maxHops {
		reason = SkipTrap
	}
	w.add(&next, l, reason, now)
}

// reason is why u is not fetched, "" if it is.
func (w *walk) reason(u *link.URL, l *frontier.Link, closed bool) fetch.Class {
	switch {
	case u.Port() == 0 || !w.territory.holds(u):
		return SkipScope
	case !w.territory.wanted(u):
		return SkipExclude
	case closed:
		return SkipNoFollow
	case w.follow.MaxDepth >= 0 && l.Depth > w.follow.MaxDepth:
		return SkipDepth
	case isTrap(u):
		return SkipTrap
	}
	return ""
}

// hasWork is that of the dispatcher.
func (w *walk) hasWork(now time.Time) bool {
	d := &w.crawler.dispatch
	if !d.ended {
		return w.crawler.source.hasNext() || w.crawler.source.last
	}
	at, ok := w.urls.NextAt()
	if !ok {
		return false
	}
	if now.Before(at) {
		d.wakeAt(at)
		return false
	}
	return true
}

// over reports whether nothing is left to be done, now or later.
func (w *walk) over() bool {
	counts := w.urls.Counts()
	return w.crawler.dispatch.ended && counts.Pending() == 0 && w.crawler.inFlight == 0
}

// abandon puts back what a worker had that was cancelled: it is pending.
func (w *walk) abandon(of *worker) {
	of.body.end()
	w.urls.Return(of.job.errand.Key, frontier.Visit{}, w.crawler.engine.Now())
}

// prepare makes a request for the job that a worker has.
func (w *walk) prepare(of *worker) {
	e := of.job.errand
	of.request.Stay = !e.robots
	of.request.Guarded = e.Kind&kindGuarded != 0
	of.request.Selection = of.body.selection
	if e.robots {
		of.request.Selection = nil // it is needed as it is, and the whole of it
	}
	of.body.begin(e.robots)
}

// hosts are the busiest, for Crawler.Hosts.
func (w *walk) hosts(n int) HostList {
	busiest := w.urls.Busiest(n)
	list := HostList{Sampled: busiest.Sampled}
	for _, h := range busiest.Busiest {
		list.Busiest = append(list.Busiest, Host{Name: nameOf(h.Origin), InFlight: h.InFlight, Waiting: h.Queued + h.Waiting})
	}
	return list
}

// Limit is the limit that the crawl has reached, by the name of its flag; "" if it ended otherwise.
func (c *Crawler) Limit() string {
	if c.dispatch.walk == nil {
		return ""
	}
	return c.dispatch.walk.limit
}
