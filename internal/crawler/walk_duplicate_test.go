//go:build unix

package crawler

import (
	"strings"
	"testing"
	"time"
)

// TestWalkDuplicates: records say which page had the same body first. Parts of it, empty bodies and errors are not compared.
func TestWalkDuplicates(t *testing.T) {
	same := "same" + links("/a")
	pages := map[string]page{
		"http://h/":  {body: links("/a", "/b", "/c", "/d", "/e", "/f", "/g", "/i", "/j")},
		"http://h/a": {body: same, after: time.Second}, "http://h/b": {body: same, after: 3 * time.Second}, "http://h/c": {body: same + " "},
		"http://h/d": {}, "http://h/e": {},
		"http://h/f": {body: same, status: 404}, "http://h/g": {body: same, kind: "text/plain", after: 2 * time.Second},
		"http://h/i": {status: 302, location: "/a", body: same}, "http://h/j": {body: same, class: "closed.early", cut: true},
	}
	for _, digest := range []bool{true, false} {
		eachWorld(t, func(t *testing.T, w *world) {
			f := newFakeWeb(w, pages)
			c, out := walkOf(t, f, []string{"http://h/"}, Options{Concurrency: 20, Digest: digest, Follow: &Follow{MaxDepth: -1, Robots: RobotsIgnore}})
			runWalk(t, f, c)
			rows := rowsOfPages(t, out.String())
			if len(rows) != len(pages) {
				t.Errorf("%d records", len(rows))
			}
			for url, row := range rows {
				want := ""
				if digest && (url == "http://h/b" || url == "http://h/g") {
					want = "http://h/a"
				}
				if row.Duplicate != want {
					t.Errorf("%s is a duplicate of %q, not %q", url, row.Duplicate, want)
				}
			}
		})
	}
}

// TestWalkSkipDuplicates: a web that is the same page under ever new names comes to an end, with the books balanced.
func TestWalkSkipDuplicates(t *testing.T) {
	for _, skip := range []bool{true, false} {
		eachWorld(t, func(t *testing.T, w *world) {
			f := newFakeWeb(w, nil)
			f.page = func(string, int) page { return page{body: links("y/x1", "z/x2")} }
			follow := &Follow{MaxDepth: -1, Robots: RobotsIgnore, SkipDuplicates: skip, MaxURLs: 100}
			c, out := walkOf(t, f, []string{"http://h/"}, Options{Concurrency: 4, Follow: follow})
			runWalk(t, f, c)
			rows := rowsOfPages(t, out.String())
			if skip != (len(rows) == 3) || skip != (c.Limit() == "") {
				t.Errorf("skip %v: %d records, %s", skip, len(rows), &c.ledger)
			}
			if skip && (rows["http://h/y/x1"].Duplicate != "http://h/" || rows["http://h/z/x2"].Duplicate != "http://h/") {
				t.Errorf("%+v", rows)
			}
		})
	}
}

// TestWalkSkipDuplicatesClosed: what the first page did not let us follow is followed from another with the same body that does, once.
func TestWalkSkipDuplicatesClosed(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		same := links("x")
		f := newFakeWeb(w, map[string]page{
			"http://h/":    {body: links("/1/p", "/2/p", "/3/p")},
			"http://h/1/p": {body: same, fields: []string{"X-Robots-Tag: nofollow"}},
			"http://h/2/p": {body: same, after: time.Second},
			"http://h/3/p": {body: same, after: 2 * time.Second},
			"http://h/2/x": {}, "http://h/3/x": {},
		})
		c, _ := walkOf(t, f, []string{"http://h/"}, Options{Concurrency: 4, Follow: &Follow{MaxDepth: -1, Robots: RobotsIgnore, SkipDuplicates: true}})
		runWalk(t, f, c)
		if got := strings.Join(f.asked(), " "); got != "http://h/ http://h/1/p http://h/2/p http://h/2/x http://h/3/p" {
			t.Errorf("asked for %s", got)
		}
	})
}
