//go:build unix

package crawler

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"crawl/internal/fetch"
	"crawl/internal/robots"
)

// text is a robots.txt.
func text(lines ...string) page {
	return page{body: strings.Join(lines, "\n") + "\n", kind: "text/plain"}
}

// TestRobotsFirst: robots.txt is asked for once for each origin, before all else, and nothing else meanwhile; what it
// disallows is not asked for.
func TestRobotsFirst(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		rules := text("User-agent: tester", "Disallow: /no", "User-agent: *", "Disallow: /")
		rules.after = 3 * time.Second
		f := newFakeWeb(w, map[string]page{
			"http://h/robots.txt": rules, "http://h/1": {body: links("/no/1", "/yes")}, "http://h/2": {}, "http://h/yes": {},
		})
		c, out := walkOf(t, f, []string{"http://h/1", "http://h/2", "http://h/no", "http://h:8080/", "https://h/1"}, Options{Concurrency: 10, Follow: &Follow{MaxDepth: -1}})
		runWalk(t, f, c)
		for _, origin := range []string{"http://h/", "http://h:8080/", "https://h/"} {
			all := f.of(origin)
			if all[0].url != origin+"robots.txt" || f.counts[origin+"robots.txt"] != 1 {
				t.Errorf("%s: first %s, robots.txt %d times", origin, all[0].url, f.counts[origin+"robots.txt"])
			}
			for _, v := range all[1:] {
				if v.begin.Before(all[0].end) {
					t.Errorf("%s before robots.txt was there", v.url)
				}
			}
		}
		rows := rowsOfPages(t, out.String())
		for _, url := range []string{"http://h/no", "http://h/no/1"} {
			if r := rows[url]; f.counts[url] != 0 || r.Class != "robots" || !strings.Contains(r.Error, "line 2") {
				t.Errorf("%s was asked for %d times: %+v", url, f.counts[url], r)
			}
		}
		if rows["http://h/yes"].Class != "ok" || c.ledger.Classes[SkipRobots] != 2 {
			t.Errorf("%v", c.ledger.Classes)
		}
	})
}

// TestRobotsAnswers: what is allowed after each kind of answer, and how often is asked for it.
func TestRobotsAnswers(t *testing.T) {
	long := text("User-agent: *", "Disallow: /no", "# "+strings.Repeat("x", robots.Limit))
	long.body += "User-agent: *\nDisallow: /\n"
	long.after = 10 * time.Millisecond
	for _, test := range []struct {
		name   string
		answer page
		class  string // of what would be allowed
		times  int
	}{
		{"rules", text("User-agent: *", "Disallow: /no"), "ok", 1},
		{"404", page{status: 404, body: "Disallow: /"}, "ok", 1},
		{"403", page{status: 403}, "ok", 1},
		{"500", page{status: 500}, "robots", 1},
		{"503", page{status: 503}, "robots", 3},
		{"429", page{status: 429}, "robots", 3},
		{"refused", page{class: fetch.ConnectRefused}, "connect.refused", 3},
		{"no name", page{class: fetch.DNSNotFound}, "dns.nxdomain", 1},
		{"cut", page{class: fetch.ClosedEarly, cut: true, body: "User-agent: *\nAllow: /\n"}, "closed.early", 3},
		{"too long", long, "ok", 1},
		{"a redirect", page{status: 301, location: "http://else/rules"}, "ok", 1},
		{"endless redirects", page{status: 301, location: "/robots.txt"}, "ok", robots.MaxRedirects + 1},
		{"a redirect to nowhere", page{status: 302, location: "ftp://h/"}, "ok", 1},
		{"a long wait", page{status: 503, wait: time.Hour}, "robots", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachWorld(t, func(t *testing.T, w *world) {
				f := newFakeWeb(w, map[string]page{
					"http://h/robots.txt": test.answer, "http://else/rules": text("User-agent: *", "Disallow: /no"),
					"http://h/yes": {}, "http://h/yes2": {},
				})
				c, out := walkOf(t, f, []string{"http://h/yes", "http://h/yes2", "http://h/no"}, Options{Concurrency: 10, Retries: 2, Follow: &Follow{}})
				runWalk(t, f, c)
				rows := rowsOfPages(t, out.String())
				if rows["http://h/yes"].Class != test.class || rows["http://h/yes2"].Class != test.class || f.counts["http://h/robots.txt"] != test.times {
					t.Errorf("%+v after %d requests", rows, f.counts["http://h/robots.txt"])
				}
				if (f.counts["http://h/yes"] != 0) != (test.class == "ok") {
					t.Errorf("asked %d times", f.counts["http://h/yes"])
				}
				if h := c.dispatch.walk.urls.Busiest(1); len(h.Busiest) != 0 {
					t.Errorf("left: %+v", h.Busiest)
				}
				if h := c.dispatch.walk.urls.Host(1); test.name == "too long" && (h.Failures != 0 || h.Latency != 10*time.Millisecond) {
					t.Errorf("a file that is long counts as a failure: %+v", h)
				}
				if class := rows["http://h/no"].Class; (test.name == "rules" || test.name == "too long" || test.name == "a redirect") && class != "robots" {
					t.Errorf("what is disallowed: %s", class)
				}
				if want := int64(test.times - 1); test.name != "endless redirects" && c.repeats != want {
					t.Errorf("%d attempts counted as further ones, not %d", c.repeats, want)
				}
			})
		})
	}
}

// TestRobotsRetriesHoldNobodyUp: a host whose robots.txt is tried again and again keeps no other waiting.
func TestRobotsRetriesHoldNobodyUp(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeWeb(w, nil)
		f.page = func(url string, n int) page {
			if strings.HasPrefix(url, "http://dead/") {
				return page{class: fetch.TimeoutConnect, after: time.Minute}
			}
			return page{after: time.Second}
		}
		seeds := []string{"http://dead/1", "http://dead/2"}
		for i := range 20 {
			seeds = append(seeds, fmt.Sprintf("http://h%d/", i))
		}
		c, out := walkOf(t, f, seeds, Options{Concurrency: 2, Retries: 2, Follow: &Follow{}})
		runWalk(t, f, c)
		for _, v := range f.of("http://h") {
			if took := v.end.Sub(c.began); took > 41*time.Second { // one is always at work on them
				t.Errorf("%s after %v", v.url, took)
			}
		}
		if n := len(f.of("http://dead/")); n != 3 || rowsOfPages(t, out.String())["http://dead/2"].Class != "timeout.connect" {
			t.Errorf("%d requests to the dead one", n)
		}
	})
}

// TestRobotsExpire: in a long crawl the file is asked for again, and what it says then counts.
func TestRobotsExpire(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeWeb(w, nil)
		f.page = func(url string, n int) page {
			if strings.HasSuffix(url, "/robots.txt") {
				p := text("User-agent: *", "Disallow: /none")
				if n > 1 {
					p = text("User-agent: *", "Disallow: /2")
				}
				p.fields = []string{"Cache-Control: public", "Cache-Control: max-age=600"}
				p.after = time.Second
				return p
			}
			return page{}
		}
		var seeds []string
		for i := range 30 {
			seeds = append(seeds, fmt.Sprintf("http://h/%d", i))
		}
		follow := &Follow{}
		follow.Pace.Delay = time.Minute
		c, _ := walkOf(t, f, seeds, Options{Concurrency: 3, Follow: follow})
		runWalk(t, f, c)
		files := f.of("http://h/robots.txt")
		if len(files) != 3 { // for twenty pages, ten minutes each
			t.Fatalf("asked for %d times", len(files))
		}
		for i, v := range files[1:] {
			if age := v.begin.Sub(files[i].end); age < 10*time.Minute || age > 12*time.Minute {
				t.Errorf("asked again after %v", age)
			}
		}
		if n := c.ledger.Classes[SkipRobots]; n != 10 { // 20 to 29; 2 was there before
			t.Errorf("%d were disallowed then", n)
		}
		checkGaps(t, f, "http://h/", time.Minute)
	})
}

// TestCrawlDelay: the host is asked as seldom as its robots.txt wants it, from that on.
func TestCrawlDelay(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeWeb(w, nil)
		f.page = func(url string, n int) page {
			if strings.HasSuffix(url, "h/robots.txt") {
				return text("User-agent: *", "Crawl-delay: 7")
			}
			return page{after: time.Second}
		}
		c, _ := walkOf(t, f, []string{"http://h/1", "http://h/2", "http://h/3", "http://quick/1", "http://quick/2"}, Options{Concurrency: 5, Follow: &Follow{}})
		runWalk(t, f, c)
		checkGaps(t, f, "http://h/", 7*time.Second)
		if took := f.visits[len(f.visits)-1].begin.Sub(c.began); took != 21*time.Second {
			t.Errorf("the last began after %v", took)
		}
	})
}

// checkGaps checks that between the starts of requests to a host there was at least so long.
func checkGaps(t *testing.T, f *fakeWeb, prefix string, least time.Duration) {
	t.Helper()
	all := f.of(prefix)
	if len(all) < 2 {
		t.Errorf("%d requests to %s", len(all), prefix)
	}
	for i, v := range all[1:] {
		if gap := v.begin.Sub(all[i].begin); gap < least {
			t.Errorf("%s began %v after %s", v.url, gap, all[i].url)
		}
	}
}

// TestRobotsPolicies: one reports, and one does not ask.
func TestRobotsPolicies(t *testing.T) {
	for _, policy := range []RobotsPolicy{RobotsReport, RobotsIgnore} {
		eachWorld(t, func(t *testing.T, w *world) {
			f := newFakeWeb(w, map[string]page{"http://h/robots.txt": text("User-agent: *", "Disallow: /no"), "http://h/no": {}, "http://h/yes": {}})
			c, out := walkOf(t, f, []string{"http://h/no", "http://h/yes"}, Options{Follow: &Follow{Robots: policy}})
			runWalk(t, f, c)
			rows := rowsOfPages(t, out.String())
			report := policy == RobotsReport
			if no := rows["http://h/no"]; no.Class != "ok" || no.Disallowed != report || rows["http://h/yes"].Disallowed {
				t.Errorf("%+v", rows)
			}
			if (f.counts["http://h/robots.txt"] == 1) != report {
				t.Errorf("%d requests for robots.txt", f.counts["http://h/robots.txt"])
			}
		})
	}
}

// TestRobotsIsWhole: robots.txt is asked for as it is, whatever is known of an earlier crawl: it is not asked whether it has
// changed, and not for a part.
func TestRobotsIsWhole(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		web := newFakeWeb(w, map[string]page{"http://h/": {}, "http://h/robots.txt": text("")})
		f := &watchful{fakeWeb: web, selections: map[string]bool{}}
		c := New(w, f, NewSource([]string{"http://h/"}, "", nil), NewSink("output", &output{}), Options{
			Part: &fetch.Part{}, Validators: true, Follow: &Follow{Token: "x"},
		})
		run(t, w, c)
		if f.selections["http://h/robots.txt"] || !f.selections["http://h/"] {
			t.Errorf("%v", f.selections)
		}
	})
}

// TestManySkipped: what robots.txt disallows is written as fast as the output takes it, however much it is.
func TestManySkipped(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.delay = func() time.Duration { return time.Second }
		f := newFakeWeb(w, nil)
		const n = 60_000
		f.page = func(url string, _ int) page {
			if strings.HasSuffix(url, "/robots.txt") {
				return text("User-agent: *", "Disallow: /no")
			}
			to := make([]string, n)
			for i := range to {
				to[i] = fmt.Sprintf("/no/%d", i)
			}
			return page{body: links(to...)}
		}
		c, out := walkOf(t, f, []string{"http://h/"}, Options{Concurrency: 3, Follow: &Follow{MaxDepth: -1}})
		most := 0
		var look func()
		look = func() {
			most = max(most, bytesHeld(c))
			if c.Stats().Workers > 0 {
				w.After(100*time.Millisecond, look)
			}
		}
		w.After(0, look)
		runWalk(t, f, c)
		if len(rowsOfPages(t, out.String())) != n+1 || most > (sinkBlocks+4)*sinkBlock {
			t.Errorf("%d bytes were held", most)
		}
	})
}

// TestGuardedRobots: a host that a public page may not lead to is not closed by that for whoever else leads to it.
func TestGuardedRobots(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeWeb(w, nil)
		f.page = func(url string, _ int) page {
			switch url {
			case "http://public/":
				return page{public: true, body: links("http://inside/1", "http://inside/2")}
			case "http://seed/":
				return page{after: time.Second, body: links("http://inside/3")}
			}
			return page{}
		}
		c, out := walkOf(t, f, []string{"http://public/", "http://seed/"}, Options{Concurrency: 5, Retries: 2, Follow: &Follow{MaxDepth: -1, Scope: Scope{Extent: ScopeAny}}})
		c.fetcher = guard{f}
		runWalk(t, f, c)
		rows := rowsOfPages(t, out.String())
		for url, class := range map[string]string{"http://inside/1": "address.private", "http://inside/2": "address.private", "http://inside/3": "ok"} {
			if rows[url].Class != class {
				t.Errorf("%s: %+v", url, rows[url])
			}
		}
	})
}

// guard is a fakeWeb with a host inside, on a private address.
type guard struct{ *fakeWeb }

func (f guard) Do(ctx context.Context, req *fetch.Request, res *fetch.Response) error {
	if req.Guarded && req.URL.Host() == "inside" {
		*res = fetch.Response{Started: f.engine.Now()}
		return &fetch.Error{Class: fetch.AddressPrivate, Err: errors.New("made up")}
	}
	return f.fakeWeb.Do(ctx, req, res)
}
