package crawler

import (
	"time"

	"crawl/internal/engine"
)

// Pause begins nothing new until Resume: no fetch, no further attempt, and the list is not taken further. What is
// in flight goes on, and its records are written. A crawl that is paused goes on existing with nothing in flight;
// it still ends when it is drained or cancelled, or when nothing is left to be done. It reports whether the crawl
// is paused now, which one that is ending never is. Like Resume it is called from a task or callback of the engine.
func (c *Crawler) Pause() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.dispatch.draining && !c.dispatch.paused {
		c.dispatch.paused = true
		c.pausing.begin(c.engine)
		c.publish(Event{Signal: CrawlPaused})
	}
	return c.dispatch.paused
}

// Resume ends a pause, if there is one.
func (c *Crawler) Resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dispatch.paused {
		c.dispatch.paused = false
		c.pausing.end(c.engine)
		c.publish(Event{Signal: CrawlResumed})
		c.stir() // also sets the timers again, of retries and of a rate, that went off for nothing
	}
}

// pausing is how long a crawl was paused.
type pausing struct {
	since time.Time // of the pause that lasts; zero: none
	past  time.Duration
}

func (p *pausing) begin(e engine.Engine) { p.since = e.Now() }

func (p *pausing) end(e engine.Engine) { p.past, p.since = p.total(e.Now()), time.Time{} }

func (p *pausing) total(now time.Time) time.Duration {
	if p.since.IsZero() {
		return p.past
	}
	return p.past + now.Sub(p.since)
}
