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
	Elapsed  time.Duration
	Pressure map[fetch.Class]int64 // how often this machine had no descriptor, port or memory
}

// Stats returns where the crawl stands. It is called from a task or callback of the engine, or after Run.
func (c *Crawler) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Stats{
		Ledger: c.ledger.clone(), InFlight: c.inFlight, Peak: c.peak, Workers: c.workers,
		Bytes: c.bytes, Attempts: c.attempts, Repeats: c.repeats, Retrying: len(c.dispatch.retries),
		ListRead: c.source.read, ListDone: c.dispatch.ended, Draining: c.dispatch.draining,
		Elapsed: c.engine.Now().Sub(c.began), Pressure: maps.Clone(c.pressure),
	}
}

// Err is why the crawl ended before its list did: the list could not be read, or a record not be written.
// It is called after the engine's Run.
func (c *Crawler) Err() error { return c.failure }
