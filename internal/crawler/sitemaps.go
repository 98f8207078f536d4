package crawler

import (
	"time"

	"crawl/internal/frontier"
	"crawl/internal/link"
	"crawl/internal/robots"
	"crawl/internal/sitemap"
)

// Sitemaps says which sitemaps a crawl by links takes URLs from, besides links. A sitemap is a URL of the crawl like any
// other, but for how it is read, and that Follow.MaxURLs does not count it.
type Sitemaps struct {
	// Auto: those that the robots.txt of the host of a given URL names, or else its /sitemap.xml; also of a host that becomes part of
	// the scope because such a URL is redirected there.
	Auto bool
	// Given are read in any case. If no other URL is given, they say which URLs belong to the crawl.
	Given []link.URL
}

func (s *Sitemaps) on() bool { return s.Auto || len(s.Given) > 0 }

const (
	// maxSitemaps is how many URLs a crawl reads as sitemaps because something says that they are: a site of five thousand
	// million pages has so many. What is beyond is a trap.
	maxSitemaps = 100_000
	// maxNested is how many indexes lead to a sitemap at most. The protocol has one, and some sites have two.
	maxNested = 5
	// maxNamed is how many Sitemap lines of one robots.txt count.
	maxNamed = 1000
	// sitemapBias has sitemaps fetched before the pages of their host: a URL is as far away as its shortest way, and from here there
	// is none shorter.
	sitemapBias = -2
)

// openSitemaps enters those that are given.
func (w *walk) openSitemaps(now time.Time) {
	for i := range w.follow.Sitemaps.Given {
		w.addSitemap(&w.follow.Sitemaps.Given[i], frontier.Link{}, 0, verdict{}, now)
	}
}

// claimSitemaps makes the given ones what the crawl is about, if nothing else was given.
func (w *walk) claimSitemaps() {
	if len(w.territory.names) > 0 {
		return
	}
	for i := range w.follow.Sitemaps.Given {
		w.territory.claim(&w.follow.Sitemaps.Given[i])
	}
}

// addSitemap enters a URL that is to be read as a sitemap, to which so many indexes have led. If it is known as a page already and
// has not been fetched, it will be read as both.
func (w *walk) addSitemap(u *link.URL, l frontier.Link, nested int, v verdict, now time.Time) {
	switch {
	case v.skip != "":
	case nested > maxNested:
		v = verdict{SkipTrap, trapNested}
	case len(w.listed) >= maxSitemaps:
		v = verdict{SkipTrap, trapSitemaps}
	}
	l.Bias = sitemapBias
	to := w.request(u)
	key := w.add(&to, l, v, now).Key
	if v.skip != "" || key == (frontier.Key{}) {
		return
	}
	if before, known := w.listed[key]; !known || nested < int(before) {
		w.listed[key] = uint8(nested)
	}
}

// isListed reports whether a URL is to be read as a sitemap.
func (w *walk) isListed(k frontier.Key) bool {
	_, listed := w.listed[k]
	return listed
}

// judgeSitemap says whether a sitemap is fetched that is named at from: it has to be there too, or where pages are, unless it is
// where redirects of a URL of the source lead. What pages have to be called is not for it.
func (w *walk) judgeSitemap(u, from *link.URL, l *frontier.Link) verdict {
	if u.Port() == 0 || l.Kind&kindSource == 0 && w.territory.site(u) != w.territory.site(from) && !w.territory.holds(u) {
		return verdict{skip: SkipScope}
	}
	return suspect(u)
}

// seeded notes that the sitemaps of a host count: u, which is there, was given, or is where redirects of what was given have ended.
func (w *walk) seeded(u *link.URL, host frontier.HostID, l frontier.Link, now time.Time) {
	if !w.follow.Sitemaps.Auto || host == 0 {
		return
	}
	if s := w.makeSite(host); !s.seeded {
		s.seeded = true
		if w.follow.Robots == RobotsIgnore {
			s.named = guessSitemap(u)
		}
		w.addNamed(s, u, l, now)
	}
}

// nameSitemaps notes those that a robots.txt names, or else the one that a site without any may have, and enters them if they count.
func (w *walk) nameSitemaps(of *worker, s *site, lines []string, now time.Time) {
	if !w.follow.Sitemaps.Auto || !s.seeded && !w.territory.extends() || s.known.Standing() == robots.Unreachable {
		return
	}
	at := of.job.url
	if to := of.response.Redirection(); to != nil {
		at = to.FinalURL
	}
	s.named = nil
	for _, line := range lines[:min(len(lines), maxNamed)] {
		if u, err := at.Resolve(line); err == nil {
			s.named = append(s.named, u)
		}
	}
	if s.named == nil {
		s.named = guessSitemap(&of.job.url)
	}
	if s.seeded {
		w.addNamed(s, &of.job.url, frontier.Link{Kind: guarded(of)}, now)
	}
}

// addNamed enters those that have been noted of the host of u.
func (w *walk) addNamed(s *site, u *link.URL, l frontier.Link, now time.Time) {
	named := s.named
	s.named = nil
	for i := range named {
		w.addSitemap(&named[i], l, 0, w.judgeSitemap(&named[i], u, &l), now)
	}
}

func guessSitemap(at *link.URL) []link.URL {
	u, err := at.Resolve("/sitemap.xml")
	if err != nil {
		return nil
	}
	return []link.URL{u}
}

// guarded is the kind of what a page, or whatever it is, leads to: not to a private address from a public one.
func guarded(of *worker) uint16 {
	if of.response.Public || of.job.errand.Kind&kindGuarded != 0 {
		return kindGuarded
	}
	return 0
}

// enter enters what a sitemap has listed so far: pages, which are as far away as the sitemap, or further sitemaps.
func (w *walk) enter(of *worker, found []link.URL, format sitemap.Format, now time.Time) {
	if len(found) == 0 {
		return
	}
	w.extend(of, now)
	e := of.job.errand
	l := frontier.Link{From: e.Key, Depth: e.Depth, Kind: guarded(of)}
	nested := int(w.listed[e.Key]) + 1
	for i := range found {
		u := &found[i]
		if format == sitemap.Index {
			w.addSitemap(u, l, nested, w.judgeSitemap(u, &of.job.url, &l), now)
			continue
		}
		to := w.request(u)
		w.add(&to, l, w.judge(&to, &l, false), now)
	}
}
