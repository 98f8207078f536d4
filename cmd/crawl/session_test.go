//go:build unix

package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"

	"crawl/internal/crawler"
	"crawl/internal/engine"
	"crawl/internal/fetch"
)

// onEachEngine runs tasks of a session whose crawl has nothing to do, and returns what it said.
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
		c := crawler.New(e, nil, crawler.NewSource(nil, "nothing", nil), crawler.NewSink("nowhere", io.Discard), crawler.Options{})
		r := &session{options: o, streams: streams{err: &b}, engine: e, crawler: c, mu: e.NewMutex()}
		start(r)
		if err := e.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		said[mode] = b.String()
	}
	return said
}

// afterCallbacks starts a task that ends when the callbacks that others have asked for by then have run.
func afterCallbacks(e engine.Engine, others *sync.WaitGroup) {
	mu := e.NewMutex()
	passed, cond := false, e.NewCond(mu, "callbacks")
	go func() {
		others.Wait()
		e.Post(func() {
			mu.Lock()
			defer mu.Unlock()
			passed = true
			cond.Signal()
		})
	}()
	e.Go("last", func(ctx context.Context) error {
		mu.Lock()
		defer mu.Unlock()
		for !passed {
			if err := cond.Wait(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// However many tasks notice at once that this machine is short of something, it is said once for each thing, and
// not at all with -q.
func TestPressureIsSaidOnce(t *testing.T) {
	crowd := func(r *session) {
		var all sync.WaitGroup
		for i := range 200 {
			all.Add(1)
			r.engine.Go("worker", func(context.Context) error {
				defer all.Done()
				r.pressure([]fetch.Class{fetch.LocalDescriptors, fetch.LocalPorts}[i%2])
				return nil
			})
		}
		afterCallbacks(r.engine, &all)
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
