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
	done := s.Ledger.Settled()
	p.seconds = p.seconds*keep + passed.Seconds()
	p.dones = p.dones*keep + float64(done-p.done)
	p.received = p.received*keep + float64(s.Bytes-p.bytes)
	p.at, p.done, p.bytes = s.Elapsed, done, s.Bytes
}

func (p *pace) perSecond() float64      { return p.dones / max(p.seconds, 1e-3) }
func (p *pace) bytesPerSecond() float64 { return p.received / max(p.seconds, 1e-3) }

// slowest is what is shown as 0.
const slowest = 0.05 // per second
