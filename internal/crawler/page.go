package crawler

import (
	"crawl/internal/link"
)

// PageFacts are what a record has besides where links are followed.
type PageFacts struct {
	Referrer  string // the first page that led to it; "" if it was given
	Depth     int    // links between it and what was given
	Title     string
	Lang      string
	Canonical string
	// DuplicateOf is the page that had the same body before; "" if none had, or nobody asked for digests.
	DuplicateOf string
	Links       int    // different ones in it, of all kinds, assets too
	Internal    int    // of those that may be followed, those to its own origin
	External    int    // and those to others
	Other       int    // references of other schemes
	NoIndex     bool   // it asks not to be found by searching
	NoFollow    bool   // it asks that its links be not followed
	Disallowed  bool   // by robots.txt, in a crawl that only reports that
	Rule        string // of robots.txt that disallows it: its line, and what stands there

	Sitemap      string // its format, if it was read as a sitemap; "" else
	Entries      int    // of that
	Dropped      int    // of those without a usable address
	SitemapError string // why it, or the rest of it, is none
}

// take takes what a page says of itself, with what the fields of its response say.
func (p *PageFacts) take(page *link.Page, tags link.Robots) {
	tags = tags.Or(page.Robots)
	p.Title, p.Lang, p.Canonical = page.Title, page.Lang, page.Canonical.String()
	p.Links, p.Other = page.Links, page.Other
	p.NoIndex, p.NoFollow = tags.NoIndex, tags.NoFollow
}

func (p *PageFacts) append(b []byte) []byte {
	b = appendField(b, `,"referrer":`, p.Referrer)
	b = appendInt(b, `,"depth":`, int64(p.Depth))
	b = appendField(b, `,"title":`, p.Title)
	b = appendField(b, `,"lang":`, p.Lang)
	b = appendField(b, `,"canonical":`, p.Canonical)
	b = appendField(b, `,"duplicate_of":`, p.DuplicateOf)
	if p.Links > 0 {
		b = appendInt(b, `,"links":`, int64(p.Links))
	}
	if p.Internal > 0 {
		b = appendInt(b, `,"links_internal":`, int64(p.Internal))
	}
	if p.External > 0 {
		b = appendInt(b, `,"links_external":`, int64(p.External))
	}
	if p.Other > 0 {
		b = appendInt(b, `,"other_links":`, int64(p.Other))
	}
	for _, flag := range [...]struct {
		set  bool
		name string
	}{{p.NoIndex, "noindex"}, {p.NoFollow, "nofollow"}, {p.Disallowed, "disallowed"}} {
		if flag.set {
			b = append(b, `,"`...)
			b = append(b, flag.name...)
			b = append(b, `":true`...)
		}
	}
	b = appendField(b, `,"robots":`, p.Rule)
	return p.appendSitemap(b)
}

func (p *PageFacts) appendSitemap(b []byte) []byte {
	if p.Sitemap == "" {
		return b
	}
	b = appendField(b, `,"sitemap":`, p.Sitemap)
	b = appendInt(b, `,"entries":`, int64(p.Entries))
	if p.Dropped > 0 {
		b = appendInt(b, `,"dropped":`, int64(p.Dropped))
	}
	return appendField(b, `,"sitemap_error":`, p.SitemapError)
}
