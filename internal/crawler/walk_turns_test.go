//go:build unix

package crawler

import (
	"context"
	"errors"
	"testing"
	"time"

	"crawl/internal/frontier"
)

// watchedFrontier counts calls.
type watchedFrontier struct {
	frontier.Frontier
	nexts   int // since somebody has set it to 0
	most    int
	skipped int
}

func (f *watchedFrontier) Next(now time.Time) (frontier.Entry, bool) {
	f.nexts++
	f.most = max(f.most, f.nexts)
	return f.Frontier.Next(now)
}

func (f *watchedFrontier) NextSkipped(after frontier.URLID) (frontier.Entry, bool) {
	f.skipped++
	return f.Frontier.NextSkipped(after)
}

// watchFrontier has the calls of a crawl counted.
func watchFrontier(c *Crawler) *watchedFrontier {
	f := &watchedFrontier{Frontier: c.dispatch.walk.urls}
	c.dispatch.walk.urls = f
	return f
}

// TestTurnsOfLevel: however many URLs a level has, they are taken into their queues in portions, and others have their turn between two; also
// if no host may be asked meanwhile.
func TestTurnsOfLevel(t *testing.T) {
	const n = 60_000 // a portion of the frontier is 4,096
	w := newLoopWorld(t)
	f := newFakeWeb(w, map[string]page{"http://h/": {body: many(n, "<a href=/%d>")}})
	follow := &Follow{MaxDepth: 1, MaxURLs: 1, Robots: RobotsIgnore, Pace: frontier.Pace{Delay: time.Hour}}
	c, _ := walkOf(t, f, []string{"http://h/"}, Options{Concurrency: 1, Follow: follow})
	watched := watchFrontier(c)
	w.Go("other", func(ctx context.Context) error {
		for c.ledger.Fetched == 0 || watched.nexts > 0 {
			watched.nexts = 0
			if err := w.Sleep(ctx, 0); err != nil {
				return err
			}
		}
		return nil
	})
	c.Start()
	if err := runBounded(t, w, context.Background()); err != nil {
		t.Error(err)
	}
	checkEnd(t, c)
	if watched.most > 3 {
		t.Errorf("%d portions without a turn of another task", watched.most)
	}
	if c.ledger.Discovered != n+1 || c.ledger.Fetched != 1 {
		t.Errorf("%s", &c.ledger)
	}
}

// broken is a writer that takes nothing.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("made up") }

// TestSkippedWithoutOutput: nobody makes records of what was skipped for an output that takes nothing more.
func TestSkippedWithoutOutput(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		f := newFakeWeb(w, map[string]page{
			"http://h/":     {body: many(5000, "<a href=http://other/%d>") + links("/slow")},
			"http://h/slow": {after: time.Minute},
		})
		o := Options{Concurrency: 1, Follow: &Follow{MaxDepth: -1, Robots: RobotsIgnore, RecordSkipped: true}}
		o.Follow.Token = "tester"
		c := New(w, f, NewSource([]string{"http://h/"}, "list", nil), NewSink("output", broken{}), o)
		watched := watchFrontier(c)
		runWalk(t, f, c)
		if watched.skipped > 1 {
			t.Errorf("%d records were made", watched.skipped)
		}
		if c.Err() == nil {
			t.Error("the output was not lost")
		}
	})
}
