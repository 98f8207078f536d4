//go:build unix

package crawler

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"crawl/internal/engine"
	"crawl/internal/fetch"
	"crawl/internal/origin"
)

// noting is a fetcher that notes when each fetch began.
type noting struct {
	Fetcher
	mu    sync.Mutex // guards what follows
	begun map[string][]time.Time
}

func (n *noting) Do(ctx context.Context, req *fetch.Request, res *fetch.Response) error {
	n.mu.Lock()
	n.begun[req.URL.String()] = append(n.begun[req.URL.String()], time.Now())
	n.mu.Unlock()
	return n.Fetcher.Do(ctx, req, res)
}

// TestPolite: what servers have seen of a crawl by links, by their own log: robots.txt was asked for first, nothing that
// it disallows, no host by more connections than it may have, none sooner than its delay, and who said Retry-After was
// left alone for so long.
func TestPolite(t *testing.T) {
	const delay, perHost, retryAfter = 100 * time.Millisecond, 2, time.Second
	const refusing = "/f/retry/1?status=429&after=1"
	rules := "User-agent: *\nDisallow: /p/3\nDisallow: /p/*6$\n"
	for _, own := range []bool{false, true} { // the delay is ours, or that of robots.txt
		eachEngine(t, func(t *testing.T, e engine.Engine) {
			config := origin.Config{Addresses: 5, Pages: 8, Links: 6, LogRequests: 10000, Robots: rules}
			follow := &Follow{Scope: Scope{Extent: ScopeAny}, MaxDepth: -1, Token: "crawl"}
			if own {
				follow.Pace.Delay = delay
			} else {
				config.Robots += "Crawl-delay: 0.1\n"
			}
			server := startOrigin(t, config)
			started := time.Now() // the log's zero is before
			client := &noting{Fetcher: fetch.NewClient(e, fetch.Options{}), begun: map[string][]time.Time{}}
			c, _ := crawlOf(e, client, strings.NewReader(server.URL(0)+"\n"+base(server)+refusing+"\n"),
				Options{Concurrency: 50, PerHost: perHost, Retries: 3, Follow: follow})
			run(t, e, c)

			visits := map[string][]origin.Request{}
			for _, r := range server.Log() {
				visits[r.Host] = append(visits[r.Host], r)
			}
			if n := len(server.Hosts()); len(visits) != n {
				t.Errorf("%d hosts of %d were asked", len(visits), n)
			}
			refused := 0
			for host, all := range visits {
				slices.SortFunc(all, func(a, b origin.Request) int { return int(a.Since - b.Since) })
				if all[0].Target != "/robots.txt" {
					t.Errorf("%s was asked for %s first", host, all[0].Target)
				}
				connections, asked := map[int64]bool{}, map[string]int{}
				for i, r := range all {
					connections[r.Conn] = true
					asked[r.Target]++
					if i+1 == len(all) {
						break
					}
					next := all[i+1].Since
					if r.Status == 429 {
						if refused++; next-r.Since < retryAfter {
							t.Errorf("%s was asked for %s %v after its 429", host, all[i+1].Target, next-r.Since)
						}
					}
					// A request may have been long on its way, and the next not: that is the machine's doing. And from when it was
					// decided on until it began there is a moment, for which half of the delay is a generous allowance.
					begun := client.began(t, r, asked[r.Target]-1)
					late := max(0, started.Add(r.Since).Sub(begun))
					if gap := next - r.Since; gap+late < delay/2 {
						t.Errorf("%s was asked for %s %v after %s, which was %v on its way", host, all[i+1].Target, gap, r.Target, late)
					}
				}
				if len(connections) > perHost {
					t.Errorf("%s had %d connections", host, len(connections))
				}
				for target, n := range asked {
					if target == "/p/3" || target == "/p/6" {
						t.Errorf("%s was asked for %s, which it disallows", host, target)
					}
					if n != 1 && target != refusing {
						t.Errorf("%s was asked for %s %d times", host, target, n)
					}
				}
			}
			if refused != 1 {
				t.Errorf("there were %d answers with Retry-After", refused)
			}
			if ledger := c.Stats().Ledger; ledger.Pending != 0 || ledger.Failed != 0 || ledger.Classes[SkipRobots] == 0 {
				t.Errorf("%s; %v", ledger.String(), slices.Sorted(maps.Keys(visits)))
			}
		})
	}
}

// began is when the fetch began that the server saw as r, the nth of its target.
func (n *noting) began(t *testing.T, r origin.Request, nth int) time.Time {
	t.Helper()
	u := url.URL{Scheme: "http", Host: r.Host}
	all := n.begun[u.String()+r.Target]
	if nth >= len(all) {
		t.Fatalf("the server saw %s %d times, of which %d were begun", r.Target, nth+1, len(all))
	}
	return all[nth]
}
