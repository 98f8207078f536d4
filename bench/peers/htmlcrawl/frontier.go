package main

import (
	"net/url"
	"sync"
)

// page is a URL to fetch, and how far it is from the first.
type page struct {
	url   *url.URL
	text  string // the same
	depth int
}

// frontier is what is to be fetched and what has been seen, in the order of its discovery.
type frontier struct {
	scheme, host string // what is crawled

	mu    sync.Mutex // guards all below
	more  *sync.Cond // that there is something to take, or never will be
	seen  map[string]struct{}
	queue []page
	busy  int // pages taken and not done
}

func newFrontier(first *url.URL) *frontier {
	f := &frontier{scheme: first.Scheme, host: first.Host, seen: map[string]struct{}{}}
	f.more = sync.NewCond(&f.mu)
	if first.Path == "" {
		first.Path = "/"
	}
	first.Fragment, first.RawFragment = "", ""
	f.queue = []page{{url: first, text: first.String()}}
	f.seen[f.queue[0].text] = struct{}{}
	return f
}

// take returns the next page, once there is one; false when the crawl is over.
func (f *frontier) take() (page, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.queue) == 0 && f.busy > 0 {
		f.more.Wait()
	}
	if len(f.queue) == 0 {
		return page{}, false
	}
	p := f.queue[0]
	f.queue[0] = page{} // so that its memory goes before that of the queue
	f.queue = f.queue[1:]
	f.busy++
	return p, true
}

// done adds what a page leads to, and says that it is done.
func (f *frontier) done(found []page) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.busy--
	for _, p := range found {
		if _, old := f.seen[p.text]; !old {
			f.seen[p.text] = struct{}{}
			f.queue = append(f.queue, p)
		}
	}
	// One worker that waits is woken for each page that can be taken; at the end, all of them.
	if f.busy == 0 && len(f.queue) == 0 {
		f.more.Broadcast()
		return
	}
	for range min(len(f.queue), len(found)) {
		f.more.Signal()
	}
}
