package live

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"crawl/internal/crawler"
	"crawl/internal/fetch"
)

// The states of a crawl as the page has them.
const (
	StateRunning = "running"
	StatePaused  = "paused"
	StateEnding  = "ending"  // nothing new is begun any more
	StateStalled = "stalled" // the engine does not answer
	StateDone    = "done"
)

// Snapshot is what the page is told, once a second, in JSON. Rates and quantiles are of the time since the snapshot
// before, but in the last one of the whole crawl.
type Snapshot struct {
	State   string  `json:"state"`
	Outcome string  `json:"outcome,omitempty"` // of a crawl that is done: how it ended, in a few words
	Elapsed float64 `json:"elapsed"`           // s
	Idled   float64 `json:"idled"`             // s of these in pauses

	Discovered int64 `json:"discovered"`
	Fetched    int64 `json:"fetched"`
	Failed     int64 `json:"failed"`
	Skipped    int64 `json:"skipped"`
	Pending    int64 `json:"pending"`

	Total      int64    `json:"total"` // URLs of the crawl; -1: not known
	TotalExact bool     `json:"total_exact"`
	ETA        *float64 `json:"eta"`                     // s; null: not known
	ETAHost    string   `json:"eta_host,omitempty"`      // whose pace it is, if that of one is what takes longest
	Growing    bool     `json:"total_growing,omitempty"` // total is what links have led to so far

	InFlight    int     `json:"in_flight"`
	Peak        int     `json:"peak"`
	Concurrency int     `json:"concurrency"`
	PerHost     int     `json:"per_host"`   // 0: no limit
	RateLimit   float64 `json:"rate_limit"` // fetches per s; 0: no limit
	Retrying    int     `json:"retrying"`
	Attempts    int64   `json:"attempts"`
	Repeats     int64   `json:"repeats"`
	Bytes       int64   `json:"bytes"` // received

	Rate       float64  `json:"rate"`        // fetches ended per s
	BytesRate  float64  `json:"bytes_rate"`  // received per s
	LatencyP50 *float64 `json:"latency_p50"` // s, at most twice too large; null: nothing ended
	LatencyP99 *float64 `json:"latency_p99"`

	Statuses     []Count `json:"statuses"` // by number
	Classes      []Count `json:"classes"`  // without ok, the most frequent first
	Pressure     []Count `json:"pressure"` // how often this machine was short of something
	Hosts        []Host  `json:"hosts"`    // the busiest first
	HostsSampled bool    `json:"hosts_sampled"`

	Walk   *Walk        `json:"walk"` // null: no links are followed
	Loop   *LoopFigures `json:"loop"` // null: no event loop
	Memory Memory       `json:"memory"`
}

// Count is how often something was.
type Count struct {
	Name string `json:"name"`
	N    int64  `json:"n"`
}

// Host is one of the busiest hosts.
type Host struct {
	Name     string `json:"name"`
	InFlight int    `json:"in_flight"`
	Waiting  int    `json:"waiting"`

	Held     bool    `json:"held,omitempty"`     // its robots.txt has to be known first
	Interval float64 `json:"interval,omitempty"` // s between two requests to it
}

// Walk is where a crawl by links stands.
type Walk struct {
	Queued  int64 `json:"queued"` // URLs that wait for their turn
	Hosts   int64 `json:"hosts"`  // that are known
	Held    int64 `json:"held"`   // of these, those whose robots.txt has to be known first
	Deepest int   `json:"deepest"`
}

// LoopFigures are an event loop since the snapshot before.
type LoopFigures struct {
	LagP99      float64 `json:"lag_p99"` // s, at most twice too large
	LagMax      float64 `json:"lag_max"` // likewise
	Utilisation float64 `json:"utilisation"`
	Iterations  float64 `json:"iterations"` // per s
	Tasks       int     `json:"tasks"`
	Descriptors int     `json:"descriptors"`
}

// state is that of a crawl that answers and has not ended.
func state(s *crawler.Stats) string {
	switch {
	case s.Draining:
		return StateEnding
	case s.Paused:
		return StatePaused
	}
	return StateRunning
}

// newSnapshot is what f says, beside what before said. listSize is in bytes, 0 if it is not known.
func newSnapshot(f, before *Figures, memory Memory, listSize int64) Snapshot {
	s, was := &f.Stats, &before.Stats
	s.See(&f.Hosts)
	l := &s.Ledger
	snap := Snapshot{
		State: state(s), Elapsed: s.Elapsed.Seconds(), Idled: s.Idled.Seconds(),
		Discovered: l.Discovered, Fetched: l.Fetched, Failed: l.Failed, Skipped: l.Skipped, Pending: l.Pending,
		InFlight: s.InFlight, Peak: s.Peak, Concurrency: s.Concurrency, PerHost: s.PerHost, RateLimit: s.Rate,
		Retrying: s.Retrying, Attempts: s.Attempts, Repeats: s.Repeats, Bytes: s.Bytes,
		Statuses: statuses(l.Statuses), Classes: failures(l.Classes), Pressure: failures(s.Pressure),
		Hosts: []Host{}, HostsSampled: f.Hosts.Sampled, Memory: memory,
	}
	snap.Total, snap.TotalExact = s.Total(listSize)
	snap.Growing = s.IsGrowing()
	if eta, host, ok := s.ETA(listSize); ok {
		snap.ETA, snap.ETAHost = seconds(eta), host
	}
	for _, h := range f.Hosts.Busiest {
		snap.Hosts = append(snap.Hosts, Host{h.Name, h.InFlight, h.Waiting, h.Held, h.Interval.Seconds()})
	}
	if w := s.Walk; w != nil {
		snap.Walk = &Walk{w.Queued, w.Hosts, w.Held, w.Deepest}
	}
	ended := difference(s.Latency.Buckets[:], was.Latency.Buckets[:])
	since := max(time.Millisecond, s.Elapsed-was.Elapsed).Seconds()
	snap.Rate = float64(sum(ended)) / since
	snap.BytesRate = float64(s.Bytes-was.Bytes) / since
	if sum(ended) > 0 {
		snap.LatencyP50 = seconds(upperEdge(ended, 0.5, time.Microsecond))
		snap.LatencyP99 = seconds(upperEdge(ended, 0.99, time.Microsecond))
	}
	snap.Loop = loopFigures(f.Loop, before.Loop)
	return snap
}

func seconds(d time.Duration) *float64 {
	s := d.Seconds()
	return &s
}

func loopFigures(now, before *Loop) *LoopFigures {
	if now == nil {
		return nil
	}
	if before == nil {
		before = &Loop{}
	}
	late := difference(now.Lag[:], before.Lag[:])
	busy, idle := now.Busy-before.Busy, now.Idle-before.Idle
	f := &LoopFigures{
		LagP99: upperEdge(late, 0.99, 1).Seconds(), LagMax: upperEdge(late, 1, 1).Seconds(),
		Tasks: now.Tasks, Descriptors: now.Descriptors,
	}
	if all := busy + idle; all > 0 {
		f.Utilisation = float64(busy) / float64(all)
		f.Iterations = float64(now.Iterations-before.Iterations) / all.Seconds()
	}
	return f
}

// difference is what came into buckets of a histogram.
func difference(now, before []uint64) []uint64 {
	d := slices.Clone(now)
	for i := range d {
		d[i] -= before[i]
	}
	return d
}

func sum(buckets []uint64) (n uint64) {
	for _, b := range buckets {
		n += b
	}
	return n
}

// upperEdge is the upper edge of the bucket that holds the q-quantile (0 to 1), in a histogram whose bucket i ends
// at 2^i units. It is 0 for an empty one; the last bucket has no edge, and its lower one is given.
func upperEdge(buckets []uint64, q float64, unit time.Duration) time.Duration {
	n := sum(buckets)
	if n == 0 {
		return 0
	}
	rank := min(uint64(q*float64(n)), n-1)
	for i, b := range buckets[:len(buckets)-1] {
		if rank < b {
			return unit << i
		}
		rank -= b
	}
	return unit << (len(buckets) - 2)
}

func statuses(all map[int]int64) []Count {
	counts := []Count{}
	for _, status := range slices.Sorted(maps.Keys(all)) {
		counts = append(counts, Count{strconv.Itoa(status), all[status]})
	}
	return counts
}

// classes are all that URLs end with: those of a fetch in its order, and why they are skipped.
func classes() []fetch.Advice { return append(fetch.Classes(), crawler.Skips()...) }

// failures are the classes but ok, the most frequent first, then in the order of a fetch.
func failures(all map[fetch.Class]int64) []Count {
	counts := []Count{}
	for _, a := range classes() {
		if n := all[a.Class]; n > 0 && a.Class != fetch.OK {
			counts = append(counts, Count{string(a.Class), n})
		}
	}
	slices.SortStableFunc(counts, func(a, b Count) int { return int(b.N - a.N) })
	return counts
}
