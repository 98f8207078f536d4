//go:build unix

package crawler

import (
	"math"
	"strings"
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
		{"by links", Stats{ListDone: true, Walk: &WalkStats{}, Ledger: Ledger{Discovered: 3, Pending: 1}}, 0, 3, false},
		{"by links, at the end", Stats{ListDone: true, Walk: &WalkStats{}, Ledger: Ledger{Discovered: 3}}, 0, 3, true},
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
		{"by links, a critical host", with(func(s *Stats) {
			slow(s)
			s.LongestQueue = 600
			s.Walk = &WalkStats{Critical: Critical{"h", time.Minute}}
		}), time.Minute, true},
		{"by links, one that is not", with(func(s *Stats) { s.Walk = &WalkStats{Critical: Critical{"h", 39 * time.Second}} }), 40 * time.Second, true},
		{"for ever", with(func(s *Stats) { s.Rate = math.SmallestNonzeroFloat64 }), 100 * 365 * 24 * time.Hour, true},
	} {
		d, host, ok := c.stats.ETA(0)
		if d != c.want || ok != c.ok || (host == "h") != (c.want == time.Minute) {
			t.Errorf("%s: %v of %q, %v", c.name, d, host, ok)
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

// TestETAOfWalk: from the moment on when all is known, the ETA of a crawl whose hosts have a delay is what it takes, whatever
// its rate was so far, and names the host; a crawl whose links go on never says that its total is exact.
func TestETAOfWalk(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeWeb(w, nil)
		f.page = func(string, int) page { return page{} }
		follow := &Follow{Robots: RobotsIgnore}
		follow.Pace.Delay = time.Second
		urls := append(strings.Fields(listOf(200, 100)), strings.Fields(strings.ReplaceAll(listOf(300, 1), "//h0/", "//slow:8080/"))...)
		c, _ := walkOf(t, f, urls, Options{Concurrency: 1000, Follow: follow})
		looks := 0
		w.After(10500*time.Millisecond, func() {
			s := c.Stats()
			hosts := c.Hosts(3)
			s.See(&hosts)
			left, host, ok := s.ETA(0)
			if n, exact := s.Total(0); !ok || host != "slow:8080" || left != 288500*time.Millisecond || n != 500 || exact || !s.IsGrowing() {
				t.Errorf("%v by %q, %v; %d URLs, exact %t", left, host, ok, n, exact)
			}
			looks++
		})
		runWalk(t, f, c)
		if took := w.Now().Sub(c.began); looks != 1 || took < 299*time.Second || took > 300*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}
