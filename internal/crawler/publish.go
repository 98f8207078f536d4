package crawler

import (
	"time"

	"crawl/internal/fetch"
	"crawl/internal/frontier"
)

// publishEnd tells what has become of a URL.
func (c *Crawler) publishEnd(r *Record) {
	signal := URLSettled
	if isSkip(r.Class) {
		signal = URLSkipped
	}
	c.publish(Event{Signal: signal, URL: r.URL, Class: r.Class, Status: r.Status, Attempt: r.Attempts, Err: r.Err})
}

// publishDone tells of the fetch that has ended.
func (w *worker) publishDone() {
	res := &w.response
	w.crawler.publish(Event{
		Signal: FetchDone, URL: w.job.raw, Attempt: w.job.attempts, Robots: w.job.isRobots(), Class: fetch.ClassOf(w.err), Status: res.Status,
		Bytes: res.BytesWire, Took: res.Timings.Total, Err: w.err,
	})
}

// publishRetry tells that j is fetched again, after a delay at least.
func (c *Crawler) publishRetry(j *job, delay time.Duration) {
	if c.hears(Retried) {
		c.publish(Event{Signal: Retried, URL: j.raw, Attempt: j.attempts, Robots: j.isRobots(), Wait: delay})
	}
}

// publishAdded tells what a link has changed, and of how the URL was found.
func (w *walk) publishAdded(l frontier.Link, added frontier.Added, reason fetch.Class) {
	if !added.New && !added.Revived {
		return
	}
	known := w.urls.URL(added.Key)
	e := Event{URL: known.String(), Depth: l.Depth}
	if l.From != (frontier.Key{}) {
		from := w.urls.URL(l.From)
		e.Referrer = from.String()
	}
	c := w.crawler
	switch {
	case added.Revived:
		e.Signal, e.Class = URLRevived, reasonOf(added.Kind)
		c.publish(e)
	case added.New:
		e.Signal = URLDiscovered
		c.publish(e)
		if reason != "" {
			c.publish(Event{Signal: URLSkipped, URL: e.URL, Class: reason})
		}
	}
}

// publishPause tells that a host is left alone because of what it has answered, and for how long.
func (w *walk) publishPause(host frontier.HostID, v frontier.Visit) {
	c := w.crawler
	if !v.Throttled && v.RetryAfter == 0 || !c.hears(HostPaused) {
		return
	}
	h := w.urls.Host(host)
	e := Event{Signal: HostPaused, Host: h.Origin, Cause: CauseThrottled, Wait: h.Interval}
	if asked := min(v.RetryAfter, w.follow.Pace.LongestWait()); asked > 0 {
		e.Cause, e.Wait = CauseRetryAfter, max(e.Wait, asked)
	}
	c.publish(e)
}

// publishRobots tells what is known of a site now.
func (w *walk) publishRobots(of *worker, s *site, status int) {
	c := w.crawler
	if !c.hears(RobotsRead) {
		return
	}
	c.publish(Event{
		Signal: RobotsRead, Host: w.urls.Host(of.job.errand.Key.Host).Origin, Cause: s.known.Standing().String(),
		Status: status, Class: fetch.ClassOf(s.err), Err: s.err, Wait: w.delay(s),
	})
}
