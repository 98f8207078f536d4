//go:build unix

package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"crawl/internal/crawler"
	"crawl/internal/engine"
	"crawl/internal/fetch"
)

// onEachEngine runs tasks of a session whose crawl has a URL and is not started, and returns what it said.
func onEachEngine(t *testing.T, o *runOptions, start func(r *session)) (said map[string]string) {
	t.Helper()
	said = map[string]string{}
	for _, mode := range []string{engine.ModeLoop, engine.ModeGoroutine} {
		o.mode = mode
		var b bytes.Buffer
		e, err := o.newEngine(streams{err: &b})
		if err != nil {
			t.Fatal(err)
		}
		c := crawler.New(e, nil, crawler.NewSource([]string{"http://127.0.0.1/"}, "one", nil), crawler.NewSink("nowhere", io.Discard), crawler.Options{})
		r := &session{options: o, streams: streams{err: &b}, engine: e, crawler: c, mu: e.NewMutex()}
		start(r)
		if err := e.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		said[mode] = b.String()
	}
	return said
}

// However many tasks notice at once that this machine is short of something, it is said once for each thing, and
// not at all with -q.
func TestPressureIsSaidOnce(t *testing.T) {
	crowd := func(r *session) {
		var all sync.WaitGroup
		r.subscribe(nil)
		r.crawler.Pause()
		r.crawler.Start()
		for i := range 200 {
			all.Add(1)
			r.engine.Go("worker", func(context.Context) error {
				defer all.Done()
				r.crawler.NotePressure([]fetch.Class{fetch.LocalDescriptors, fetch.LocalPorts}[i%2])
				return nil
			})
		}
		go func() {
			all.Wait()
			r.engine.Post(r.crawler.Drain)
		}()
	}
	for mode, said := range onEachEngine(t, &runOptions{}, crowd) {
		for _, class := range []fetch.Class{fetch.LocalDescriptors, fetch.LocalPorts} {
			if n := strings.Count(said, "crawl: slowing down: "+advice(class)+"\n"); n != 1 {
				t.Errorf("%s: %s is said %d times:\n%s", mode, class, n, said)
			}
		}
	}
	for mode, said := range onEachEngine(t, &runOptions{quiet: true}, crowd) {
		if strings.Contains(said, "slowing down") {
			t.Errorf("%s: with -q, %q", mode, said)
		}
	}
}

// A pause that the engine comes to only when who has asked for it has gone is told all the same, for it is one.
func TestLatePauseIsSaid(t *testing.T) {
	late := func(r *session) {
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := (crawlOf{r}).Pause(gone); err == nil {
			t.Error("it was not late")
		}
		r.engine.Go("last", func(ctx context.Context) error { // until it has happened
			for !r.crawler.Stats().Paused {
				if err := r.engine.Sleep(ctx, time.Millisecond); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for mode, said := range onEachEngine(t, &runOptions{}, late) {
		if said != "crawl: paused on the live page\n" {
			t.Errorf("%s: %q", mode, said)
		}
	}
	for mode, said := range onEachEngine(t, &runOptions{quiet: true}, late) {
		if said != "" {
			t.Errorf("%s, quiet: %q", mode, said)
		}
	}
}

// The summary is of the crawl as it was when the engine had run, whatever took time after that.
func TestSummaryIsOfTheCrawl(t *testing.T) {
	var r *session
	onEachEngine(t, &runOptions{}, func(s *session) { r = s })
	var b bytes.Buffer
	r.streams.err = &b
	r.ended = crawler.Stats{Elapsed: 2 * time.Second, Ledger: crawler.Ledger{
		Discovered: 4, Fetched: 4, Classes: map[fetch.Class]int64{fetch.OK: 4}, Statuses: map[int]int64{200: 4},
	}}
	if err := r.end(nil); err != nil || !strings.HasPrefix(b.String(), "crawl: 4 URLs in 2s, 2/s, ") {
		t.Errorf("%q, %v", b.String(), err)
	}
}
