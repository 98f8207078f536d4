package compare

import (
	"fmt"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// mergeLatency puts the latencies of runs together, in µs. It is nil if none of them has any.
func mergeLatency(runs []*Run) (*hdrhistogram.Histogram, error) {
	var sum *hdrhistogram.Histogram
	for _, r := range runs {
		if r.Latency.Histogram == "" {
			continue
		}
		h, err := hdrhistogram.Decode([]byte(r.Latency.Histogram))
		if err != nil {
			return nil, fmt.Errorf("latency of %s at %d, round %d: %w", r.Mode, r.Concurrency, r.Round, err)
		}
		if sum == nil || h.HighestTrackableValue() > sum.HighestTrackableValue() {
			sum, h = h, sum
		}
		if h != nil {
			if lost := sum.Merge(h); lost > 0 {
				return nil, fmt.Errorf("latency of %s at %d, round %d: %d values do not fit", r.Mode, r.Concurrency, r.Round, lost)
			}
		}
	}
	if sum == nil || sum.TotalCount() == 0 {
		return nil, nil //nolint:nilnil // documented: there is nothing to tell
	}
	return sum, nil
}

// quantiles are where a latency curve has its points: even steps towards the slowest, as far as n values tell
// anything, with the customary percentiles among them.
func quantiles(n int64) (shares []float64, named map[float64]bool) {
	named = map[float64]bool{}
	rest := 1.0
	for range 6 {
		if rest*float64(n) < 1 {
			break
		}
		for _, m := range [...]float64{1, .79, .63, .5, .4, .32, .25, .2, .16, .126} {
			share := 1 - rest*m
			if m == 1 || m == .5 && rest == 1 {
				named[share] = true
			}
			if rest*m*float64(n) >= 1 {
				shares = append(shares, share)
			}
		}
		rest /= 10
	}
	return shares, named
}
