//go:build unix

package eventloop

import (
	"math/bits"
	"time"
)

// Metrics counts what a loop has done since it was made.
type Metrics struct {
	Iterations  uint64
	Events      uint64 // readiness events taken from the poller
	StaleEvents uint64 // of those, for descriptors closed meanwhile
	EmptyPolls  uint64 // polls that brought nothing: timeouts, signals
	FullPolls   uint64 // polls that filled the whole list: more was waiting
	Callbacks   uint64 // callbacks and task steps run

	TasksCreated uint64
	TasksLive    int
	TasksPeak    int
	ForcedYields uint64 // steps that used up their budget

	Timers      int // scheduled now
	Descriptors int // registered now, the wake-up descriptor included

	WakeupsSent      uint64 // CallSoonThreadsafe that wrote to the wake-up descriptor
	WakeupsCoalesced uint64 // CallSoonThreadsafe that found one under way

	// SystemCalls is how many the loop has made: polls, all that is done with its sockets, wake-ups, the reading of
	// them included. Those that make and close the loop itself are not among them, nor those of Go's runtime.
	SystemCalls uint64

	Idle time.Duration // waiting in the poller
	Busy time.Duration // everything else

	EventsPerPoll Histogram // of polls with at least one
	Lag           Histogram // ns from the return of the poll to the start of each callback: how late the loop was
	LagSum        time.Duration
	Step          Histogram // ns each callback or task step took
}

// Utilisation is the share of its time that the loop was not waiting, 0 to 1.
func (m *Metrics) Utilisation() float64 {
	if m.Idle+m.Busy == 0 {
		return 0
	}
	return float64(m.Busy) / float64(m.Idle+m.Busy)
}

// A Histogram counts values in buckets of powers of two: bucket i holds those from 2^(i-1) to 2^i - 1, bucket
// 0 holds 0.
type Histogram struct {
	Buckets [48]uint64
	Max     uint64
}

func (h *Histogram) add(v uint64) {
	h.Buckets[min(bits.Len64(v), len(h.Buckets)-1)]++
	h.Max = max(h.Max, v)
}

// Count is the number of values.
func (h *Histogram) Count() (n uint64) {
	for _, b := range h.Buckets {
		n += b
	}
	return n
}

// Quantile is an upper bound, at most twice too large, of the q-quantile (0 to 1); 0 if there are no values.
func (h *Histogram) Quantile(q float64) uint64 {
	n := h.Count()
	if n == 0 {
		return 0
	}
	rank := uint64(q * float64(n))
	for i, b := range h.Buckets[:len(h.Buckets)-1] { // the last holds all that is larger
		if rank < b {
			return min(uint64(1)<<i-1, h.Max)
		}
		rank -= b
	}
	return h.Max
}

// Metrics returns the loop's counters. It is called on the loop's thread.
func (l *Loop) Metrics() Metrics {
	m := l.metrics
	m.TasksLive, m.Timers, m.Descriptors = l.taskCount, len(l.timers), l.registered
	m.SystemCalls += l.poller.SystemCalls() + l.inbox.sent.Load() // a wake-up is one write
	m.WakeupsSent, m.WakeupsCoalesced = l.inbox.sent.Load(), l.inbox.kept.Load()
	return m
}
