package frontier

import (
	"bufio"
	stdheap "container/heap"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"crawl/internal/link"
)

// BenchmarkFrontier enters ten million URLs, with targets of 30 to 45 bytes, and looks at what that takes: bytes of a queued URL
// on the heap (B/url) and of the process at its peak (peak-B/url, Linux), the time of one Add that is new, of one that is known and of one
// fetch (Next and Done). One iteration is all of it: use -benchtime 1x. CRAWL_URLS is another number of them. That nothing takes long at
// once is what TestGrowth holds.
func BenchmarkFrontier(b *testing.B) {
	n := 10_000_000
	if s := os.Getenv("CRAWL_URLS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	for _, hosts := range []int{1, 100_000, n / 10} {
		b.Run(fmt.Sprint("hosts=", hosts), func(b *testing.B) {
			for range b.N {
				measure(b, n, hosts)
			}
		})
	}
}

// batch is how many URLs are made at once, so that making them is not measured.
const batch = 10_000

func measure(b *testing.B, n, hosts int) {
	urls := make([]link.URL, batch)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	peak := resetPeak()
	before := alive()
	m := NewMemory(Options{}, now)
	add := func(begin, every int, each func(u *link.URL)) (spent time.Duration) {
		for i := begin; i+batch*every <= n; i += batch * every {
			for j := range urls {
				k := i + j*every
				s := fmt.Sprintf("http://www.site%d.example/section-%d/articles/%d/page%d.html", k%hosts, k/hosts%97, k/hosts%1013, k/hosts)
				u, err := link.Parse(s)
				if err != nil {
					b.Fatal(err)
				}
				urls[j] = u
			}
			start := time.Now()
			for j := range urls {
				each(&urls[j])
			}
			spent += time.Since(start)
		}
		return spent
	}
	spent := add(0, 1, func(u *link.URL) { m.Add(u, Link{}, now) })
	b.ReportMetric(float64(spent)/float64(m.Counts().Queued), "ns/add-new")
	b.ReportMetric(float64(alive()-before)/float64(n), "B/url")
	if p := resident(); p > 0 {
		b.ReportMetric(float64(p-peak)/float64(n), "peak-B/url")
	}
	looked := 0
	spent = add(0, 37, func(u *link.URL) {
		if a := m.Add(u, Link{}, now); a.New {
			b.Fatal("a known URL is new")
		}
		looked++
	})
	b.ReportMetric(float64(spent)/float64(max(looked, 1)), "ns/add-known")

	const fetches = 500_000
	start := time.Now()
	for range min(fetches, n) {
		e, ok := m.Next(now)
		if !ok {
			b.Fatal("nothing is next")
		}
		m.Done(e.Key, Fetched, Visit{Asked: true, Latency: time.Millisecond}, now)
	}
	b.ReportMetric(float64(time.Since(start))/float64(min(fetches, n)), "ns/fetch")
	b.ReportMetric(0, "ns/op")
	runtime.KeepAlive(m)
}

func alive() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// resetPeak has resident begin anew.
func resetPeak() uint64 {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
	return resident()
}

// resident is the peak of the memory of this process in bytes, or 0 where nobody tells.
func resident() uint64 {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			kB, _ := strconv.ParseUint(strings.Fields(rest)[0], 10, 64)
			return kB << 10
		}
	}
	return 0
}

// BenchmarkTimeline takes the first of many hosts and puts it behind all others, as a fetch does, with the heap here and with
// container/heap.
func BenchmarkTimeline(b *testing.B) {
	for _, n := range []int{1000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint("here/", n), func(b *testing.B) {
			pos := make([]uint32, n)
			line := timeline{moved: func(id, p uint32) { pos[id] = p }}
			for id := range n {
				line.add(uint32(id), Instant(rand.IntN(n)))
			}
			for b.Loop() {
				m := line.first()
				line.remove(1)
				line.add(m.id, m.at+Instant(n))
			}
		})
		b.Run(fmt.Sprint("container-heap/", n), func(b *testing.B) {
			pos := make([]uint32, n)
			h := &standard{pos: pos}
			for id := range n {
				stdheap.Push(h, &moment{Instant(rand.IntN(n)), uint32(id), uint32(id)})
			}
			turn := uint32(n)
			for b.Loop() {
				m := stdheap.Pop(h).(*moment)
				turn++
				m.at, m.turn = m.at+Instant(n), turn
				stdheap.Push(h, m)
			}
		})
	}
}

// standard is a timeline by container/heap.
type standard struct {
	moments []*moment
	pos     []uint32
}

func (h *standard) Len() int           { return len(h.moments) }
func (h *standard) Less(i, j int) bool { return h.moments[i].before(h.moments[j]) }
func (h *standard) Swap(i, j int) {
	h.moments[i], h.moments[j] = h.moments[j], h.moments[i]
	h.pos[h.moments[i].id], h.pos[h.moments[j].id] = uint32(i), uint32(j)
}
func (h *standard) Push(v any) { h.moments = append(h.moments, v.(*moment)) }
func (h *standard) Pop() any {
	last := h.moments[len(h.moments)-1]
	h.moments = h.moments[:len(h.moments)-1]
	return last
}
