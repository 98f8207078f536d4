//go:build unix

// Package looptest makes event loops for tests: time that passes only while the loop waits, and events that a
// test makes up. A test on it neither sleeps nor depends on how fast the machine is.
package looptest

import (
	"errors"
	"testing"
	"time"

	"crawl/internal/eventloop"
)

// ErrDeadlock is what Poller.Wait returns when the loop would wait for ever: nothing is ready, no timer is
// set, and no event is due.
var ErrDeadlock = errors.New("looptest: the loop would wait for ever")

// A Clock stands still until it is advanced.
type Clock struct{ now time.Duration }

// Now is the time since the epoch.
func (c *Clock) Now() time.Duration { return c.now }

// Epoch is the first second of the year 2000, UTC.
func (c *Clock) Epoch() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

// Advance lets d pass.
func (c *Clock) Advance(d time.Duration) { c.now += d }

// A Poller passes on the events it is given, and lets the clock advance instead of waiting. With a real poller
// behind it, sockets work: what they have ready comes first, and time passes only when they have nothing.
type Poller struct {
	Clock *Clock
	Real  eventloop.Poller // may be nil

	// Waits are the timeouts the loop asked for, in order.
	Waits []time.Duration
	// Generations has what each registered descriptor was added with.
	Generations map[int]uint32
	// Wanted has the directions each descriptor is waited for in.
	Wanted map[int]eventloop.Readiness

	events []eventloop.Event
}

// New makes a loop on a fake clock and poller, and closes it with the test. The poller behind the fake one has
// that name; "" is none, and then descriptors are numbers that mean nothing.
func New(t testing.TB, real string, o eventloop.Options) (*eventloop.Loop, *Poller) {
	t.Helper()
	p := &Poller{Clock: &Clock{}, Generations: map[int]uint32{}, Wanted: map[int]eventloop.Readiness{}}
	if real != "" {
		behind, err := eventloop.NewPoller(real)
		if err != nil {
			t.Fatal(err)
		}
		p.Real = behind
	}
	o.Poller, o.Clock = p, p.Clock
	if o.OnError == nil {
		o.OnError = func(e eventloop.Error) { t.Errorf("loop: %s: %v", e.What, e.Err) }
	}
	if o.Logf == nil {
		o.Logf = t.Logf
	}
	l, err := eventloop.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("closing the loop: %v", err)
		}
	})
	return l, p
}

// Ready has the next poll report fd as ready.
func (p *Poller) Ready(fd int, ready eventloop.Readiness) {
	p.ReadyAs(fd, p.Generations[fd], ready)
}

// ReadyAs is Ready with a generation of the test's choice.
func (p *Poller) ReadyAs(fd int, gen uint32, ready eventloop.Readiness) {
	p.events = append(p.events, eventloop.Event{FD: fd, Gen: gen, Ready: ready})
}

// Add implements eventloop.Poller.
func (p *Poller) Add(fd int, gen uint32) error {
	p.Generations[fd] = gen
	if p.Real != nil {
		return p.Real.Add(fd, gen)
	}
	return nil
}

// EdgeTriggered implements eventloop.Poller.
func (p *Poller) EdgeTriggered() bool { return p.Real == nil || p.Real.EdgeTriggered() }

// Want implements eventloop.Poller.
func (p *Poller) Want(fd int, ready eventloop.Readiness) {
	p.Wanted[fd] = ready
	if p.Real != nil {
		p.Real.Want(fd, ready)
	}
}

// Remove implements eventloop.Poller.
func (p *Poller) Remove(fd int, closing bool) error {
	delete(p.Generations, fd)
	delete(p.Wanted, fd)
	if p.Real != nil {
		return p.Real.Remove(fd, closing)
	}
	return nil
}

// Wait implements eventloop.Poller: events that were made up, else real ones, else time passes.
func (p *Poller) Wait(events []eventloop.Event, timeout time.Duration) (int, error) {
	p.Waits = append(p.Waits, timeout)
	if len(p.events) > 0 {
		n := copy(events, p.events)
		p.events = p.events[n:]
		return n, nil
	}
	if p.Real != nil {
		if timeout < 0 {
			return p.Real.Wait(events, timeout)
		}
		if n, err := p.Real.Wait(events, 0); n > 0 || err != nil {
			return n, err
		}
	}
	if timeout < 0 {
		return 0, ErrDeadlock
	}
	p.Clock.Advance(timeout)
	return 0, nil
}

// SystemCalls implements eventloop.Poller.
func (p *Poller) SystemCalls() uint64 {
	if p.Real != nil {
		return p.Real.SystemCalls()
	}
	return 0
}

// Close implements eventloop.Poller.
func (p *Poller) Close() error {
	if p.Real != nil {
		return p.Real.Close()
	}
	return nil
}
