package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"crawl/internal/crawler"
	"crawl/internal/engine"
	"crawl/internal/fetch"
	"crawl/internal/latency"
)

// fetches is a small crawl of the test web.
type fetches struct {
	number   int
	inFlight int
	delay    time.Duration // of each answer
}

func (o *latencyOptions) fetches() fetches {
	if o.quick {
		return fetches{number: 400, inFlight: 100, delay: 50 * time.Millisecond}
	}
	return fetches{number: 2000, inFlight: 200, delay: 50 * time.Millisecond}
}

// oneFetch crawls on the loop, as crawl run does, and returns what one fetch cost. The test web is in a process of
// its own, so that its work is not in the figures. All URLs must be fetched, by its count too.
func oneFetch(ctx context.Context, work fetches) (result latency.Fetch, err error) {
	server, err := startOrigin(ctx, "--latency", work.delay.String(), "--pages", strconv.Itoa(work.number))
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	base, found := strings.CutSuffix(server.URL(), "/p/0")
	if !found {
		return result, fmt.Errorf("the test web is at %q, which has no pages", server.URL())
	}
	urls := make([]string, work.number)
	for i := range urls {
		urls[i] = base + "/p/" + strconv.Itoa(i)
	}
	result, err = crawlFor(ctx, urls, work.inFlight)
	if err != nil {
		return result, err
	}
	stats, err := server.Stats()
	if err != nil {
		return result, err
	}
	if stats.Requests != int64(work.number) {
		return result, fmt.Errorf("%d URLs were fetched, and the server counted %d requests", work.number, stats.Requests)
	}
	result.Delay = float64(work.delay)
	result.Connections = stats.Connections
	return result, nil
}

// crawlFor fetches URLs on the loop and measures what the whole program does meanwhile: the loop, the writing of
// records, and the collector.
func crawlFor(ctx context.Context, urls []string, inFlight int) (result latency.Fetch, err error) {
	run := &runOptions{mode: engine.ModeLoop, progress: "none"}
	run.addDefaults()
	run.work.concurrency, run.work.concurrencySet, run.work.retries = inFlight, true, 0
	if err := run.check(urls); err != nil {
		return result, err
	}
	plan := run.work.plan(descriptorLimit())
	e, err := run.newEngine(streams{err: io.Discard})
	if err != nil {
		return result, err
	}
	var records bytes.Buffer
	c := crawler.New(e, fetch.NewClient(e, run.fetch.options(plan)), crawler.NewSource(urls, "test web", nil),
		crawler.NewSink("records", &records), run.crawlOptions(plan))
	tuneCollector(e)
	before, err := cpuTime()
	if err != nil {
		return result, err
	}
	began := time.Now()
	c.Start()
	err = e.Run(ctx)
	wall := time.Since(began)
	after, cpuErr := cpuTime()
	if err := errors.Join(err, cpuErr, c.Err()); err != nil {
		return result, err
	}
	total, err := totalOf(&records, len(urls))
	if err != nil {
		return result, err
	}
	return latency.Fetch{
		Fetches: len(urls), InFlight: c.Stats().Peak, Wall: float64(wall),
		Work:  float64(after-before) / float64(len(urls)),
		Total: total,
	}, nil
}

// totalOf is the mean time of a fetch by its record, in ns. There must be want of them, each of a page.
func totalOf(records io.Reader, want int) (mean float64, err error) {
	sum, n := 0.0, 0
	for d := json.NewDecoder(records); ; n++ {
		var r struct {
			Status  int    `json:"status"`
			Class   string `json:"class"`
			Error   string `json:"error"`
			Timings struct{ Total float64 }
		}
		switch err := d.Decode(&r); {
		case err == io.EOF && n == want && n > 0:
			return sum / float64(n) * float64(time.Microsecond), nil
		case err == io.EOF:
			return 0, fmt.Errorf("%d records of %d URLs", n, want)
		case err != nil:
			return 0, err
		case r.Status != 200 || r.Class != string(fetch.OK):
			return 0, fmt.Errorf("a fetch failed: status %d, %s: %s", r.Status, r.Class, r.Error)
		}
		sum += r.Timings.Total
	}
}

// unsupported reports whether an error says that this platform has no loop.
func unsupported(err error) bool { return errors.Is(err, engine.ErrUnsupported) }
