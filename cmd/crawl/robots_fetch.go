package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"crawl/internal/fetch"
	"crawl/internal/link"
	"crawl/internal/robots"
)

// errEnough ends the fetch of a file that is longer than robots.Limit: what is behind it does not count.
var errEnough = errors.New("there is enough of it")

// open reads ROBOTS, as far as it counts.
func (o *robotsOptions) open(s streams, name string) (*robotsSource, error) {
	if lower := strings.ToLower(name); strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://") {
		return o.fetch(s, name)
	}
	in := s.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, ioError(err)
		}
		defer f.Close()
		in = f
	}
	body, err := io.ReadAll(io.LimitReader(in, robots.Limit+1))
	if err != nil {
		return nil, ioError(fmt.Errorf("%s: %w", name, err))
	}
	return &robotsSource{body: body}, nil
}

// fetch gets ROBOTS by the client that crawl run would have with these flags. That there is no response is no error of
// this function: it is an answer, too.
func (o *robotsOptions) fetch(s streams, name string) (*robotsSource, error) {
	if err := o.run.check([]string{name}); err != nil {
		return nil, err
	}
	u, err := link.Parse(name)
	if err != nil {
		return nil, usageError("ROBOTS %q: %w", name, err)
	}
	limit := descriptorLimit()
	if err := checkLimit(limit); err != nil {
		return nil, err
	}
	e, err := o.run.newEngine(s)
	if err != nil {
		return nil, err
	}
	plan := o.run.work.plan(limit)
	o.run.dns.reserve(&plan)
	options := o.run.clientOptions(e, plan)
	options.MaxRedirects = robots.MaxRedirects
	client := fetch.NewClient(e, options)

	source := &robotsSource{url: &u}
	request := fetch.Request{URL: &u, Method: o.run.fetch.method, Fields: o.run.fetch.fields(), Body: o.run.fetch.body.data}
	request.OnBody = func(p []byte) error {
		source.body = append(source.body, p...)
		if len(source.body) > robots.Limit {
			return errEnough
		}
		return nil
	}
	var response fetch.Response
	e.Go("robots", func(ctx context.Context) error {
		defer client.Close()
		source.err = client.Do(ctx, &request, &response)
		return nil
	})
	if err := e.Run(context.Background()); err != nil {
		return nil, ioError(err)
	}
	source.settle(&response)
	return source, nil
}

// settle says what the fetch has come to. A redirect that was not followed is a response, and so is a file that was left
// because there was enough of it.
func (r *robotsSource) settle(response *fetch.Response) {
	if errors.Is(r.err, errEnough) || fetch.ClassOf(r.err).Family() == "redirect" {
		r.err = nil
	}
	if r.err == nil {
		r.Status, r.RetryAfter = response.Status, response.RetryAfter()
	}
}
