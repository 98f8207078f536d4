//go:build unix

package crawler

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestHosts: the busiest hosts, with and without a limit for each, as the server would count them.
func TestHosts(t *testing.T) {
	for _, perHost := range []int{0, 3} {
		eachWorld(t, func(t *testing.T, w *world) {
			var list strings.Builder
			for host, n := range []int{2, 20, 1, 9} {
				for i := range n {
					fmt.Fprintf(&list, "http://h%d:81/%d\n", host, i)
				}
			}
			f := newFakeFetcher(w, always(answer{after: time.Minute}))
			c, _ := crawlOf(w, f, strings.NewReader(list.String()), Options{Concurrency: 100, PerHost: perHost})
			var got, two, none HostList
			w.After(time.Second, func() { got, two, none = c.Hosts(10), c.Hosts(2), c.Hosts(0) })
			run(t, w, c)
			want := []Host{{Name: "h1:81", InFlight: 20, Waiting: 0}, {Name: "h3:81", InFlight: 9, Waiting: 0}, {Name: "h0:81", InFlight: 2, Waiting: 0}, {Name: "h2:81", InFlight: 1, Waiting: 0}}
			if perHost > 0 {
				want = []Host{{Name: "h1:81", InFlight: 3, Waiting: 17}, {Name: "h3:81", InFlight: 3, Waiting: 6}, {Name: "h0:81", InFlight: 2, Waiting: 0}, {Name: "h2:81", InFlight: 1, Waiting: 0}}
			}
			if !slices.Equal(got.Busiest, want) || got.Sampled || !slices.Equal(two.Busiest, want[:2]) || len(none.Busiest) != 0 {
				t.Errorf("per host %d: %+v, want %v; the first two are %v", perHost, got, want, two)
			}
			if n := got.LongestQueue(); n != want[0].Waiting || none.LongestQueue() != 0 {
				t.Errorf("per host %d: %d wait for one host", perHost, n)
			}
			if end := c.Hosts(10); len(end.Busiest) != 0 {
				t.Errorf("at the end %v", end)
			}
		})
	}
}

// TestHostsSampled: where there are more than are looked at, a host that is far busier than the others is found
// all the same after some questions, and stays.
func TestHostsSampled(t *testing.T) {
	if raceDetector {
		t.Skip("SKIPPED: it needs 16,000 tasks, and the race detector takes 8,128 goroutines")
	}
	const others, busy = 3 * maxVisits, 3000
	for _, perHost := range []int{0, 1} {
		eachWorld(t, func(t *testing.T, w *world) {
			var list strings.Builder
			for i := range others {
				fmt.Fprintf(&list, "http://h%d/\n", i)
				if i%(others/busy) == 0 {
					list.WriteString("http://busy/\n")
				}
			}
			f := newFakeFetcher(w, always(answer{after: time.Hour}))
			c, _ := crawlOf(w, f, strings.NewReader(list.String()), Options{Concurrency: 20_000, PerHost: perHost})
			var all []HostList
			w.After(time.Minute, func() {
				for range 100 {
					all = append(all, c.Hosts(5))
				}
				c.Drain()
			})
			run(t, w, c)
			last := all[len(all)-1]
			if !last.Sampled || len(last.Busiest) != 5 || last.Busiest[0].Name != "busy" {
				t.Fatalf("per host %d: %+v", perHost, last)
			}
			if h := last.Busiest[0]; perHost > 0 && (h.InFlight != 1 || h.Waiting < busy-1) || perHost == 0 && (h.InFlight < busy/2 || h.InFlight > busy*2) {
				t.Errorf("per host %d: %+v", perHost, h)
			}
		})
	}
}

// TestHostsFew: where few fetches are left of many, nothing is projected from the one or two that are seen.
func TestHostsFew(t *testing.T) {
	const workers, left = 3 * maxCrew, 20
	eachWorld(t, func(t *testing.T, w *world) {
		var list strings.Builder
		for i := range workers {
			fmt.Fprintf(&list, "http://h%d/\n", i)
		}
		f := newFakeFetcher(w, func(url string, _ int) answer {
			var host int
			if _, err := fmt.Sscanf(url, "http://h%d/", &host); err != nil {
				t.Error(err)
			}
			if host < left {
				return answer{after: time.Hour}
			}
			return answer{after: time.Minute}
		})
		c, _ := crawlOf(w, f, strings.NewReader(list.String()), Options{Concurrency: workers})
		found := map[string]bool{}
		w.After(30*time.Minute, func() {
			for range 100 {
				list := c.Hosts(left)
				if !list.Sampled {
					t.Error("all were looked at")
				}
				for _, h := range list.Busiest {
					found[h.Name] = true
					if h.InFlight != 1 {
						t.Errorf("%+v", h)
					}
				}
			}
		})
		run(t, w, c)
		if len(found) != left {
			t.Errorf("%d of %d were found", len(found), left)
		}
	})
}

// BenchmarkHosts is what the loop pays for one look at the busiest hosts of a large crawl.
func BenchmarkHosts(b *testing.B) {
	for _, perHost := range []int{0, 8} {
		b.Run(fmt.Sprintf("per-host=%d", perHost), func(b *testing.B) {
			const n = 10_000
			w := newLoopWorld(b)
			f := newFakeFetcher(w, always(answer{after: time.Hour}))
			c, _ := crawlOf(w, f, strings.NewReader(listOf(2*n, n/2)), Options{Concurrency: n, PerHost: perHost})
			w.After(time.Minute, func() {
				for b.Loop() {
					if len(c.Hosts(10).Busiest) != 10 {
						b.Fatal("too few")
					}
				}
				c.Drain()
			})
			c.Start()
			if err := runBounded(b, w, b.Context()); err != nil {
				b.Fatal(err)
			}
		})
	}
}
