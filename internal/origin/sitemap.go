package origin

import (
	"strconv"
	"strings"
)

// sitemapURLs is the most a sitemap may list (sitemaps.org, "Using Sitemap index files").
const sitemapURLs = 50000

const (
	xmlDeclaration   = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	sitemapNamespace = ` xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">` + "\n"
)

// sitemap returns the document at the path, or nil if there is none. /sitemap.xml lists the pages of
// the host; where they are more than a sitemap may list it is an index of /sitemap-1.xml and so on.
func (w *Web) sitemap(host int, path string) []byte {
	parts := (w.cfg.Pages + sitemapURLs - 1) / sitemapURLs
	if path == "/sitemap.xml" {
		if parts == 1 {
			return w.urlset(host, 0, w.cfg.Pages)
		}
		b := []byte(xmlDeclaration + "<sitemapindex" + sitemapNamespace)
		for k := range parts {
			b = append(b, "<sitemap><loc>"+w.scheme+w.hosts[host]+"/sitemap-"+strconv.Itoa(k+1)+".xml</loc></sitemap>\n"...)
		}
		return append(b, "</sitemapindex>\n"...)
	}
	digits, ok := strings.CutPrefix(path, "/sitemap-")
	if !ok {
		return nil
	}
	digits, ok = strings.CutSuffix(digits, ".xml")
	k, number := parseNumber([]byte(digits))
	if !ok || !number || parts == 1 || k < 1 || k > uint64(parts) {
		return nil
	}
	return w.urlset(host, (int(k)-1)*sitemapURLs, min(int(k)*sitemapURLs, w.cfg.Pages))
}

// urlset returns a sitemap of the pages from up to but not including to.
func (w *Web) urlset(host, from, to int) []byte {
	b := []byte(xmlDeclaration + "<urlset" + sitemapNamespace)
	for n := from; n < to; n++ {
		b = append(b, "<url><loc>"...)
		b = w.appendPageURL(b, host, n)
		b = append(b, "</loc></url>\n"...)
	}
	return append(b, "</urlset>\n"...)
}
