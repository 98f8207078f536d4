package report

// A Quantile is a share of all, of which something is told.
type Quantile struct {
	Share float64
	Named bool // p50, p90, p99 …
}

// Quantiles are where a curve of percentiles has its points: even steps towards the slowest, as far as n values
// tell anything, with the customary percentiles among them.
func Quantiles(n int64) []Quantile {
	var all []Quantile
	for rest := 1.0; rest > 1e-6; rest /= 10 {
		for _, m := range [...]float64{1, .79, .63, .5, .4, .32, .25, .2, .16, .126} {
			if rest*m*float64(n) < 1 {
				return all
			}
			share := 1 - rest*m
			all = append(all, Quantile{share, m == 1 && share > 0 || share == .5})
		}
	}
	return all
}

// AlignBelow is the share of the time shown below which a fetch is too short to be seen where it was in time:
// then a waterfall that has all begin at the left edge tells more.
const AlignBelow = 0.05
