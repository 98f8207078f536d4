package bench

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"crawl/internal/compare"
	"crawl/internal/modes"
)

// The U test's probabilities for samples that do not overlap are one in the ways to choose them, times two.
func TestDiffer(t *testing.T) {
	for n, want := range map[int]float64{3: 2. / 20, 4: 2. / 70, 5: 2. / 252, 6: 2. / 924} {
		var a, b []float64
		for i := range n {
			a, b = append(a, float64(10-i)), append(b, float64(20-i))
		}
		if got := differ(a, b); math.Abs(got-want) > 1e-12 {
			t.Errorf("%d against %d: %v, want %v", n, n, got, want)
		}
		if a[0] != 10 {
			t.Error("the sample was sorted in place, and is now in another order than its rounds")
		}
		if l := (Limits{Alpha: want * 1.0001, Figures: []string{"p50"}}); !l.enough(n, n) || l.enough(n-1, n) {
			t.Errorf("%d rounds are enough: %v, one less: %v", n, l.enough(n, n), l.enough(n-1, n))
		}
		if l := (Limits{Alpha: want * 1.0001, Figures: []string{"p50", "p90"}}); l.enough(n, n) {
			t.Errorf("%d rounds are enough for two figures", n)
		}
	}
	if got := differ([]float64{1, 1, 1}, []float64{1, 1, 1}); got != 1 {
		t.Errorf("all equal: %v, want 1", got)
	}
}

// beyond is small only where the change is further than the factor, in its direction.
func TestBeyond(t *testing.T) {
	base := []float64{0.98, 0.99, 1, 1.01, 1.02}
	times := func(k float64) (v []float64) {
		for _, x := range base {
			v = append(v, x*k)
		}
		return v
	}
	for _, c := range []struct {
		change, factor float64
		small          bool
	}{{1.2, 1.1, true}, {1.1, 1.1, false}, {1, 1.1, false}, {0.8, 1.1, false}, {0.8, 0.9, true}, {0.9, 0.9, false}, {1, 0.9, false}, {1.2, 0.9, false}} {
		if p := beyond(base, times(c.change), c.factor); (p < 0.05) != c.small || p < 0 || p > 1 {
			t.Errorf("change %v, factor %v: %v", c.change, c.factor, p)
		}
	}
}

// The example: three tests at 0.05, of which only the first holds after the correction.
func TestHolm(t *testing.T) {
	checks := []Check{{P: 0.04}, {P: 0.01}, {P: 0.03}, {P: 1}}
	holm(checks)
	for i, want := range []float64{0.09, 0.04, 0.09, 1} {
		if math.Abs(checks[i].P-want) > 1e-12 {
			t.Errorf("%d: %v, want %v", i, checks[i].P, want)
		}
	}
}

func TestJudgeBaseline(t *testing.T) {
	base := baseline(t, 15, 10)
	for _, c := range []struct {
		us      float64
		want    string
		verdict Outcome
	}{
		{10, "cpu_per_fetch held, peak_memory held", Held},
		{10.9, "cpu_per_fetch held, peak_memory held", Held},
		{11.5, "cpu_per_fetch failed, peak_memory failed", Failed},
		{20, "cpu_per_fetch failed, peak_memory failed", Failed},
		{9.3, "cpu_per_fetch held, peak_memory held", Held},
		{8, "cpu_per_fetch improved, peak_memory improved", Held},
	} {
		o := options(t, 15, "")
		o.Baseline = base
		report := run(t, fixture(15, map[string]float64{modes.Loop: c.us, modes.NetHTTP: 30}), o)
		if got := outcomes(report); got != c.want || report.Verdict != c.verdict || report.Fails() != (c.verdict == Failed) {
			t.Errorf("%v µs against 10: %s, verdict %s; want %s, %s", c.us, got, report.Verdict, c.want, c.verdict)
		}
	}
}

// A machine half as fast is no regression in ratios, and one in absolute values.
func TestJudgeCurrency(t *testing.T) {
	slow := fixture(15, map[string]float64{modes.Loop: 20, modes.NetHTTP: 60})
	for currency, want := range map[string]Outcome{Auto: Held, Ratio: Held, Absolute: Failed} {
		o := options(t, 15, "")
		o.Baseline, o.Limits.Currency = baseline(t, 15, 10), currency
		if got := run(t, slow, o).Checks[0]; got.Outcome != want || (got.Currency == Absolute) != (currency == Absolute) {
			t.Errorf("%s: %+v, want %s", currency, got, want)
		}
	}
	for _, c := range []struct{ figure, list, want string }{
		{"cpu_per_fetch", "", Ratio},
		{"cpu_per_fetch", "urls.txt", Ratio},
		{"peak_memory", "urls.txt", Ratio},
		{"rate", "", Ratio},
		{"rate", "urls.txt", Absolute},
		{"p95", "", Ratio},
		{"p95", "urls.txt", Absolute},
		{"threads", "", Absolute},
		{"system_calls", "", Absolute},
		{"lag_p99", "", Absolute},
	} {
		f, _ := compare.FigureNamed(c.figure)
		if got := (Limits{Currency: Auto}).currency(f, Plan{List: c.list}); got != c.want {
			t.Errorf("%s, list %q: %s, want %s", c.figure, c.list, got, c.want)
		}
	}
}

// For a rate more is better.
func TestJudgeHigherIsBetter(t *testing.T) {
	for us, want := range map[float64]Outcome{10: Held, 13: Failed, 8: Improved} { // the fixture's rate is 1/us
		o := options(t, 15, "")
		o.Baseline, o.Limits.Figures = baseline(t, 15, 10), []string{"rate"}
		if got := run(t, fixture(15, map[string]float64{modes.Loop: us, modes.NetHTTP: 30}), o).Checks[0]; got.Outcome != want {
			t.Errorf("at %v µs: %+v, want %s", us, got, want)
		}
	}
}

// A change that is large but may be chance is uncertain; one that is significant but small is held.
func TestJudgeUncertain(t *testing.T) {
	of := func(v ...float64) *Measurement {
		return &Measurement{Version: 1, Plan: Plan{Mode: modes.Loop, Reference: modes.NetHTTP}, Figures: []Samples{{Figure: "cpu_per_fetch", Values: v, Ratios: v}}}
	}
	l := Limits{MaxRegression: 0.1, Alpha: 0.05, Figures: []string{"cpu_per_fetch"}}
	base := of(1, 1.01, 1.02, 0.99, 0.98, 1.3)
	for _, c := range []struct {
		now  *Measurement
		want Outcome
	}{
		{of(1.2, 1.21, 1.19, 1, 0.99, 0.98), Held}, // the median is 1.095
		{of(1.2, 1.21, 1.19, 1.18, 0.97, 0.96), Uncertain},
		{of(1.2, 1.21, 1.19, 1.18, 1.22, 1.17), Uncertain}, // for the one of 1.3
		{of(1.2, 1.31, 1.32, 1.33, 1.34, 1.35), Failed},
		{of(1.05, 1.051, 1.052, 1.053, 1.054, 1.055), Held},
		{of(1.2, 1.21), Unmeasured},
		{of(), Unmeasured},
		{&Measurement{}, Unmeasured},
	} {
		if got := l.Judge(base, c.now)[0]; got.Outcome != c.want {
			t.Errorf("%v: %+v, want %s", c.now.Figures, got, c.want)
		}
	}
	zero := of(0, 0, 0, 0, 0, 0)
	if got := l.Judge(zero, of(1, 2, 3, 4, 5, 6))[0]; got.Outcome != Unmeasured {
		t.Errorf("a baseline of zeros: %+v", got)
	}
}

// Two figures that are judged together have a higher bar each.
func TestJudgeHolm(t *testing.T) {
	base := make([]float64, 6)
	now := make([]float64, 6)
	for i := range base {
		base[i], now[i] = 1+float64(i)/1000, 1.2+float64(i)/1000
	}
	now[0], now[1] = 0.9, 0.95 // now p is 0.0649 for two, 0.026 would do for one
	base = slices.Concat(base, base)
	of := func(v []float64) *Measurement {
		var m Measurement
		for _, f := range []string{"cpu_per_fetch", "peak_memory", "connection_memory"} {
			m.Figures = append(m.Figures, Samples{Figure: f, Ratios: v})
		}
		return &m
	}
	p := map[int]float64{}
	for n := 1; n <= 3; n++ {
		l := Limits{MaxRegression: 0.1, Alpha: 0.05, Figures: []string{"cpu_per_fetch", "peak_memory", "connection_memory"}[:n]}
		p[n] = l.Judge(of(base), of(now))[0].P
	}
	if fmt.Sprintf("%.6f %.6f", p[2]/p[1], p[3]/p[1]) != "2.000000 3.000000" {
		t.Errorf("p of one figure, two, three: %v", p)
	}
}
