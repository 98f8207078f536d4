package main

import (
	"bytes"
	"math"
	"testing"
	"time"

	"crawl/internal/crawler"
)

func TestEstimate(t *testing.T) {
	cases := []struct {
		name                   string
		discovered, read, size int64
		done                   bool
		want                   int64
	}{
		{"half of the list", 100, 5000, 10_000, false, 200},
		{"all of it, not known to be", 100, 10_000, 10_000, false, 100},
		{"a list that has grown", 100, 20_000, 10_000, false, 100},
		{"done", 100, 10_000, 10_000, true, 100},
		{"done, without a size", 100, 0, 0, true, 100},
		{"a pipe", 100, 5000, 0, false, -1},
		{"nothing read yet", 0, 0, 10_000, false, -1},
		{"comments so far", 0, 500, 10_000, false, -1},
		{"URLs of the command line so far", 3, 0, 10_000, false, -1},
	}
	for _, c := range cases {
		s := &crawler.Stats{Ledger: crawler.Ledger{Discovered: c.discovered}, ListRead: c.read, ListDone: c.done}
		if got := estimate(s, c.size); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

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

func TestRemaining(t *testing.T) {
	draining := at(10, 100, 0)
	draining.Draining = true
	cases := []struct {
		name      string
		s         *crawler.Stats
		total     int64
		perSecond float64
		want      time.Duration
		known     bool
	}{
		{"half", at(10, 100, 0), 200, 10, 10 * time.Second, true},
		{"all", at(10, 200, 0), 200, 10, 0, true},
		{"too early", at(1.9, 100, 0), 200, 10, 0, false},
		{"no total", at(10, 100, 0), -1, 10, 0, false},
		{"nothing gets done", at(10, 100, 0), 200, 0, 0, false},
		{"hardly anything", at(10, 100, 0), 101, 0.04, 0, false},
		{"beyond all guessing", at(10, 100, 0), 1e12, 10, 0, false},
		{"ending", draining, 200, 10, 0, false},
	}
	for _, c := range cases {
		if got, known := remaining(c.s, c.total, c.perSecond); got != c.want || known != c.known {
			t.Errorf("%s: %v, %t, want %v, %t", c.name, got, known, c.want, c.known)
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
	const want = "crawl: 1s: 100 of about 999000 done (2 failed, 1 skipped), 10 in flight, 100/s, 2.0 MiB/s\n" +
		"crawl: 6s: 600 of 1000 done (8 failed, 2 skipped), 300 in flight, 100/s, 2.0 MiB/s, ETA 4s\n" +
		"crawl: 11s: ending, 600 of 1000 done (8 failed, 2 skipped), 300 in flight, 28/s, 579.9 KiB/s\n" +
		"crawl: 1s: 5 done (0 failed, 0 skipped), 0 in flight, 10/s, 0 B/s\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
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
