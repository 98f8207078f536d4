package compare

import (
	"slices"
	"testing"
	"time"

	"crawl/internal/modes"
)

func duration(t *testing.T, s string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSummarize(t *testing.T) {
	for _, c := range []struct {
		v    []float64
		want Stat
	}{
		{nil, Stat{}},
		{[]float64{3}, Stat{1, 3, 3, 3}},
		{[]float64{4, 1, 2}, Stat{3, 2, 1, 4}},
		{[]float64{4, 1, 2, 3}, Stat{4, 2.5, 1, 4}},
	} {
		before := slices.Clone(c.v)
		if got := Summarize(c.v); got != c.want || !slices.Equal(before, c.v) {
			t.Errorf("Summarize(%v) = %+v, and then %v; want %+v", before, got, c.v, c.want)
		}
	}
}

func run(mode string, round int, cpu float64) Run {
	r := Run{Mode: mode, Concurrency: 10, Round: round}
	r.Result = modes.Result{Reached: 10, Fetches: 1_000_000, User: cpu, Wall: 1}
	return r
}

// Noisy runs are left out where enough others are there, warm-ups and unverified ones always.
func TestSeries(t *testing.T) {
	noisy := func(r Run) Run { r.Noisy = true; return r }
	bad := func(r Run) Run { r.Problem = "?"; return r }
	cpu, _ := FigureNamed("cpu_per_fetch")
	for _, c := range []struct {
		name string
		runs []Run
		want []float64
	}{
		{"quiet enough", []Run{run("a", 0, 9), run("a", 1, 1), noisy(run("a", 2, 7)), run("a", 3, 3), noisy(run("a", 4, 8))}, []float64{1, 3}},
		{"too noisy", []Run{noisy(run("a", 1, 1)), noisy(run("a", 2, 7)), run("a", 3, 3), noisy(run("a", 4, 8))}, []float64{1, 7, 3, 8}},
		{"unverified", []Run{bad(run("a", 1, 1)), run("a", 2, 2), run("b", 2, 5)}, []float64{2}},
	} {
		r := &Result{Rounds: 4, Runs: c.runs}
		if got := Values(r.Series("a", 10), cpu); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v; want %v", c.name, got, c.want)
		}
	}
}

// A ratio is of the same round, whatever the order of the runs, and of no round that one of them lacks.
func TestRatios(t *testing.T) {
	r := &Result{Rounds: 3, Runs: []Run{run("a", 1, 2), run("b", 1, 1), run("b", 2, 10), run("a", 2, 30), run("a", 3, 9)}}
	cpu, _ := FigureNamed("cpu_per_fetch")
	got := Ratios(r.Series("a", 10), r.Series("b", 10), cpu)
	if !slices.Equal(got, []float64{2, 3}) {
		t.Errorf("ratios %v; want [2 3]", got)
	}
}

// A mode whose quiet rounds are not loop's is compared by all of them, and what failed is not a fetch that cost so much.
func TestRatioOfFewRounds(t *testing.T) {
	noisy := func(r Run) Run { r.Noisy = true; return r }
	r := &Result{Rounds: 4, Runs: []Run{
		noisy(run(modes.Loop, 1, 1)), noisy(run(modes.Loop, 2, 2)), run(modes.Loop, 3, 3), run(modes.Loop, 4, 4),
		run("a", 1, 2), run("a", 2, 4), noisy(run("a", 3, 6)), noisy(run("a", 4, 8)),
	}}
	o := r.outcomeOf("a", 10)
	if got := r.ratio(&o, "cpu_per_fetch"); got != (Stat{4, 2, 2, 2}) {
		t.Errorf("ratio %+v; want 2 of all four rounds", got)
	}
	failing := run("a", 5, 1)
	failing.Failed = map[string]int{"connect.refused": 750_000}
	cpu, _ := FigureNamed("cpu_per_fetch")
	if v, ok := cpu.Value(&failing); !ok || v != 4 {
		t.Errorf("CPU time of a fetch when three of four failed: %v, %v; want 4", v, ok)
	}
	few := run("a", 6, 1)
	few.Fetches = 99
	if _, ok := cpu.Value(&few); ok {
		t.Error("99 fetches are enough to tell what one costs")
	}
}
