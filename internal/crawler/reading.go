package crawler

import (
	"errors"
	"hash"

	"crawl/internal/fetch"
	"crawl/internal/frontier"
	"crawl/internal/link"
	"crawl/internal/robots"
)

// reading is what a worker does with bodies, one after the other: a digest, the links of a document, or a robots.txt.
// It stands apart from the worker, of which there are many that do nothing with theirs.
type reading struct {
	crawler *Crawler
	hash    hash.Hash // nil: no digest
	sum     [32]byte
	watch   fetch.Watch

	selection *fetch.Selection // of requests for pages

	worker   *worker
	response *fetch.Response // of the worker
	document
}

// document is what is known of one body.
type document struct {
	robots   bool            // it is a robots.txt
	listed   bool            // it is to be read as a sitemap
	sitemap  *listing        // nil: it is not read as one
	links    *link.Extractor // borrowed; nil: it is no document with links
	entered  int             // of its links; below 0: they are not known yet
	file     []byte          // of a robots.txt, as far as it counts
	lifetime string          // its Cache-Control
	tags     link.Robots     // of X-Robots-Tag
	closed   bool            // its links ask not to be followed
	same     bool            // they are left alone, as those of another body like it were entered
	original frontier.Key    // of the page that had that body before
	about    moment          // that its URL names
	internal int             // links to its own origin
	external int             // and to others

	page      []byte     // of which something is to be taken out; nil: of nothing
	extracted *Extracted // what was
}

// count counts a link from a page to another.
func (d *document) count(from, to *link.URL) {
	if to.Origin() == from.Origin() {
		d.internal++
	} else {
		d.external++
	}
}

// errEnough ends the fetch of a robots.txt that is longer than what counts.
var errEnough = errors.New("there is enough of it")

// begin makes ready for another body.
func (r *reading) begin(isRobots bool) {
	if r.hash != nil {
		r.hash.Reset()
	}
	r.document = document{robots: isRobots, entered: -1}
}

// head sees what is to be read. It is for fetch.Watch.
func (r *reading) head(h *fetch.Head) {
	if r.robots {
		for value := range h.Values("Cache-Control") {
			r.lifetime += string(value) + ","
		}
		return
	}
	follow := r.crawler.options.Follow
	for value := range h.Values("X-Robots-Tag") {
		r.tags = r.tags.Or(link.ParseRobotsTag(string(value), follow.Token))
	}
	if r.response.Status != 200 {
		return
	}
	if r.listed || isXML(r.response.MediaType) && follow.Sitemaps.on() {
		r.sitemap = newListing(&r.worker.job.url, r.response.Charset, !r.listed)
	}
	kind, ok := link.DocumentOf(r.response.MediaType)
	if !ok || kind == link.CSS && !follow.Assets {
		return
	}
	r.links = r.crawler.borrowExtractor()
	r.links.Begin(kind, r.response.Charset)
	for value := range h.Values("Link") {
		r.links.Field(string(value))
	}
}

// take reads a stretch of the body. It is for fetch.Request.OnBody.
func (r *reading) take(p []byte) error {
	switch {
	case r.robots:
		if r.file = append(r.file, p...); len(r.file) > robots.Limit {
			return errEnough
		}
		return nil
	case r.links != nil:
		r.links.Write(p)
	}
	if r.crawler.options.Extract != nil {
		r.keep(p)
	}
	if r.hash != nil {
		_, _ = r.hash.Write(p) // which never fails
	}
	if r.sitemap != nil {
		return r.readSitemap(p)
	}
	return nil
}

// end gives back what was borrowed. The caller holds the crawl's lock.
func (r *reading) end() {
	r.file = nil // it may be long
	if r.sitemap != nil {
		r.sitemap.parser.Stop()
		r.sitemap = nil
	}
	if r.links != nil {
		r.crawler.extractors = append(r.crawler.extractors, r.links)
		r.links = nil
	}
}

// borrowExtractor is called without the lock. Those that were given back last are used first, so that only as many grow
// large as are needed at once.
func (c *Crawler) borrowExtractor() *link.Extractor {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.extractors); n > 0 {
		x := c.extractors[n-1]
		c.extractors = c.extractors[:n-1]
		return x
	}
	return link.NewExtractor(link.ExtractorOptions{Agent: c.options.Follow.Token})
}
