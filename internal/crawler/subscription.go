package crawler

import (
	"context"
	"sync"
	"time"

	"crawl/internal/engine"
)

// How long events wait for company, so that handing them over costs little, and how long a crawl that is over waits for
// a handler that has not returned.
const (
	eventDelay    = 100 * time.Millisecond
	eventPatience = time.Second
)

// Subscription is a queue of events, of the signals that its handler wants. The crawl pays for putting them there; what
// is made of them costs others. Who does not keep up loses events, and is told how many: the crawl does not wait.
type Subscription struct {
	signals Signal
	most    int // events in queue
	handle  func(events []Event, lost int64)
	engine  engine.Engine

	mu     sync.Locker // the crawl's: guards what follows
	news   engine.Cond // there is something to hand over, or to end for
	queue  []Event
	spare  []Event // to be the next queue
	lost   int64
	timed  bool // what is there is due after eventDelay
	due    bool // it is due now
	closed bool // nothing will come any more

	cancelled bool // the crawl was
	late      bool // closed or cancelled, and the patience is over
}

// Subscribe has handle called with the events of some signals, oldest first, and with how many were lost so far: more than
// most may wait for it, but that CrawlDone is never lost to a full queue. It is called off the engine, for many events
// at once, and may block; while it runs, events gather. They are its own until it returns. Subscribe is called before Start.
// When the crawl is over it waits a moment for handle to return.
func (c *Crawler) Subscribe(signals Signal, most int, handle func(events []Event, lost int64)) *Subscription {
	s := &Subscription{
		signals: signals, most: most, handle: handle, engine: c.engine, mu: c.mu, news: c.engine.NewCond(c.mu, "events"),
	}
	c.subscriptions = append(c.subscriptions, s)
	c.heard |= signals
	return s
}

// Lost is how many events did not reach the handler. It is called after the engine's Run.
func (s *Subscription) Lost() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost + int64(len(s.queue))
}

func (s *Subscription) put(e *Event) {
	if len(s.queue) >= s.most && e.Signal != CrawlDone {
		s.lost++
		return
	}
	s.queue = append(s.queue, *e)
	switch {
	case len(s.queue) >= (s.most+1)/2: // it is high time
		s.due = true
		s.news.Signal()
	case !s.timed:
		s.timed = true
		s.engine.After(eventDelay, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.due = true
			s.news.Signal()
		})
	}
}

// run is the task that hands events over, until there are no more.
func (s *Subscription) run(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.waitForEvents(ctx) {
		events, lost, done := s.queue, s.lost, false
		s.queue, s.spare = s.spare, nil
		s.due, s.timed = false, false
		s.engine.Detach(
			func() { s.handle(events, lost) },
			func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				done = true
				s.news.Signal()
			})
		for !done {
			if s.late {
				s.lost += int64(len(events)) // as far as anybody can know
				return nil
			}
			s.wait(ctx)
		}
		clear(events) // or what they name would stay
		s.spare = events[:0]
	}
	return nil
}

// waitForEvents waits until events are due, and returns false when there will be none any more.
func (s *Subscription) waitForEvents(ctx context.Context) bool {
	for !s.closed && !s.late && (!s.due || len(s.queue) == 0) {
		s.wait(ctx)
	}
	return len(s.queue) > 0
}

// wait waits for whatever there is. A crawl that is cancelled says soon that it is done; cancelled once more, nobody waits
// for that.
func (s *Subscription) wait(ctx context.Context) {
	if s.cancelled {
		ctx = context.WithoutCancel(ctx)
	}
	switch err := s.news.Wait(ctx); {
	case err == nil:
	case s.cancelled:
		s.late = true
	default:
		s.cancelled = true
		s.hurry()
	}
}

// close has run end when all that is there has been handed over, or soon.
func (s *Subscription) close() {
	s.closed = true
	s.news.Signal()
	s.hurry()
}

// hurry ends the patience after a while.
func (s *Subscription) hurry() {
	s.engine.After(eventPatience, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.late = true
		s.news.Signal()
	})
}
