package crawler

import (
	"errors"
	"fmt"
	"time"

	"crawl/internal/fetch"
	"crawl/internal/frontier"
	"crawl/internal/link"
	"crawl/internal/robots"
)

// site is what is known of a host besides what the frontier knows.
type site struct {
	known    robots.Known
	err      error      // why its robots.txt could not be read, if it could not
	attempts int        // at that, since it was last read
	public   bool       // it has turned out to be on a public address
	seeded   bool       // a URL of it was given, or redirects of one have ended there: its sitemaps count
	named    []link.URL // sitemaps, which do not count yet
}

func (w *walk) siteOf(h frontier.HostID) *site {
	if n := w.urls.Note(h); n != 0 {
		return &w.sites[n]
	}
	return nil
}

// makeSite is siteOf, for a host that may not have one yet.
func (w *walk) makeSite(h frontier.HostID) *site {
	if w.urls.Note(h) == 0 {
		w.urls.SetNote(h, uint32(len(w.sites)))
		w.sites = append(w.sites, site{})
	}
	return w.siteOf(h)
}

// knowsRobots reports whether the robots.txt of the host is known, and still counts.
func (w *walk) knowsRobots(e *frontier.Entry, now time.Time) bool {
	s := w.siteOf(e.Key.Host)
	return s != nil && s.known.Standing() != robots.Unasked && now.Before(s.known.Due())
}

// askRobots makes the job of reading the robots.txt of e's host, which is not asked for anything else meanwhile.
func (w *walk) askRobots(e *frontier.Entry, now time.Time) *job {
	u, err := link.Parse(e.URL.Origin() + "/robots.txt")
	if err != nil {
		panic(fmt.Sprintf("crawler: the robots.txt of a URL is none: %v", err))
	}
	s := w.makeSite(e.Key.Host)
	w.hold(e.Key.Host, now)
	j := w.job(e, u, true)
	j.attempts = s.attempts
	s.attempts++
	return j
}

// bookRobots notes what became of that.
func (w *walk) bookRobots(of *worker, v frontier.Visit, now time.Time) {
	c, e, res := w.crawler, of.job.errand, &of.response
	host := e.Key.Host
	s := w.siteOf(host)
	err := of.err
	if fetch.ClassOf(err).Family() == "redirect" {
		err = nil
	}
	if class := fetch.ClassOf(err); class == fetch.AddressPrivate && e.Kind&kindGuarded != 0 {
		// That is about who leads there: what others lead to may be asked for.
		s.attempts = 0
		w.release(host, now)
		if w.isReleased(&e.Entry, class) {
			w.urls.Return(e.Key, v, now)
			return
		}
		w.skip(&e.Entry, unread(err), now)
		return
	}
	w.urls.Return(e.Key, v, now)
	if delay, ok := of.again(fetch.ClassOf(err)); ok {
		w.holdFor(host, delay)
		c.publishRetry(of.job, delay)
		return
	}
	answer, sitemaps := robots.Answer{RetryAfter: res.RetryAfter()}, []string(nil)
	if err == nil {
		answer.Status, answer.Lifetime = res.Status, robots.Lifetime(of.body.lifetime)
		if answer.Standing() == robots.Successful {
			file := robots.Parse(of.body.file, w.follow.Token)
			answer.Rules, sitemaps = file.Rules, file.Sitemaps
		}
	}
	s.known, s.err, s.attempts = s.known.After(answer, now), err, 0
	w.urls.SetCrawlDelay(host, w.delay(s), now)
	w.release(host, now)
	w.publishRobots(of, s, answer.Status)
	w.publishPause(host, v)
	w.nameSitemaps(of, s, sitemaps, now)
}

// hold has a host wait for its robots.txt, however long that takes.
func (w *walk) hold(host frontier.HostID, now time.Time) {
	w.held++
	w.urls.Hold(host, true, now)
	if w.crawler.hears(HostPaused) {
		w.crawler.publish(Event{Signal: HostPaused, Host: w.urls.Host(host).Origin, Cause: CauseRobots})
	}
}

// release is the end of that.
func (w *walk) release(host frontier.HostID, now time.Time) {
	w.held--
	w.urls.Hold(host, false, now)
	if w.crawler.hears(HostResumed) {
		w.crawler.publish(Event{Signal: HostResumed, Host: w.urls.Host(host).Origin, Cause: CauseRobots})
	}
}

// holdFor has a host asked again after a while.
func (w *walk) holdFor(host frontier.HostID, d time.Duration) {
	c := w.crawler
	c.engine.After(d, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		w.release(host, c.engine.Now())
		c.stir()
	})
}

// delay is the least time between two requests to a site.
func (w *walk) delay(s *site) time.Duration {
	d := time.Duration(0)
	if w.follow.Robots != RobotsIgnore {
		d = s.known.Rules.Delay()
	}
	if s.public {
		d = max(d, w.follow.PublicDelay)
	}
	return d
}

// slow has a host that has turned out to be a public one asked as seldom as those are.
func (w *walk) slow(host frontier.HostID, res *fetch.Response, now time.Time) {
	if w.follow.PublicDelay == 0 || !res.Public {
		return
	}
	if s := w.makeSite(host); !s.public {
		s.public = true
		w.urls.SetCrawlDelay(host, w.delay(s), now)
	}
}

// bars is the record of a URL that may not be asked for, nil if it may. Where robots.txt could not be read for want of
// a connection, a page could not be either.
func (w *walk) bars(e *frontier.Entry) *Record {
	if w.follow.Robots == RobotsIgnore {
		return nil
	}
	s := w.siteOf(e.Key.Host)
	allowed, rule := s.known.Rules.Allowed(e.URL.Target())
	switch {
	case allowed:
		return nil
	case rule.Line != 0:
		page := w.facts(e)
		page.Rule = fmt.Sprintf("line %d: %s", rule.Line, rule)
		return &Record{Class: SkipRobots, Err: errors.New("robots.txt " + page.Rule), Page: page}
	case s.err != nil:
		return unread(s.err)
	}
	return &Record{Class: SkipRobots, Err: errRobotsUnreachable}
}

// unread is the record of a URL whose robots.txt could not be fetched.
func unread(err error) *Record {
	return &Record{Class: fetch.ClassOf(err), Err: fmt.Errorf("robots.txt: %w", err)}
}

var errRobotsUnreachable = errors.New("robots.txt could not be read, and until it can nothing is allowed")
