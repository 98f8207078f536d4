package crawler

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// What one question after the busiest hosts looks at, hosts that are known or workers whose hosts have to be
// counted: a fifth of a millisecond of each, on a loop that does nothing else meanwhile.
const (
	maxVisits = 4096
	maxCrew   = 1024
)

// minSeen is how many fetches a part must have for the whole to be projected from it: one of two says nothing.
const minSeen = 32

// Host is an origin with something in flight or waiting: http and https of one name are two.
type Host struct {
	Name     string // as URLs have it: host, and port unless it is the usual one, behind https:// if it is that
	InFlight int
	Waiting  int // held back because of the limit for each host; without one nothing is

	// Only where links are followed: whether it waits for its robots.txt, and the time between two requests to it.
	Held     bool
	Interval time.Duration
}

// HostList is the busiest hosts.
type HostList struct {
	Busiest []Host // first those with most in flight and waiting
	// Sampled says that there was more than is looked at. Then these are the busiest of a part, another each time.
	// With a limit for each host those of the last answer are part of it, so that who is found stays found;
	// without one, InFlight is projected from a part of more than 1,024 workers to the whole, unless so little is in
	// flight in it that it says nothing of the whole: then it is what was counted.
	Sampled bool

	Critical Critical // where links are followed; of a bounded look too
}

// LongestQueue is how many wait for one host, at the one of these for which most do: what Stats.LongestQueue is for.
func (l *HostList) LongestQueue() (n int) {
	for _, h := range l.Busiest {
		n = max(n, h.Waiting)
	}
	return n
}

// hostsAsked is what one answer leaves to the next.
type hostsAsked struct {
	busiest []Host
	next    int            // worker to begin with
	counts  map[string]int // to be used again
}

// Hosts returns the n hosts that have most in flight and waiting. It costs a fetch nothing: who asks pays, and not
// more than a bounded look at what there is. It is called from a task or callback of the engine, or after Run.
func (c *Crawler) Hosts(n int) HostList {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list HostList
	switch {
	case c.dispatch.walk != nil:
		return c.dispatch.walk.hosts(n)
	case c.options.PerHost > 0:
		list = c.hostsHeld(n)
	default:
		list = c.hostsInFlight(n)
	}
	c.asked.busiest = list.Busiest
	return list
}

// hostsHeld goes by the dispatcher's hosts. A map is walked from a random place on, so if there are too many it
// is another part each time, and hosts that were busy a moment ago are looked up beside.
func (c *Crawler) hostsHeld(n int) HostList {
	top := busiest{n: n}
	hosts := c.dispatch.hosts
	list := HostList{Sampled: len(hosts) > maxVisits}
	if list.Sampled {
		for _, was := range c.asked.busiest {
			if h := hosts[originOf(was.Name)]; h != nil {
				top.add(Host{Name: was.Name, InFlight: h.active, Waiting: len(h.waiting)})
			}
		}
	}
	visits := 0
	for origin, h := range hosts {
		if visits++; visits > maxVisits {
			break
		}
		top.add(Host{Name: nameOf(origin), InFlight: h.active, Waiting: len(h.waiting)})
	}
	list.Busiest = top.hosts
	return list
}

// hostsInFlight goes by what the workers do, for without a limit hosts are not kept.
func (c *Crawler) hostsInFlight(n int) HostList {
	visits := min(len(c.crew), maxCrew)
	if c.asked.counts == nil {
		c.asked.counts = make(map[string]int, visits/4)
	}
	counts := c.asked.counts
	clear(counts)
	seen := 0
	for range visits {
		c.asked.next = (c.asked.next + 1) % len(c.crew)
		if j := c.crew[c.asked.next].job; j != nil {
			counts[j.url.Origin()]++
			seen++
		}
	}
	top := busiest{n: n}
	list := HostList{Sampled: visits < len(c.crew)}
	for origin, k := range counts {
		if list.Sampled && seen >= minSeen {
			k = int(float64(k)*float64(c.inFlight)/float64(seen) + 0.5)
		}
		top.add(Host{Name: nameOf(origin), InFlight: k})
	}
	list.Busiest = top.hosts
	return list
}

// nameOf is the name of an origin, and originOf the origin of a name.
func nameOf(origin string) string { return strings.TrimPrefix(origin, "http://") }

func originOf(name string) string {
	if strings.HasPrefix(name, "https://") {
		return name
	}
	return "http://" + name
}

// busiest keeps the n busiest of the hosts that it is given, in order.
type busiest struct {
	n     int
	hosts []Host
}

func (b *busiest) add(h Host) {
	if b.n <= 0 || len(b.hosts) == b.n && before(b.hosts[b.n-1], h) <= 0 {
		return
	}
	if slices.ContainsFunc(b.hosts, func(o Host) bool { return o.Name == h.Name }) {
		return
	}
	i, _ := slices.BinarySearchFunc(b.hosts, h, before)
	b.hosts = slices.Insert(b.hosts, i, h)
	b.hosts = b.hosts[:min(len(b.hosts), b.n)]
}

// before orders hosts, the busiest first, equals by name, so that a list of them stands still.
func before(a, b Host) int {
	if d := cmp.Compare(b.InFlight+b.Waiting, a.InFlight+a.Waiting); d != 0 {
		return d
	}
	return cmp.Compare(a.Name, b.Name)
}
