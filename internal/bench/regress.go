package bench

import (
	"fmt"
	"math"
	"slices"

	"golang.org/x/perf/benchmath"

	"crawl/internal/compare"
)

// Limits are how a measurement is held against a baseline.
type Limits struct {
	MaxRegression float64  // the share by which a median may be worse
	Alpha         float64  // probability of calling chance a change, for all figures of a baseline together
	Figures       []string // that are judged; see DefaultFigures
	// Currency is Ratio, Absolute, or Auto: ratios, since machines differ, but for what has no counterpart in the
	// reference (counts, the loop's own times), and for speed and latency of a list. There it is the user's server that is
	// timed, and the reference would become slower with it.
	Currency string
}

// Defaults. The simulation in docs/bench.md is where rounds, limit and rule come from.
const (
	DefaultRounds        = 15
	DefaultMaxRegression = 0.10
	DefaultAlpha         = 0.05
)

// DefaultFigures are judged unless others are named.
func DefaultFigures(list bool) []string {
	if list {
		return []string{"cpu_per_fetch", "rate", "p95"}
	}
	return []string{"cpu_per_fetch", "peak_memory"}
}

// currency is what a figure of the plan is compared in.
func (l Limits) currency(f compare.Figure, p Plan) string {
	if l.Currency != Auto && l.Currency != "" {
		return l.Currency
	}
	switch f.Name {
	case "cpu_per_fetch", "user_per_fetch", "system_per_fetch", "peak_memory", "connection_memory":
		return Ratio
	case "rate", "p50", "p90", "p95", "p99", "p999", "max":
		if p.List == "" {
			return Ratio
		}
	}
	return Absolute
}

// Judge holds a measurement against a baseline: one check for each figure. A figure fails if its median is worse
// by more than the limit and the two samples differ (Mann–Whitney U, as benchstat has it, with Holm's correction for
// the number of figures). Chance alone gives a difference seldom, and one beyond the limit more seldom still.
func (l Limits) Judge(base, now *Measurement) []Check {
	checks := make([]Check, 0, len(l.Figures))
	for _, name := range l.Figures {
		f, ok := figureNamed(name)
		if !ok {
			f.Name = name // of another version's baseline
		}
		checks = append(checks, l.contrast(f, base, now))
	}
	holm(checks)
	for i := range checks {
		l.decide(&checks[i])
	}
	return checks
}

// contrast fills in all but the outcome, unless the figure is not there to be judged.
func (l Limits) contrast(f compare.Figure, base, now *Measurement) Check {
	c := Check{Kind: KindBaseline, Name: f.Name, Figure: f.Name, Limit: l.MaxRegression, Currency: l.currency(f, now.Plan)}
	was, okWas := base.samples(f.Name)
	is, okIs := now.samples(f.Name)
	old, v := was.Values, is.Values
	if c.Currency == Ratio {
		c.To = now.Plan.Reference
		old, v = was.Ratios, is.Ratios
	}
	s, t := compare.Summarize(old), compare.Summarize(v)
	c.Rounds, c.Median, c.Min, c.Max, c.Baseline = t.N, t.Median, t.Min, t.Max, s.Median
	unmeasured := func(format string, args ...any) Check {
		c.Outcome, c.P = Unmeasured, 1
		c.Text = fmt.Sprintf(format, args...)
		return c
	}
	switch {
	case !okWas || !okIs:
		return unmeasured("there is no such figure, or not in the baseline")
	case !l.enough(s.N, t.N):
		return unmeasured("%d rounds against %d of the baseline are too few to tell a change from chance", t.N, s.N)
	case !(s.Median > 0):
		return unmeasured("it is %s in the baseline, so a change cannot be told in percent; use a threshold", digits(s.Median))
	}
	c.Change = t.Median/s.Median - 1
	c.P = differ(old, v)
	limit := 1 + l.MaxRegression
	if f.Higher {
		limit = 1 - l.MaxRegression
	}
	c.Beyond = beyond(old, v, limit)
	text := func(v float64) string {
		if c.Currency == Ratio {
			return digits(v) + "x"
		}
		return valueText(f, v)
	}
	c.Text = fmt.Sprintf("%s, was %s", text(t.Median), text(s.Median))
	return c
}

// enough says whether a test of so many rounds can find anything at all.
func (l Limits) enough(n, m int) bool {
	if n == 0 || m == 0 {
		return false
	}
	ways := 1.
	for i := 1; i <= n; i++ {
		ways *= float64(m+i) / float64(i)
	}
	return 2/ways*float64(len(l.Figures)) <= l.Alpha
}

// decide sets the outcome from the change and the corrected P.
func (l Limits) decide(c *Check) {
	if c.Outcome == Unmeasured {
		return
	}
	f, _ := figureNamed(c.Figure)
	worse := c.Change
	if f.Higher {
		worse = -worse
	}
	certain := c.P < l.Alpha
	switch {
	case worse > l.MaxRegression && certain:
		c.Outcome = Failed
	case worse > l.MaxRegression:
		c.Outcome = Uncertain
	case worse < -l.MaxRegression && certain:
		c.Outcome = Improved
	default:
		c.Outcome = Held
	}
	c.Text += fmt.Sprintf(": %s (p=%.3f, %d rounds)", changeText(c.Change), c.P, c.Rounds)
	if c.Outcome == Failed && c.Beyond < l.Alpha/float64(len(l.Figures)) {
		c.Text += fmt.Sprintf(", beyond %s: p=%.3f", percentText(l.MaxRegression), c.Beyond)
	}
}

// holm corrects the P of checks that are judged together, so that the probability of any false one among them stays
// what it would be for one. (Holm, A simple sequentially rejective multiple test procedure, 1979.)
func holm(checks []Check) {
	order := make([]*Check, len(checks))
	for i := range checks {
		order[i] = &checks[i]
	}
	slices.SortStableFunc(order, func(a, b *Check) int {
		switch {
		case a.P < b.P:
			return -1
		case a.P > b.P:
			return 1
		}
		return 0
	})
	least := 0.
	for i, c := range order {
		least = max(least, math.Min(1, c.P*float64(len(order)-i)))
		c.P = least
	}
}

// differ is the two-sided P of the U test, as benchstat computes it. Where all values are equal it is 1.
func differ(old, v []float64) float64 {
	t := benchmath.DefaultThresholds
	// NewSample sorts what it is given.
	return benchmath.AssumeNothing.Compare(benchmath.NewSample(slices.Clone(old), &t), benchmath.NewSample(slices.Clone(v), &t)).P
}

// beyond is the one-sided P of the U test that v is no further than factor times old. A factor above 1 asks for
// larger values, below 1 for smaller ones.
func beyond(old, v []float64, factor float64) float64 {
	limits := make([]float64, len(old))
	for i, x := range old {
		limits[i] = x * factor
	}
	p, u := differ(limits, v)/2, 0.
	for _, x := range limits {
		for _, y := range v {
			switch {
			case y == x:
				u += 0.5
			case (y > x) == (factor >= 1):
				u++
			}
		}
	}
	if 2*u < float64(len(old)*len(v)) {
		return 1 - p
	}
	return p
}
