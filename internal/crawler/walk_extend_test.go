//go:build unix

package crawler

import (
	"maps"
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

// TestWalkExtendedSitemaps: where redirects of a URL of the source have ended, sitemaps count as at the host that was given, whether robots.txt
// names them or they are guessed; and if what is there is a sitemap itself, what it lists belongs to the crawl.
func TestWalkExtendedSitemaps(t *testing.T) {
	pages := map[string]page{
		"http://a/":                {status: 301, location: "http://www.a/"},
		"http://a/map":             {status: 301, location: "http://www.a/map"},
		"http://a/robots.txt":      {kind: "text/plain", body: "Sitemap: http://www.a/named"},
		"http://a/sitemap.xml":     {status: 301, location: "http://www.a/sitemap.xml"},
		"http://www.a/":            {body: links("/linked")},
		"http://www.a/map":         {kind: "text/xml", body: "<urlset><url><loc>/mapped</loc></url></urlset>"},
		"http://www.a/named":       {kind: "text/plain", body: "http://www.a/1"},
		"http://www.a/sitemap.xml": {kind: "text/plain", body: "http://www.a/2"},
	}
	for _, leaf := range []string{"linked", "mapped", "1", "2"} {
		pages["http://www.a/"+leaf] = page{}
	}
	for name, test := range map[string]struct {
		seed, robots string // the latter of http://www.a
		auto, ignore bool

		want string // of http://www.a
	}{
		"named":           {"http://a/", "Sitemap: /named", true, false, "/ /1 /linked /named"},
		"named elsewhere": {"http://a/", "Sitemap: http://b/", true, false, "/ /linked"},
		"guessed":         {"http://a/", "", true, false, "/ /2 /linked /sitemap.xml"},
		"ignored":         {"http://a/", "Sitemap: /named", true, true, "/ /2 /linked /sitemap.xml"},
		"off":             {"http://a/", "Sitemap: /named", false, false, "/ /linked"},
		"a sitemap":       {"http://a/map", "Sitemap: /robots.txt", true, false, "/map /mapped"},
		"both":            {"http://a/sitemap.xml", "Sitemap: /robots.txt", true, true, "/2 /sitemap.xml"},
	} {
		t.Run(name, func(t *testing.T) {
			eachWorld(t, func(t *testing.T, w *world) {
				f := newFakeWeb(w, maps.Clone(pages))
				if test.robots != "" {
					f.pages["http://www.a/robots.txt"] = page{kind: "text/plain", body: test.robots}
				}
				follow := &Follow{MaxDepth: -1, Scope: Scope{Extend: true}, Sitemaps: Sitemaps{Auto: test.auto}}
				if test.ignore {
					follow.Robots = RobotsIgnore
				}
				c, _ := walkOf(t, f, []string{test.seed}, Options{Concurrency: 3, Follow: follow})
				runWalk(t, f, c)
				var got []string
				for _, url := range f.asked() {
					if path, ok := strings.CutPrefix(url, "http://www.a"); ok {
						got = append(got, path)
					}
				}
				if strings.Join(got, " ") != test.want {
					t.Errorf("asked for %v", got)
				}
			})
		})
	}
}
