package crawler

import (
	"errors"
	"time"

	"crawl/internal/fetch"
	"crawl/internal/frontier"
	"crawl/internal/link"
	"crawl/internal/robots"
)

// walk is where the work comes from in a crawl that follows links: what its source has, and then what is found. Which URL
// is next, and when its host may be asked, is the frontier's business; which URLs belong to the crawl is decided here,
// when they are found, and whether robots.txt allows them when it is their turn.
type walk struct {
	crawler   *Crawler
	follow    *Follow
	kinds     uint32 // of links that are followed
	territory territory
	urls      frontier.Frontier
	sites     []site // by the frontier's Note of a host; the first is not used
	asked     int64  // URLs that were given out, for the first time
	deepest   int    // links to the furthest of them
	held      int64  // hosts that wait for their robots.txt
	year      int    // in which the crawl was made

	listed   map[frontier.Key]uint8 // URLs that are to be read as sitemaps, and how many indexes have led to them
	bodies   bodies
	epilogue epilogue
}

// errand is what a job of a walk is for.
type errand struct {
	frontier.Entry
	robots bool // for the robots.txt of the entry's host, which has to be read before
}

// A URL's kind in the frontier: how it was found, or, as long as it is skipped, why (skipKind).
const (
	kindHops    = 1<<6 - 1 // redirects in a row that have led to it
	kindGuarded = 1 << 6   // only pages on public addresses have led to it: it may not lead to a private one
	kindSource  = 1 << 7   // redirects of a URL of the source alone have led to it, and the scope goes with them

	maxHops = 20

	// maxAttempts is below what the frontier counts of them: the last has to be told from those before.
	maxAttempts = 250
)

func newWalk(c *Crawler, f *Follow) *walk {
	pace := f.Pace
	pace.PerHost = c.options.PerHost
	w := &walk{
		crawler: c, follow: f, kinds: f.kinds(), territory: newTerritory(&f.Scope), sites: make([]site, 1), year: c.engine.Now().Year(),
		urls:   frontier.NewMemory(frontier.Options{Pace: pace, Shared: kindGuarded, Levels: f.MaxDepth >= 0}, c.engine.Now()),
		listed: map[frontier.Key]uint8{}, bodies: bodies{},
	}
	w.openSitemaps(c.engine.Now())
	return w
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
			c.discovered(item.URL)
			c.settle(&Record{URL: item.URL, Class: fetch.Input, Err: item.explain(err)})
			continue
		}
		w.territory.claim(&u)
		u = w.request(&u)
		l := frontier.Link{}
		if w.territory.extends() {
			l.Kind = kindSource
		}
		w.seeded(&u, w.add(&u, l, verdict{}, now).Key.Host, now)
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
func (w *walk) add(u *link.URL, l frontier.Link, v verdict, now time.Time) frontier.Added {
	if v.skip != "" {
		l.Skip, l.Kind = true, skipKind(v.skip, v.rule)
	}
	added := w.urls.Add(u, l, now)
	ledger := &w.crawler.ledger
	switch {
	case added.Revived:
		ledger.revive(reasonOf(added.Kind))
	case added.New:
		ledger.discover()
		if v.skip != "" {
			ledger.settle(&Record{Class: v.skip})
		}
	}
	if w.crawler.heard&(URLDiscovered|URLSkipped|URLRevived) != 0 {
		w.publishAdded(l, added, v.skip)
	}
	return added
}

// pick takes the URL whose turn it is, or the robots.txt that has to be read before.
func (w *walk) pick(now time.Time) *job {
	if w.seed(now); !w.crawler.dispatch.ended {
		return nil
	}
	w.claimSitemaps()
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
			return nil
		}
		if !known {
			return w.askRobots(&e, now)
		}
		if e.Attempt == 1 && !w.isListed(e.Key) {
			w.asked++
			w.deepest = max(w.deepest, e.Depth)
		}
		return w.job(&e, e.URL, false)
	}
	return nil
}

// isAtLimit reports whether the crawl has had what it may have, and e would be more.
func (w *walk) isAtLimit(e *frontier.Entry) bool {
	switch {
	case w.follow.MaxURLs > 0 && w.asked >= w.follow.MaxURLs && e.Attempt == 1 && !w.isListed(e.Key):
		w.crawler.reach("--max-urls")
	case w.follow.MaxBytes > 0 && w.crawler.bytes >= w.follow.MaxBytes:
		w.crawler.reach("--max-bytes")
	default:
		return false
	}
	return true
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
	if w.isReleased(e, class) {
		w.urls.Return(e.Key, v, now)
		return
	}
	if j.attempts <= min(c.options.Retries, maxAttempts-1) && !c.dispatch.draining && mayGoBetter(class, res.Status) && of.mayRepeat() {
		delay := c.retryDelay(j.attempts)
		delay = max(delay, res.RetryAfter()+delay/2)
		w.urls.Retry(e.Key, now.Add(delay), v, now)
		c.publishRetry(j, delay)
		w.publishPause(e.Key.Host, v)
		return
	}
	r := of.record(class)
	r.Page = w.facts(e)
	state := frontier.Failed
	if class == fetch.OK {
		state = frontier.Fetched
		w.conclude(of, e, &r, now)
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
	w.publishPause(e.Key.Host, v)
}

// isReleased reports whether e could not be had for the guard that it had, and has no longer: another page, on a private
// address, has led there meanwhile.
func (w *walk) isReleased(e *frontier.Entry, class fetch.Class) bool {
	return class == fetch.AddressPrivate && e.Kind&kindGuarded != 0 && w.urls.Kind(e.Key)&kindGuarded == 0
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

// unfold enters a portion of what the fetch that has ended leads to, and reports whether there is more. (Of a sitemap that broke
// off, what it had counts.)
func (w *walk) unfold(of *worker) (more bool) {
	b, now := of.body, w.crawler.engine.Now()
	if l := b.sitemap; l != nil {
		if more = l.turn(); !more {
			l.close()
		}
		found, format := l.taken()
		w.enter(of, found, format, now)
		if more {
			return true
		}
	}
	return b.links != nil && of.err == nil && w.links(of, now)
}

// links enters a portion of the links of a page.
func (w *walk) links(of *worker, now time.Time) (more bool) {
	b, x := of.body, of.body.links
	if b.entered < 0 {
		b.entered = 0
		w.open(of)
	}
	page := x.Page()
	l := frontier.Link{From: of.job.errand.Key, Depth: of.job.errand.Depth + 1, Kind: guarded(of)}
	end, size := min(page.Links, b.entered+portion), 0
	for ; b.entered < end && size < portionBytes; b.entered++ {
		if !w.isFollowed(x.Kind(b.entered)) {
			continue
		}
		found := x.Link(b.entered)
		size += len(page.Base.String()) + len(found.Ref) // what it takes to make a URL of them
		if found.Err == nil {
			b.count(&of.job.url, &found.URL)
		}
		if found.Err != nil || b.same {
			continue
		}
		to := w.request(&found.URL)
		if w.urls.Knows(&to, l) {
			continue // as nearly all are
		}
		v := w.judge(&to, &l, b.closed || found.NoFollow && !w.follow.NoFollow)
		if v.skip == "" && b.about.leadsAstray(&to, w.year) {
			v = verdict{SkipTrap, trapDate}
		}
		w.add(&to, l, v, now)
	}
	return b.entered < page.Links
}

// open is the end of a page that has links, and the beginning of entering these.
func (w *walk) open(of *worker) {
	b, u := of.body, &of.job.url
	page := b.links.End(u)
	w.extend(of)
	b.about = momentOf(u.Target())
	b.closed = b.tags.Or(page.Robots).NoFollow && !w.follow.NoFollow
	b.same = w.compare(of, b.closed)
}

// extend has the scope go where redirects of a URL of the source have ended.
func (w *walk) extend(of *worker) {
	if of.job.errand.Kind&kindSource != 0 {
		w.territory.extend(&of.job.url)
	}
}

// conclude notes what a page says of itself, and enters where a redirect leads.
func (w *walk) conclude(of *worker, e *frontier.Entry, r *Record, now time.Time) {
	if to := of.response.Location(); to != "" {
		w.redirect(&of.job.url, to, e, frontier.Link{From: e.Key, Kind: guarded(of)}, now)
		return
	}
	b := of.body
	if b.sitemap.note(r.Page); b.links != nil {
		page := b.links.Page()
		r.Page.take(&page, b.tags)
		r.Page.Internal, r.Page.External = b.internal, b.external
	} else {
		w.extend(of)
		w.compare(of, true)
	}
	if b.original != (frontier.Key{}) {
		u := w.urls.URL(b.original)
		r.Page.DuplicateOf = u.String()
	}
}

func (w *walk) isFollowed(k link.Kind) bool { return w.kinds>>k&1 != 0 }

// redirect enters where a redirect leads. It is no link further away, but there may not be too many in a row; and it may lead
// from one spelling of a URL to another.
func (w *walk) redirect(u *link.URL, to string, e *frontier.Entry, l frontier.Link, now time.Time) {
	next, err := u.Resolve(to)
	if err != nil {
		return // as a browser would stay where it is; the record has the status
	}
	next = w.request(&next)
	hops := e.Kind&kindHops + 1
	l.Depth, l.Kind, l.Exact = e.Depth, l.Kind|hops|e.Kind&kindSource, true
	nested, listed := w.listed[e.Key]
	v := verdict{}
	if listed {
		v = w.judgeSitemap(&next, u)
	} else {
		v = w.judge(&next, &l, false)
	}
	if v.skip == "" && hops > maxHops {
		v = verdict{SkipTrap, trapRedirects}
	}
	if listed {
		w.addSitemap(&next, l, int(nested), v, now)
		return
	}
	w.add(&next, l, v, now)
}

// verdict is why a URL is not fetched, and if that is for a trap, by which rule. The zero value: it is.
type verdict struct {
	skip fetch.Class
	rule trap
}

// judge says whether u is fetched.
func (w *walk) judge(u *link.URL, l *frontier.Link, closed bool) verdict {
	switch {
	case u.Port() == 0 || l.Kind&kindSource == 0 && !w.territory.holds(u):
		return verdict{skip: SkipScope}
	case !w.territory.wanted(u):
		return verdict{skip: SkipExclude}
	case closed:
		return verdict{skip: SkipNoFollow}
	case w.follow.MaxDepth >= 0 && l.Depth > w.follow.MaxDepth:
		return verdict{skip: SkipDepth}
	}
	return suspect(u)
}

// suspect is the verdict on a URL that may be one of a trap.
func suspect(u *link.URL) verdict {
	if rule := trapOf(u); rule != noTrap {
		return verdict{SkipTrap, rule}
	}
	return verdict{}
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
	of.request.Stay, of.request.Redirects = !e.robots, robots.MaxRedirects
	of.request.Guarded = e.Kind&kindGuarded != 0
	of.request.Selection = of.body.selection
	if e.robots {
		of.request.Selection = nil // it is needed as it is, and the whole of it
	}
	of.body.begin(e.robots)
	of.body.listed = !e.robots && w.isListed(e.Key)
}

// hosts are the busiest, for Crawler.Hosts.
func (w *walk) hosts(n int) HostList {
	busiest := w.urls.Busiest(n)
	list := HostList{Sampled: busiest.Sampled}
	for _, h := range busiest.Busiest {
		list.Busiest = append(list.Busiest, Host{
			Name: nameOf(h.Origin), InFlight: h.InFlight, Waiting: h.Queued + h.Waiting, Held: h.Held, Interval: h.Interval,
		})
	}
	if of, left := w.urls.CriticalPath(w.crawler.engine.Now()); left > 0 {
		list.Critical = Critical{Host: nameOf(w.urls.Host(of).Origin), Left: left}
	}
	return list
}
