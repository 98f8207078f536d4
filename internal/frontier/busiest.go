package frontier

import (
	"cmp"
	"slices"
	"time"
)

// maxVisits is how many hosts one question looks at: 0.1 ms.
const maxVisits = 4096

// asked is what one answer leaves to the next.
type asked struct {
	busiest []HostID
	next    [2]uint32 // the host to begin with, for each question
}

const (
	askedBusiest = iota
	askedLongest
)

// visit calls look for all hosts, or for as many as one question may look at, from where the last one of its kind ended.
func (m *Memory) visit(question int, look func(id HostID, h *host)) (sampled bool) {
	all := m.hosts.n - 1
	for range min(all, maxVisits) {
		m.asked.next[question] = m.asked.next[question]%all + 1
		id := m.asked.next[question]
		look(HostID(id), m.hosts.at(id))
	}
	return all > maxVisits
}

// Busiest are the n hosts with most in flight and pending, equals in the order in which they were found.
func (m *Memory) Busiest(n int) HostList {
	type candidate struct {
		id   HostID
		busy uint32
	}
	before := func(a, b candidate) int { return cmp.Or(cmp.Compare(b.busy, a.busy), cmp.Compare(a.id, b.id)) }
	var top []candidate
	add := func(id HostID, h *host) {
		c := candidate{id, h.pending()}
		if c.busy == 0 || n <= 0 || len(top) == n && before(top[n-1], c) <= 0 {
			return
		}
		if i, found := slices.BinarySearchFunc(top, c, before); !found {
			top = slices.Insert(top, i, c)[:min(len(top)+1, n)]
		}
	}
	for _, id := range m.asked.busiest {
		add(id, m.hosts.at(uint32(id)))
	}
	list := HostList{Sampled: m.visit(askedBusiest, add)}
	m.asked.busiest = m.asked.busiest[:0]
	for _, c := range top {
		m.asked.busiest = append(m.asked.busiest, c.id)
		list.Busiest = append(list.Busiest, m.Host(c.id))
	}
	return list
}

func (h *host) pending() uint32 { return h.counts[Queued] + h.counts[InFlight] + h.counts[Waiting] }

// CriticalPath is the host that takes longest, and how long that is: until its next turn, the intervals between the starts of what it has
// queued or waiting, and the answer to the last. When retries are due is left out. A host becomes known for the longest when
// it grows, which is exact as long as all are asked at their pace; a bounded look at others finds those that fell behind.
func (m *Memory) CriticalPath(now time.Time) (of HostID, left time.Duration) {
	at := m.instant(now)
	look := func(id HostID, h *host) {
		if d := m.remaining(h, at); d > left {
			of, left = id, d
			m.longest = id
		}
	}
	if m.longest != 0 {
		look(m.longest, m.hosts.at(uint32(m.longest)))
	}
	m.visit(askedLongest, look)
	return of, left
}

// weigh makes the host that for which most time is left, if it is.
func (m *Memory) weigh(id HostID, now Instant) {
	if id != m.longest && (m.longest == 0 ||
		m.remaining(m.hosts.at(uint32(id)), now) > m.remaining(m.hosts.at(uint32(m.longest)), now)) {
		m.longest = id
	}
}

// remaining is how long it takes to ask for all that the host has queued or waiting.
func (m *Memory) remaining(h *host, now Instant) time.Duration {
	n := int64(h.counts[Queued] + h.counts[Waiting])
	if n == 0 {
		return 0
	}
	pace := &m.options.Pace
	each := pace.Interval(&h.tempo)
	if pace.PerHost > 0 {
		each = max(each, h.tempo.Latency()/time.Duration(pace.PerHost))
	}
	starts := forever
	if each == 0 || n <= int64(forever/each) {
		starts = time.Duration((n - 1) * int64(each))
	}
	turn := time.Duration(max(pace.Next(&h.tempo)-now, 0))
	return min(turn, forever) + starts + h.tempo.Latency()
}
