package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"crawl/internal/crawler"
	"crawl/internal/fetch"
	"crawl/internal/http1"
)

// selectFlags say which version and which part of a resource is asked for.
type selectFlags struct {
	validators bool
	previous   string
	byteRange  string

	part *fetch.Part
}

func (v *selectFlags) add(f *pflag.FlagSet) {
	f.BoolVar(&v.validators, "validators", false, "keep ETag and Last-Modified in the records, for --previous")
	f.StringVar(&v.previous, "previous", "", "fetch only what has changed since the records in `FILE` (304 otherwise); implies --validators")
	f.StringVar(&v.byteRange, "range", "", "fetch these bytes only, as `A-B`, A- or -N; with --previous, the whole of what has changed")
}

func (v *selectFlags) check(method string, fields []http1.Pair) error {
	if v.previous != "" && method != "GET" && method != "HEAD" {
		return usageError("--previous with -X %s: is for GET and HEAD", method)
	}
	if v.byteRange == "" {
		return nil
	}
	p, err := fetch.ParsePart(v.byteRange)
	if err != nil {
		return usageError("--range %q: %w", v.byteRange, err)
	}
	if method != "GET" && method != "HEAD" {
		return usageError("--range with -X %s: is for GET and HEAD", method)
	}
	for _, f := range fields {
		if strings.EqualFold(f.Name, "Range") {
			return usageError("--range and -H %q: one of them", f.Name)
		}
	}
	v.part = &p
	return nil
}

// readPrevious returns nil if there are none. output is where records go, which may not be the same file.
func (v *selectFlags) readPrevious(s streams, output string, quiet bool) (*crawler.Previous, error) {
	if v.previous == "" {
		return nil, nil
	}
	f, err := os.Open(v.previous)
	if err != nil {
		return nil, ioError(err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, ioError(err)
	}
	to := fileInfo(s.out)
	if output != "" && output != "-" {
		if to, err = os.Stat(output); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, ioError(err)
		}
	}
	if same(info, to) {
		return nil, usageError("--previous %s: the new records would take its place", v.previous)
	}
	p, bad, err := crawler.ReadPrevious(f)
	if err != nil {
		return nil, ioError(fmt.Errorf("%s: %w", v.previous, err))
	}
	if !quiet {
		if bad > 0 {
			fmt.Fprintf(s.err, "crawl: %s: %d lines are no records\n", printable(v.previous), bad)
		}
		fmt.Fprintf(s.err, "crawl: validators of %d URLs in %s\n", p.Len(), printable(v.previous))
	}
	return p, nil
}
