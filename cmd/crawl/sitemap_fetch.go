package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"crawl/internal/fetch"
	"crawl/internal/link"
)

// isWebAddress reports whether a name is a URL to fetch, and not a file.
func isWebAddress(name string) bool {
	lower := strings.ToLower(name)
	return strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://")
}

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
	limit := descriptorLimit()
	if err := checkLimit(limit); err != nil {
		return err
	}
	e, err := o.run.newEngine(s)
	if err != nil {
		return err
	}
	plan := o.run.work.plan(limit)
	o.run.dns.reserve(&plan)
	options := o.run.clientOptions(e, plan)
	options.MaxRedirects = maxSitemapRedirects
	client := fetch.NewClient(e, options)

	var response fetch.Response
	request := fetch.Request{URL: &u, Method: o.run.fetch.method, Fields: o.run.fetch.fields(), Body: o.run.fetch.body.data}
	begin := func() {
		if p.parser == nil && response.Status/100 == 2 {
			at := u
			if to := response.Redirection(); to != nil {
				at = to.FinalURL
			}
			p.begin(at, response.Charset)
		}
	}
	request.OnBody = func(b []byte) error {
		if begin(); p.parser == nil {
			return errNoSitemap
		}
		_, err := p.Write(b)
		return err
	}
	var failed error
	e.Go("sitemap", func(ctx context.Context) error {
		defer client.Close()
		failed = client.Do(ctx, &request, &response)
		if begin(); p.parser != nil { // on the engine's thread, as Write was
			failed = p.close(name, failed)
		}
		return nil
	})
	if err := e.Run(context.Background()); err != nil {
		return ioError(err)
	}
	if p.parser == nil && (failed == nil || errors.Is(failed, errNoSitemap)) {
		return ioError(fmt.Errorf("%s: %w: status %d", name, errNoSitemap, response.Status))
	}
	if p.parser == nil {
		return ioError(fmt.Errorf("%s: %w", name, failed))
	}
	return failed
}
