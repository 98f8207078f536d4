package main

import (
	"math"
	"time"

	"crawl/internal/crawler"
)

// paceMemory is how long ago a second counts for a third of what the last one does.
const paceMemory = 5 * time.Second

// pace is how fast a crawl has been in the last seconds. Each look at it forgets a little of those before.
type pace struct {
	at    time.Duration // of the last look
	done  int64
	bytes int64

	seconds, dones, received float64 // since the beginning, the older the lighter
}

// look takes in where the crawl stands.
func (p *pace) look(s *crawler.Stats) {
	passed := s.Elapsed - p.at
	if passed <= 0 {
		return
	}
	keep := math.Exp(-passed.Seconds() / paceMemory.Seconds())
	done := settled(&s.Ledger)
	p.seconds = p.seconds*keep + passed.Seconds()
	p.dones = p.dones*keep + float64(done-p.done)
	p.received = p.received*keep + float64(s.Bytes-p.bytes)
	p.at, p.done, p.bytes = s.Elapsed, done, s.Bytes
}

func (p *pace) perSecond() float64      { return p.dones / max(p.seconds, 1e-3) }
func (p *pace) bytesPerSecond() float64 { return p.received / max(p.seconds, 1e-3) }

// A guess at what is left needs some time to look back at: what begins at once is not answered at once. And beyond
// some length it says nothing.
const (
	firstETA   = 2 * time.Second
	slowest    = 0.05 // per second: what is shown as 0
	longestETA = 100 * 24 * time.Hour
)

// remaining is how long a crawl of total URLs still takes if it goes on like this; false: there is no telling.
func remaining(s *crawler.Stats, total int64, perSecond float64) (time.Duration, bool) {
	if total < 0 || perSecond < slowest || s.Elapsed < firstETA || s.Draining {
		return 0, false
	}
	seconds := float64(total-settled(&s.Ledger)) / perSecond
	if seconds > longestETA.Seconds() {
		return 0, false
	}
	return time.Duration(seconds * float64(time.Second)), true
}

// estimate guesses how many URLs a list has of which part is read: the lines so far are as long as the rest.
// Without a size, or a line, it is -1.
func estimate(s *crawler.Stats, size int64) int64 {
	switch {
	case s.ListDone:
		return s.Ledger.Discovered
	case size == 0 || s.ListRead == 0 || s.Ledger.Discovered == 0:
		return -1
	}
	return max(s.Ledger.Discovered, int64(float64(s.Ledger.Discovered)*float64(size)/float64(s.ListRead)))
}

func settled(l *crawler.Ledger) int64 { return l.Fetched + l.Failed + l.Skipped }
