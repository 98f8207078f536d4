//go:build unix

package crawler

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"crawl/internal/engine"
	"crawl/internal/fetch"
)

var _ = engine.ModeLoop
var _ = errors.New

func TestReproEOF(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.delay = func() time.Duration { return time.Second }
		f := newFakeFetcher(w, always(answer{}))
		c, out := crawlOf(w, f, strings.NewReader("http://a/1\n"), Options{Concurrency: 3})
		run(t, w, c)
		if len(rowsByURL(t, out.String())) != 1 {
			t.Error(out.String())
		}
	})
}

func TestReproRate(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeFetcher(w, always(answer{after: 10 * time.Second}))
		c, _ := crawlOf(w, f, strings.NewReader(listOf(100, 1)), Options{Concurrency: 1000, Rate: 10})
		run(t, w, c)
		if took := f.begins[99].Sub(f.begins[0]); took > 11*time.Second {
			t.Error(took)
		}
	})
}

func TestReproRateRetry(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeFetcher(w, always(answer{class: fetch.ConnectRefused}))
		c, _ := crawlOf(w, f, strings.NewReader(listOf(1, 1)), Options{Concurrency: 10, Rate: 10, Retries: 1})
		run(t, w, c)
	})
}

func TestReproInHand(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		list := listOf(10_001, 1) + "http://a/\nhttp://b/\n"
		f := newFakeFetcher(w, always(answer{after: time.Second}))
		c, _ := crawlOf(w, f, strings.NewReader(list), Options{Concurrency: 10, PerHost: 1})
		run(t, w, c)
		at := f.spans["http://b/"][0].begin.Sub(f.begins[0])
		if at > 10*time.Second {
			t.Error(at)
		}
	})
}

func TestReproCancel(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine.Engine) {
		f := newFakeFetcher(e, always(answer{after: time.Hour}))
		c, _ := crawlOf(e, f, strings.NewReader(listOf(3, 1)), Options{Concurrency: 10})
		ctx, cancel := context.WithCancel(context.Background())
		f.begun = func(string, int) {
			if f.total() == 3 {
				cancel()
			}
		}
		c.Start()
		runStarted(t, e, ctx, c)
	})
}

var _ = io.EOF
