package engine

import "time"

// A LoopEngine is an engine that is a loop, and can say what that loop has done. Goroutines have no loop that could
// be late or busy, so their engine is none: what is asked of it is absent, not zero.
type LoopEngine interface {
	// Load is called from a task or callback of the engine.
	Load() Load
}

// Load is what a loop has done since it was made.
type Load struct {
	Iterations  uint64
	Events      uint64 // readiness events taken from the poller
	Steps       uint64 // callbacks and task steps run
	Tasks       int    // that live now
	TasksPeak   int
	Timers      int           // scheduled now
	Descriptors int           // registered now
	Idle        time.Duration // waiting in the poller
	Busy        time.Duration // everything else
	// Lag counts how late each step began after the return of the poll: bucket i holds those from 2^(i-1) to
	// 2^i - 1 ns, bucket 0 those of 0, the last all that are longer.
	Lag    [48]uint64
	LagSum time.Duration
}
