package live

import (
	"math"
	"slices"
	"testing"
	"time"

	"crawl/internal/crawler"
	"crawl/internal/fetch"
)

// TestSnapshot: rates and quantiles are of the time between two answers, everything else of the second.
func TestSnapshot(t *testing.T) {
	before, now := busyCrawl().figures, busyCrawl().figures
	loop := *now.Loop
	now.Loop = &loop
	now.Stats.Elapsed += 2 * time.Second
	now.Stats.Bytes += 3000
	now.Stats.Latency.Buckets[14] += 8 // up to 16 ms
	now.Stats.Latency.Buckets[17]++    // up to 131 ms
	loop.Busy += time.Second
	loop.Idle += 3 * time.Second
	loop.Iterations += 400
	loop.Lag[12] += 1000
	loop.Lag[20]++
	s := newSnapshot(&now, &before, Memory{Heap: 5}, 10_000)
	want := func(name string, got, want float64) {
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%s is %v, not %v", name, got, want)
		}
	}
	want("rate", s.Rate, 4.5)
	want("bytes", s.BytesRate, 1500)
	want("p50", *s.LatencyP50, 16384e-6)
	want("p99", *s.LatencyP99, 131072e-6)
	want("lag p99", s.Loop.LagP99, 4096e-9)
	want("most lag", s.Loop.LagMax, 1048576e-9)
	want("utilisation", s.Loop.Utilisation, 0.25)
	want("iterations", s.Loop.Iterations, 100)
	want("total", float64(s.Total), 200)
	if s.Discovered != s.Fetched+s.Failed+s.Skipped+s.Pending || s.Memory.Heap != 5 || s.TotalExact {
		t.Errorf("%+v", s)
	}
	if c := s.Classes; !slices.Equal(c, []Count{{"timeout.read", 5}, {"input", 3}, {"connect.refused", 2}}) {
		t.Errorf("%v", c)
	}
	if c := s.Statuses; !slices.Equal(c, []Count{{"200", 50}, {"404", 9}, {"503", 1}}) {
		t.Errorf("%v", c)
	}
	idle := newSnapshot(&before, &before, Memory{}, 0)
	if idle.Rate != 0 || idle.LatencyP50 != nil || idle.Loop.LagMax != 0 || idle.Total != -1 || idle.ETA != nil {
		t.Errorf("nothing has happened: %+v", idle)
	}
}

func TestState(t *testing.T) {
	for want, s := range map[string]crawler.Stats{
		StateRunning: {}, StatePaused: {Paused: true}, StateEnding: {Draining: true},
	} {
		if got := state(&s); got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
}

// TestLastSnapshot: in the end the rates are those of the whole crawl, without its pauses.
func TestLastSnapshot(t *testing.T) {
	c := busyCrawl()
	s := newSampler(c, 0)
	if _, err := s.sample(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	s.finish(c.figures, "failed")
	smp, over := s.newest()
	if snap := smp.snapshot; !over || math.Abs(snap.Rate-7.5) > 1e-9 || snap.State != StateDone || snap.Outcome != "failed" {
		t.Errorf("%+v", snap)
	}
	c.change(func(f *Figures) { f.Stats.Ledger.Discovered = 0 })
	s.take(c.figures) // an answer that was late
	if again, _ := s.newest(); again != smp {
		t.Error("something was said after the last word")
	}
}

// TestHistory: it reaches back some minutes, and not farther, however often somebody asks.
func TestHistory(t *testing.T) {
	s := newSampler(busyCrawl(), 0)
	now := time.Now()
	s.now = func() time.Time { return now }
	f := Figures{Stats: crawler.Stats{Ledger: crawler.Ledger{Classes: map[fetch.Class]int64{}}}}
	for range 1000 {
		for range 3 {
			s.take(f)
		}
		now = now.Add(time.Second)
		f.Stats.Elapsed += time.Second
	}
	past := s.past()
	if n := len(past); n != int(historySpan/time.Second)+1 || past[n-1][0] != 999 {
		t.Errorf("%d points, the last %v", n, past[n-1])
	}
	for range 2 * historyPoints {
		now = now.Add(freshEnough)
		f.Stats.Elapsed += time.Millisecond
		s.take(f)
	}
	if n := len(s.past()); n != historyPoints {
		t.Errorf("%d points", n)
	}
}

// TestSnapshotOfWalk: of a crawl by links it has why URLs are skipped, the hosts, and how long the critical one takes; its
// total is what was found.
func TestSnapshotOfWalk(t *testing.T) {
	f := busyCrawl().figures
	f.Stats.ListDone = true
	f.Stats.Walk = &crawler.WalkStats{Queued: 30, Hosts: 7, Held: 2, Deepest: 4}
	f.Stats.Ledger.Classes = map[fetch.Class]int64{fetch.OK: 3, crawler.SkipDepth: 9, crawler.SkipRobots: 1, fetch.TimeoutRead: 2}
	f.Hosts = crawler.HostList{
		Busiest:  []crawler.Host{{Name: "a.example", Waiting: 30, Held: true, Interval: 1500 * time.Millisecond}},
		Critical: crawler.Critical{Host: "slow.example", Left: 7 * time.Hour},
	}
	s := newSnapshot(&f, &Figures{}, Memory{}, 0)
	if s.Walk == nil || *s.Walk != (Walk{30, 7, 2, 4}) || s.ETAHost != "slow.example" || *s.ETA != 7*3600 || !s.Growing || s.TotalExact {
		t.Errorf("%+v", s)
	}
	if c := s.Classes; !slices.Equal(c, []Count{{"depth", 9}, {"timeout.read", 2}, {"robots", 1}}) {
		t.Errorf("%v", c)
	}
	if h := s.Hosts[0]; h != (Host{"a.example", 0, 30, true, 1.5}) {
		t.Errorf("%+v", h)
	}
}
