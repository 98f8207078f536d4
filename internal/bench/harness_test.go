package bench

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"crawl/internal/compare"
	"crawl/internal/modes"
)

// noise is how measurements of one program differ: from round to round, from run to run (which no number of rounds
// averages out), and now and then by something else on the machine. Shares of the value, as standard deviations.
type noise struct{ round, run, outliers float64 }

// sample draws the rounds of one run whose true value is centre.
func (z noise) sample(r *rand.Rand, rounds int, centre float64) []float64 {
	centre *= math.Exp(r.NormFloat64() * z.run)
	v := make([]float64, rounds)
	for i := range v {
		v[i] = centre * math.Exp(r.NormFloat64()*z.round)
		if r.Float64() < z.outliers {
			v[i] *= 1.2 + 0.4*r.Float64()
		}
	}
	return v
}

// fixture is a result of the modes, rounds of each, in which cpu is the CPU time of a fetch in µs. Rounds differ by
// up to three percent and drift, alike for all modes.
func fixture(rounds int, cpu map[string]float64) *compare.Result {
	r := &compare.Result{
		Version: compare.FormatVersion, Program: "crawl 0.1.0", Started: time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC), Took: 31.5,
		Machine: compare.Machine{OS: "linux", Arch: "amd64", CPU: "A CPU of 2 GHz", CPUs: 2, Go: "go1.26.8", OriginCPU: 0, ClientCPU: 1},
		Work:    compare.Work{URLs: 1000, Size: 2048, Title: "the built-in origin, pages of 2048 bytes"}, Rounds: rounds,
	}
	for round := range rounds + 1 {
		for _, mode := range modes.Names() {
			us, ok := cpu[mode]
			if !ok {
				continue
			}
			us *= 1 + float64(round*7%5-2)/100 + float64(round)/1000
			const n = 10_000
			r.Runs = append(r.Runs, compare.Run{Mode: mode, Concurrency: 100, Round: round, Result: modes.Result{
				Reached: 100, Fetches: n, Wall: us * n / 1e6 * 2, User: us * n / 1e6 / 4, System: us * n / 1e6 * 3 / 4,
				PeakMemory: int64(us*1e6 + float64(round)*1e4), BaseMemory: 5e6, Threads: 5, Voluntary: 10, SystemCalls: 30_000,
				Latency: modes.Latency{P50: int64(us * 100), P90: int64(us * 130), P95: int64(us * 150), P99: int64(us * 200), P999: int64(us * 300), Max: int64(us * 400)},
			}})
		}
	}
	return r
}

// giving is a Measure that has measured this already.
func giving(r *compare.Result) Measure {
	return func(context.Context, compare.Plan) (*compare.Result, error) { return r, nil }
}

// thresholds parses what a test writes.
func thresholds(t *testing.T, text string) []Threshold {
	t.Helper()
	if text == "" {
		return nil
	}
	all, err := ParseThresholds(text)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// options are those of a test: loop beside nethttp.
func options(t *testing.T, rounds int, limits string) Options {
	return Options{
		Plan: compare.Plan{Rounds: rounds, Size: "2048"}, Mode: modes.Loop, Reference: modes.NetHTTP, Concurrency: 100, Thresholds: thresholds(t, limits),
		Limits: Limits{MaxRegression: DefaultMaxRegression, Alpha: DefaultAlpha, Figures: DefaultFigures(false), Currency: Auto},
	}
}

// run measures and judges a fixture.
func run(t *testing.T, r *compare.Result, o Options) *Report {
	t.Helper()
	report, err := Run(t.Context(), giving(r), o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// baseline is a measurement of loop at that CPU time, and of nethttp at 30 µs.
func baseline(t *testing.T, rounds int, us float64) *Measurement {
	t.Helper()
	o := options(t, rounds, "")
	o.Keep = true
	return run(t, fixture(rounds, map[string]float64{modes.Loop: us, modes.NetHTTP: 30}), o).Measured
}

// outcomes are those of the checks, by name.
func outcomes(r *Report) (s string) {
	for i, c := range r.Checks {
		if i > 0 {
			s += ", "
		}
		s += fmt.Sprintf("%s %s", c.Name, c.Outcome)
	}
	return s
}
