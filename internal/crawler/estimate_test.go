package crawler

import (
	"math"
	"testing"
	"time"
)

func TestTotal(t *testing.T) {
	for _, c := range []struct {
		name  string
		stats Stats
		size  int64
		want  int64
		exact bool
	}{
		{"nothing yet", Stats{}, 1000, -1, false},
		{"no size", Stats{ListRead: 10, Ledger: Ledger{Discovered: 1}}, 0, -1, false},
		{"no line", Stats{ListRead: 10}, 1000, -1, false},
		{"half", Stats{ListRead: 500, Ledger: Ledger{Discovered: 20}}, 1000, 40, false},
		{"it has grown", Stats{ListRead: 2000, Ledger: Ledger{Discovered: 20}}, 1000, 20, false},
		{"all", Stats{ListRead: 900, ListDone: true, Ledger: Ledger{Discovered: 20}}, 1000, 20, true},
		{"arguments", Stats{ListDone: true, Ledger: Ledger{Discovered: 3}}, 0, 3, true},
	} {
		if n, exact := c.stats.Total(c.size); n != c.want || exact != c.exact {
			t.Errorf("%s: %d, %v", c.name, n, exact)
		}
	}
}

func TestETA(t *testing.T) {
	base := Stats{
		Ledger: Ledger{Discovered: 100, Fetched: 15, Failed: 3, Skipped: 2, Pending: 80}, ListDone: true,
		Elapsed: 70 * time.Second, Idled: 60 * time.Second, InFlight: 8,
	}
	with := func(change func(s *Stats)) Stats {
		s := base
		change(&s)
		return s
	}
	slow := func(s *Stats) {
		s.Latency.Buckets[20], s.Latency.Sum = 10, 10*time.Second
		s.PerHost, s.LongestQueue = 2, 60
	}
	for _, c := range []struct {
		name  string
		stats Stats
		want  time.Duration
		ok    bool
	}{
		{"80 left, 20 in 10 s, pauses left out", base, 40 * time.Second, true},
		{"a limit that is not reached", with(func(s *Stats) { s.Rate = 100 }), 40 * time.Second, true},
		{"a limit that is", with(func(s *Stats) { s.Rate = 1 }), 72 * time.Second, true},
		{"a short queue", with(slow), 40 * time.Second, true},
		{"a long one", with(func(s *Stats) { slow(s); s.LongestQueue = 600 }), 300 * time.Second, true},
		{"a queue that nothing is known of", with(func(s *Stats) { s.PerHost, s.LongestQueue = 2, 600 }), 40 * time.Second, true},
		{"all done", Stats{Ledger: Ledger{Discovered: 5, Fetched: 5}, ListDone: true, Elapsed: time.Second}, 0, true},
		{"nothing done", Stats{Ledger: Ledger{Discovered: 5, Pending: 5}, ListDone: true, Elapsed: time.Second}, 0, false},
		{"no total", Stats{Ledger: Ledger{Discovered: 5, Fetched: 5}, Elapsed: time.Second}, 0, false},
		{"ending", with(func(s *Stats) { s.Draining = true }), 0, false},
		{"for ever", with(func(s *Stats) { s.Rate = math.SmallestNonzeroFloat64 }), 100 * 365 * 24 * time.Hour, true},
	} {
		if d, ok := c.stats.ETA(0); d != c.want || ok != c.ok {
			t.Errorf("%s: %v, %v", c.name, d, ok)
		}
	}
}

func TestHistogram(t *testing.T) {
	var h Histogram
	for _, d := range []time.Duration{-1, 0, 999, time.Microsecond, 3 * time.Microsecond, 4 * time.Microsecond, time.Second, 5 * time.Minute, time.Hour} {
		h.add(d)
	}
	last := len(h.Buckets) - 1
	want := map[int]uint64{0: 3, 1: 1, 2: 1, 3: 1, 20: 1, 29: 1, last: 1}
	for i, n := range h.Buckets {
		if n != want[i] {
			t.Errorf("bucket %d has %d, not %d", i, n, want[i])
		}
	}
	if h.Count() != 9 || h.Edge(0) != time.Microsecond || h.Edge(20) != 1048576*time.Microsecond || h.Edge(last) != 0 {
		t.Errorf("%d; edges %v, %v, %v", h.Count(), h.Edge(0), h.Edge(20), h.Edge(last))
	}
	if (&Histogram{}).Mean() != 0 || h.Mean() != h.Sum/9 || h.Edge(last-1) > time.Hour {
		t.Errorf("mean %v", h.Mean())
	}
}
