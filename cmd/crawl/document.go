package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"crawl/internal/fetch"
	"crawl/internal/link"
)

// isWebURL tells a URL from the name of a file.
func isWebURL(s string) bool {
	scheme, _, ok := strings.Cut(s, "://")
	return ok && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}

// documentThemes are the flags of a command that reads a document, its own first.
func (o *runOptions) documentThemes(title string, own ...func(*pflag.FlagSet)) []theme {
	type adders = []func(*pflag.FlagSet)
	return []theme{
		{title, own},
		{"Limits of the fetch", adders{o.fetch.addLimits, o.fetch.redirects.add}},
		{"The request", adders{o.fetch.addRequest, o.fetch.auth.add, o.cookies.add}},
		{"Names and addresses", adders{o.fetch.addResolve, o.dns.add, o.fetch.connect.add}},
		{"TLS, of https:// URLs", adders{o.fetch.tls.add}},
		{"Proxies", adders{o.proxy.add}},
		{"The engine", adders{o.addEngine}},
	}
}

// atHand opens a document that is not fetched: a file, or standard input (-). If base says where it would be, that comes with it.
func atHand(s streams, name, base string) (in io.ReadCloser, at link.URL, err error) {
	if base != "" {
		if at, err = link.Parse(base); err != nil {
			return nil, at, usageError("--base %q: %w", base, err)
		}
	}
	if name == "-" {
		return io.NopCloser(s.in), at, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, at, ioError(err)
	}
	return f, at, nil
}

// fetchPage is fetchDocument for a command that reads what somebody calls a page, with the cookies that there are. It returns where the page was
// found; what ended the fetch is an error. base is for what is at hand, and refused.
func (o *runOptions) fetchPage(s streams, what, base string, request fetch.Request, res *fetch.Response) (at link.URL, err error) {
	if base != "" {
		return at, usageError("--base: is for what is not fetched")
	}
	u, err := link.Parse(what)
	if err != nil {
		return at, usageError("%q: %w", what, err)
	}
	if err := o.cookies.open(s.err, nil, "", s.out); err != nil {
		return at, err
	}
	var failure error
	if err := o.fetchDocument(s, &u, request, res, func(err error) { failure = err }); err != nil {
		return at, err
	}
	if err = errors.Join(failure, o.cookies.save()); err != nil {
		var e *exitErr // of who read it
		if errors.As(err, &e) {
			return at, e
		}
		return at, ioError(err)
	}
	return foundAt(&u, res), nil
}

// fetchDocument fetches one document by the client that crawl run would have with these flags, in an engine of its own, for
// a command that reads it. request says what is done with it; what is asked for is filled in. done is called with how the
// fetch ended, in the task that made it. The flags have been checked.
func (o *runOptions) fetchDocument(s streams, u *link.URL, request fetch.Request, res *fetch.Response, done func(error)) error {
	limit := descriptorLimit()
	if err := checkLimit(limit); err != nil {
		return err
	}
	e, err := o.newEngine(s)
	if err != nil {
		return err
	}
	o.work.concurrency, o.work.concurrencySet = 1, true
	plan := o.work.plan(limit)
	o.dns.reserve(&plan)
	options := o.clientOptions(e, plan)
	options.OnPressure = func(class fetch.Class) { fmt.Fprintf(s.err, "crawl: waiting: %s\n", advice(class)) }
	client := fetch.NewClient(e, options)
	request.URL, request.Method = u, o.fetch.method
	request.Fields, request.Body = o.cookies.fields(o.fetch.fields()), o.fetch.body.data
	ctx, stop := untilSignal()
	defer stop()
	e.Go("document", func(ctx context.Context) error {
		defer client.Close()
		done(client.Do(ctx, &request, res))
		return nil
	})
	err = e.Run(ctx)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return ioError(err)
	}
	return nil
}

// foundAt is where a document was found that was asked for at u.
func foundAt(u *link.URL, res *fetch.Response) link.URL {
	if to := res.Redirection(); to != nil {
		return to.FinalURL
	}
	return *u
}
