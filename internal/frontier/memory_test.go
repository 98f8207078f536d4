package frontier_test

import (
	"fmt"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"crawl/internal/frontier"
	"crawl/internal/frontier/frontiertest"
	"crawl/internal/link"
)

func TestMemory(t *testing.T) {
	frontiertest.Run(t, func(_ testing.TB, o frontier.Options, epoch time.Time) frontier.Frontier {
		return frontier.NewMemory(o, epoch)
	})
}

func began() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

// web makes URLs as a generated web has them, with targets of 30 to 45 bytes, the hosts in turn.
type web struct{ hosts int }

func (w web) url(t testing.TB, i int) link.URL {
	host, n := i%w.hosts, i/w.hosts
	u, err := link.Parse(fmt.Sprintf("http://www.site%d.example/section-%d/articles/%d/page%d.html", host, n%97, n%1013, n))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// heap is how much is alive.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestMemoryPerURL holds a queued URL to 100 bytes, all told, where its index is at its largest (see index), on one host and
// on many; and a host with one URL to 250 besides its name.
func TestMemoryPerURL(t *testing.T) {
	const n = 225_000 // 416 × 512 and a few more: all tables have just been split
	for _, c := range []struct {
		hosts   int
		perURL  float64
		perHost float64
	}{
		{hosts: 1, perURL: 100},
		{hosts: n / 100, perURL: 100},
		{hosts: n / 10, perURL: 100, perHost: 250},
	} {
		t.Run(fmt.Sprint(c.hosts, " hosts"), func(t *testing.T) {
			before := heap()
			m := frontier.NewMemory(frontier.Options{}, began())
			targets, names := 0, 0
			for i := range n {
				u := web{c.hosts}.url(t, i)
				targets += len(u.Target())
				if a := m.Add(&u, frontier.Link{Depth: i % 3}, began()); a.NewHost {
					names += len(u.Origin())
				}
			}
			bytes := float64(heap() - before)
			if got := m.Counts(); got.Queued != n || got.Hosts != int64(c.hosts) {
				t.Fatalf("%+v", got)
			}
			if mean := float64(targets) / n; mean < 30 || mean > 45 {
				t.Fatalf("targets have %.1f bytes", mean)
			}
			others := c.perHost*float64(c.hosts) + float64(names)*min(c.perHost, 1)
			if got := (bytes - others) / n; got > c.perURL {
				t.Errorf("a URL takes %.1f bytes, want at most %.0f", got, c.perURL)
			}
			t.Logf("%.1f bytes for a URL, of which %.1f are its target", bytes/n, float64(targets)/n)
			runtime.KeepAlive(m)
		})
	}
}

// TestGrowth: no Add allocates much at once, however many there are. What doubles is some bytes for hundreds of URLs.
func TestGrowth(t *testing.T) {
	const n, most = 60_000, 400 << 10 // a chunk of hosts is the largest
	allocated := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	read := func() uint64 {
		metrics.Read(allocated)
		return allocated[0].Value.Uint64()
	}
	for _, hosts := range []int{1, n / 3} {
		m := frontier.NewMemory(frontier.Options{}, began())
		longest, at := uint64(0), 0
		for i := range n {
			u := web{hosts}.url(t, i)
			before := read()
			m.Add(&u, frontier.Link{}, began())
			if d := read() - before; d > longest {
				longest, at = d, i
			}
		}
		if longest > most {
			t.Errorf("of %d hosts, URL %d made it grow by %d KB at once, want at most %d", hosts, at, longest>>10, most>>10)
		}
		if longest < 64<<10 {
			t.Errorf("of %d hosts, no URL made it grow by more than %d bytes: that is not measured well", hosts, longest)
		}
	}
}

// TestAllocations: to see that a URL is known allocates nothing, nor does what has become of one; to give one out allocates
// its string.
func TestAllocations(t *testing.T) {
	m := frontier.NewMemory(frontier.Options{}, began())
	u := web{1}.url(t, 0)
	for i := range 5000 {
		u := web{10}.url(t, i)
		m.Add(&u, frontier.Link{}, began())
	}
	for what, c := range map[string]struct {
		run  func()
		want float64
	}{
		"a known URL":  {func() { m.Add(&u, frontier.Link{}, began()) }, 0},
		"a link to it": {func() { m.Knows(&u, frontier.Link{}) }, 0},
		"a fetch": {func() {
			e, ok := m.Next(began())
			if !ok {
				t.Fatal("nothing is next")
			}
			m.Done(e.Key, frontier.Fetched, frontier.Visit{Asked: true, Latency: time.Millisecond}, began())
		}, 1},
		"a retry": {func() {
			e, ok := m.Next(began())
			if !ok {
				t.Fatal("nothing is next")
			}
			m.Retry(e.Key, began(), frontier.Visit{Asked: true, Failed: true}, began())
		}, 1},
		"the next time": {func() { m.NextAt() }, 0},
		"the accounts":  {func() { m.Counts() }, 0},
	} {
		if got := testing.AllocsPerRun(1000, c.run); got > c.want {
			t.Errorf("%s allocates %v times, want %v", what, got, c.want)
		}
	}
}

// TestMisuse: what cannot be is a bug of the caller, and says so.
func TestMisuse(t *testing.T) {
	for name, misuse := range map[string]func(m *frontier.Memory, e frontier.Entry){
		"done twice":       func(m *frontier.Memory, e frontier.Entry) { m.Done(e.Key, frontier.Fetched, frontier.Visit{}, began()) },
		"retried, settled": func(m *frontier.Memory, e frontier.Entry) { m.Retry(e.Key, began(), frontier.Visit{}, began()) },
		"done as queued":   func(m *frontier.Memory, e frontier.Entry) { m.Done(e.Key, frontier.Queued, frontier.Visit{}, began()) },
		"done as nothing": func(m *frontier.Memory, e frontier.Entry) {
			m.Done(e.Key, frontier.Skipped+1, frontier.Visit{}, began())
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := frontier.NewMemory(frontier.Options{}, began())
			u := web{1}.url(t, 0)
			m.Add(&u, frontier.Link{}, began())
			e, _ := m.Next(began())
			m.Done(e.Key, frontier.Fetched, frontier.Visit{}, began())
			defer func() {
				if recover() == nil {
					t.Error("nothing was said")
				}
			}()
			misuse(m, e)
		})
	}
}

// TestBusiestOfMany: of more hosts than one question looks at, the busiest is found in a few, and then stays found.
func TestBusiestOfMany(t *testing.T) {
	const hosts = 20_000
	pace := frontier.Pace{Delay: time.Second}
	m := frontier.NewMemory(frontier.Options{Pace: pace}, began())
	busiest := frontier.HostID(0)
	for i := range hosts {
		u := web{hosts}.url(t, i)
		m.Add(&u, frontier.Link{}, began())
	}
	second := web{hosts}.url(t, 3+hosts) // another host has the longest path for a while
	m.Add(&second, frontier.Link{}, began())
	for i := range 50 {
		u := web{hosts}.url(t, 15_777+i*hosts) // beyond what the first question looks at
		busiest = m.Add(&u, frontier.Link{}, began()).Key.Host
	}
	if of, left := m.CriticalPath(began()); of != busiest || left != 49*time.Second {
		t.Errorf("the critical path is %v of host %d, want 49 s of host %d", left, of, busiest)
	}
	found := -1
	for question := range 10 {
		list := m.Busiest(3)
		if !list.Sampled || len(list.Busiest) != 3 {
			t.Fatalf("of %d hosts: %+v", hosts, list)
		}
		if is := list.Busiest[0].ID == busiest; is && found < 0 {
			found = question
		} else if found >= 0 && !is {
			t.Errorf("found by question %d, lost by question %d", found, question)
		}
	}
	if found < 0 {
		t.Error("it was not found")
	}
	// The longest is done: the next longest is found by looking.
	m.Hold(1, true, began())
	u := web{hosts}.url(t, hosts)
	m.Add(&u, frontier.Link{}, began()) // the first host has two now, which is less than fifty and becomes the most
	for now := began(); m.Host(busiest).Queued > 0; now = now.Add(time.Second) {
		for {
			e, ok := m.Next(now)
			if !ok {
				break
			}
			m.Done(e.Key, frontier.Fetched, frontier.Visit{Asked: true}, now)
		}
	}
	of, longest := frontier.HostID(0), time.Duration(0)
	for range 10 {
		of, longest = m.CriticalPath(began().Add(time.Hour))
	}
	if of != 1 || longest != time.Second {
		t.Errorf("the critical path is %v of host %d, want that of the host on hold, 1 s", longest, of)
	}
}
