package bench

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"crawl/internal/compare"
	"crawl/internal/modes"
)

// The probabilities of coins, counted by hand.
func TestSignTest(t *testing.T) {
	for _, c := range []struct {
		k, n int
		want float64
	}{{0, 0, 1}, {0, 5, 1}, {5, 5, 1. / 32}, {4, 5, 6. / 32}, {3, 5, 0.5}, {9, 10, 11. / 1024}, {8, 10, 56. / 1024}, {12, 15, 576. / 32768}, {11, 15, 1941. / 32768}, {1001, 2001, 0.5}, {2000, 2000, 0}} {
		if got := signTest(c.k, c.n); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%d of %d: %v, want %v", c.k, c.n, got, c.want)
		}
	}
	for alpha, want := range map[float64]int{0.05: 5, 0.01: 7, 0.5: 1, 0.001: 10} {
		if got := leastRounds(alpha); got != want {
			t.Errorf("at alpha %v it takes %d rounds, want %d", alpha, got, want)
		}
	}
}

// A median beyond the limit fails only if enough rounds are; the same on the other side is certain.
func TestThresholdJudge(t *testing.T) {
	for _, c := range []struct {
		beyond int // of 10 rounds
		want   Outcome
	}{{0, Held}, {1, Held}, {2, Uncertain}, {5, Uncertain}, {6, Uncertain}, {8, Uncertain}, {9, Failed}, {10, Failed}} {
		r := fixture(10, map[string]float64{modes.Loop: 10})
		for i := range r.Runs {
			run := &r.Runs[i]
			if run.Latency.P95 = 900; run.Round <= c.beyond {
				run.Latency.P95 = 1100
			}
		}
		check := thresholds(t, "p95<1ms")[0].judge(r, Plan{Mode: modes.Loop, Concurrency: 100}, 0.05)
		if check.Outcome != c.want || check.Holding != 10-c.beyond || check.Rounds != 10 {
			t.Errorf("%d of 10 rounds beyond: %+v, want %s", c.beyond, check, c.want)
		}
	}
}

// A ratio is of the same round: what slows both down does not show in it.
func TestThresholdRatio(t *testing.T) {
	r := fixture(10, map[string]float64{modes.Loop: 10, modes.Goroutine: 20})
	for i := range r.Runs {
		if run := &r.Runs[i]; run.Round%2 == 0 {
			run.User *= 5
			run.System *= 5
		}
	}
	p := Plan{Mode: modes.Loop, Concurrency: 100}
	c := thresholds(t, "cpu<0.6x:goroutine")[0].judge(r, p, 0.05)
	if c.Outcome != Held || c.Currency != Ratio || c.To != modes.Goroutine || math.Abs(c.Max-0.5) > 1e-9 {
		t.Errorf("%+v", c)
	}
	if c := thresholds(t, "cpu<0.4x:goroutine")[0].judge(r, p, 0.05); c.Outcome != Failed {
		t.Errorf("%+v", c)
	}
	if c := thresholds(t, "cpu<2x:nethttp")[0].judge(r, p, 0.05); c.Outcome != Unmeasured {
		t.Errorf("a ratio to what was not measured: %+v", c)
	}
}

// Fetches that fail are why a round is not verified, so it has no figures: but its errors count.
func TestErrorsOfUnverifiedRounds(t *testing.T) {
	r := fixture(10, map[string]float64{modes.Loop: 10})
	for i := range r.Runs {
		r.Runs[i].Failed = map[string]int{"timeout.read": 500, "connect.refused": 100}
		r.Runs[i].Problem = "600 of 10000 fetches failed"
	}
	report := run(t, r, options(t, 10, "errors<1%,p95<1s"))
	if got, want := outcomes(report), "errors<1% failed, p95<1s unmeasured"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if report.Verdict != Failed || !report.Fails() || !strings.Contains(strings.Join(report.Notes, "\n"), "loop: 10 of 10 rounds do not count; the first of them: 600 of 10000 fetches failed") {
		t.Errorf("verdict %s, notes %q", report.Verdict, report.Notes)
	}
	for i := range r.Runs {
		r.Runs[i].Failed, r.Runs[i].Problem = nil, ""
	}
	if report := run(t, r, options(t, 10, "errors<1%,p95<1s")); report.Verdict != Held || report.Fails() {
		t.Errorf("without errors: %s", outcomes(report))
	}
}

// Too few rounds that count are no verdict, and noisy ones are left out only where enough are quiet.
func TestRoundsThatCount(t *testing.T) {
	for _, c := range []struct {
		rounds, noisy, bad int
		want               int
		outcome            Outcome
	}{
		{10, 0, 0, 10, Held},
		{10, 3, 0, 7, Held},
		{10, 4, 0, 10, Held},
		{10, 10, 0, 10, Held},
		{15, 5, 0, 10, Held},
		{15, 6, 0, 15, Held},
		{5, 1, 0, 5, Held},
		{10, 0, 5, 5, Held},
		{10, 0, 6, 4, Unmeasured},
		{10, 0, 10, 0, Unmeasured},
		{15, 5, 4, 6, Held},
	} {
		r := fixture(c.rounds, map[string]float64{modes.Loop: 10, modes.Goroutine: 20})
		for i := range r.Runs {
			run := &r.Runs[i]
			run.Noisy = run.Round <= c.noisy && (run.Mode == modes.Loop) == (run.Round%2 == 0) // one of the two disturbs the pair
			if run.Round > c.rounds-c.bad && run.Mode == modes.Loop {
				run.Problem = "a digest is wrong"
			}
		}
		report := run(t, r, options(t, c.rounds, "p95<1s,cpu<2x:goroutine"))
		if c.bad > 0 {
			last := report.Checks[len(report.Checks)-1]
			want := fmt.Sprintf("%d of %d rounds are not what the origin says: a digest is wrong", c.bad, c.rounds)
			if last.Kind != KindVerified || last.Name != "loop verified" || last.Outcome != Failed || last.Text != want || report.Verdict != Failed || !report.Fails() {
				t.Errorf("%+v: verdict %s, %+v", c, report.Verdict, last)
			}
			report.Checks = report.Checks[:len(report.Checks)-1]
		}
		for _, got := range report.Checks {
			if got.Rounds != c.want || got.Outcome != c.outcome {
				t.Errorf("%+v: %s: %d rounds, %s", c, got.Name, got.Rounds, got.Outcome)
			}
		}
		if notes := strings.Join(report.Notes, "\n"); (c.bad > 0) != strings.Contains(notes, "do not count") {
			t.Errorf("%+v: notes %q", c, notes)
		}
	}
}

// A round that crashed, or whose pages are wrong, says nothing of errors: it has none only because nobody counted them.
func TestUnexplainedRoundsHoldNothing(t *testing.T) {
	r := fixture(10, map[string]float64{modes.Loop: 10, modes.NetHTTP: 30})
	for i := range r.Runs {
		switch run := &r.Runs[i]; {
		case run.Mode != modes.Loop:
		case run.Round <= 3:
			run.Problem, run.Failed = "600 of 10000 fetches failed", map[string]int{"timeout.read": 600}
		case run.Round <= 7:
			run.Problem = "it crashed"
		}
	}
	o := options(t, 10, "errors<1%")
	report := run(t, r, o)
	if got, want := outcomes(report), "errors<1% uncertain, loop verified failed"; got != want || report.Checks[0].Rounds != 6 || report.Checks[0].Holding != 3 {
		t.Errorf("%s, want %s: %+v", got, want, report.Checks)
	}
	if want := "4 of 10 rounds are not what the origin says: it crashed"; report.Checks[1].Text != want || report.Sentence() != "failed: 1 of 2 checks" {
		t.Errorf("%q, %q", report.Checks[1].Text, report.Sentence())
	}
}

// What decides which rounds are left out are those that were made, and the report says what became of them. The page
// is of the same runs as the table.
func TestDisturbedRounds(t *testing.T) {
	for _, c := range []struct {
		planned, made, noisy int
		left                 int
		note                 string
	}{
		{15, 15, 0, 15, ""},
		{15, 15, 5, 10, "5 of 15 rounds were disturbed and are left out"},
		{15, 15, 6, 15, "6 of 15 rounds were disturbed and count all the same"},
		{30, 12, 4, 8, "4 of 12 rounds were disturbed and are left out"},
		{30, 12, 5, 12, "5 of 12 rounds were disturbed and count all the same"},
		{100, 7, 1, 7, "1 of 7 rounds were disturbed and count all the same"},
		{8, 8, 1, 7, "1 of 8 rounds were disturbed and are left out"},
	} {
		r := fixture(c.made, map[string]float64{modes.Loop: 10, modes.Goroutine: 20})
		r.Rounds = c.planned
		for i := range r.Runs {
			r.Runs[i].Noisy = r.Runs[i].Round <= c.noisy && r.Runs[i].Mode == modes.Goroutine
		}
		report := run(t, r, options(t, c.planned, "cpu<2x:goroutine"))
		if notes := strings.Join(report.Notes, "\n"); !strings.Contains(notes, c.note) || (c.note == "") != !strings.Contains(notes, "disturbed") {
			t.Errorf("%+v: notes %q", c, notes)
		}
		for _, mode := range []string{modes.Loop, modes.Goroutine} {
			if got, page := len(series(r, mode, 100, compare.Figure{})), len(counted(r).Series(mode, 100)); got != c.left || page != c.left {
				t.Errorf("%+v: %s has %d runs in the table, %d on the page", c, mode, got, page)
			}
		}
		var page strings.Builder
		if err := report.WriteHTML(&page); err != nil || !strings.Contains(page.String(), c.note) {
			t.Errorf("%+v: %v: the page does not say so", c, err)
		}
		if c.noisy > 0 && !r.Runs[3].Noisy && !r.Runs[2].Noisy {
			t.Errorf("%+v: the result itself was changed", c)
		}
	}
}

func TestValueText(t *testing.T) {
	for _, c := range []struct {
		figure string
		v      float64
		want   string
	}{
		{"cpu_per_fetch", 12.345, "12.3 µs"},
		{"p95", 999.4, "999 µs"},
		{"p95", 1234, "1.23 ms"},
		{"p95", 2.5e6, "2.5 s"},
		{"rate", 81234, "81234/s"},
		{"peak_memory", 9.1, "9.1 MB"},
		{"connection_memory", 0.1234, "0.123 KB"},
		{"errors", 0, "0 %"},
		{"errors", 0.012345, "1.23 %"},
		{"threads", 5, "5"},
		{"voluntary", 0.00012, "0.00012"},
	} {
		f, ok := compare.FigureNamed(c.figure)
		if got := valueText(f, c.v); !ok || got != c.want {
			t.Errorf("%s %v: %q, want %q", c.figure, c.v, got, c.want)
		}
	}
}
