package crawler

// limitTime has the crawl end when its time is over. The caller holds the lock.
func (c *Crawler) limitTime() {
	if c.options.MaxTime <= 0 {
		return
	}
	c.engine.After(c.options.MaxTime, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.source.spent() {
			c.dispatch.ended = true // it may be that nobody has looked
		}
		if c.workers > 0 && !c.dispatch.over() {
			c.reach("--for")
		}
	})
}

// reach begins nothing new, because of a limit. The caller holds the lock.
func (c *Crawler) reach(limit string) {
	c.limit = limit
	c.publish(Event{Signal: LimitReached, Cause: limit})
	c.drain()
}

// Limit is the limit that has ended the crawl with something left to do, by the name of its flag; "" if it ended
// otherwise. It is called after the engine's Run.
func (c *Crawler) Limit() string {
	if c.ledger.Pending == 0 && c.dispatch.ended {
		return ""
	}
	return c.limit
}
