package main

import (
	"errors"
	"fmt"

	"crawl/internal/fetch"
	"crawl/internal/link"
)

// fetch gets a sitemap by the client that crawl run would have with these flags, and parses it as it arrives.
func (o *sitemapOptions) fetch(s streams, name string, p *sitemapPrinter) error {
	if o.base != "" {
		return usageError("--base %s: is for what is not fetched", o.base)
	}
	if err := o.run.check([]string{name}); err != nil {
		return err
	}
	u, err := link.Parse(name)
	if err != nil {
		return usageError("SITEMAP %q: %w", name, err)
	}
	o.run.fetch.redirects.most = maxSitemapRedirects
	var response fetch.Response
	begin := func() {
		if p.parser == nil && response.Status/100 == 2 {
			p.begin(foundAt(&u, &response), response.Charset)
		}
	}
	take := func(b []byte) error {
		if begin(); p.parser == nil {
			return errNoSitemap
		}
		_, err := p.Write(b)
		return err
	}
	var failed error
	done := func(err error) {
		failed = err
		if begin(); p.parser != nil { // on the engine's thread, as Write was
			failed = p.close(name, failed)
		}
	}
	if err := o.run.fetchDocument(s, &u, fetch.Request{OnBody: take}, &response, done); err != nil {
		return err
	}
	if p.parser == nil && (failed == nil || errors.Is(failed, errNoSitemap)) {
		return ioError(fmt.Errorf("%s: %w: status %d", name, errNoSitemap, response.Status))
	}
	if p.parser == nil {
		return ioError(fmt.Errorf("%s: %w", name, failed))
	}
	return failed
}
