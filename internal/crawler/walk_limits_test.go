//go:build unix

package crawler

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"crawl/internal/fetch"
	"crawl/internal/link"
)

// endless is a web of a host in which each page leads to more.
func endless(url string, _ int) page {
	if strings.HasSuffix(url, "/robots.txt") {
		return page{status: 404}
	}
	n := 0
	_, _ = fmt.Sscanf(url[strings.LastIndexByte(url, '/')+1:], "%d", &n)
	return page{after: 100 * time.Millisecond, body: links(fmt.Sprintf("http://h%d/%d", n%3, 3*n+1), fmt.Sprintf("http://h%d/%d", (n+1)%3, 3*n+2), fmt.Sprint(3*n+3))}
}

// TestWalkLimits: a crawl ends at its limits, says so, and what is left is pending.
func TestWalkLimits(t *testing.T) {
	for _, test := range []struct {
		follow Follow
		limit  string
	}{{Follow{MaxURLs: 50}, "--max-urls"}, {Follow{MaxBytes: 5000}, "--max-bytes"}} {
		for _, n := range []int{1, 7, 100} {
			eachWorld(t, func(t *testing.T, w *world) {
				f := newFakeWeb(w, nil)
				f.page = endless
				follow := test.follow
				follow.MaxDepth, follow.Scope.Extent = -1, ScopeAny
				c, out := walkOf(t, f, []string{"http://h0/0"}, Options{Concurrency: n, Follow: &follow})
				runWalk(t, f, c)
				if c.Limit() != test.limit || c.ledger.Pending == 0 || int64(len(rowsOfPages(t, out.String()))) != c.ledger.Fetched {
					t.Errorf("limit %q, %s", c.Limit(), &c.ledger)
				}
				if asked := len(f.asked()); follow.MaxURLs > 0 && asked != 50 {
					t.Errorf("asked for %d", asked)
				}
				if follow.MaxBytes > 0 && (c.bytes < 5000 || c.bytes > 5000+int64(n)*200) {
					t.Errorf("%d bytes", c.bytes)
				}
			})
		}
	}
}

// TestWalkLimitNotReached: a crawl that has just as much as it may have has not been cut short, and attempts are not URLs.
func TestWalkLimitNotReached(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeWeb(w, nil)
		f.page = func(string, int) page { return page{class: fetch.ClosedReset} }
		c, _ := walkOf(t, f, strings.Fields(listOf(10, 3)), Options{Retries: 3, Follow: &Follow{Robots: RobotsIgnore, MaxURLs: 10}})
		runWalk(t, f, c)
		if c.Limit() != "" || c.ledger.Failed != 10 || len(f.visits) != 40 {
			t.Errorf("%q, %s, %d requests", c.Limit(), &c.ledger, len(f.visits))
		}
	})
}

// TestWalkLimitOfAsked: what would not be asked for anyway takes nobody to the limit.
func TestWalkLimitOfAsked(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeWeb(w, map[string]page{"http://h/robots.txt": text("User-agent: *", "Disallow: /no"), "http://h/": {body: links("/1", "/no/1", "/no/2")}})
		c, _ := walkOf(t, f, []string{"http://h/"}, Options{Follow: &Follow{MaxDepth: -1, MaxURLs: 2}})
		runWalk(t, f, c)
		if c.Limit() != "" || c.ledger.Pending != 0 || c.ledger.Classes[SkipRobots] != 2 {
			t.Errorf("%q, %s", c.Limit(), &c.ledger)
		}
	})
}

// TestWalkManyRetries: attempts come to an end, however many there may be.
func TestWalkManyRetries(t *testing.T) {
	w := newLoopWorld(t)
	f := newFakeWeb(w, nil)
	f.page = func(string, int) page { return page{class: fetch.ClosedReset} }
	c, _ := walkOf(t, f, []string{"http://h/"}, Options{Retries: 1000, RetryDelay: time.Nanosecond, Follow: &Follow{Robots: RobotsIgnore}})
	check := f.tick
	f.tick = func() {
		if check(); len(f.visits) > 2000 {
			c.Drain()
		}
	}
	runWalk(t, f, c)
	if n := len(f.visits); n < 200 || n > 1001 {
		t.Errorf("%d attempts", n)
	}
}

// TestWalkCutShort: a crawl that is drained or cancelled at any moment, paused and resumed before, ends, with everything
// given back and what it has not done pending.
func TestWalkCutShort(t *testing.T) {
	for seed := range uint64(60) {
		eachWorld(t, func(t *testing.T, w *world) {
			rng := rand.New(rand.NewPCG(seed, 3))
			f := newFakeWeb(w, nil)
			f.page = func(url string, n int) page {
				p := endless(url, n)
				if url == "http://h0/0" || url == "http://h0/robots.txt" {
					return p
				}
				p.after = time.Duration(rng.IntN(300)) * time.Millisecond
				switch rng.IntN(8) {
				case 0:
					p.class, p.cut = fetch.ClosedReset, true
				case 1:
					p.status, p.wait = 503, time.Duration(rng.IntN(3))*time.Second
				}
				return p
			}
			if rng.IntN(3) == 0 {
				w.delay = func() time.Duration { return 200 * time.Millisecond }
			}
			follow := &Follow{MaxDepth: -1, Scope: Scope{Extent: ScopeAny, Exclude: []*regexp.Regexp{regexp.MustCompile("5$")}}, RecordSkipped: true}
			follow.Pace.Delay = time.Duration(rng.IntN(100)) * time.Millisecond
			o := Options{Concurrency: 1 + rng.IntN(20), PerHost: rng.IntN(3), Retries: rng.IntN(3), Follow: follow}
			if rng.IntN(3) == 0 {
				o.Rate = float64(1 + rng.IntN(50))
			}
			c, out := walkOf(t, f, []string{"http://h0/0", "no url"}, o)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			at := func() time.Duration { return time.Duration(rng.IntN(5000)) * time.Millisecond }
			w.After(at(), func() { c.Pause() })
			end := at()
			drains := rng.IntN(2) == 0
			w.After(5*time.Second, c.Resume)
			left := int64(0)
			w.After(end+6*time.Second, func() {
				s := c.Stats()
				left = s.Ledger.Pending - int64(s.InFlight)
				if drains {
					c.Drain()
				} else {
					cancel()
				}
			})
			c.Start()
			runStarted(t, w, ctx, c)
			checkEnd(t, c)
			if n := int64(len(rowsOfPages(t, out.String()))); n > c.ledger.Settled() || drains && n < c.ledger.Settled() || n < c.ledger.Settled()-c.ledger.Classes[SkipExclude] || c.ledger.Pending < left {
				t.Errorf("seed %d: %d records: %s", seed, n, &c.ledger)
			}
			if c.Limit() != "" {
				t.Errorf("limit %q", c.Limit())
			}
		})
	}
}

// TestWalkSeeds: seeds that are none, twice there, or of somebody; an empty list; and one that comes slowly.
func TestWalkSeeds(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeWeb(w, map[string]page{"http://h/": {}})
		c, out := walkOf(t, f, []string{"http://h", "http://h/#x", "http://h:80/", "ftp://h/", "http://me:secret@h/", "http://h:0/"}, Options{Concurrency: 3, Follow: &Follow{}})
		runWalk(t, f, c)
		rows := rowsOfPages(t, out.String())
		if c.ledger.Discovered != 4 || c.ledger.Classes[fetch.Input] != 3 || len(rows) != 4 || f.counts["http://h/"] != 1 {
			t.Errorf("%s: %+v", &c.ledger, rows)
		}
	})
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeWeb(w, nil)
		c, _ := walkOf(t, f, nil, Options{Concurrency: 3, Follow: &Follow{}})
		runWalk(t, f, c)
		if c.ledger.Discovered != 0 || len(f.visits) != 0 {
			t.Errorf("%s", &c.ledger)
		}
	})
	for _, rate := range []float64{0, 3} {
		eachWorld(t, func(t *testing.T, w *world) {
			f := newFakeWeb(w, nil)
			f.page = func(string, int) page { return page{body: links("http://h19/x", "http://h20/")} }
			w.delay = func() time.Duration { return time.Second }
			list := &slowList{rest: listOf(20, 20), chunk: 7}
			c := New(w, f, NewSource([]string{"http://first/"}, "list", list), NewSink("output", &output{}), Options{Concurrency: 10, Rate: rate, Follow: &Follow{Token: "x", MaxDepth: -1}})
			f.tick = func() { checkWalk(t, c) }
			runWalk(t, f, c)
			if c.ledger.Fetched != 22 || c.ledger.Classes[SkipScope] != 1 {
				t.Errorf("%s", &c.ledger)
			}
		})
	}
}

// TestWalkRevived: what was first found where it may not be followed, or too deep, is fetched when it is found otherwise.
func TestWalkRevived(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeWeb(w, map[string]page{
			"http://h/":  {body: `<a rel=nofollow href=/x>` + links("/a", "/slow")},
			"http://h/a": {body: links("/b", "/x")}, "http://h/b": {body: links("/deep")}, "http://h/slow": {body: links("/late")},
			"http://h/late": {status: 302, location: "/deep", after: time.Minute}, "http://h/x": {}, "http://h/deep": {},
		})
		c, out := walkOf(t, f, []string{"http://h/"}, Options{Concurrency: 5, Follow: &Follow{MaxDepth: 2, Robots: RobotsIgnore}})
		var deep int64
		w.After(30*time.Second, func() { deep = c.Stats().Ledger.Classes[SkipDepth] })
		runWalk(t, f, c)
		rows := rowsOfPages(t, out.String())
		if deep != 1 || c.ledger.Skipped != 0 || c.ledger.Fetched != 7 || rows["http://h/deep"].Referrer != "http://h/late" || *rows["http://h/deep"].Depth != 2 {
			t.Errorf("%d too deep at first; %s; %+v", deep, &c.ledger, rows)
		}
	})
}

// TestWalkGuarded: what a page on a public address leads to, and where that leads by redirects, may not be private.
func TestWalkGuarded(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeWeb(w, map[string]page{
			"http://p/": {public: true, body: links("http://q/1")}, "http://q/1": {status: 302, location: "http://r/2"}, "http://r/2": {},
			"http://i/": {body: links("http://j/")}, "http://j/": {},
		})
		c, _ := walkOf(t, f, []string{"http://p/", "http://i/"}, Options{Follow: &Follow{MaxDepth: -1, Scope: Scope{Extent: ScopeAny}}})
		runWalk(t, f, c)
		for _, v := range f.visits {
			host := v.url[len("http://"):][:1]
			if v.guarded != (host == "q" || host == "r") {
				t.Errorf("%s: guarded %v", v.url, v.guarded)
			}
		}
	})
}

// TestWalkReleased: what another page leads to as well, which is not public, may be private, if it has not been refused before: not
// while it waits, and not while it is refused, be it the page or its robots.txt.
func TestWalkReleased(t *testing.T) {
	for _, policy := range []RobotsPolicy{RobotsIgnore, RobotsObey} {
		for _, test := range []struct {
			links []string
			after time.Duration // until the other page leads there
			class fetch.Class
		}{
			{[]string{"http://inside/"}, time.Second, fetch.OK},
			{[]string{"http://inside/"}, 3 * time.Second, fetch.AddressPrivate},
			{[]string{"http://inside/0", "http://inside/"}, time.Second, fetch.OK}, // it waits for the first
			{[]string{"http://inside/0", "http://inside/"}, 3 * time.Second, fetch.OK},
			{[]string{"http://inside/0", "http://inside/"}, 5 * time.Second, fetch.AddressPrivate},
		} {
			eachWorld(t, func(t *testing.T, w *world) {
				f := newFakeWeb(w, nil)
				f.page = func(url string, _ int) page {
					switch url {
					case "http://public/":
						return page{public: true, body: links(test.links...)}
					case "http://own/":
						return page{after: test.after, body: links("http://inside/?")}
					case "http://inside/":
						return page{body: links("/2")}
					}
					return page{}
				}
				follow := &Follow{MaxDepth: -1, Robots: policy, Scope: Scope{Extent: ScopeAny}}
				c, out := walkOf(t, f, []string{"http://public/", "http://own/"}, Options{Concurrency: 5, PerHost: 1, Follow: follow})
				c.fetcher = slowGuard{f}
				runWalk(t, f, c)
				rows := rowsOfPages(t, out.String())
				if got := rows["http://inside/"].Class; got != string(test.class) {
					t.Errorf("policy %d, %q, found again after %v: %s", policy, test.links, test.after, got)
				}
				if got := rows["http://inside/2"].Class; test.class == fetch.OK && got != "ok" {
					t.Errorf("policy %d, %q, after %v: what it leads to is %q", policy, test.links, test.after, got)
				}
			})
		}
	}
}

// slowGuard is a guard that takes 2 s to refuse.
type slowGuard struct{ *fakeWeb }

func (f slowGuard) Do(ctx context.Context, req *fetch.Request, res *fetch.Response) error {
	if req.Guarded {
		if err := f.engine.Sleep(ctx, 2*time.Second); err != nil {
			return &fetch.Error{Class: fetch.Cancelled, Err: err}
		}
	}
	return guard(f).Do(ctx, req, res)
}

// TestWalkRedirects: redirects that go on and on end as a trap, at the depth of the first.
func TestWalkRedirects(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeWeb(w, nil)
		f.page = func(url string, _ int) page { return page{status: 302, location: url + "x"} }
		c, _ := walkOf(t, f, []string{"http://h/"}, Options{Follow: &Follow{MaxDepth: 0, Robots: RobotsIgnore}})
		runWalk(t, f, c)
		if len(f.visits) != maxHops+1 || c.ledger.Classes[SkipTrap] != 1 {
			t.Errorf("%d requests, %v", len(f.visits), c.ledger.Classes)
		}
	})
}

// TestWalkMatchesWhatIsFetched: expressions are held against the URL as it is asked for: without fragment, user, and what
// is stripped of its query.
func TestWalkMatchesWhatIsFetched(t *testing.T) {
	canon, err := link.NewCanon([]string{"sid"})
	if err != nil {
		t.Fatal(err)
	}
	for _, canon := range []*link.Canon{nil, canon} {
		eachWorld(t, func(t *testing.T, w *world) {
			to := []string{"/a.pdf#page=2", "http://me@h/b.pdf"}
			if canon != nil {
				to = append(to, "/c.pdf?sid=1")
			}
			f := newFakeWeb(w, map[string]page{"http://h/": {body: links(append(to, "/r")...)}, "http://h/r": {status: 301, location: "/d.pdf#x"}})
			follow := &Follow{MaxDepth: -1, Robots: RobotsIgnore, Canon: canon}
			follow.Scope.Exclude = []*regexp.Regexp{regexp.MustCompile(`^http://h/.*\.pdf$`)}
			c, _ := walkOf(t, f, []string{"http://h/"}, Options{Follow: follow})
			runWalk(t, f, c)
			if got := strings.Join(f.asked(), " "); got != "http://h/ http://h/r" {
				t.Errorf("asked for %s", got)
			}
		})
	}
}

// TestWalkDigest: a page is read for its links and its digest at once, each attempt anew.
func TestWalkDigest(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeWeb(w, nil)
		f.page = func(url string, n int) page {
			if n < 3 && url == "http://h/" {
				return page{body: links("/wrong", "/never"), class: fetch.ClosedEarly, cut: true}
			}
			return page{body: "abc" + links("/right")}
		}
		c, out := walkOf(t, f, []string{"http://h/"}, Options{Concurrency: 3, Retries: 2, Digest: true, Follow: &Follow{MaxDepth: -1, Robots: RobotsIgnore}})
		runWalk(t, f, c)
		rows := rowsOfPages(t, out.String())
		want := rows["http://h/right"].Digest
		if len(rows) != 2 || rows["http://h/"].Digest != want || want == "" {
			t.Errorf("%+v", rows)
		}
		if n := len(c.extractors); n != 1 {
			t.Errorf("%d extractors", n)
		}
	})
}

// TestWalkKeys: of two URLs with one key the first is asked for, as it is written. One that may not be asked for does not stand
// in the way of one that may.
func TestWalkKeys(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeWeb(w, map[string]page{
			"http://h/":   {body: links("/%7ea", "/~a", "/b?", "/b", "/%7Ea?", "/no%41", "/noA", "/%62?x", "/B", "/b/")},
			"http://h/b?": {body: links("?", "#x", "/b", "/%62")},
		})
		follow := &Follow{MaxDepth: -1, Robots: RobotsIgnore, Scope: Scope{Exclude: []*regexp.Regexp{regexp.MustCompile("%41")}}}
		c, out := walkOf(t, f, []string{"http://h/", "http://h?", "http://%68/"}, Options{Concurrency: 1, Follow: follow})
		runWalk(t, f, c)
		want := "http://h/ http://h/%62?x http://h/%7ea http://h/B http://h/b/ http://h/b? http://h/noA"
		if got := strings.Join(f.asked(), " "); got != want || len(f.visits) != 7 {
			t.Errorf("%d requests, for %s", len(f.visits), got)
		}
		if rows := rowsOfPages(t, out.String()); c.ledger.Discovered != 7 || c.ledger.Fetched != 7 || rows["http://h/b?"].Depth == nil {
			t.Errorf("%s; %+v", &c.ledger, rows)
		}
	})
}

// TestWalkRedirectRespells: a site that sends its visitors from one spelling to another one of the same key is followed there,
// once, and not in a circle.
func TestWalkRedirectRespells(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeWeb(w, map[string]page{
			"http://h/":     {body: links("/%7ea", "/~a", "/b", "/c", "/c?")},
			"http://h/%7ea": {status: 301, location: "/~a"},
			"http://h/~a":   {body: links("/%7ea", "/x")},
			"http://h/b":    {status: 302, location: "/%62"},
			"http://h/%62":  {status: 302, location: "/b?"},
			"http://h/b?":   {status: 302, location: "/b"},
			"http://h/c":    {status: 301, location: "/out?"},
			"http://h/out?": {body: links("/out")},
			"http://h/x":    {},
		})
		c, out := walkOf(t, f, []string{"http://h/"}, Options{Follow: &Follow{MaxDepth: -1, Robots: RobotsIgnore}})
		runWalk(t, f, c)
		want := "http://h/ http://h/%62 http://h/%7ea http://h/b http://h/b? http://h/c http://h/out? http://h/x http://h/~a"
		if got := strings.Join(f.asked(), " "); got != want || len(f.visits) != 9 {
			t.Errorf("%d requests, for %s", len(f.visits), got)
		}
		if rows := rowsOfPages(t, out.String()); rows["http://h/~a"].Referrer != "http://h/%7ea" || *rows["http://h/~a"].Depth != 1 || *rows["http://h/x"].Depth != 2 {
			t.Errorf("%+v", rows)
		}
	})
}
