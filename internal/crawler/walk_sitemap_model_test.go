//go:build unix

package crawler

import (
	"fmt"
	"maps"
	"math/rand/v2"
	neturl "net/url"
	"slices"
	"strings"
	"testing"

	"crawl/internal/link"
)

// listed is what a sitemap of a modelWeb lists.
type listed struct {
	index bool
	text  bool // then only who is told knows that it is one
	urls  []string
}

// of is what a crawl takes from it.
func (l listed) of(f *Follow, isListed bool) []string {
	if !isListed && (l.text || !f.Sitemaps.on()) {
		return nil
	}
	return l.urls
}

func hostOf(url string) string {
	u, err := neturl.Parse(url)
	if err != nil {
		panic(err)
	}
	return u.Scheme + "://" + u.Host
}

// given are the sitemaps that are.
func (m *modelWeb) given() (list []string) {
	for i := range m.o.Follow.Sitemaps.Given {
		list = append(list, m.o.Follow.Sitemaps.Given[i].String())
	}
	return list
}

// automatic are the sitemaps that the hosts of the seeds have, and that where their redirects end, each with where that is said.
func (m *modelWeb) automatic() (list [][2]string) {
	if !m.o.Follow.Sitemaps.Auto {
		return nil
	}
	hosts := m.seeds
	if m.end != "" && strings.TrimLeft(hostOf(m.end), "htps") != strings.TrimLeft(hostOf(m.seeds[0]), "htps") {
		hosts = append(slices.Clone(hosts), m.end)
	}
	for _, s := range hosts {
		at := hostOf(s)
		lines := m.named[at]
		if len(lines) == 0 || m.o.Follow.Robots == RobotsIgnore {
			lines = []string{at + "/sitemap.xml"}
		}
		for _, l := range lines {
			list = append(list, [2]string{l, at})
		}
	}
	return list
}

// newSitemapWeb is a modelWeb with sitemaps: nested and in circles, broken, moved, elsewhere, in text and in XML, given, named by
// robots.txt, guessed, and linked to.
func newSitemapWeb(t *testing.T, seed uint64) *modelWeb {
	m := newModelWeb(seed)
	rng := rand.New(rand.NewPCG(seed, 3))
	m.listings, m.named = map[string]listed{}, map[string][]string{}
	var origins, pages, maps, texts []string
	for url := range m.pages {
		if o := hostOf(url); !slices.Contains(origins, o) {
			origins = append(origins, o)
		}
		if !strings.HasSuffix(url, "/robots.txt") {
			pages = append(pages, url)
		}
	}
	slices.Sort(origins)
	slices.Sort(pages)
	for _, o := range origins {
		for i := range rng.IntN(5) {
			maps = append(maps, fmt.Sprintf("%s/s%d.xml", o, i))
		}
		maps, texts = append(maps, o+"/sitemap.xml"), append(texts, o+"/list.txt")
	}
	some := func(of []string, n int) (list []string) {
		for range rng.IntN(n + 1) {
			list = append(list, of[rng.IntN(len(of))])
		}
		return list
	}
	for _, url := range maps {
		m.pages[url] = m.sitemapAt(rng, url, pages, maps, some)
	}
	for _, url := range texts {
		m.listings[url] = listed{text: true, urls: some(append(pages, "http://other.org/p77"), 9)}
		m.pages[url] = page{kind: "text/plain", body: strings.Join(m.listings[url].urls, "\n"), after: m.while()}
	}
	for _, o := range origins {
		if p, has := m.pages[o+"/robots.txt"]; has && rng.IntN(2) == 0 {
			m.named[o] = some(append(maps, "http://third.org/s.xml"), 3)
			for _, s := range m.named[o] {
				p.body = "Sitemap: " + s + "\n" + p.body
			}
			m.pages[o+"/robots.txt"] = p
		}
	}
	for _, url := range some(pages, 3) { // pages with links to sitemaps
		if p := m.pages[url]; p.kind == "" && p.status == 0 && p.class == "" && m.base[url] == "" && !strings.Contains(p.body+strings.Join(p.fields, ""), "nofollow") {
			to := maps[rng.IntN(len(maps))]
			p.body += links(to)
			m.pages[url] = p
			m.refs[url] = append(m.refs[url], modelLink{ref: to})
		}
	}
	f := m.o.Follow
	f.Sitemaps.Auto = rng.IntN(3) > 0
	for _, s := range some(append(maps, texts...), 3) {
		u, err := link.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		f.Sitemaps.Given = append(f.Sitemaps.Given, u)
	}
	if len(f.Sitemaps.Given) > 0 && rng.IntN(4) == 0 {
		m.seeds = nil
	}
	return m
}

// sitemapAt makes up a sitemap.
func (m *modelWeb) sitemapAt(rng *rand.Rand, url string, pages, maps []string, some func([]string, int) []string) page {
	p := page{kind: []string{"application/xml", "text/xml"}[rng.IntN(2)], after: m.while(), public: rng.IntN(9) == 0}
	l := listed{index: rng.IntN(3) == 0}
	open, each, end := "<urlset>", "<url><loc>%s</loc></url>", "</urlset>"
	l.urls = some(append(pages, "http://other.org/p77", maps[0]), 9)
	if l.index {
		open, each, end = "<sitemapindex>", "<sitemap><loc>%s</loc></sitemap>", "</sitemapindex>"
		l.urls = some(append(maps, pages[0]), 4)
	}
	p.body = open
	for _, u := range l.urls {
		p.body += fmt.Sprintf(each, u)
	}
	switch rng.IntN(9) {
	case 0: // nothing of the kind
		p.body, l = "<p>no sitemap</p>", listed{}
	case 1: // broken behind what it has
		p.body += `<!ENTITY a "b">` + fmt.Sprintf(each, "http://a.example.com/never")
	case 2: // cut short
	case 3:
		p.status, l = 404, listed{}
	case 4:
		p.status, p.location, l = 302, maps[rng.IntN(len(maps))], listed{}
		m.moved[url] = p.location
	default:
		p.body += end
	}
	m.listings[url] = l
	return p
}

// TestSitemapModel is TestWalkModel in webs with sitemaps.
func TestSitemapModel(t *testing.T) {
	for seed := range uint64(250) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			eachWorld(t, func(t *testing.T, w *world) { checkWeb(t, w, newSitemapWeb(t, seed)) })
		})
	}
}

// TestMovedSitemapModel: likewise in webs whose only seed is redirected to one of their hosts, which becomes part of the scope.
func TestMovedSitemapModel(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			eachWorld(t, func(t *testing.T, w *world) {
				m := newSitemapWeb(t, seed)
				rng := rand.New(rand.NewPCG(seed, 4))
				f, s := m.o.Follow, "http://moved.example.com/"
				to := slices.Sorted(maps.Keys(m.refs))
				if len(to) == 0 {
					t.Skip("no page has links")
				}
				m.seeds, m.moved[s] = []string{s}, to[rng.IntN(len(to))]
				m.pages[s] = page{status: 301, location: m.moved[s], after: m.while()}
				f.Scope = Scope{Extent: ScopeHost, Extend: true}
				f.Sitemaps.Auto, f.Sitemaps.Given = true, nil // what is given might be read before it is known where the seed leads
				checkWeb(t, w, m)
			})
		})
	}
}
