//go:build unix

package crawler

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"crawl/internal/link"
)

func packed(t testing.TB, s string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// many are n different lines, or whatever each makes of a number.
func many(n int, each string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, each, i)
	}
	return b.String()
}

func given(t testing.TB, urls ...string) (list []link.URL) {
	t.Helper()
	for _, s := range urls {
		u, err := link.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, u)
	}
	return list
}

// large is a web with one document that leads to very many URLs, in each of the forms that there are.
func large(t testing.TB, n int) map[string]page {
	t.Helper()
	return map[string]page{
		"page":    {body: many(n, "<a href=/%d>")},
		"sitemap": {kind: "text/xml", body: "<urlset>" + many(n, "<url><loc>http://h/%d</loc>") + "</urlset>"},
		"text":    {kind: "text/plain", body: many(n, "http://h/%d\n")},
		"packed":  {kind: "application/gzip", body: packed(t, many(n, "http://h/%d\n"))},
	}
}

// TestPortions: however many URLs a document leads to, and however well it is packed, they are entered in portions, and others have
// their turn between two. None is lost.
func TestPortions(t *testing.T) {
	const n = 20_000
	for name, p := range large(t, n) {
		t.Run(name, func(t *testing.T) {
			w := newLoopWorld(t)
			f := newFakeWeb(w, map[string]page{"http://h/large": p})
			follow := &Follow{MaxDepth: -1, MaxURLs: 1, Robots: RobotsIgnore}
			if name != "page" {
				follow.Sitemaps.Given = given(t, "http://h/large")
			}
			c, _ := walkOf(t, f, []string{"http://h/large"}, Options{Concurrency: 1, Follow: follow})
			largest := largestPortion(t, w, c)
			const most = 2000 // a portion is 512, and one step of a parser more; two of them may come in one iteration of the loop
			if largest > most {
				t.Errorf("%d URLs were entered without a turn of another task", largest)
			}
			if c.ledger.Discovered != n+1 {
				t.Errorf("%s", &c.ledger)
			}
		})
	}
}

// largestPortion runs a crawl to its end, and returns how many URLs were entered at most without a turn of another task.
func largestPortion(t *testing.T, w *world, c *Crawler) (largest int64) {
	t.Helper()
	before := int64(0)
	w.Go("other", func(ctx context.Context) error {
		for !c.dispatch.draining && !c.dispatch.walk.over() {
			checkWalk(t, c)
			largest = max(largest, c.ledger.Discovered-before)
			before = c.ledger.Discovered
			if err := w.Sleep(ctx, 0); err != nil {
				return err
			}
		}
		return nil
	})
	c.Start()
	if err := runBounded(t, w, context.Background()); err != nil {
		t.Error(err)
	}
	checkEnd(t, c)
	return max(largest, c.ledger.Discovered-before)
}

// TestLongPortions: long URLs are more work, and fewer are entered at once; so are those that are relative to a long one.
func TestLongPortions(t *testing.T) {
	const n = 500
	long := strings.Repeat("/"+strings.Repeat("x", 99), 30)
	for name, body := range map[string]string{
		"links": many(n, "<a href="+long+"/%d>"),
		"base":  "<base href=" + long + "/>" + many(n, "<a href=%d>"),
	} {
		t.Run(name, func(t *testing.T) {
			w := newLoopWorld(t)
			f := newFakeWeb(w, map[string]page{"http://h/large": {body: body}})
			c, _ := walkOf(t, f, []string{"http://h/large"}, Options{Concurrency: 1, Follow: &Follow{MaxDepth: -1, MaxURLs: 1, Robots: RobotsIgnore}})
			const most = 2 * (portionBytes/3000 + 1) // two may come in one iteration of the loop
			if largest := largestPortion(t, w, c); largest > most {
				t.Errorf("%d URLs were entered without a turn of another task", largest)
			}
			if c.ledger.Discovered != n+1 {
				t.Errorf("%s", &c.ledger)
			}
		})
	}
}

// TestCutInSitemap: a crawl that is drained, or cancelled, in the midst of a large document leaves exact books: what was entered
// is pending, and the document is fetched, or pending too.
func TestCutInSitemap(t *testing.T) {
	const n = 20_000
	for name, p := range large(t, n) {
		for _, kill := range []bool{false, true} {
			t.Run(fmt.Sprint(name, kill), func(t *testing.T) {
				eachWorld(t, func(t *testing.T, w *world) {
					f := newFakeWeb(w, map[string]page{"http://h/large": p})
					follow := &Follow{MaxDepth: -1, Robots: RobotsIgnore}
					if name != "page" {
						follow.Sitemaps.Given = given(t, "http://h/large")
					}
					c, _ := walkOf(t, f, []string{"http://h/large"}, Options{Concurrency: 1, Follow: follow})
					ctx, cancel := context.WithCancel(context.Background())
					defer cancel()
					at := int64(-1)
					w.Go("other", func(ctx context.Context) error {
						for at < 0 {
							c.mu.Lock()
							if c.ledger.Discovered > n/4 {
								at = c.ledger.Discovered
							}
							c.mu.Unlock()
							if err := w.Sleep(ctx, time.Duration(0)); err != nil {
								return err
							}
						}
						if kill {
							cancel()
						} else {
							c.Drain()
						}
						return nil
					})
					c.Start()
					if err := runBounded(t, w, ctx); err != nil {
						t.Error(err)
					}
					checkEnd(t, c)
					l := &c.ledger
					switch {
					case l.Pending == 0 || l.Discovered < at:
						t.Errorf("%s; %d were discovered before", l, at)
					case !kill && (l.Discovered != n+1 || l.Fetched < 1):
						t.Errorf("what was in flight has not come to its end: %s", l)
					}
				})
			})
		}
	}
}
