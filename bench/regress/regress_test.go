package main

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"crawl/internal/bench"
)

// fixture is a proof with five clean runs, the rounds of which lie within three percent, and two of each planted
// regression.
func fixture(w *bytes.Buffer) *results {
	r := &results{w: w}
	rnd := rand.New(rand.NewPCG(1, 1))
	add := func(planted float64, base int) {
		x := &row{Row: len(r.rows), Planted: planted, Baseline: base, Rounds: 10, Fetches: 5000, Took: 6, Measured: &bench.Measurement{Version: 1, Plan: bench.Plan{Mode: "loop", Reference: "nethttp"}}}
		for _, figure := range bench.DefaultFigures(false) {
			s := bench.Samples{Figure: figure}
			for range 10 {
				v := 10 * (0.985 + 0.03*rnd.Float64())
				if figure == "cpu_per_fetch" {
					v *= 1 + planted
				}
				s.Values, s.Ratios = append(s.Values, v), append(s.Ratios, v/30)
			}
			x.Measured.Figures = append(x.Measured.Figures, s)
		}
		if base >= 0 && planted > 0.1 {
			x.Exit = 4
		}
		if err := r.add(x); err != nil {
			panic(err)
		}
	}
	add(0, -1)
	for i := range 5 {
		add(0, i)
	}
	for _, share := range []float64{0.05, 0.2, 0.5} {
		add(share, 5)
		add(share, 5)
	}
	return r
}

func TestReport(t *testing.T) {
	var file bytes.Buffer
	r := fixture(&file)
	page := r.report()
	for _, want := range []string{
		"11 runs of `crawl bench --baseline`, each of 10 rounds of 5000 fetches",
		"Exit codes that are not what the samples come to: 0.",
		"| 0 of 5; false alarms 0.0 % [0.0 – 43.4] | 0 of 5; false alarms 0.0 % [0.0 – 43.4] |",
		"| 2 of 2; missed 0.0 % [0.0 – 65.8] | 2 of 2; missed 0.0 % [0.0 – 65.8] |",
		"| 0 of 2; below the limit: 0.0 %",
		"| 10 % | 0 | +0.0 % [+0.0 – +0.0] | – | – |",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the report lacks %q:\n%s", want, page)
		}
	}
	again, err := readResults(&file)
	if err != nil || again.report() != page {
		t.Errorf("%v: another report from the file", err)
	}
	// What was not measured is in no share.
	figures := r.rows[3].Measured.Figures
	r.rows[3].Measured.Figures = nil
	if page := r.report(); !strings.Contains(page, "| 0 of 3; false alarms 0.0 %") { // it is a baseline, too
		t.Errorf("a run without figures counts:\n%s", page)
	}
	r.rows[3].Measured.Figures = figures
	r.rows[2].Exit = 4
	if got := r.disagreements(); got != 1 {
		t.Errorf("%d disagreements, want 1", got)
	}
	for _, bad := range []string{"x", "{}", `{"row":1,"baseline":0,"measured":{}}`, `{"row":0,"baseline":0,"measured":{}}`, `{"row":0,"baseline":-1}`} {
		if _, err := readResults(strings.NewReader(bad + "\n")); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// An end that crawl bench has no meaning for is told as it was, with what was said about it.
func TestBenchError(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("SKIPPED: it takes a shell")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "crawl")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho usage >&2\nexit 2\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	p := &prover{dir: dir, program: program, results: &results{w: new(bytes.Buffer)}}
	if _, err := p.bench(t.Context(), 0, false); err == nil || err.Error() != "crawl bench: exit code 2: usage" {
		t.Errorf("%v", err)
	}
}

// Wilson's own example has no closed table; these are from the formula by hand.
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		k, n      int
		low, high float64
	}{{0, 100, 0, 0.0370}, {1, 100, 0.0018, 0.0545}, {25, 25, 0.8668, 1}, {5, 10, 0.2366, 0.7634}} {
		low, high := wilson(c.k, c.n)
		if math.Abs(low-c.low) > 5e-5 || math.Abs(high-c.high) > 5e-5 {
			t.Errorf("%d of %d: %.4f to %.4f, want %v to %v", c.k, c.n, low, high, c.low, c.high)
		}
	}
}

func TestSchedule(t *testing.T) {
	all := schedule(100, 25)
	count := map[float64]int{}
	half := 0
	for i, share := range all {
		count[share]++
		if share == 0 && i < 100 {
			half++
		}
	}
	if fmt.Sprint(count) != "map[0:100 0.05:25 0.1:25 0.2:25 0.5:25]" || half < 35 || half > 65 {
		t.Errorf("%v, of the clean ones %d in the first half", count, half)
	}
	if fmt.Sprint(all) != fmt.Sprint(schedule(100, 25)) {
		t.Error("another order the second time")
	}
}
