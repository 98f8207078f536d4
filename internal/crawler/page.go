package crawler

import (
	"crawl/internal/link"
)

// PageFacts are what a record has besides where links are followed.
type PageFacts struct {
	Referrer   string // the first page that led to it; "" if it was given
	Depth      int    // links between it and what was given
	Title      string
	Lang       string
	Canonical  string
	Links      int    // different ones in it, of all kinds, assets too
	Internal   int    // of these, those to its own origin
	External   int    // of these, those to others
	Other      int    // references of other schemes
	NoIndex    bool   // it asks not to be found by searching
	NoFollow   bool   // it asks that its links be not followed
	Disallowed bool   // by robots.txt, in a crawl that only reports that
	Rule       string // of robots.txt that disallows it: its line, and what stands there
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
	return appendField(b, `,"robots":`, p.Rule)
}

// count counts a link of the page at u.
func (p *PageFacts) count(u *link.URL, l *link.Link) {
	switch {
	case l.Err != nil:
	case l.URL.Origin() == u.Origin():
		p.Internal++
	default:
		p.External++
	}
}
