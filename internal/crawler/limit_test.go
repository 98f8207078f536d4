//go:build unix

package crawler

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// TestMaxTime: when its time is over a crawl begins nothing new, waits for what is in flight, and says that it was cut
// short, if it was.
func TestMaxTime(t *testing.T) {
	for _, test := range []struct {
		name                string
		after, limit        time.Duration // that a fetch takes, and the crawl may
		o                   Options
		fetched, discovered int64
		limited             bool
	}{
		{"in the middle", time.Second, 4500 * time.Millisecond, Options{Concurrency: 10}, 50, 50, true},
		{"the last are in flight", time.Second, 9500 * time.Millisecond, Options{Concurrency: 10}, 100, 100, false},
		{"it was done before", time.Second, time.Minute, Options{Concurrency: 10}, 100, 100, false},
		{"nothing was in flight", 0, 4500 * time.Millisecond, Options{Concurrency: 10, Rate: 1}, 5, 6, true},
		{"held back", time.Second, 4500 * time.Millisecond, Options{Concurrency: 10, PerHost: 1}, 35, 100, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachWorld(t, func(t *testing.T, w *world) {
				f := newFakeFetcher(w, always(answer{after: test.after}))
				test.o.MaxTime = test.limit
				c, _ := crawlOf(w, f, strings.NewReader(listOf(100, 7)), test.o)
				run(t, w, c)
				want := ""
				if test.limited {
					want = "--for"
				}
				if l := &c.ledger; l.Fetched != test.fetched || l.Discovered != test.discovered || c.Limit() != want {
					t.Errorf("limit %q, %s", c.Limit(), l)
				}
				if took := f.begins[len(f.begins)-1].Sub(c.began); took > test.limit {
					t.Errorf("something was begun after %v", took)
				}
			})
		})
	}
}

// TestMaxTimeOfWalk: likewise for a crawl by links, which may wait for a host that has nothing in flight.
func TestMaxTimeOfWalk(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeWeb(w, nil)
		f.page = endless
		follow := &Follow{MaxDepth: -1, Scope: Scope{Extent: ScopeAny}}
		follow.Pace.Delay = time.Hour
		c, out := walkOf(t, f, []string{"http://h0/0"}, Options{Concurrency: 3, MaxTime: 90 * time.Minute, Follow: follow})
		h := &heard{}
		c.Subscribe(LimitReached, everything, h.take)
		runWalk(t, f, c)
		if took := w.Now().Sub(c.began); c.Limit() != "--for" || took < 90*time.Minute || took > 91*time.Minute || c.ledger.Pending == 0 {
			t.Errorf("limit %q after %v, %s", c.Limit(), took, &c.ledger)
		}
		if n := int64(len(rowsOfPages(t, out.String()))); n != c.ledger.Fetched {
			t.Errorf("%d records, %s", n, &c.ledger)
		}
		if fmt.Sprint(len(h.events)) != "1" || h.events[0].Cause != "--for" {
			t.Errorf("%v", h.events)
		}
	})
}

// TestMaxTimeOfOpenList: who waits for a list that does not go on has not read it to its end, and is not done.
func TestMaxTimeOfOpenList(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		r, _ := io.Pipe()
		list := io.MultiReader(strings.NewReader("http://h/1\n"), r)
		reads := 0
		w.delay = func() time.Duration {
			if reads++; reads == 2 {
				return 100 * time.Hour // nothing comes
			}
			return 0
		}
		f := newFakeFetcher(w, always(answer{after: time.Second}))
		c, _ := crawlOf(w, f, list, Options{Concurrency: 3, MaxTime: time.Hour})
		run(t, w, c)
		if s := c.Stats(); c.Limit() != "--for" || s.Ledger.Fetched != 1 || s.Ledger.Pending != 0 || s.ListDone || s.Elapsed > 2*time.Hour {
			t.Errorf("limit %q, %s, %v", c.Limit(), &s.Ledger, s.Elapsed)
		}
	})
}

// TestMaxTimeAfterEnd: a crawl that somebody else is ending is not ended by its time.
func TestMaxTimeAfterEnd(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeFetcher(w, always(answer{after: time.Hour}))
		c, _ := crawlOf(w, f, strings.NewReader(listOf(100, 7)), Options{Concurrency: 3, MaxTime: 2 * time.Minute})
		w.After(time.Minute, c.Drain)
		run(t, w, c)
		if c.Limit() != "" || c.ledger.Pending != 0 && c.ledger.Fetched != 3 {
			t.Errorf("limit %q, %s", c.Limit(), &c.ledger)
		}
	})
}
