package frontiertest

import (
	"container/heap"
	"fmt"
	"testing"
	"time"

	"crawl/internal/frontier"
)

// crawl is one in simulated time: workers that fetch what a Frontier gives out.
type crawl struct {
	*bench
	workers int
	// fetch says how long a visit takes and what it is like; never says that it does not end.
	fetch    func(e *frontier.Entry) (v frontier.Visit, never bool)
	onStart  func(e *frontier.Entry)
	flights  flights
	busy     int
	last     map[frontier.HostID]time.Duration // when the last of a host ended
	finished int
}

// flight is a fetch that will end.
type flight struct {
	end   time.Time
	entry frontier.Entry
	visit frontier.Visit
}

type flights []flight

func (f flights) Len() int           { return len(f) }
func (f flights) Less(i, j int) bool { return f[i].end.Before(f[j].end) }
func (f flights) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }
func (f *flights) Push(v any)        { *f = append(*f, v.(flight)) }
func (f *flights) Pop() any {
	last := (*f)[len(*f)-1]
	*f = (*f)[:len(*f)-1]
	return last
}

// run crawls until nothing more will happen, and returns how long that takes.
func (c *crawl) run() time.Duration {
	c.Helper()
	c.last = map[frontier.HostID]time.Duration{}
	for spins := 0; ; spins++ {
		for c.busy < c.workers {
			e, ok := c.Next(c.now)
			if !ok {
				break
			}
			spins = 0
			c.start(e)
		}
		at, ok := c.NextAt()
		ok = ok && c.busy < c.workers
		if len(c.flights) > 0 && (!ok || c.flights[0].end.Before(at)) {
			at, ok = c.flights[0].end, true
		}
		if !ok {
			return c.now.Sub(began())
		}
		if spins > 1000 {
			c.Fatalf("after %v it goes on saying that there is something to do, and there is not", c.now.Sub(began()))
		}
		c.now = maxTime(c.now, at)
		for len(c.flights) > 0 && !c.flights[0].end.After(c.now) {
			f := heap.Pop(&c.flights).(flight)
			c.busy--
			c.finished++
			c.last[f.entry.Key.Host] = c.now.Sub(began())
			c.Done(f.entry.Key, frontier.Fetched, f.visit, c.now)
		}
	}
}

func (c *crawl) start(e frontier.Entry) {
	c.busy++
	if c.onStart != nil {
		c.onStart(&e)
	}
	if v, never := c.fetch(&e); !never {
		v.Asked = true
		heap.Push(&c.flights, flight{c.now.Add(v.Latency), e, v})
	}
}

// fill enters pages of hosts, page by page.
func (b *bench) fill(hosts, pages int) {
	for page := range pages {
		for h := range hosts {
			b.addAll(fmt.Sprintf("http://h%d.example/%d", h, page))
		}
	}
}

// besideOne crawls a thousand hosts, of which one answers as told and all others each at its own speed, and returns when each of
// these has ended.
func besideOne(t *testing.T, empty Make, one func() (frontier.Visit, bool)) map[frontier.HostID]time.Duration {
	const hosts, pages, odd = 1000, 10, frontier.HostID(500)
	b := newBench(t, empty, frontier.Options{Pace: frontier.Pace{PerHost: 2, Delay: 100 * time.Millisecond, Factor: 3}})
	b.fill(hosts, pages)
	c := crawl{bench: b, workers: 2 * hosts, fetch: func(e *frontier.Entry) (frontier.Visit, bool) {
		if e.Key.Host == odd {
			return one()
		}
		return frontier.Visit{Latency: time.Duration(e.Key.Host%70) * time.Millisecond}, false
	}}
	c.run()
	if c.finished < (hosts-1)*pages {
		t.Errorf("%d were fetched, want at least %d", c.finished, (hosts-1)*pages)
	}
	delete(c.last, odd)
	return c.last
}

func testBeside(t *testing.T, empty Make, one func() (frontier.Visit, bool)) {
	alone := besideOne(t, empty, func() (frontier.Visit, bool) { return frontier.Visit{}, false })
	beside := besideOne(t, empty, one)
	for host, want := range alone {
		if got := beside[host]; got != want {
			t.Errorf("host %d has ended after %v, and without the other after %v", host, got, want)
		}
	}
}

// testOneHangs: a host that never answers costs no other a moment.
func testOneHangs(t *testing.T, empty Make) {
	testBeside(t, empty, func() (frontier.Visit, bool) { return frontier.Visit{}, true })
}

// testOneIsSlow: nor does one that takes a minute, complains, and wants to be left alone.
func testOneIsSlow(t *testing.T, empty Make) {
	testBeside(t, empty, func() (frontier.Visit, bool) {
		return frontier.Visit{Latency: time.Minute, Throttled: true, RetryAfter: time.Minute}, false
	})
}

// testCriticalPath: a crawl takes as long as the delays of one host, whatever the number of hosts, and says so from the
// beginning.
func testCriticalPath(t *testing.T, empty Make) {
	const hosts, pages, delay = 1000, 100, 100 * time.Millisecond
	b := newBench(t, empty, frontier.Options{Pace: frontier.Pace{Delay: delay}})
	b.fill(hosts, pages)
	want := pages * delay
	check := func(what string, got time.Duration) {
		if got < want-want/100 || got > want+want/100 {
			t.Errorf("%s %v, want %v and not more than a hundredth beside it", what, got, want)
		}
	}
	_, left := b.CriticalPath(b.now)
	check("the critical path is", left)
	c := crawl{bench: b, workers: 10, fetch: func(*frontier.Entry) (frontier.Visit, bool) { return frontier.Visit{}, false }}
	check("the crawl has taken", c.run())
	b.wantCounts(frontier.Counts{Fetched: hosts * pages, Hosts: hosts})
	if of, left := b.CriticalPath(b.now); of != 0 || left != 0 {
		t.Errorf("at the end the critical path is %v of host %d", left, of)
	}
}

// testPolite looks with the servers' eyes: requests in flight and the time between two.
func testPolite(t *testing.T, empty Make) {
	const perHost, delay = 3, 40 * time.Millisecond
	b := newBench(t, empty, frontier.Options{Pace: frontier.Pace{PerHost: perHost, Delay: delay}})
	b.fill(20, 50)
	type wish struct{ from, until time.Time } // not to be asked
	started, wishes, most := map[frontier.HostID]time.Time{}, map[frontier.HostID][]wish{}, 0
	c := crawl{bench: b, workers: 30}
	c.onStart = func(e *frontier.Entry) {
		host, inFlight := e.Key.Host, 1
		for _, f := range c.flights {
			if f.entry.Key.Host == host {
				inFlight++
			}
		}
		most = max(most, inFlight)
		if gap := b.now.Sub(started[host]); gap < delay {
			t.Errorf("host %d was asked after %v", host, gap)
		}
		for _, w := range wishes[host] {
			if !b.now.Before(w.from) && b.now.Before(w.until) {
				t.Errorf("host %d was asked %v before it wanted to be", host, w.until.Sub(b.now))
			}
		}
		started[host] = b.now
	}
	c.fetch = func(e *frontier.Entry) (v frontier.Visit, never bool) {
		v.Latency = time.Duration(e.Key.URL*7919%200) * time.Millisecond
		if e.Key.URL%97 == 0 {
			v.Throttled, v.RetryAfter = true, 2*time.Second
			from := b.now.Add(v.Latency)
			wishes[e.Key.Host] = append(wishes[e.Key.Host], wish{from, from.Add(v.RetryAfter)})
		}
		return v, false
	}
	c.run()
	if most != perHost {
		t.Errorf("at most %d were in flight at a host, want %d", most, perHost)
	}
	b.wantCounts(frontier.Counts{Fetched: 1000, Hosts: 20})
}
