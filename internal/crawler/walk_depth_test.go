//go:build unix

package crawler

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"crawl/internal/fetch"
)

// TestWalkShorterWay: a page is as far away as the shortest way to it, also where that is the slowest: what it leads to is fetched.
func TestWalkShorterWay(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeWeb(w, map[string]page{
			"http://h/":  {body: links("/a", "/slow")},
			"http://h/a": {body: links("/b")}, "http://h/b": {body: links("/x")},
			"http://h/slow": {status: 503, after: time.Minute}, "http://h/x": {body: links("/y")},
		})
		f.page = func(url string, n int) page {
			if url == "http://h/slow" && n == 2 { // not before another attempt
				return page{body: links("/x"), after: time.Minute}
			}
			return f.pages[url]
		}
		c, out := walkOf(t, f, []string{"http://h/"}, Options{Concurrency: 5, Retries: 1, Follow: &Follow{MaxDepth: 3, Robots: RobotsIgnore}})
		runWalk(t, f, c)
		rows := rowsOfPages(t, out.String())
		if y := rows["http://h/y"]; y.Depth == nil || *y.Depth != 3 || *rows["http://h/x"].Depth != 2 || c.ledger.Skipped != 0 {
			t.Errorf("%s; %+v", &c.ledger, rows)
		}
	})
}

// thinWeb is a web with few links, in which there are ways of very different length and speed to the same page, and redirects and pages that fail
// at first among them. It says how far away each page is.
func thinWeb(rng *rand.Rand) (pages map[string]page, distance map[string]int) {
	n := 10 + rng.IntN(60)
	url := func(i int) string { return fmt.Sprintf("http://h%d/%d", i%3, i) }
	pages = map[string]page{}
	leads := map[string][]string{}
	moved := map[string]bool{}
	for i := range n {
		p := page{after: time.Duration(rng.IntN(1000)) * time.Millisecond}
		if rng.IntN(4) == 0 {
			p.after *= 30
		}
		to := []string{url((i + 1) % n)} // a long way round
		if rng.IntN(4) == 0 {
			to[0] = url(rng.IntN(n))
			p.status, p.location, moved[url(i)] = 302, to[0], true
		} else {
			for range rng.IntN(3) {
				to = append(to, url(rng.IntN(n)))
			}
			p.body = links(to...)
		}
		pages[url(i)], leads[url(i)] = p, to
	}
	distance = map[string]int{url(0): 0}
	for again := true; again; {
		again = false
		for from, to := range leads {
			d, ok := distance[from]
			if !ok {
				continue
			}
			if !moved[from] {
				d++
			}
			for _, at := range to {
				if was, ok := distance[at]; !ok || d < was {
					distance[at], again = d, true
				}
			}
		}
	}
	return pages, distance
}

// TestWalkDepthModel: with --max-depth exactly that is fetched which is so near, at its true depth, whatever answers first.
func TestWalkDepthModel(t *testing.T) {
	for seed := range uint64(150) {
		eachWorld(t, func(t *testing.T, w *world) {
			rng := rand.New(rand.NewPCG(seed, 4))
			pages, distance := thinWeb(rng)
			most := rng.IntN(8)
			f := newFakeWeb(w, pages)
			f.page = func(url string, n int) page {
				p := pages[url]
				if len(url)%2 == 0 && n == 1 {
					p = page{class: fetch.ClosedReset, after: p.after / 2}
				}
				return p
			}
			o := Options{Concurrency: 1 + rng.IntN(30), PerHost: rng.IntN(3), Retries: 1}
			o.Follow = &Follow{MaxDepth: most, Robots: RobotsIgnore, Scope: Scope{Extent: ScopeAny}}
			c, out := walkOf(t, f, []string{"http://h0/0"}, o)
			runWalk(t, f, c)
			var want []string
			for url, d := range distance {
				if d <= most {
					want = append(want, url)
				}
			}
			slices.Sort(want)
			if got := f.asked(); !slices.Equal(got, want) {
				t.Errorf("seed %d: asked for\n %v, not\n %v", seed, got, want)
			}
			for url, row := range rowsOfPages(t, out.String()) {
				if *row.Depth != distance[url] {
					t.Errorf("seed %d: %s has depth %d, not %d", seed, url, *row.Depth, distance[url])
				}
			}
		})
	}
}
