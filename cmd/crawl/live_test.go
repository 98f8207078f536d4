package main

import (
	"fmt"
	"io"
	"testing"

	"crawl/internal/live"
)

// TestReserve: the page's connections are taken from the crawl's descriptors, but never all of them.
func TestReserve(t *testing.T) {
	for _, c := range []struct {
		page                     bool
		limit, asked             int
		maxConns, concurrencyOut int
	}{
		{false, 1024, 0, 960, 960},
		{true, 1024, 0, 960 - live.MaxConns, 960 - live.MaxConns},
		{true, 1024, 100, 960 - live.MaxConns, 100},
		{true, 100_000, 0, 100_000 - reservedDescriptors - live.MaxConns, defaultConcurrency},
		{true, 100, 0, 18, 18},
		{true, 16, 0, 1, 1},
		{true, 0, 0, 1 << 20, defaultConcurrency},
	} {
		w := workFlags{concurrency: c.asked, concurrencySet: c.asked > 0}
		p := w.plan(c.limit)
		var page *livePage
		if c.page {
			page = &livePage{}
		}
		page.reserve(&p)
		if p.maxConns != c.maxConns || p.concurrency != c.concurrencyOut {
			t.Errorf("limit %d, -c %d: %d connections, %d in flight", c.limit, c.asked, p.maxConns, p.concurrency)
		}
		if c.page && c.limit > 0 {
			if all := w.plan(c.limit).maxConns; page.conns < 1 || page.conns > max(1, all-p.maxConns) {
				t.Errorf("limit %d: %d connections for the page, of %d reserved", c.limit, page.conns, all-p.maxConns)
			}
		}
	}
}

// TestOutcome: the page says of the end what the exit code says.
func TestOutcome(t *testing.T) {
	for code, want := range map[int]string{
		exitError: "failed", exitUsage: "failed", exitFailedURLs: "some URLs failed", exitLimit: "a limit was reached",
		exitHungUp: "interrupted", exitInterrupted: "interrupted", exitTerminated: "interrupted",
	} {
		if got := outcome(fmt.Errorf("wrapped: %w", &exitErr{code: code})); got != want {
			t.Errorf("exit code %d: %q", code, got)
		}
	}
	for _, err := range []error{errInvalid, errNotTaken} {
		if got := outcome(&exitErr{code: exitFailedURLs, err: fmt.Errorf("3 %w", err)}); got != "some items are invalid" {
			t.Errorf("%v: %q", err, got)
		}
	}
	if outcome(nil) != "" || outcome(io.EOF) != "failed" {
		t.Errorf("%q, %q", outcome(nil), outcome(io.EOF))
	}
}
