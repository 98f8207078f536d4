package live

import (
	"context"
	"time"

	"crawl/internal/crawler"
)

// A Crawl is what is shown and steered. Its methods are called from any goroutine. They wait until the crawl's
// engine has answered, and give up with an error when ctx is done.
type Crawl interface {
	Figures(ctx context.Context) (Figures, error)
	Pause(ctx context.Context) error
	Resume(ctx context.Context) error
}

// Figures are what a crawl says of itself at one instant.
type Figures struct {
	Stats crawler.Stats
	Hosts crawler.HostList
	Loop  *Loop // nil: it does not run on one
}

// Loop is what an event loop has done since it was made. Its fields are those of engine.Load.
type Loop struct {
	Iterations  uint64
	Events      uint64 // readiness events taken from the poller
	Steps       uint64 // callbacks and task steps run
	Tasks       int    // that live now
	TasksPeak   int
	Timers      int           // scheduled now
	Descriptors int           // registered now
	Idle        time.Duration // waiting in the poller
	Busy        time.Duration // everything else
	Lag         [48]uint64    // how late steps began: bucket i holds those from 2^(i-1) to 2^i - 1 ns
	LagSum      time.Duration
}
