package frontier_test

import (
	"fmt"
	"time"

	"crawl/internal/frontier"
	"crawl/internal/link"
)

// A worker's life: take what is next, say what became of it, enter what was found.
func ExampleMemory() {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	f := frontier.NewMemory(frontier.Options{Pace: frontier.Pace{PerHost: 1, Delay: time.Second}}, now)
	seed, _ := link.Parse("http://example.org/")
	f.Add(&seed, frontier.Link{}, now)

	for f.Counts().Pending() > 0 {
		e, ok := f.Next(now)
		if !ok {
			now, _ = f.NextAt() // a crawler waits until then
			continue
		}
		fmt.Println(now.Format(time.TimeOnly), e.Depth, e.URL.String())
		if e.Depth == 0 {
			for _, ref := range []string{"a", "b#part", "a?"} {
				found, _ := e.URL.Resolve(ref)
				f.Add(&found, frontier.Link{From: e.Key, Depth: e.Depth + 1}, now)
			}
		}
		f.Done(e.Key, frontier.Fetched, frontier.Visit{Asked: true, Latency: 80 * time.Millisecond}, now)
	}
	c := f.Counts()
	fmt.Println(c.Discovered(), "=", c.Fetched, "+", c.Failed, "+", c.Skipped, "+", c.Pending())
	// Output:
	// 00:00:00 0 http://example.org/
	// 00:00:01 1 http://example.org/a
	// 00:00:02 1 http://example.org/b
	// 3 = 3 + 0 + 0 + 0
}
