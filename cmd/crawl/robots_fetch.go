package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"crawl/internal/fetch"
	"crawl/internal/link"
	"crawl/internal/robots"
)

// errEnough ends the fetch of a file that is longer than robots.Limit: what is behind it does not count.
var errEnough = errors.New("there is enough of it")

// open reads ROBOTS, as far as it counts.
func (o *robotsOptions) open(s streams, name string) (*robotsSource, error) {
	if isWebURL(name) {
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
	o.run.fetch.redirects.most = robots.MaxRedirects
	source := &robotsSource{url: &u}
	take := func(p []byte) error {
		source.body = append(source.body, p...)
		if len(source.body) > robots.Limit {
			return errEnough
		}
		return nil
	}
	var response fetch.Response
	if err := o.run.fetchDocument(s, &u, fetch.Request{OnBody: take}, &response, func(err error) { source.err = err }); err != nil {
		return nil, err
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
