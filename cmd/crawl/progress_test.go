package main

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"crawl/internal/crawler"
)

// at is a crawl that has settled so many URLs, and received so many bytes, after so many seconds.
func at(seconds float64, done, received int64) *crawler.Stats {
	return &crawler.Stats{Elapsed: time.Duration(seconds * float64(time.Second)), Ledger: crawler.Ledger{Fetched: done}, Bytes: received}
}

// The rate is that of the last seconds, however often it is looked at, and not that since the beginning.
func TestPace(t *testing.T) {
	for _, step := range []float64{0.2, 1, 5} {
		var p pace
		if p.perSecond() != 0 || p.bytesPerSecond() != 0 {
			t.Errorf("step %v: %v/s, %v B/s before anything is known", step, p.perSecond(), p.bytesPerSecond())
		}
		seconds := 0.0
		for ; seconds < 100; seconds += step {
			p.look(at(seconds+step, int64(1000*(seconds+step)), int64(50_000*(seconds+step))))
		}
		wantNear(t, "steady", p.perSecond(), 1000, 1)
		wantNear(t, "steady, bytes", p.bytesPerSecond(), 50_000, 50)
		p.look(at(seconds, int64(1000*seconds), 0)) // no time has passed: no news
		wantNear(t, "the same again", p.perSecond(), 1000, 1)
		done := int64(1000 * seconds)
		for end := seconds + 30; seconds < end; seconds += step {
			p.look(at(seconds+step, done+int64(10*(seconds+step-end+30)), 0))
		}
		wantNear(t, "30 s after it has become slow", p.perSecond(), 10, 5)
	}
	var p pace
	p.look(at(0.2, 100, 0))
	wantNear(t, "at first", p.perSecond(), 500, 1)
}

func wantNear(t *testing.T, what string, got, want, by float64) {
	t.Helper()
	if math.Abs(got-want) > by {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// An ETA is shown when there is one to believe.
func TestFiguresETA(t *testing.T) {
	with := func(seconds float64, change func(s *crawler.Stats)) *crawler.Stats {
		s := at(seconds, 100, 0)
		s.ListDone, s.Ledger.Discovered = true, 200
		change(s)
		return s
	}
	cases := []struct {
		name  string
		s     *crawler.Stats
		known bool
	}{
		{"half", with(10, func(*crawler.Stats) {}), true},
		{"too early", with(1.9, func(*crawler.Stats) {}), false},
		{"too early, a pause left out", with(10, func(s *crawler.Stats) { s.Idled = 9 * time.Second }), false},
		{"paused", with(10, func(s *crawler.Stats) { s.Paused = true }), false},
		{"ending", with(10, func(s *crawler.Stats) { s.Draining = true }), false},
		{"no total", with(10, func(s *crawler.Stats) { s.ListDone = false }), false},
		{"beyond all guessing", with(10, func(s *crawler.Stats) { s.Ledger.Discovered = 1e10 }), false},
	}
	for _, c := range cases {
		if f := newFigures(c.s, 0, &pace{}); f.etaKnown != c.known {
			t.Errorf("%s: %v, %t", c.name, f.eta, f.etaKnown)
		}
	}
}

// Each line says how far the crawl is, and how fast it has become.
func TestPlainLines(t *testing.T) {
	var b bytes.Buffer
	var recent pace
	p := &plainLines{&b}
	show := func(s crawler.Stats, size int64) {
		recent.look(&s)
		p.show(newFigures(&s, size, &recent))
	}
	show(crawler.Stats{
		Ledger:   crawler.Ledger{Discovered: 110, Fetched: 97, Failed: 2, Skipped: 1, Pending: 10},
		InFlight: 10, ListRead: 1101, Elapsed: 1001 * time.Millisecond, Bytes: 2050 << 10,
	}, 10_000_000)
	show(crawler.Stats{
		Ledger:   crawler.Ledger{Discovered: 1000, Fetched: 590, Failed: 8, Skipped: 2, Pending: 400},
		InFlight: 300, ListRead: 10_000, ListDone: true, Elapsed: 6001 * time.Millisecond, Bytes: 12290 << 10,
	}, 10_000)
	show(crawler.Stats{
		Ledger:   crawler.Ledger{Discovered: 1000, Fetched: 590, Failed: 8, Skipped: 2, Pending: 400},
		InFlight: 300, ListRead: 10_000, ListDone: true, Elapsed: 11001 * time.Millisecond, Bytes: 12290 << 10, Draining: true,
	}, 10_000)
	p.finish()
	recent = pace{}
	show(crawler.Stats{Ledger: crawler.Ledger{Discovered: 5, Fetched: 5}, Elapsed: 500 * time.Millisecond}, 0)
	show(crawler.Stats{Ledger: crawler.Ledger{Discovered: 9, Fetched: 5, Pending: 4}, Paused: true, Elapsed: 1000 * time.Second}, 0)
	show(crawler.Stats{Ledger: crawler.Ledger{Discovered: 9, Fetched: 5, Pending: 4}, Full: true, Draining: true, Elapsed: 1000 * time.Second}, 0)
	show(crawler.Stats{Ledger: crawler.Ledger{Discovered: 9, Fetched: 5, Pending: 4}, Full: true, Paused: true, Elapsed: 1000 * time.Second}, 0)
	walk := crawler.Stats{Ledger: crawler.Ledger{Discovered: 900, Fetched: 590, Failed: 8, Skipped: 2, Pending: 300}, ListDone: true, Elapsed: 1010 * time.Second, Walk: &crawler.WalkStats{}}
	show(walk, 100)
	walk.Walk.Critical = crawler.Critical{Host: "slow.example:81", Left: 2 * time.Hour}
	show(walk, 100)
	const want = "crawl: 1s: 100 of about 999000 done (2 failed, 1 skipped), 10 in flight, 100/s, 2.0 MiB/s\n" +
		"crawl: 6s: 600 of 1000 done (8 failed, 2 skipped), 300 in flight, 100/s, 2.0 MiB/s, ETA 4s\n" +
		"crawl: 11s: ending, 600 of 1000 done (8 failed, 2 skipped), 300 in flight, 28/s, 579.9 KiB/s\n" +
		"crawl: 1s: 5 done (0 failed, 0 skipped), 0 in flight, 10/s, 0 B/s\n" +
		"crawl: 16m40s: paused, 5 done (0 failed, 0 skipped), 0 in flight, 0/s, 0 B/s\n" +
		"crawl: 16m40s: waiting for whoever reads the records, 5 done (0 failed, 0 skipped), 0 in flight, 0/s, 0 B/s\n" +
		"crawl: 16m40s: paused, 5 done (0 failed, 0 skipped), 0 in flight, 0/s, 0 B/s\n" +
		"crawl: 16m50s: 600 done of 900 found so far (8 failed, 2 skipped), 0 in flight, 4.1/s, 0 B/s, ETA 8m25s or more\n" +
		"crawl: 16m50s: 600 done of 900 found so far (8 failed, 2 skipped), 0 in flight, 4.1/s, 0 B/s, ETA 2h00m or more, by the pace of slow.example:81\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

// A line that stands still because nobody takes the records is explained, once, and not for a moment of it.
func TestDrawnLineFull(t *testing.T) {
	for name, c := range map[string]struct {
		looks string // F: full, p: in a pause too, -: not
		told  int
	}{
		"never":        {"-----------", 0},
		"for a moment": {"FFFF-FFFF-FFFF", 0},
		"paused":       {"ppppppppppp", 0},
		"for long":     {"--FFFFF", 1},
		"again":        {"FFFFFFFFFFFFFF-FFFFFFFFF--FFFFFF", 1},
	} {
		var b bytes.Buffer
		voice := newConsole(&b, false)
		d := &drawnLine{c: voice}
		for _, look := range c.looks {
			d.show(&figures{Stats: crawler.Stats{Full: look != '-', Paused: look == 'p'}})
		}
		d.finish()
		voice.close(lastPatience)
		if n := strings.Count(b.String(), "crawl: waiting for whoever reads the records\n"); n != c.told {
			t.Errorf("%s: told %d times: %q", name, n, b.String())
		}
	}
}

func TestShortTime(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                               "0s",
		499 * time.Millisecond:          "0s",
		59500 * time.Millisecond:        "1m00s",
		200 * time.Second:               "3m20s",
		59*time.Minute + 59*time.Second: "59m59s",
		65 * time.Minute:                "1h05m",
		47*time.Hour + 59*time.Minute:   "47h59m",
		51*time.Hour + 30*time.Minute:   "2d03h",
		100*24*time.Hour + 23*time.Hour: "100d23h",
	} {
		if got := shortTime(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}

func TestRoundGuess(t *testing.T) {
	for n, want := range map[int64]int64{0: 0, 1: 1, 999: 999, 1000: 1000, 1004: 1000, 1005: 1010, 20683: 20700, 99960: 100000, 12_345_678: 12_300_000, math.MaxInt64 / 2: 4_610_000_000_000_000_000} {
		if got := roundGuess(n); got != want {
			t.Errorf("%d: %d, want %d", n, got, want)
		}
	}
}
