//go:build unix

package crawler

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"crawl/internal/engine"
	"crawl/internal/fetch"
)

// TestWalkGaps: on many hosts, with answers of any length, no host is asked sooner than its delay after the request before,
// nor with more requests at once than it may have, and none is kept waiting by another.
func TestWalkGaps(t *testing.T) {
	for _, perHost := range []int{1, 2, 0} {
		eachWorld(t, func(t *testing.T, w *world) {
			const hosts, each, delay = 20, 10, 500 * time.Millisecond
			rng := rand.New(rand.NewPCG(1, uint64(perHost)))
			f := newFakeWeb(w, nil)
			f.page = func(url string, _ int) page {
				if strings.HasPrefix(url, "http://h0/") {
					return page{after: time.Hour}
				}
				return page{after: time.Duration(rng.IntN(400)) * time.Millisecond}
			}
			follow := &Follow{Robots: RobotsObey}
			follow.Pace.Delay = delay
			c, _ := walkOf(t, f, strings.Fields(listOf(hosts*each, hosts)), Options{Concurrency: 30, PerHost: perHost, Follow: follow})
			runWalk(t, f, c)
			for i := range hosts {
				prefix := fmt.Sprintf("http://h%d/", i)
				checkGaps(t, f, prefix, delay)
				all := f.of(prefix)
				if n := mostAtOnce(all); perHost > 0 && n > perHost {
					t.Errorf("%d at once at %s", n, prefix)
				}
				if took := all[each].begin.Sub(c.began); i > 0 && took != each*delay {
					t.Errorf("the last of %s began after %v", prefix, took)
				}
			}
		})
	}
}

func mostAtOnce(all []*visitLog) (most int) {
	for _, v := range all {
		n := 0
		for _, o := range all {
			if !v.begin.Before(o.begin) && v.begin.Before(o.end) {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// TestHangingHost: one of a thousand hosts that hangs, for robots.txt or for a page, delays no other.
func TestHangingHost(t *testing.T) {
	for _, where := range []string{"http://h7/robots.txt", "http://h7/7"} {
		eachWorld(t, func(t *testing.T, w *world) {
			f := newFakeWeb(w, nil)
			f.page = func(url string, _ int) page {
				if url == where {
					return page{after: 10 * time.Hour, class: fetch.TimeoutTotal}
				}
				return page{after: 100 * time.Millisecond}
			}
			c, _ := walkOf(t, f, strings.Fields(listOf(3000, 1000)), Options{Concurrency: 50, PerHost: 1, Follow: &Follow{}})
			runWalk(t, f, c)
			for _, v := range f.visits {
				if took := v.end.Sub(c.began); took > 9*time.Second && !strings.HasPrefix(v.url, "http://h7/") {
					t.Fatalf("%s after %v", v.url, took)
				}
			}
		})
	}
}

// TestWalkRetryAfter: who asks for a wait is not asked for anything until it is over, and others are.
func TestWalkRetryAfter(t *testing.T) {
	for _, what := range []string{"http://h/1", "http://h/robots.txt"} {
		eachWorld(t, func(t *testing.T, w *world) {
			f := newFakeWeb(w, nil)
			f.page = func(url string, n int) page {
				if url == what && n == 1 {
					return page{status: 503, wait: 100 * time.Second, after: time.Second}
				}
				return page{after: time.Second}
			}
			c, out := walkOf(t, f, []string{"http://h/1", "http://h/2", "http://h/3", "http://o/1", "http://o/2"}, Options{Concurrency: 5, PerHost: 1, Retries: 2, Follow: &Follow{}})
			runWalk(t, f, c)
			var asked *visitLog
			for _, v := range f.of("http://h/") {
				if asked != nil && v.begin.Before(asked.end.Add(100*time.Second)) {
					t.Errorf("%s began %v after the host had asked for a wait", v.url, v.begin.Sub(asked.end))
				}
				if v.url == what && asked == nil {
					asked = v
				}
			}
			for _, v := range f.of("http://o/") {
				if v.end.Sub(c.began) > 10*time.Second {
					t.Errorf("%s after %v", v.url, v.end.Sub(c.began))
				}
			}
			if r := rowsOfPages(t, out.String()); r["http://h/1"].Class != "ok" || r["http://h/1"].Status != 200 || c.ledger.Statuses[200] != 5 {
				t.Errorf("%+v", r)
			}
		})
	}
}

// TestThrottled: who says 429 is asked less often for a while.
func TestThrottled(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeWeb(w, nil)
		f.page = func(url string, _ int) page {
			if url == "http://h0/3" {
				return page{status: 429}
			}
			return page{}
		}
		follow := &Follow{Robots: RobotsIgnore}
		follow.Pace.Delay = time.Second
		c, _ := walkOf(t, f, strings.Fields(listOf(6, 1)), Options{Concurrency: 5, Follow: follow})
		runWalk(t, f, c)
		v := f.visits
		if before, after := v[3].begin.Sub(v[2].begin), v[4].begin.Sub(v[3].begin); before != time.Second || after != 2*time.Second {
			t.Errorf("%v before, %v after", before, after)
		}
	})
}

// TestPublicDelay: a host is asked more seldom from the first answer on that comes from a public address, be it that to
// robots.txt or one that is tried again, and others are not.
func TestPublicDelay(t *testing.T) {
	for _, first := range []page{{}, {status: 404}, {status: 503}} {
		eachWorld(t, func(t *testing.T, w *world) {
			f := newFakeWeb(w, nil)
			f.page = func(url string, n int) page {
				p := page{}
				if strings.HasSuffix(url, "/robots.txt") && n == 1 {
					p = first
				}
				p.public = strings.HasPrefix(url, "http://h0/")
				return p
			}
			c, _ := walkOf(t, f, strings.Fields(listOf(20, 2)), Options{Concurrency: 20, Retries: 1, Follow: &Follow{PublicDelay: time.Second}})
			runWalk(t, f, c)
			checkGaps(t, f, "http://h0/", time.Second)
			own := f.of("http://h1/")
			if took := own[len(own)-1].begin.Sub(c.began); first.status != 503 && took != 0 {
				t.Errorf("what is not public took %v", took)
			}
		})
	}
}

// TestPublicDelayOfRetry: an answer that is not good enough tells of the address, too.
func TestPublicDelayOfRetry(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeWeb(w, nil)
		f.page = func(string, int) page { return page{status: 502, public: true, after: time.Second} }
		c, _ := walkOf(t, f, strings.Fields(listOf(5, 1)), Options{Concurrency: 5, PerHost: 1, Retries: 3, Follow: &Follow{Robots: RobotsIgnore, PublicDelay: 5 * time.Second}})
		runWalk(t, f, c)
		checkGaps(t, f, "http://h0/", 5*time.Second)
	})
}

// TestWalkRate: the rate holds for all requests, robots.txt files too, together with delays.
func TestWalkRate(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeWeb(w, nil)
		f.page = func(string, int) page { return page{after: 50 * time.Millisecond} }
		follow := &Follow{}
		follow.Pace.Delay = time.Second
		c, _ := walkOf(t, f, strings.Fields(listOf(100, 10)), Options{Concurrency: 20, Rate: 5, Follow: follow})
		runWalk(t, f, c)
		begins := make([]time.Time, len(f.visits))
		for i, v := range f.visits {
			begins[i] = v.begin
		}
		checkRate(t, begins, 5)
		for i := range 10 {
			checkGaps(t, f, fmt.Sprintf("http://h%d/", i), time.Second)
		}
		if took := begins[109].Sub(begins[0]); took > 30*time.Second {
			t.Errorf("110 requests took %v", took)
		}
	})
}

// TestWalkCalm: while delays hold everything back the loop does next to nothing, and timers do not pile up.
func TestWalkCalm(t *testing.T) {
	for _, workers := range []int{1, 100} {
		w := newLoopWorld(t)
		f := newFakeWeb(w, nil)
		f.page = func(url string, n int) page {
			if url == "http://h1/1" && n == 1 {
				return page{status: 503, wait: 4 * time.Minute}
			}
			var n0 int
			if _, _ = fmt.Sscanf(url, "http://h0/%d", &n0); n0 < 1000 {
				return page{after: 10 * time.Millisecond, body: links(fmt.Sprint(n0 + 1))}
			}
			return page{}
		}
		follow := &Follow{Robots: RobotsIgnore, MaxDepth: -1}
		follow.Pace.Delay = 100 * time.Millisecond
		c, _ := walkOf(t, f, strings.Fields(listOf(2, 2)), Options{Concurrency: workers, Retries: 1, Follow: follow})
		most := 0
		check := f.tick
		f.tick = func() {
			check()
			most = max(most, w.Engine.(interface{ Load() engine.Load }).Load().Timers)
		}
		runWalk(t, f, c)
		checkCalm(t, w, 1000)
		if most > 10 {
			t.Errorf("%d workers: %d timers at once", workers, most)
		}
	}
}
