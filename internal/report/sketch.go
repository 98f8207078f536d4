package report

import (
	"math"
	"math/bits"
)

// A sketch is the distribution of times in µs: counts in buckets that are a sixty-fourth of an octave wide, so
// a percentile is at most 0.8 % off, and its size has a bound. Smallest and largest are exact.
type sketch struct {
	low      int // bucket of counts[0]
	counts   []uint32
	n        int64
	min, max int64
}

// fine is how many buckets an octave has.
const fine = 64

// bucketOf is the bucket of v, which is not negative. Below fine each value has its own.
func bucketOf(v int64) int {
	if v < fine {
		return int(v)
	}
	e := bits.Len64(uint64(v)) - bits.Len(fine)
	return fine*e + int(v>>e)
}

// middle is the value that stands for a bucket.
func middle(bucket int) float64 {
	if bucket < fine {
		return float64(bucket)
	}
	e := bucket/fine - 1
	low := int64(bucket-fine*e) << e
	return float64(low) + float64(int64(1)<<e-1)/2
}

func (s *sketch) add(v int64) {
	b := bucketOf(v)
	switch {
	case s.n == 0:
		s.low, s.counts = b, append(s.counts, 0)
		s.min, s.max = v, v
	case b < s.low:
		grown := make([]uint32, s.low-b+len(s.counts))
		copy(grown[s.low-b:], s.counts)
		s.low, s.counts = b, grown
	case b >= s.low+len(s.counts):
		s.counts = append(s.counts, make([]uint32, b-s.low-len(s.counts)+1)...)
	}
	if c := &s.counts[b-s.low]; *c < math.MaxUint32 { // beyond, its share is too small, and nothing breaks
		*c++
	}
	s.n++
	s.min, s.max = min(s.min, v), max(s.max, v)
}

// quantile is the smallest value that a share q of all do not exceed, about.
func (s *sketch) quantile(q float64) float64 {
	if s.n == 0 {
		return math.NaN()
	}
	rank := max(1, int64(math.Ceil(q*float64(s.n)-1e-9)))
	if rank >= s.n {
		return float64(s.max)
	}
	var sum int64
	for i, c := range s.counts {
		if sum += int64(c); sum >= rank {
			return min(max(middle(s.low+i), float64(s.min)), float64(s.max))
		}
	}
	return float64(s.max)
}
