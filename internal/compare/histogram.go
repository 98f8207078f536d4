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
