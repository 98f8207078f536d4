package crawler

import (
	"maps"
	"time"

	"crawl/internal/fetch"
)

// Stats is a crawl at one instant.
type Stats struct {
	Ledger   Ledger
	InFlight int
	Peak     int // of InFlight
	Workers  int
	Bytes    int64 // received, all attempts
	Attempts int64
	Repeats  int64 // of these, those that were not the first at their URL
	Retrying int   // URLs that wait for another attempt
	ListRead int64 // bytes of the list that have been taken
	ListDone bool  // all of it
	Draining bool
	Paused   bool
	Full     bool // so many records wait to be written that nothing new is begun
	Elapsed  time.Duration
	Idled    time.Duration         // of Elapsed, how long the crawl was paused
	Pressure map[fetch.Class]int64 // how often this machine had no descriptor, port or memory
	Latency  Histogram             // of every attempt that has ended, from its begin to its end

	Extended []string // hosts that belong to the scope because URLs of the source were redirected there

	Concurrency int     // as the options have it
	PerHost     int     // likewise; 0: no limit
	Rate        float64 // likewise; 0: no limit
	// LongestQueue is how many URLs wait for one host, at the host with most of them. Stats leaves it out,
	// for it costs a look at every host: who has asked Hosts may fill it in, for a better ETA.
	LongestQueue int

	Walk *WalkStats // nil: no links are followed
}

// WalkStats are what a crawl by links has besides.
type WalkStats struct {
	Queued  int64 // URLs that wait for their turn; Stats.Retrying are those that wait for another attempt
	Hosts   int64 // that are known
	Held    int64 // of these, those whose robots.txt has to be known first
	Deepest int   // links to the furthest URL that was asked for
	// Critical is left out by Stats, as LongestQueue: see Stats.See.
	Critical Critical
}

// Critical is the host for which most time is left at its pace: no crawl is over before it is.
type Critical struct {
	Host string // as that of a Host; "": none
	Left time.Duration
}

// Stats returns where the crawl stands. It is called from a task or callback of the engine, or after Run.
func (c *Crawler) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.engine.Now()
	retrying := len(c.dispatch.retries)
	var walk *WalkStats
	var extended []string
	if w := c.dispatch.walk; w != nil {
		counts := w.urls.Counts()
		retrying, extended = int(counts.Waiting), w.territory.added
		walk = &WalkStats{Queued: counts.Queued, Hosts: counts.Hosts, Held: w.held, Deepest: w.deepest}
	}
	return Stats{
		Walk:   walk,
		Ledger: c.ledger.clone(), InFlight: c.inFlight, Peak: c.peak, Workers: c.workers,
		Bytes: c.bytes, Attempts: c.attempts, Repeats: c.repeats, Retrying: retrying, Extended: extended,
		ListRead: c.source.read, ListDone: c.dispatch.ended, Draining: c.dispatch.draining,
		Paused: c.dispatch.paused, Full: c.sink.full(), Elapsed: now.Sub(c.began), Idled: c.pausing.total(now), Pressure: maps.Clone(c.pressure),
		Latency: c.latency, Concurrency: c.options.Concurrency, PerHost: c.options.PerHost, Rate: c.options.Rate,
	}
}

// OutputPatience is how long a crawl that was cancelled waits for its output to be taken.
const OutputPatience = sinkPatience

// Err is why the crawl ended before its list did: the list could not be read, or a record not be written.
// It is called after the engine's Run.
func (c *Crawler) Err() error { return c.failure }
