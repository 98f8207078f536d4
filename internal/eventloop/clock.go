//go:build unix

package eventloop

import "time"

// A Clock tells the loop's time. Tests and simulations put one of their own in its place.
type Clock interface {
	// Now is the time since the loop's epoch. It never goes back.
	Now() time.Duration
	// Epoch is the wall-clock time at which Now was 0.
	Epoch() time.Time
}

// monotonicClock is the machine's. time.Since reads the monotonic clock only: 30 ns, against 50 of time.Now.
type monotonicClock struct{ epoch time.Time }

func (c monotonicClock) Now() time.Duration { return time.Since(c.epoch) }
func (c monotonicClock) Epoch() time.Time   { return c.epoch }
