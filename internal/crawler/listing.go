package crawler

import (
	"crawl/internal/fetch"
	"crawl/internal/link"
	"crawl/internal/sitemap"
)

// What one turn takes, of a body or of the links of a page, before others have theirs: under a millisecond's worth.
const (
	portion      = 512 // URLs: as many are entered at once, or what one step of a parser has more
	portionBytes = 64 << 10
	turnSteps    = portionBytes / sitemap.StepBytes
)

// listing is a sitemap while it is read. Its URLs are entered as they come: of the document nothing is kept but what has arrived
// last.
type listing struct {
	parser    *sitemap.Parser
	unlisted  bool       // nothing has said that it is one: then it is one if it is in XML and no feed
	busy      bool       // the parser has more of what it was fed
	fed, next []byte     // that, and what has come meanwhile
	found     []link.URL // and not entered yet
	closed    bool
	err       error
}

func newListing(u *link.URL, charset string, unlisted bool) *listing {
	l := &listing{unlisted: unlisted}
	l.parser = sitemap.NewParser(sitemap.Options{URL: *u, Charset: charset}, func(e *sitemap.Entry) { l.found = append(l.found, e.URL) })
	return l
}

// isXML reports whether a document that only is linked to may be a sitemap.
func isXML(mediaType string) bool { return mediaType == "application/xml" || mediaType == "text/xml" }

// take takes a stretch of the document.
func (l *listing) take(p []byte) {
	if l.err == nil {
		l.next = append(l.next, p...)
	}
}

// turn reads on, to a portion of URLs, and reports whether there is more to read.
func (l *listing) turn() (more bool) {
	for range turnSteps {
		if l.err != nil || len(l.found) >= portion {
			break
		}
		if !l.busy {
			if len(l.next) == 0 {
				break
			}
			l.fed, l.next = l.next, l.fed[:0]
			l.parser.Feed(l.fed)
		}
		l.busy, l.err = l.parser.Next()
		if l.err == nil && l.unlisted && !l.counts() && l.parser.Summary().Format != sitemap.Unknown {
			l.err = sitemap.ErrFormat
		}
	}
	if l.err != nil {
		l.busy, l.fed, l.next = false, nil, nil
	}
	return l.busy || len(l.next) > 0
}

// close is the end of the document, once there is nothing more to read.
func (l *listing) close() {
	if !l.closed {
		l.closed = true
		if err := l.parser.Close(); l.err == nil {
			l.err = err
		}
	}
}

// counts reports whether it is a sitemap, as far as is known.
func (l *listing) counts() bool {
	format := l.parser.Summary().Format
	return !l.unlisted || format == sitemap.URLSet || format == sitemap.Index
}

// taken are the URLs that were found since it was last called.
func (l *listing) taken() (found []link.URL, format sitemap.Format) {
	found, l.found = l.found, l.found[:0]
	if !l.counts() {
		found = nil
	}
	return found, l.parser.Summary().Format
}

// readSitemap reads a stretch of a sitemap and enters what it lists. It is called without the lock.
func (r *reading) readSitemap(p []byte) error {
	l := r.sitemap
	l.take(p)
	more := l.turn()
	if len(l.found) > 0 {
		r.enterSitemap()
	}
	if more {
		return fetch.ErrRest
	}
	return nil
}

func (r *reading) enterSitemap() {
	c := r.crawler
	c.mu.Lock()
	defer c.mu.Unlock()
	found, format := r.sitemap.taken()
	c.dispatch.walk.enter(r.worker, found, format, c.engine.Now())
	c.stir()
}

// note has a record say what was read.
func (l *listing) note(p *PageFacts) {
	if l == nil || !l.counts() {
		return
	}
	sum := l.parser.Summary()
	p.Sitemap, p.Entries, p.Dropped = sum.Format.String(), sum.Entries, sum.Dropped
	switch {
	case l.err != nil:
		p.SitemapError = l.err.Error()
	case sum.Cut:
		p.SitemapError = "it is cut short"
	}
}
