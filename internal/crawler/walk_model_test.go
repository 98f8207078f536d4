//go:build unix

package crawler

import (
	"fmt"
	"maps"
	"math/rand/v2"
	neturl "net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"crawl/internal/fetch"
)

// modelWeb is a little web made up from a seed, with what there is to know of it: the oracle is a slow search that
// knows nothing of the crawler, and resolves references by net/url.
type modelWeb struct {
	rng   *rand.Rand
	pages map[string]page
	refs  map[string][]modelLink // of each page, as they are written
	base  map[string]string
	moved map[string]string
	seeds []string
	o     Options
	loose bool // references are spelled in many ways, and there are no redirects, whose spelling counts

	listings map[string]listed   // what those pages list that are sitemaps
	named    map[string][]string // Sitemap lines of robots.txt files, by origin
	end      string              // of the redirects of the seed, if the scope goes there

	pauses int
	output time.Duration // that a write takes
}

type modelLink struct {
	ref    string
	closed bool
}

func newModelWeb(seed uint64) *modelWeb {
	rng := rand.New(rand.NewPCG(seed, 2))
	m := &modelWeb{
		rng: rng, pages: map[string]page{}, refs: map[string][]modelLink{},
		base: map[string]string{}, moved: map[string]string{}, loose: seed%3 == 0,
	}
	hosts := []string{"http://a.example.com", "http://b.example.com", "http://other.org", "https://a.example.com:8443"}[:1+rng.IntN(4)]
	var all []string
	for range 3 + rng.IntN(40) {
		all = append(all, fmt.Sprintf("%s/%sp%d", hosts[rng.IntN(len(hosts))], []string{"", "d0/", "d1/", "d1/e/"}[rng.IntN(4)], rng.IntN(30)))
	}
	slices.Sort(all)
	all = slices.Compact(all)
	for _, url := range all {
		m.write(url, all)
	}
	for _, h := range hosts {
		if rng.IntN(2) == 0 {
			m.pages[h+"/robots.txt"] = page{body: "User-agent: *\nDisallow: /d1/e/\n", kind: "text/plain", after: m.while()}
		}
	}
	for range 1 + rng.IntN(3) {
		m.seeds = append(m.seeds, all[rng.IntN(len(all))])
	}
	f := &Follow{MaxDepth: -1, NoFollow: rng.IntN(4) == 0}
	f.Scope.Extent = Extent(rng.IntN(4))
	f.Robots = []RobotsPolicy{RobotsObey, RobotsObey, RobotsReport, RobotsIgnore}[rng.IntN(4)]
	if rng.IntN(4) == 0 {
		f.Scope.Exclude = append(f.Scope.Exclude, regexp.MustCompile(`[37][?]?$`))
	}
	if rng.IntN(6) == 0 {
		f.Scope.Include = append(f.Scope.Include, regexp.MustCompile(`/d`), regexp.MustCompile(`[2468]`))
	}
	if rng.IntN(3) == 0 {
		f.Pace.Delay = m.while()
	}
	m.o = Options{Concurrency: []int{1, 1, 3, 50}[rng.IntN(4)], PerHost: rng.IntN(3), Follow: f, Retries: 1, Digest: rng.IntN(4) == 0}
	if rng.IntN(3) == 0 {
		f.MaxDepth = rng.IntN(4)
	}
	if rng.IntN(3) == 0 {
		m.o.Rate = float64(1 + rng.IntN(20))
	}
	if len(m.seeds) == 1 { // of several, it depends on their order which links have been judged before
		f.Scope.Extend = rng.IntN(2) == 0
	}
	f.RecordSkipped = rng.IntN(2) == 0
	m.pauses, m.output = rng.IntN(3), time.Duration(rng.IntN(3))*time.Second
	return m
}

func (m *modelWeb) while() time.Duration { return time.Duration(m.rng.IntN(2000)) * time.Millisecond }

// write makes up one page.
func (m *modelWeb) write(url string, all []string) {
	p := page{after: m.while(), public: m.rng.IntN(9) == 0}
	switch n := m.rng.IntN(10); {
	case n == 0 && !m.loose:
		p.status, p.location = []int{301, 302, 303, 307, 308}[m.rng.IntN(5)], all[m.rng.IntN(len(all))]
		if m.rng.IntN(3) == 0 {
			p.location = "p1#x"
		}
		m.moved[url] = p.location
	case n == 1:
		p.status, p.body = 404, links(all...)
	case n == 2:
		p.kind, p.body = "application/json", links(all...)
	case n == 3:
		p.class, p.cut, p.body = fetch.ClosedEarly, m.rng.IntN(2) == 0, links(all...)
	default:
		m.fill(url, &p, all)
	}
	m.pages[url] = p
}

func (m *modelWeb) fill(url string, p *page, all []string) {
	var b strings.Builder
	if m.rng.IntN(6) == 0 {
		m.base[url] = []string{"/d0/", "../", "http://other.org/d1/", "sub/"}[m.rng.IntN(4)]
		fmt.Fprintf(&b, "<base href=%q>", m.base[url])
	}
	closed := false
	switch m.rng.IntN(12) {
	case 0:
		closed = true
		b.WriteString(`<meta name=robots content="noindex, nofollow">`)
	case 1:
		closed = true
		p.fields = append(p.fields, "X-Robots-Tag: otherbot: noindex", "X-Robots-Tag: tester: nofollow")
	case 2:
		p.fields = append(p.fields, "X-Robots-Tag: otherbot: nofollow")
	}
	for range m.rng.IntN(6) {
		ref := all[m.rng.IntN(len(all))]
		switch m.rng.IntN(6) {
		case 0:
			ref = []string{"p1", "../p2", "/d0/p3", "./p4?q=1", "e/p5", "//other.org/p6", "#top", "?", "mailto:x@y"}[m.rng.IntN(9)]
		case 1:
			ref += "#fragment"
		case 2, 3:
			if m.loose {
				ref = strings.Replace(ref, "/p", "/%70", 1) + []string{"", "?", "?#x"}[m.rng.IntN(3)]
			}
		}
		l := modelLink{ref, m.rng.IntN(6) == 0}
		rel := ""
		if l.closed {
			rel = " rel=nofollow"
		}
		fmt.Fprintf(&b, "<p><a href=%q%s>x</a>", ref, rel)
		l.closed = l.closed || closed
		m.refs[url] = append(m.refs[url], l)
	}
	p.body = b.String()
}

// resolve is a reference of a page as an absolute URL without fragment; "" if that is none of http.
func resolve(base, ref string) string {
	b, err := neturl.Parse(base)
	if err != nil {
		panic(err)
	}
	u, err := b.Parse(ref)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	u.Fragment = ""
	return u.String()
}

// inScope is what docs say of the extents.
func (m *modelWeb) inScope(url string) bool {
	u, _ := neturl.Parse(url)
	if end, _ := neturl.Parse(m.end); m.end != "" && u.Host == end.Host {
		return true
	}
	claims := m.seeds
	if len(claims) == 0 {
		claims = m.given()
	}
	for _, s := range claims {
		seed, _ := neturl.Parse(s)
		labels := func(u *neturl.URL) string {
			l := strings.Split(u.Hostname(), ".")
			return strings.Join(l[len(l)-2:], ".")
		}
		same := false
		switch m.o.Follow.Scope.Extent {
		case ScopeHost:
			same = u.Host == seed.Host
		case ScopeDomain:
			same = labels(u) == labels(seed)
		case ScopePrefix:
			same = u.Host == seed.Host && strings.HasPrefix(u.Path, seed.Path[:strings.LastIndex(seed.Path, "/")+1])
		case ScopeAny:
			same = true
		}
		if same {
			return true
		}
	}
	return false
}

func anyMatch(list []*regexp.Regexp, s string) bool {
	return slices.ContainsFunc(list, func(e *regexp.Regexp) bool { return e.MatchString(s) })
}

// spelled is a URL of the model in the one spelling that its pages have.
func spelled(url string) string {
	return strings.TrimSuffix(strings.Replace(url, "/%70", "/p", 1), "?")
}

func (m *modelWeb) isBarred(url string) bool {
	u, _ := neturl.Parse(url)
	return m.o.Follow.Robots == RobotsObey && strings.HasPrefix(u.Path, "/d1/e/") && m.pages["http://"+u.Host+"/robots.txt"].body+m.pages["https://"+u.Host+"/robots.txt"].body != ""
}

// chain is where the redirects of the seed lead, if they may lead anywhere, and sets where they end.
func (m *modelWeb) chain() (hops []string) {
	f := &m.o.Follow.Scope
	if !f.Extend || f.Extent != ScopeHost || len(m.seeds) == 0 {
		return nil
	}
	at := m.seeds[0]
	for m.moved[at] != "" && !m.isBarred(at) {
		at = resolve(at, m.moved[at])
		if at == m.seeds[0] || slices.Contains(hops, at) || len(f.Include) > 0 && !anyMatch(f.Include, at) || anyMatch(f.Exclude, at) {
			return hops
		}
		hops = append(hops, at)
	}
	if m.pages[at].class == "" && !m.isBarred(at) {
		m.end = at
	}
	return hops
}

// search is the oracle: URLs to be asked for, and the classes of the others.
func (m *modelWeb) search() (asked []string, skips map[fetch.Class]int64) {
	f := m.o.Follow
	depth, class := map[string]int{}, map[string]fetch.Class{}
	var queue []string
	isListed := map[string]bool{}
	enter := func(url string, d int, why fetch.Class) {
		if was, known := class[url]; known && (was == "" && depth[url] <= d || why != "") {
			return
		}
		if class[url], depth[url] = why, d; why == "" {
			queue = append(queue, url)
		}
	}
	find := func(url string, d int, closed, seed bool) {
		url = spelled(url)
		why := fetch.Class("")
		switch {
		case seed:
		case !m.inScope(url):
			why = SkipScope
		case len(f.Scope.Include) > 0 && !anyMatch(f.Scope.Include, url), anyMatch(f.Scope.Exclude, url):
			why = SkipExclude
		case closed && !f.NoFollow:
			why = SkipNoFollow
		case f.MaxDepth >= 0 && d > f.MaxDepth:
			why = SkipDepth
		}
		enter(url, d, why)
	}
	list := func(url, from string, d int) {
		why := fetch.Class("")
		if from != "" && hostOf(url) != hostOf(from) && !m.inScope(url) {
			why = SkipScope
		}
		if enter(url, d, why); why == "" && !isListed[url] {
			isListed[url] = true
			queue = append(queue, url)
		}
	}
	chain := m.chain()
	for _, s := range m.given() {
		list(s, "", 0)
	}
	for _, s := range m.seeds {
		find(s, 0, false, true)
	}
	for _, s := range m.automatic() {
		list(s[0], s[1], 0)
	}
	for _, url := range chain {
		find(url, 0, false, true)
	}
	for len(queue) > 0 {
		url := queue[0]
		queue = queue[1:]
		d := depth[url]
		if m.isBarred(url) {
			class[url] = SkipRobots
			continue
		}
		switch to := m.moved[url]; {
		case to != "" && isListed[url]:
			list(resolve(url, to), url, d)
		case to != "":
			find(resolve(url, to), d, false, false)
		}
		for _, to := range m.listings[url].of(m.o.Follow, isListed[url]) {
			if m.listings[url].index {
				list(to, url, d)
			} else {
				find(to, d, false, false)
			}
		}
		base := url
		if b := m.base[url]; b != "" {
			base = resolve(url, b)
		}
		for _, l := range m.refs[url] {
			if to := resolve(base, l.ref); to != "" {
				find(to, d+1, l.closed, false)
			}
		}
	}
	skips = map[fetch.Class]int64{}
	for url, why := range class {
		if why == "" {
			asked = append(asked, url)
		} else {
			skips[why]++
		}
	}
	slices.Sort(asked)
	return asked, skips
}

// TestWalkModel: what is asked for, and what is skipped for which reason, is what the oracle says, in any order of answers,
// with pauses, a rate and a slow output, with the books balanced at every moment; and everything that is asked for is asked for once, or as often as it fails.
func TestWalkModel(t *testing.T) {
	for seed := range uint64(150) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			eachWorld(t, func(t *testing.T, w *world) { checkModel(t, w, seed) })
		})
	}
}

func checkModel(t *testing.T, w *world, seed uint64) {
	checkWeb(t, w, newModelWeb(seed))
}

func checkWeb(t *testing.T, w *world, m *modelWeb) {
	want, skips := m.search()
	f := newFakeWeb(w, nil)
	f.page = func(url string, _ int) page {
		if p, ok := m.pages[spelled(url)]; ok {
			return p
		}
		return page{status: 404}
	}
	w.delay = func() time.Duration { return m.output }
	c, out := walkOf(t, f, m.seeds, m.o)
	for i := range m.pauses {
		w.After(time.Duration(i)*5*time.Second+m.while(), func() { c.Pause() })
		w.After(time.Duration(i)*5*time.Second+3*time.Second, c.Resume)
	}
	runWalk(t, f, c)
	var got []string
	for _, url := range f.asked() {
		got = append(got, spelled(url))
	}
	slices.Sort(got) // a page twice is one too many
	if !slices.Equal(got, want) {
		t.Errorf("asked for\n %v, not\n %v", got, want)
	}
	for url, n := range f.counts {
		most := 1
		if m.pages[spelled(url)].class.Transient() {
			most = 1 + m.o.Retries
		}
		// That of a robots.txt may be linked to, as none is here.
		if n != most && !(strings.HasSuffix(url, "/robots.txt") && n == 1) {
			t.Errorf("asked %d times for %s", n, url)
		}
	}
	classes := maps.Clone(c.ledger.Classes)
	for _, counts := range []map[fetch.Class]int64{classes, skips} {
		if m.o.Follow.MaxDepth >= 0 { // of two reasons, the first that is found counts
			counts[SkipDepth] += counts[SkipNoFollow]
			counts[SkipNoFollow] = 0
		}
	}
	for _, a := range Skips() {
		if classes[a.Class] != skips[a.Class] {
			t.Errorf("%d skipped by %s, not %d", classes[a.Class], a.Class, skips[a.Class])
		}
	}
	rows := rowsOfPages(t, out.String())
	records := int64(len(got)) + c.ledger.Classes[SkipRobots]
	if m.o.Follow.RecordSkipped {
		records = c.ledger.Discovered
	}
	if n := int64(len(rows)); n != records {
		t.Errorf("%d records, not %d, of %d URLs: %s", n, records, len(got), &c.ledger)
	}
	recorded := map[fetch.Class]int64{}
	for _, row := range rows {
		recorded[fetch.Class(row.Class)]++
		isNamed := func(named [2]string) bool { return named[0] == row.URL } // by robots.txt, which is no URL of the crawl
		if IsPassedOver(fetch.Class(row.Class)) && (row.Error == "" || row.Depth == nil ||
			row.Referrer == "" && !slices.Contains(m.seeds, row.URL) && !slices.ContainsFunc(m.automatic(), isNamed)) {
			t.Errorf("it does not say why: %+v", row)
		}
	}
	if m.o.Follow.RecordSkipped && !maps.Equal(recorded, c.ledger.Classes) {
		t.Errorf("recorded are %v, in the ledger %v", recorded, c.ledger.Classes)
	}
}
