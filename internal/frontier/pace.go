package frontier

import (
	"math"
	"time"
)

// Pace is how hosts may be asked. All that it decides is a host's interval, which is from the start of a request to
// the start of the next, whenever the first ends. It is the longest of
//
//   - Delay,
//   - the Crawl-delay of its robots.txt, up to MaxWait,
//   - Factor × latency, up to MaxDelay: a host that answers slowly is asked seldom. On average 1/Factor requests are
//     at the host then, so Factor is the reciprocal of what Scrapy's AutoThrottle calls target concurrency; a
//     host that is asked with one connection at a delay-factor of f as Heritrix has it, from end to start, is one with f+1
//     here. From start to start it means the same whatever PerHost is;
//   - what it is slowed down to because it said 429 or 503: twice its interval each time, at least minSlowed, up to
//     MaxWait. Every other answer takes off a tenth. Only answers to requests count that were begun after it was last slowed down:
//     ten that were on their way together are one complaint.
//
// The zero value has no delay and no limit, but for a host that complains.
type Pace struct {
	PerHost  int           // requests in flight; 0: no limit
	Delay    time.Duration // 0: none
	Factor   float64       // 0: latency does not matter
	MaxDelay time.Duration // 0: 30 s, which is Heritrix's
	MaxWait  time.Duration // also what is made of a Retry-After at most; 0: 5 min
}

const (
	defaultMaxDelay = 30 * time.Second
	defaultMaxWait  = 5 * time.Minute
	// minSlowed is the least that a host is slowed down to: twice nothing is nothing, and a second is what the seldom
	// complaint without Retry-After is usually about.
	minSlowed = time.Second
	// forgiven is where slowing down ends: nobody complains of ten requests a second for long.
	forgiven = 100 * time.Millisecond
	// forever can be doubled, and added to an Instant.
	forever = 100 * 365 * 24 * time.Hour
)

// Instant is a time in nanoseconds after some beginning, above 0.
type Instant int64

// Tempo is what a Pace remembers of one host. The zero value is a host that was never asked.
type Tempo struct {
	started    Instant // the last request; 0: none
	notBefore  Instant // because of Retry-After
	slowedAt   Instant // when slowed was last raised
	latency    uint32  // µs, smoothed; 0: not known
	crawlDelay uint32  // ms
	slowed     uint32  // ms; 0: not at all
	failures   uint16  // in a row
}

// A Visit is what a request was like for the host. The zero value is none: the host was not asked. Then, if nothing was
// given out since, it is as if the host's turn had not come, and else as if it had been asked.
type Visit struct {
	Asked      bool
	Failed     bool          // there was no whole answer
	Throttled  bool          // status 429 or 503
	Latency    time.Duration // until the head of the answer was there, or, if it failed, until then
	RetryAfter time.Duration // 0: none
}

// Allows reports whether a host with so many requests in flight may have one more.
func (p *Pace) Allows(inFlight int) bool { return p.PerHost <= 0 || inFlight < p.PerHost }

// Interval is from the start of a request to that of the next, at present.
func (p *Pace) Interval(t *Tempo) time.Duration {
	d := max(p.Delay, t.CrawlDelay(), time.Duration(t.slowed)*time.Millisecond)
	if p.Factor > 0 && t.latency > 0 {
		// As numbers, for the product may be too much for a duration.
		d = max(d, time.Duration(min(p.Factor*float64(t.Latency()), float64(p.maxDelay()))))
	}
	return min(d, forever)
}

// Next is when the next request may start; 0 if at any time.
func (p *Pace) Next(t *Tempo) Instant {
	if t.started == 0 {
		return t.notBefore
	}
	return max(t.started+Instant(p.Interval(t)), t.notBefore)
}

// Start notes that a request starts, and returns when the last one did.
func (p *Pace) Start(t *Tempo, now Instant) (before Instant) {
	before, t.started = t.started, now
	return before
}

// TakeBack notes that the last start was none after all.
func (p *Pace) TakeBack(t *Tempo, before Instant) { t.started = before }

// End notes how a request ended.
func (p *Pace) End(t *Tempo, v Visit, now Instant) {
	switch {
	case !v.Failed:
		t.failures = 0
	case t.failures < math.MaxUint16:
		t.failures++
	}
	p.measure(t, v)
	if v.RetryAfter > 0 {
		t.notBefore = max(t.notBefore, now+Instant(min(v.RetryAfter, p.LongestWait())))
	}
	if now-Instant(v.Latency) < t.slowedAt {
		return
	}
	switch {
	case v.Throttled:
		t.slowed = millis(min(max(2*p.Interval(t), minSlowed), p.LongestWait()))
		t.slowedAt = now
	case !v.Failed && t.slowed > 0:
		t.slowed -= t.slowed / 10
		if time.Duration(t.slowed)*time.Millisecond <= forgiven {
			t.slowed = 0
		}
	}
}

// measure smooths latencies as TCP does round trips (RFC 6298). A failure or a complaint may be quick, and says nothing good of
// the host then: it does not lower the mean.
func (p *Pace) measure(t *Tempo, v Visit) {
	sample := min(max(v.Latency.Microseconds(), 1), math.MaxUint32)
	if v.Latency <= 0 || (v.Failed || v.Throttled) && sample < int64(t.latency) {
		return
	}
	if t.latency == 0 {
		t.latency = uint32(sample)
		return
	}
	t.latency = uint32(int64(t.latency) + (sample-int64(t.latency))/8)
}

// SetCrawlDelay notes the delay of a robots.txt; 0: it has none.
func (p *Pace) SetCrawlDelay(t *Tempo, d time.Duration) {
	t.crawlDelay = millis(min(d, p.LongestWait()))
}

// CrawlDelay is that of its robots.txt, as it is kept to.
func (t *Tempo) CrawlDelay() time.Duration { return time.Duration(t.crawlDelay) * time.Millisecond }

// Latency is the smoothed latency of the host; 0: not known.
func (t *Tempo) Latency() time.Duration { return time.Duration(t.latency) * time.Microsecond }

// Failures is how many visits have failed since the last that did not; 65,535 are counted.
func (t *Tempo) Failures() int { return int(t.failures) }

func (p *Pace) maxDelay() time.Duration {
	if p.MaxDelay > 0 {
		return p.MaxDelay
	}
	return defaultMaxDelay
}

// LongestWait is what is made of a Retry-After at most.
func (p *Pace) LongestWait() time.Duration {
	if p.MaxWait > 0 {
		return p.MaxWait
	}
	return defaultMaxWait
}

// millis rounds up, for a wait that is too short is one that is not kept.
func millis(d time.Duration) uint32 {
	return uint32(min((max(d, 0)+time.Millisecond-1)/time.Millisecond, math.MaxUint32))
}
