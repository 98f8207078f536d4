//go:build unix

package crawler

import (
	"strings"
	"testing"
)

// TestWalkExtended: redirects of a URL of the source take the scope to the host where they end, if that answers; those of other pages lead
// nowhere else, and no hop of the way belongs to the crawl.
func TestWalkExtended(t *testing.T) {
	pages := map[string]page{
		"http://a/":          {status: 301, location: "http://b/"},
		"http://b/":          {status: 308, location: "https://www.a/home"},
		"https://www.a/home": {body: links("/in", "http://b/other", "http://a/more", "/away")},
		"https://www.a/away": {status: 302, location: "http://c/"},
		"https://www.a/in":   {}, "http://a/more": {}, "http://b/other": {}, "http://c/": {},
	}
	for _, test := range []struct {
		extend bool

		want string
	}{
		{true, "http://a/ http://a/more http://b/ https://www.a/away https://www.a/home https://www.a/in"},
		{false, "http://a/"},
	} {
		eachWorld(t, func(t *testing.T, w *world) {
			f := newFakeWeb(w, pages)
			follow := &Follow{MaxDepth: -1, Robots: RobotsIgnore, Scope: Scope{Extend: test.extend}}
			c, _ := walkOf(t, f, []string{"http://a/"}, Options{Concurrency: 3, Follow: follow})
			runWalk(t, f, c)
			if got := strings.Join(f.asked(), " "); got != test.want {
				t.Errorf("extend %v: asked for %s", test.extend, got)
			}
			if got := strings.Join(c.Stats().Extended, " "); test.extend != (got == "www.a") {
				t.Errorf("extend %v: extended to %q", test.extend, got)
			}
		})
	}
}
