package bench

import (
	"fmt"
	"math"

	"crawl/internal/compare"
)

// judge says whether a threshold holds. The rule is the sign test: were the true median just at the limit, each
// round would be on either side of it with a chance of a half. So the threshold fails if the median is beyond it
// and so many rounds are that chance alone would do that with a probability of alpha at most; a median on either
// side with fewer rounds is uncertain.
func (t Threshold) judge(r *compare.Result, p Plan, alpha float64) Check {
	f, _ := compare.FigureNamed(t.Figure)
	c := Check{Kind: KindThreshold, Name: t.Text, Figure: t.Figure, Currency: Absolute, To: t.Mode, Limit: t.Value}
	runs := series(r, p.Mode, p.Concurrency, f)
	values := compare.Values(runs, f)
	if t.Mode != "" {
		c.Currency = Ratio
		values = compare.Ratios(runs, series(r, t.Mode, p.Concurrency, f), f)
	}
	s := compare.Summarize(values)
	c.Rounds, c.Median, c.Min, c.Max = s.N, s.Median, s.Min, s.Max
	for _, v := range values {
		if t.Holds(v) {
			c.Holding++
		}
	}
	if least := leastRounds(alpha); s.N < least {
		c.Outcome = Unmeasured
		c.Text = fmt.Sprintf("%d of %d rounds have the figure, and it takes %d", s.N, r.Rounds, least)
		return c
	}
	text := func(v float64) string {
		if t.Mode != "" {
			return digits(v) + "x"
		}
		return valueText(f, v)
	}
	holds := t.Holds(s.Median)
	majority := c.Holding
	if !holds {
		majority = s.N - c.Holding
	}
	c.P = signTest(majority, s.N)
	switch {
	case c.P > alpha:
		c.Outcome = Uncertain
	case holds:
		c.Outcome = Held
	default:
		c.Outcome = Failed
	}
	c.Text = fmt.Sprintf("median %s, %s to %s; %d of %d rounds are within", text(s.Median), text(s.Min), text(s.Max), c.Holding, s.N)
	return c
}

// signTest is the probability of k or more heads of n tosses of a coin.
func signTest(k, n int) float64 {
	if k <= 0 {
		return 1
	}
	lg := func(x int) float64 { // the logarithm of x!, which itself is too large from 171 on
		v, _ := math.Lgamma(float64(x) + 1)
		return v
	}
	p := 0.
	for i := k; i <= n; i++ {
		p += math.Exp(lg(n) - lg(i) - lg(n-i) - float64(n)*math.Ln2)
	}
	return min(p, 1)
}

// leastRounds is with how many rounds the sign test can tell anything.
func leastRounds(alpha float64) int {
	n := 1
	for signTest(n, n) > alpha {
		n++
	}
	return n
}
