//go:build unix

package eventloop_test

import (
	"testing"
	"time"

	"crawl/internal/eventloop"
	"crawl/internal/eventloop/looptest"
)

// TestLagOfABusyLoop: what a poll brings may have come when the loop was busy, so it may be as late as that took.
func TestLagOfABusyLoop(t *testing.T) {
	l, p := looptest.New(t, "", eventloop.Options{SlowCallback: -1})
	var lags []time.Duration
	note := func() { lags = append(lags, l.Lag(l.Now())) }
	if err := l.AddReader(7, func() {
		note()
		if len(lags) == 3 {
			l.Stop()
		}
	}); err != nil {
		t.Fatal(err)
	}
	l.CallSoon(func() {
		note()
		p.Clock.Advance(3 * time.Second)
		p.Ready(7, eventloop.Readable)
	})
	l.CallLater(time.Minute, func() { p.Ready(7, eventloop.Readable) }) // at the end of a sleep: not late at all
	if err := l.RunForever(); err != nil {
		t.Fatal(err)
	}
	if want := [3]time.Duration{0, 3 * time.Second, 0}; [3]time.Duration(lags) != want {
		t.Errorf("lags are %v, want %v", lags, want)
	}
}

// heavySleeper is a poller that the machine does not wake in time.
type heavySleeper struct {
	*looptest.Poller
	late time.Duration
}

func (p heavySleeper) Wait(events []eventloop.Event, timeout time.Duration) (int, error) {
	n, err := p.Poller.Wait(events, timeout)
	if timeout > 0 {
		p.Clock.Advance(p.late)
	}
	return n, err
}

// TestLagOfAStoppedLoop: a process that was stopped, or a machine that was, is late with its timers. What a poll sleeps too
// long because it counts in milliseconds is no such thing.
func TestLagOfAStoppedLoop(t *testing.T) {
	for _, tt := range []struct{ late, want time.Duration }{{time.Hour, time.Hour}, {time.Millisecond, 0}} {
		fake := &looptest.Poller{Clock: &looptest.Clock{}, Generations: map[int]uint32{}, Wanted: map[int]eventloop.Readiness{}}
		l, err := eventloop.New(eventloop.Options{Poller: heavySleeper{fake, tt.late}, Clock: fake.Clock})
		if err != nil {
			t.Fatal(err)
		}
		lag := time.Duration(-1)
		l.CallLater(time.Minute, func() {
			lag = l.Lag(l.Now())
			l.Stop()
		})
		noError(t, l.RunForever())
		noError(t, l.Close())
		if lag != tt.want {
			t.Errorf("a timer that is %v late has a lag of %v, want %v", tt.late, lag, tt.want)
		}
	}
}

// TestEventsBeforeTimers: what is there comes before a timer that is due, also when there is more than one poll takes; but
// no flood of events keeps timers for ever.
func TestEventsBeforeTimers(t *testing.T) {
	const descriptors = 1200 // in three polls
	for _, flood := range []bool{false, true} {
		l, p := looptest.New(t, "", eventloop.Options{SlowCallback: -1})
		events, before := 0, -1
		for fd := range descriptors {
			if err := l.AddReader(fd, func() {
				if events++; flood {
					p.Ready(fd, eventloop.Readable)
				}
				if events > 10*descriptors { // so that it ends
					l.Stop()
				}
			}); err != nil {
				t.Fatal(err)
			}
		}
		l.CallSoon(func() {
			p.Clock.Advance(time.Minute)
			for fd := range descriptors {
				p.Ready(fd, eventloop.Readable)
			}
		})
		l.CallLater(time.Second, func() {
			before = events
			l.Stop()
		})
		if err := l.RunForever(); err != nil {
			t.Fatal(err)
		}
		if before < 1024 || !flood && before != descriptors || before > 2*descriptors {
			t.Errorf("flood %v: the timer ran behind %d events, of %d that came before it", flood, before, descriptors)
		}
	}
}
