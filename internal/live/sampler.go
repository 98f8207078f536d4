package live

import (
	"context"
	"encoding/json"
	"sync"
	"time"
)

// How often the crawl is asked, how often while nobody looks (for the history), how long an answer may take, how
// old one may be for who asks by himself, and how much history there is.
const (
	interval      = time.Second
	idleTicks     = 5 // of interval
	answerTimeout = 2 * time.Second
	freshEnough   = interval / 2
	historySpan   = 5 * time.Minute
	historyPoints = 600
)

// sample is one answer of the crawl. It is not changed any more when others can see it.
type sample struct {
	at       time.Time // of the answer
	figures  Figures
	snapshot Snapshot
	json     []byte // of snapshot
}

// point is a sample in the history: seconds since the crawl began, rate, in flight, loop lag, bytes per second.
type point [5]float64

// sampler asks the crawl, once for all who look.
type sampler struct {
	crawl    Crawl
	listSize int64
	now      func() time.Time
	asking   chan struct{} // holds one: who asks
	look     chan struct{} // holds one: somebody came, do not wait for the next tick

	mu      sync.Mutex // guards the rest
	latest  *sample    // nil: none yet
	before  Figures    // what the rates of latest count from, freshEnough earlier or more
	history []point
	viewers map[*viewer]struct{}
	over    bool // latest is the last
}

// viewer is one who looks. wake holds one: there is something newer, however much.
type viewer struct{ wake chan struct{} }

func newSampler(c Crawl, listSize int64) *sampler {
	return &sampler{
		crawl: c, listSize: listSize, now: time.Now,
		asking: make(chan struct{}, 1), look: make(chan struct{}, 1), viewers: map[*viewer]struct{}{},
	}
}

// run samples at each tick, or, while nobody looks, at some, until ctx is done.
func (s *sampler) run(ctx context.Context, ticks <-chan time.Time) {
	for idle := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-s.look:
		case <-ticks:
			if idle++; idle < idleTicks && s.watching() == 0 {
				continue
			}
		}
		idle = 0
		if _, err := s.sample(ctx, freshEnough); err != nil && ctx.Err() == nil {
			s.stalled()
		}
	}
}

// watching is how many viewers there are.
func (s *sampler) watching() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.viewers)
}

// sample returns a sample that is not older than maxAge, and asks the crawl for one if there is none. However many
// want one, the crawl has one question at a time. An error says that it has not answered in time.
func (s *sampler) sample(ctx context.Context, maxAge time.Duration) (*sample, error) {
	wanted := s.now().Add(-maxAge)
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	select {
	case s.asking <- struct{}{}:
		defer func() { <-s.asking }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	s.mu.Lock()
	latest, over := s.latest, s.over
	s.mu.Unlock()
	if latest != nil && (over || latest.snapshot.State != StateStalled && latest.at.After(wanted)) {
		return latest, nil
	}
	f, err := s.crawl.Figures(ctx)
	if err != nil {
		return nil, err
	}
	return s.take(f), nil
}

// take makes a sample of an answer, and tells the viewers.
func (s *sampler) take(f Figures) *sample {
	memory, at := readMemory(), s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over { // the last word has been said meanwhile
		return s.latest
	}
	regular := s.latest == nil || at.Sub(s.latest.at) >= freshEnough
	if regular && s.latest != nil {
		s.before = s.latest.figures
	}
	snap := newSnapshot(&f, &s.before, memory, s.listSize)
	if regular { // of a shorter time a rate would be noise
		s.remember(&snap)
	}
	return s.publish(&sample{at: at, figures: f, snapshot: snap})
}

// remember adds to the history. The caller holds the lock.
func (s *sampler) remember(snap *Snapshot) {
	p := point{snap.Elapsed, snap.Rate, float64(snap.InFlight), 0, snap.BytesRate}
	if snap.Loop != nil {
		p[3] = snap.Loop.LagP99
	}
	s.history = append(s.history, p)
	first := max(0, len(s.history)-historyPoints)
	for s.history[first][0] < snap.Elapsed-historySpan.Seconds() {
		first++
	}
	s.history = s.history[:copy(s.history, s.history[first:])]
}

// publish makes smp the latest. The caller holds the lock.
func (s *sampler) publish(smp *sample) *sample {
	data, err := json.Marshal(&smp.snapshot)
	if err != nil {
		panic(err) // plain fields, and no figure that is not a number
	}
	smp.json = data
	s.latest = smp
	for v := range s.viewers {
		v.tell()
	}
	return smp
}

// stalled tells the viewers that the crawl does not answer. Its figures stay as they were.
func (s *sampler) stalled() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return
	}
	smp := &sample{}
	if s.latest != nil {
		*smp = *s.latest
	}
	smp.snapshot.State = StateStalled
	s.publish(smp)
}

// finish says the last word: the figures of a crawl that has ended, and how.
func (s *sampler) finish(f Figures, outcome string) {
	memory, at := readMemory(), s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	snap := newSnapshot(&f, &Figures{}, memory, s.listSize)
	snap.State, snap.Outcome, snap.ETA = StateDone, outcome, nil
	active := snap.Elapsed / max(0.001, f.Stats.Active().Seconds())
	snap.Rate *= active // a pause is no time of work
	snap.BytesRate *= active
	s.over = true
	s.publish(&sample{at: at, figures: f, snapshot: snap})
}

// join makes a viewer, unless there are most already.
func (s *sampler) join(most int) *viewer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.viewers) >= most {
		return nil
	}
	v := &viewer{wake: make(chan struct{}, 1)}
	s.viewers[v] = struct{}{}
	if s.latest != nil {
		v.tell()
	}
	s.lookNow()
	return v
}

// lookNow has run not wait for the next tick.
func (s *sampler) lookNow() {
	select {
	case s.look <- struct{}{}:
	default:
	}
}

func (s *sampler) leave(v *viewer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.viewers, v)
}

// newest is the latest sample, and whether it is the last.
func (s *sampler) newest() (*sample, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.latest, s.over
}

// past is a copy of the history.
func (s *sampler) past() []point {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]point{}, s.history...)
}

// tell wakes a viewer. One that is still busy with what came before will find the newest.
func (v *viewer) tell() {
	select {
	case v.wake <- struct{}{}:
	default:
	}
}
