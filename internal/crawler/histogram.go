package crawler

import (
	"math/bits"
	"time"
)

// A Histogram counts durations in buckets of powers of two of a microsecond: bucket i holds those from 2^(i-1)
// up to, not including, 2^i µs, bucket 0 those below 1 µs, the last all that are longer than the one before it
// holds. So the edge of each is a figure that does not depend on what was counted, and an addition costs 2 ns.
type Histogram struct {
	Buckets [32]uint64 // the last begins at 18 min
	Sum     time.Duration
}

func (h *Histogram) add(d time.Duration) {
	h.Buckets[min(bits.Len64(uint64(max(0, d.Microseconds()))), len(h.Buckets)-1)]++
	h.Sum += d
}

// Count is the number of durations.
func (h *Histogram) Count() (n uint64) {
	for _, b := range h.Buckets {
		n += b
	}
	return n
}

// Edge is the upper edge of bucket i; the last has none, and gives 0.
func (h *Histogram) Edge(i int) time.Duration {
	if i >= len(h.Buckets)-1 {
		return 0
	}
	return time.Microsecond << i
}

// Mean is 0 if there is nothing of which it could be.
func (h *Histogram) Mean() time.Duration {
	if n := h.Count(); n > 0 {
		return h.Sum / time.Duration(n)
	}
	return 0
}
