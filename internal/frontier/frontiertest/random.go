package frontiertest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"crawl/internal/frontier"
	"crawl/internal/link"
)

// How much a testOracle does. A seed that fails is run again with -run '/Oracle/seed=N$'.
const (
	seeds = 150
	calls = 600
)

// testOracle makes random calls beside the oracle, and compares what can be seen.
func testOracle(t *testing.T, empty Make) {
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			p := newPlay(t, empty, seed)
			for range calls {
				p.step()
				p.compare()
			}
			p.finish()
		})
	}
}

// play is a Frontier and the oracle of it in the hands of chance.
type play struct {
	*bench
	oracle oracle
	chance *rand.Rand
	flying []*oracleURL
	names  map[string]*oracleHost
	space  int // how many URLs a host has about
}

func newPlay(t *testing.T, empty Make, seed uint64) *play {
	chance := rand.New(rand.NewPCG(seed, 1))
	pick := func(all ...time.Duration) time.Duration { return all[chance.IntN(len(all))] }
	o := frontier.Options{
		Pace: frontier.Pace{
			PerHost: chance.IntN(4), Delay: pick(0, 0, 50*time.Millisecond, time.Second),
			Factor: []float64{0, 0, 0.25, 5}[chance.IntN(4)], MaxDelay: pick(0, 2*time.Second), MaxWait: pick(0, 20*time.Second),
		},
		MaxPerHost: []int{0, 0, 9}[chance.IntN(3)], Shared: uint16(chance.Uint32()),
		Levels: chance.IntN(3) == 0,
	}
	return &play{
		bench: newBench(t, empty, o), oracle: oracle{options: o}, chance: chance,
		names: map[string]*oracleHost{}, space: 5 << chance.IntN(6),
	}
}

// step is one call.
func (p *play) step() {
	if p.chance.IntN(3) == 0 {
		p.now = p.now.Add(time.Duration(p.chance.Int64N(int64(400 * time.Millisecond))))
	}
	switch n := p.chance.IntN(20); {
	case n < 8:
		p.addOne()
	case n < 14:
		p.nextOne()
	case n < 18:
		if len(p.flying) > 0 {
			p.landOne()
		}
	case len(p.oracle.hosts) > 0:
		p.changeOne(p.oracle.hosts[p.chance.IntN(len(p.oracle.hosts))])
	}
}

func (p *play) addOne() {
	s := fmt.Sprintf("%s://h%d.example/%d%s", []string{"http", "https"}[p.chance.IntN(2)], p.chance.IntN(5), p.chance.IntN(p.space),
		[]string{"", "", "", "", "%41", "A?", "A"}[p.chance.IntN(7)])
	u := parse(p, s)
	l := frontier.Link{
		Depth: p.chance.IntN(4), Bias: p.chance.IntN(3) - 1, Kind: uint16(p.chance.Uint32()), Skip: p.chance.IntN(20) == 0, Exact: p.chance.IntN(8) == 0,
	}
	if n := len(p.oracle.urls); n > 0 && p.chance.IntN(2) == 0 {
		l.From = p.oracle.urls[p.chance.IntN(n)].entry.Key
	}
	known := p.oracle.find(&u)
	if knows := p.Knows(&u, l); knows != (known != nil && !p.wouldChange(known, &u, l)) {
		p.Fatalf("it knows %s as found by %+v: %v", s, l, knows)
	}
	got := p.Add(&u, l, p.now)
	h := p.names[u.Origin()]
	switch of := 0; {
	case known != nil && (!l.Exact || l.Skip || known.entry.URL == u || known.isOpen()):
		p.addAgain(known, u, l, got)
		return
	case h != nil && p.oracle.options.MaxPerHost > 0:
		for _, u := range p.oracle.urls {
			if u.host == h {
				of++
			}
		}
		if of >= p.oracle.options.MaxPerHost {
			p.oracle.refused++
			if want := (frontier.Added{Refused: true}); got != want {
				p.Fatalf("%s beyond the limit: %+v", s, got)
			}
			return
		}
	}
	if !got.New || got.NewHost != (h == nil) || got.Refused {
		p.Fatalf("%s: %+v", s, got)
	}
	if h == nil {
		h = &oracleHost{origin: u.Origin(), id: got.Key.Host}
		p.names[h.origin] = h
		p.oracle.hosts = append(p.oracle.hosts, h)
	}
	m := &oracleURL{host: h, key: new(link.Canon).Key(&u), priority: l.Depth + l.Bias, state: frontier.Queued}
	m.entry = frontier.Entry{Key: got.Key, URL: u, From: l.From, Depth: l.Depth, Kind: l.Kind}
	p.oracle.urls = append(p.oracle.urls, m)
	if l.Skip {
		m.state = frontier.Skipped
		return
	}
	p.oracle.admit(m, instant(p.now))
}

// addAgain is what becomes of a known URL.
func (p *play) addAgain(u *oracleURL, found link.URL, l frontier.Link, got frontier.Added) {
	want := frontier.Added{Key: u.entry.Key}
	switch {
	case l.Skip:
	case u.isOpen():
		want.Revived, want.Kind = true, u.entry.Kind
		u.entry.URL = found
		u.entry.From, u.entry.Depth, u.entry.Kind, u.priority = l.From, l.Depth, l.Kind, l.Depth+l.Bias
		p.oracle.admit(u, instant(p.now))
	case u.state == frontier.Queued || u.state == frontier.InFlight || u.state == frontier.Waiting:
		u.entry.Kind &= l.Kind | ^p.oracle.options.Shared
		p.oracle.lower(u, l.Depth, instant(p.now))
	}
	if got != want {
		p.Fatalf("%s again: %+v, want %+v", u.entry.URL.String(), got, want)
	}
}

// wouldChange reports whether a link to be followed would change something of a known URL, or make another.
func (p *play) wouldChange(known *oracleURL, u *link.URL, l frontier.Link) bool {
	if known.isOpen() || l.Exact && known.entry.URL != *u {
		return true
	}
	isPending := known.state == frontier.Queued || known.state == frontier.InFlight || known.state == frontier.Waiting
	return isPending && (l.Depth < known.entry.Depth || known.entry.Kind&^l.Kind&p.oracle.options.Shared != 0)
}

// isOpen reports whether it was to be skipped.
func (u *oracleURL) isOpen() bool { return u.state == frontier.Skipped && u.entry.Attempt == 0 }

func (p *play) nextOne() {
	got, ok := p.Next(p.now)
	candidates := p.oracle.next(p.now)
	if !ok {
		if len(candidates) > 0 {
			p.Fatalf("nothing is next, want one of %d, as %s", len(candidates), candidates[0].entry.URL.String())
		}
		return
	}
	i := slices.IndexFunc(candidates, func(u *oracleURL) bool { return u.entry.Key == got.Key })
	if i < 0 {
		var want []string
		for _, u := range candidates {
			want = append(want, u.entry.URL.String())
		}
		p.Fatalf("next is %s, want one of %q", got.URL.String(), want)
	}
	u := candidates[i]
	p.oracle.take(u, p.now)
	if got != u.entry {
		p.Fatalf("next is %+v, want %+v", got, u.entry)
	}
	p.flying = append(p.flying, u)
}

func (p *play) landOne() {
	i := p.chance.IntN(len(p.flying))
	if p.chance.IntN(3) == 0 {
		i = len(p.flying) - 1
	}
	u := p.flying[i]
	p.flying = slices.Delete(p.flying, i, i+1)
	var v frontier.Visit
	if p.chance.IntN(5) > 0 {
		v = frontier.Visit{
			Asked: true, Failed: p.chance.IntN(5) == 0, Throttled: p.chance.IntN(8) == 0,
			Latency: time.Duration(p.chance.Int64N(int64(800 * time.Millisecond))),
		}
		if p.chance.IntN(8) == 0 {
			v.RetryAfter = time.Duration(p.chance.Int64N(int64(time.Minute)))
		}
	}
	p.oracle.land(u, v, p.now)
	switch verb := p.chance.IntN(6); verb {
	case 0:
		p.Return(u.entry.Key, v, p.now)
		u.state = frontier.Queued
		u.entry.Attempt--
		u.host.tried = slices.Insert(u.host.tried, 0, u)
	case 1, 2:
		u.due = p.now.Add(time.Duration(p.chance.Int64N(int64(2 * time.Second))))
		p.Retry(u.entry.Key, u.due, v, p.now)
		u.state = frontier.Waiting
		u.order = p.waitingOrder()
	default:
		u.state = frontier.Fetched + frontier.State(verb-3)
		p.Done(u.entry.Key, u.state, v, p.now)
	}
	p.oracle.update(u.host, instant(p.now))
}

// waitingOrder numbers those that wait.
func (p *play) waitingOrder() (n int) {
	for _, u := range p.oracle.urls {
		n = max(n, u.order+1)
	}
	return n
}

func (p *play) changeOne(h *oracleHost) {
	switch p.chance.IntN(3) {
	case 0:
		h.held = !h.held
		p.Hold(h.id, h.held, p.now)
	case 1:
		d := time.Duration(p.chance.Int64N(4)) * 300 * time.Millisecond
		p.SetCrawlDelay(h.id, d, p.now)
		p.oracle.options.Pace.SetCrawlDelay(&h.tempo, d)
	default:
		h.note = p.chance.Uint32()
		p.SetNote(h.id, h.note)
		return
	}
	p.oracle.update(h, instant(p.now))
}

// compare looks at all that is cheap, and at some of the rest.
func (p *play) compare() {
	p.wantCounts(p.oracle.counts())
	at, ok := p.NextAt()
	if want, will := p.oracle.nextAt(); ok != will || at.After(want) {
		p.Fatalf("next try at %v (%v), want no later than %v (%v)", at, ok, want, will)
	}
	if n := len(p.oracle.hosts); n > 0 {
		h := p.oracle.hosts[p.chance.IntN(n)]
		if got, want := p.Host(h.id), p.oracle.facts(h); got != want {
			p.Fatalf("host %+v, want %+v", got, want)
		}
		if got := p.Note(h.id); got != h.note {
			p.Fatalf("note %d, want %d", got, h.note)
		}
		u := p.oracle.urls[p.chance.IntN(len(p.oracle.urls))]
		if k, s, ok := p.Find(&u.entry.URL); k != u.entry.Key || s != u.state || !ok {
			p.Fatalf("%s is found as %+v, %d, %v, want %+v, %d", u.entry.URL.String(), k, s, ok, u.entry.Key, u.state)
		}
		if got := p.Kind(u.entry.Key); got != u.entry.Kind {
			p.Fatalf("%s is of kind %#x, want %#x", u.entry.URL.String(), got, u.entry.Kind)
		}
		if got := p.URL(u.entry.Key); got != u.entry.URL {
			p.Fatalf("%+v is %s, want %s", u.entry.Key, got.String(), u.entry.URL.String())
		}
	}
	if p.chance.IntN(10) == 0 {
		p.compareSkipped()
		of, got := p.CriticalPath(p.now)
		if want := p.oracle.criticalPath(p.now); got != want {
			p.Fatalf("critical path %v, want %v", got, want)
		}
		if h := p.oracle.hostOf(of); (h == nil) != (got == 0) || h != nil && p.oracle.remaining(h, p.now) != got {
			p.Fatalf("critical path %v is not that of host %d", got, of)
		}
		p.compareBusiest()
	}
}

func (p *play) compareSkipped() {
	after := frontier.URLID(0)
	for _, u := range p.oracle.urls {
		if u.state != frontier.Skipped || u.entry.Attempt > 0 {
			continue
		}
		got, ok := p.NextSkipped(after)
		if !ok || got != u.entry {
			p.Fatalf("skipped is %+v, %v, want %+v", got, ok, u.entry)
		}
		after = got.Key.URL
	}
	if got, ok := p.NextSkipped(after); ok {
		p.Fatalf("%s is skipped too", got.URL.String())
	}
}

func (p *play) compareBusiest() {
	var want []int
	for _, h := range p.oracle.hosts {
		facts := p.oracle.facts(h)
		if n := facts.Pending(); n > 0 {
			want = append(want, n)
		}
	}
	slices.SortFunc(want, func(a, b int) int { return b - a })
	want = want[:min(3, len(want))]
	var got []int
	for _, h := range p.Busiest(3).Busiest {
		got = append(got, h.Pending())
	}
	if !slices.Equal(got, want) {
		p.Fatalf("the busiest have %v, want %v", got, want)
	}
}

// finish fetches all that is left: nothing may be lost.
func (p *play) finish() {
	for _, h := range p.oracle.hosts {
		h.held = false
		p.Hold(h.id, false, p.now)
		p.oracle.update(h, instant(p.now))
	}
	for idle := 0; p.Counts().Discovered() > 0; {
		before := len(p.flying)
		p.nextOne()
		if len(p.flying) > before {
			idle = 0
			continue
		}
		for _, u := range p.flying {
			p.oracle.land(u, answered(), p.now)
			u.state = frontier.Fetched
			p.Done(u.entry.Key, u.state, answered(), p.now)
			p.oracle.update(u.host, instant(p.now))
		}
		p.flying = nil
		at, ok := p.NextAt()
		if !ok {
			break
		}
		if idle++; idle > 1000 {
			p.Fatalf("it says 1000 times to try again, and nothing comes of it")
		}
		p.now = maxTime(p.now, at)
	}
	p.compare()
	if c := p.Counts(); c.Pending() != 0 {
		p.Fatalf("something is left: %+v", c)
	}
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
