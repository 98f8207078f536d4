package compare

import (
	"slices"

	"crawl/internal/modes"
)

// A Figure is one thing that is measured of a run.
type Figure struct {
	Name   string // in thresholds, JSON and benchmark output
	Title  string // in tables
	Unit   string // of Value: "1/s", "µs", "MB", "" for a plain number or a share
	Higher bool   // more is better
	Value  func(r *Run) (v float64, ok bool)
}

func always(f func(r *Run) float64) func(r *Run) (float64, bool) {
	return func(r *Run) (float64, bool) { return f(r), r.Fetches > 0 }
}

// perFetchFrom fetches on it can be told what one costs: below, what a run costs once is most of it.
const perFetchFrom = 100

// perFetch is a share for each fetch that did not fail.
func perFetch(f func(r *Run) float64) func(r *Run) (float64, bool) {
	return func(r *Run) (float64, bool) {
		n := r.Fetches - r.Failures()
		return f(r) / float64(max(1, n)), n >= perFetchFrom
	}
}

// Figures are all there are, the most important first.
func Figures() []Figure {
	// Of fewer fetches than least, the slowest of all is what a percentile would be.
	latency := func(least int, of func(l *modes.Latency) int64) func(r *Run) (float64, bool) {
		return func(r *Run) (float64, bool) { return float64(of(&r.Latency)), r.Fetches-r.Failures() >= least }
	}
	return []Figure{
		{"cpu_per_fetch", "CPU per fetch", "µs", false, perFetch(func(r *Run) float64 { return (r.User + r.System) * 1e6 })},
		{"user_per_fetch", "of it user", "µs", false, perFetch(func(r *Run) float64 { return r.User * 1e6 })},
		{"system_per_fetch", "of it system", "µs", false, perFetch(func(r *Run) float64 { return r.System * 1e6 })},
		{"rate", "fetches", "1/s", true, func(r *Run) (float64, bool) {
			n := r.Fetches - r.Failures()
			return float64(n) / r.Wall, n > 0 && r.Wall > 0
		}},
		{"peak_memory", "peak memory", "MB", false, always(func(r *Run) float64 { return float64(r.PeakMemory) / 1e6 })},
		{"connection_memory", "memory per connection", "KB", false, perConnection},
		{"p50", "latency p50", "µs", false, latency(1, func(l *modes.Latency) int64 { return l.P50 })},
		{"p90", "p90", "µs", false, latency(10, func(l *modes.Latency) int64 { return l.P90 })},
		{"p95", "p95", "µs", false, latency(20, func(l *modes.Latency) int64 { return l.P95 })},
		{"p99", "p99", "µs", false, latency(100, func(l *modes.Latency) int64 { return l.P99 })},
		{"p999", "p99.9", "µs", false, latency(1000, func(l *modes.Latency) int64 { return l.P999 })},
		{"max", "slowest", "µs", false, latency(1, func(l *modes.Latency) int64 { return l.Max })},
		{"errors", "errors", "", false, always(func(r *Run) float64 { return float64(r.Failures()) / float64(r.Fetches) })},
		{"at_server", "requests at once at the server", "", true, func(r *Run) (float64, bool) { return float64(r.AtServer), r.AtServer > 0 }},
		{"threads", "threads", "", false, always(func(r *Run) float64 { return float64(r.Threads) })},
		{"voluntary", "voluntary switches per fetch", "", false, perFetch(func(r *Run) float64 { return float64(r.Voluntary) })},
		{"involuntary", "involuntary switches per fetch", "", false, perFetch(func(r *Run) float64 { return float64(r.Involuntary) })},
		{"system_calls", "system calls per fetch", "", false, func(r *Run) (float64, bool) {
			return float64(r.SystemCalls) / float64(max(1, r.Fetches)), r.SystemCalls > 0
		}},
		{"collections", "collections", "", false, always(func(r *Run) float64 { return float64(r.Collections) })},
		{"pause_max", "longest pause", "µs", false, always(func(r *Run) float64 { return r.PauseMax * 1e6 })},
		{"lag_p99", "loop late, p99", "µs", false, func(r *Run) (float64, bool) { return r.LagP99 * 1e6, r.LagMax > 0 }},
		{"lag_max", "loop late, most", "µs", false, func(r *Run) (float64, bool) { return r.LagMax * 1e6, r.LagMax > 0 }},
	}
}

// perConnectionFrom is the concurrency from which memory per connection can be told from what the program takes
// for itself while it runs.
const perConnectionFrom = 100

func perConnection(r *Run) (float64, bool) {
	return float64(r.PeakMemory-r.BaseMemory) / float64(max(1, r.Reached)) / 1e3, r.Reached >= perConnectionFrom
}

// FigureNamed returns the figure of that name.
func FigureNamed(name string) (Figure, bool) {
	all := Figures()
	i := slices.IndexFunc(all, func(f Figure) bool { return f.Name == name })
	if i < 0 {
		return Figure{}, false
	}
	return all[i], true
}

// Failures are how many of its fetches failed.
func (r *Run) Failures() (n int) {
	for _, c := range r.Failed {
		n += c
	}
	return n
}
