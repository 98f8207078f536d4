package main

import (
	"fmt"
	"math"
	"strings"

	"crawl/internal/bench"
	"crawl/internal/compare"
)

// runLimit is what crawl bench was run with; the others are evaluated from the samples.
const runLimit = bench.DefaultMaxRegression

// rules are the ways to call a check a regression: the one that crawl bench has, and the one it has not.
func rules() []rule {
	return []rule{
		{"as crawl bench judges: the median is beyond the limit, and the samples differ", func(c *bench.Check, _ float64) bool { return c.Outcome == bench.Failed }},
		{"for comparison, the shifted test: that the change is not beyond the limit has p < 0.05, divided by the number of figures", func(c *bench.Check, alpha float64) bool { return c.Outcome != bench.Unmeasured && c.Beyond < alpha }},
	}
}

type rule struct {
	title string
	alarm func(c *bench.Check, alpha float64) bool
}

// judge is what crawl bench says of a row under a limit.
func (r *results) judge(x *row, limit float64) []bench.Check {
	l := bench.Limits{MaxRegression: limit, Alpha: bench.DefaultAlpha, Figures: bench.DefaultFigures(false), Currency: bench.Auto}
	return l.Judge(r.rows[x.Baseline].Measured, x.Measured)
}

// tally counts the runs with one planted regression.
type tally struct {
	runs, alarms, unmeasured int
	changes                  []float64 // of CPU per fetch, as it was seen
}

func (r *results) tally(planted, limit float64, rule rule) (t tally) {
	for _, x := range r.rows {
		if x.Baseline < 0 || x.Planted != planted {
			continue
		}
		alarm, unmeasured := false, false
		checks := r.judge(x, limit)
		for _, c := range checks {
			alarm = alarm || rule.alarm(&c, bench.DefaultAlpha/float64(len(checks)))
			unmeasured = unmeasured || c.Outcome == bench.Unmeasured
			if c.Figure == "cpu_per_fetch" && c.Outcome != bench.Unmeasured {
				t.changes = append(t.changes, c.Change)
			}
		}
		t.runs++
		switch {
		case alarm:
			t.alarms++
		case unmeasured:
			t.unmeasured++
		}
	}
	return t
}

// disagreements are rows whose exit code is not what the samples come to: there must be none.
func (r *results) disagreements() (n int) {
	for _, x := range r.rows {
		if x.Baseline < 0 || x.Exit == 1 {
			continue
		}
		failed := false
		for _, c := range r.judge(x, runLimit) {
			failed = failed || c.Outcome == bench.Failed
		}
		if failed != (x.Exit == 4) {
			n++
		}
	}
	return n
}

// report is the page about the rows.
func (r *results) report() string {
	var b strings.Builder
	b.WriteString("# Regressions planted and found\n\n")
	if len(r.rows) < 2 {
		return b.String() + "Nothing was measured.\n"
	}
	first := r.rows[0]
	m, took, unmeasured := first.Measured.Machine, 0., 0
	for _, x := range r.rows {
		took += x.Took
		if x.Exit == 1 {
			unmeasured++
		}
	}
	fmt.Fprintf(&b, "%s on %s, %d CPUs, %s, %s. %d runs of `crawl bench --baseline`, each of %d rounds of %d fetches in the modes %s and %s, %.0f minutes in all, %.1f s each.\n",
		first.Measured.Program, m.CPU, m.CPUs, m.Kernel, first.Measured.Started.Format("2006-01-02"), len(r.rows)-1, first.Rounds, first.Fetches, first.Measured.Plan.Mode, first.Measured.Plan.Reference, took/60, took/float64(len(r.rows)))
	fmt.Fprintf(&b, "A planted regression is CPU time added to each fetch, a share of the %.1f µs that it took at the start. The baseline is the clean run before, so neighbouring comparisons share a sample: they are not quite independent, and the intervals a little too narrow.\n",
		compare.Summarize(values(first.Measured, "cpu_per_fetch")).Median)
	fmt.Fprintf(&b, "Intervals are Wilson's, at 95 %%. %d runs could not be measured; they are in no share. Exit codes that are not what the samples come to: %d.\n", unmeasured, r.disagreements())
	for _, rule := range rules() {
		fmt.Fprintf(&b, "\n## %s\n\n| planted | runs | change seen, median [smallest – largest] | limit 5 %%: alarms | limit 10 %%: alarms |\n|---|---|---|---|---|\n", strings.ToUpper(rule.title[:1])+rule.title[1:])
		for _, planted := range append([]float64{0}, shares()...) {
			five, ten := r.tally(planted, 0.05, rule), r.tally(planted, 0.10, rule)
			s := compare.Summarize(five.changes)
			fmt.Fprintf(&b, "| %.0f %% | %d | %+.1f %% [%+.1f – %+.1f] | %s | %s |\n", planted*100, five.runs, s.Median*100, s.Min*100, s.Max*100,
				five.text(planted, 0.05), ten.text(planted, 0.10))
		}
	}
	return b.String()
}

// text says how many, and how good that is: an alarm without a regression is false, none above the limit is a miss.
func (t tally) text(planted, limit float64) string {
	judged := t.runs - t.unmeasured
	if judged == 0 {
		return "–"
	}
	rate := func(what string, k int) string {
		low, high := wilson(k, judged)
		return fmt.Sprintf("%d of %d; %s %.1f %% [%.1f – %.1f]", t.alarms, judged, what, 100*float64(k)/float64(judged), low*100, high*100)
	}
	switch {
	case planted == 0:
		return rate("false alarms", t.alarms)
	case planted > limit:
		return rate("missed", judged-t.alarms)
	case planted == limit:
		return rate("just the limit:", t.alarms)
	}
	return rate("below the limit:", t.alarms)
}

// wilson is the interval in which the probability of an event lies that was seen k times in n, at 95 %.
// (Wilson, Probable inference, the law of succession, and statistical inference, 1927.)
func wilson(k, n int) (low, high float64) {
	const z = 1.959964
	size := float64(n)
	p := float64(k) / size
	middle := (p + z*z/(2*size)) / (1 + z*z/size)
	half := z / (1 + z*z/size) * math.Sqrt(p*(1-p)/size+z*z/(4*size*size))
	return max(0, middle-half), min(1, middle+half)
}
