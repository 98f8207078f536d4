package crawler

import (
	"time"

	"crawl/internal/fetch"
	"crawl/internal/frontier"
	"crawl/internal/link"
)

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
		w.open(of, now)
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
func (w *walk) open(of *worker, now time.Time) {
	b, u := of.body, &of.job.url
	page := b.links.End(u)
	w.extend(of, now)
	b.about = momentOf(u.Target())
	b.closed = b.tags.Or(page.Robots).NoFollow && !w.follow.NoFollow
	b.same = w.compare(of, b.closed)
}

// extend has the scope go where redirects of a URL of the source have ended.
func (w *walk) extend(of *worker, now time.Time) {
	e, u := of.job.errand, &of.job.url
	if e.Kind&kindSource != 0 && w.territory.extend(u) {
		w.seeded(u, e.Key.Host, frontier.Link{Kind: guarded(of)}, now)
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
		w.extend(of, now)
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
		v = w.judgeSitemap(&next, u, &l)
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
