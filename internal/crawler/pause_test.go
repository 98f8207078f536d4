//go:build unix

package crawler

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"crawl/internal/fetch"
)

// begunAfter is how many attempts had begun when, and how many later.
func begunAfter(f *fakeFetcher, at time.Time) (before, after int) {
	for _, b := range f.begins {
		if b.After(at) {
			after++
		} else {
			before++
		}
	}
	return before, after
}

// TestPause: what is in flight goes on, nothing begins, and later all of the rest does, with the books balanced at
// each moment.
func TestPause(t *testing.T) {
	for _, o := range []Options{{Concurrency: 10}, {Concurrency: 10, PerHost: 2}, {Concurrency: 10, Rate: 5}} {
		eachWorld(t, func(t *testing.T, w *world) {
			f := newFakeFetcher(w, always(answer{after: time.Second}))
			c, out := crawlOf(w, f, strings.NewReader(listOf(200, 7)), o)
			var begin, resumed time.Time
			var asked, late Stats
			w.After(2500*time.Millisecond, func() {
				if first, again := c.Pause(), c.Pause(); !first || !again {
					t.Error("it is not paused")
				}
				begin, asked = w.Now(), c.Stats()
			})
			w.After(time.Hour, func() {
				late = c.Stats()
				checkBooks(t, late)
				resumed = w.Now()
				c.Resume()
				c.Resume()
			})
			run(t, w, c)
			if asked.InFlight == 0 || !asked.Paused || asked.Idled != 0 {
				t.Errorf("at the beginning: %+v", asked)
			}
			if want := asked.Ledger.Settled() + int64(asked.InFlight); late.InFlight != 0 || late.Ledger.Settled() != want || !late.Paused || late.Attempts != asked.Attempts {
				t.Errorf("an hour later %d settled, not %d: %+v", late.Ledger.Settled(), want, late)
			}
			before, _ := begunAfter(f, begin)
			if until, _ := begunAfter(f, resumed.Add(-1)); until != before {
				t.Errorf("%d fetches began meanwhile", until-before)
			}
			s := c.Stats()
			if s.Paused || s.Idled != resumed.Sub(begin) || s.Active() != s.Elapsed-s.Idled || s.Active() > time.Minute+15*time.Second {
				t.Errorf("paused for %v of %v", s.Idled, s.Elapsed)
			}
			if n := len(parseRows(t, out.String())); n != 200 || f.total() != 200 {
				t.Errorf("%d records, %d attempts", n, f.total())
			}
		})
	}
}

// TestPauseAtOnce: a crawl that is paused before it has begun fetches nothing until it is resumed, and does not take
// its idleness for the end.
func TestPauseAtOnce(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeFetcher(w, always(answer{after: time.Second}))
		c, _ := crawlOf(w, f, strings.NewReader(listOf(50, 5)), Options{Concurrency: 10})
		c.Pause()
		resumed := time.Time{}
		w.After(time.Minute, func() { resumed = w.Now(); c.Resume() })
		run(t, w, c)
		if n, _ := begunAfter(f, resumed.Add(-1)); n != 0 || f.total() != 50 || c.Stats().Peak != 10 {
			t.Errorf("%d fetches before, %d in all, %d at once", n, f.total(), c.Stats().Peak)
		}
	})
}

// TestPauseRetries: a further attempt that becomes due in a pause is made after it.
func TestPauseRetries(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeFetcher(w, func(_ string, n int) answer {
			if n == 1 {
				return answer{after: time.Second, class: fetch.ConnectRefused}
			}
			return answer{after: time.Second}
		})
		c, _ := crawlOf(w, f, strings.NewReader(listOf(5, 5)), Options{Concurrency: 10, Retries: 3, RetryDelay: 10 * time.Second})
		var paused Stats
		w.After(2*time.Second, func() { c.Pause() })
		w.After(time.Hour, func() {
			paused = c.Stats()
			c.Resume()
		})
		run(t, w, c)
		if paused.Retrying != 5 || paused.InFlight != 0 || paused.Attempts != 5 {
			t.Errorf("in the pause: %+v", paused)
		}
		if s := c.Stats(); s.Ledger.Fetched != 5 || s.Attempts != 10 {
			t.Errorf("%d fetched in %d attempts", s.Ledger.Fetched, s.Attempts)
		}
	})
}

// TestPauseThenDrain: the first signal ends a paused crawl, whether something is in flight or not, and it is not
// paused then any more.
func TestPauseThenDrain(t *testing.T) {
	for _, later := range []time.Duration{200 * time.Millisecond, time.Minute} { // after the pause began
		eachWorld(t, func(t *testing.T, w *world) {
			f := newFakeFetcher(w, always(answer{after: time.Second}))
			c, out := crawlOf(w, f, strings.NewReader(listOf(1000, 5)), Options{Concurrency: 10, Retries: 2})
			w.After(1500*time.Millisecond, func() { c.Pause() })
			w.After(1500*time.Millisecond+later, func() {
				c.Drain()
				if s := c.Stats(); s.Paused || !s.Draining || s.Idled != later {
					t.Errorf("after Drain: %+v", s)
				}
				if c.Pause() {
					t.Error("a crawl that ends can be paused")
				}
			})
			run(t, w, c)
			if n := len(parseRows(t, out.String())); n != 20 || f.total() != 20 {
				t.Errorf("%d records, %d attempts", n, f.total())
			}
		})
	}
}

// TestPauseThenCancel: so does the second signal.
func TestPauseThenCancel(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeFetcher(w, always(answer{after: time.Hour}))
		c, _ := crawlOf(w, f, strings.NewReader(listOf(1000, 5)), Options{Concurrency: 10})
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		w.After(time.Second, func() { c.Pause() })
		w.After(2*time.Second, cancel)
		c.Start()
		_ = runBounded(t, w, ctx) // the cancellation
		s := c.Stats()
		checkBooks(t, s)
		if s.InFlight != 0 || s.Ledger.Settled() != 0 || s.Attempts != 10 {
			t.Errorf("%+v", s)
		}
	})
}

// TestPauseAtTheEnd: a pause does not keep a crawl alive of which nothing is left, also if the list turns out to
// have no more only in the pause.
func TestPauseAtTheEnd(t *testing.T) {
	urls := []string{"http://a/", "http://b/", "http://c/"}
	for _, read := range []time.Duration{0, 100 * time.Millisecond, time.Minute} { // how long it takes
		eachWorld(t, func(t *testing.T, w *world) {
			f := newFakeFetcher(w, always(answer{after: time.Second}))
			var list io.Reader
			if read > 0 {
				w.delay = func() time.Duration { return read }
				list = strings.NewReader("")
			}
			c := New(w, f, NewSource(urls, "list", list), NewSink("output", &output{}), Options{Concurrency: 10})
			w.After(500*time.Millisecond, func() { c.Pause() })
			run(t, w, c)
			if s := c.Stats(); s.Ledger.Fetched != 3 || s.Elapsed > time.Hour {
				t.Errorf("%+v", s)
			}
		})
	}
}

// TestPauseStopsReading: the list is not taken further than it is, however much of it there is.
func TestPauseStopsReading(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		g := &generated{n: 1_000_000, line: func(int) string { return "http://a/1234567890\n" }}
		f := newFakeFetcher(w, always(answer{after: time.Second}))
		c, _ := crawlOf(w, f, g, Options{Concurrency: 10})
		var asked, later Stats
		w.After(1500*time.Millisecond, func() { c.Pause(); asked = c.Stats() })
		w.After(time.Hour, func() { later = c.Stats(); c.Drain() })
		run(t, w, c)
		if asked.ListRead == 0 || later.ListRead != asked.ListRead || later.Ledger.Discovered != asked.Ledger.Discovered {
			t.Errorf("%d bytes at the beginning, %d at the end of the pause", asked.ListRead, later.ListRead)
		}
	})
}
