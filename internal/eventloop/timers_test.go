//go:build unix

package eventloop_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"crawl/internal/eventloop"
	"crawl/internal/eventloop/looptest"
)

func TestTimerOrder(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	var tr trace
	at := func(d time.Duration, word string) *eventloop.TimerHandle {
		return l.CallLater(d, func() { tr.add("%s@%v", word, l.Time()) })
	}
	at(2*time.Second, "b1")
	at(time.Second, "a1")
	gone := at(time.Second, "gone")
	at(2*time.Second, "b2")
	at(time.Second, "a2")
	at(-time.Second, "past")
	l.CallSoon(func() { tr.add("soon") })
	if gone.When() != time.Second || gone.Cancelled() {
		t.Errorf("When is %v, cancelled %v", gone.When(), gone.Cancelled())
	}
	gone.Cancel()
	gone.Cancel()
	if !gone.Cancelled() {
		t.Error("the timer does not know that it was cancelled")
	}
	mustRun(t, l, func() error { return l.Sleep(3 * time.Second) })
	tr.want(t, "soon past@0s a1@1s a2@1s b1@2s b2@2s")
}

// A timer that is due with others can still be taken back by one of them.
func TestCancelOfADueTimer(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	var tr trace
	var second *eventloop.TimerHandle
	l.CallLater(time.Second, func() { tr.add("first"); second.Cancel() })
	second = l.CallLater(time.Second, tr.note("second"))
	l.CallLater(time.Second, tr.note("third"))
	mustRun(t, l, func() error { return l.Sleep(time.Second) })
	tr.want(t, "first third")
}

// What the loop asks of the poller: 0 while something is ready, else the time to the next timer, else nothing
// ends the wait but an event. A cancelled timer is none.
func TestPollTimeout(t *testing.T) {
	l, p := looptest.New(t, "", eventloop.Options{})
	l.CallLater(time.Millisecond, func() {}).Cancel()
	l.CallLater(10*time.Millisecond, func() { p.Clock.Advance(3 * time.Millisecond) })
	l.CallLater(15*time.Millisecond, func() { p.Clock.Advance(time.Hour) })
	l.CallLater(time.Minute, func() { l.CallSoon(func() {}) })
	err := l.RunForever()
	wantErr(t, "a loop that would wait for ever", err, looptest.ErrDeadlock)
	want := []time.Duration{10 * time.Millisecond, 2 * time.Millisecond, 0, 0, -1}
	if !slices.Equal(p.Waits, want) {
		t.Errorf("waited for %v, want %v", p.Waits, want)
	}
}

// The heap against a sorted list, with cancellations from any place in it.
func TestTimersAgainstAList(t *testing.T) {
	type timer struct {
		when   time.Duration
		seq    int
		handle *eventloop.TimerHandle
	}
	for seed := range uint64(50) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		l, _ := looptest.New(t, "", eventloop.Options{})
		var fired, want []int
		var set []timer
		for seq := range 200 {
			when := time.Duration(rnd.IntN(40)) * time.Millisecond
			set = append(set, timer{when, seq, l.CallAt(when, func() { fired = append(fired, seq) })})
			if rnd.IntN(3) == 0 {
				i := rnd.IntN(len(set))
				set[i].handle.Cancel()
				set = slices.Delete(set, i, i+1)
			}
			if n := l.Metrics().Timers; n != len(set) {
				t.Fatalf("seed %d: the loop has %d timers, want %d", seed, n, len(set))
			}
		}
		slices.SortStableFunc(set, func(a, b timer) int { return int(a.when - b.when) })
		for _, timer := range set {
			want = append(want, timer.seq)
		}
		mustRun(t, l, func() error { return l.Sleep(time.Second) })
		if !slices.Equal(fired, want) {
			t.Fatalf("seed %d: fired %v, want %v", seed, fired, want)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A real poller never wakes before a timer is due, or the loop would spin until it is.
func TestTimersOnTheRealClock(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{})
		mustRun(t, l, func() error {
			for range 20 {
				due := l.Time() + 1300*time.Microsecond
				if err := l.Sleep(1300 * time.Microsecond); err != nil {
					return err
				}
				if now := l.Time(); now < due {
					t.Errorf("woken %v early", due-now)
				}
			}
			return nil
		})
	})
}

// Handles outlive their loop: to cancel one then does nothing.
func TestCancelAfterClose(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	timer := l.CallLater(time.Hour, func() {})
	soon := l.CallSoon(func() {})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	timer.Cancel()
	soon.Cancel()
	if !timer.Cancelled() {
		t.Error("the timer was not cancelled")
	}
}

// "For ever" is a usual way to say it, and no time at all is not what it means.
func TestTimeWithoutEnd(t *testing.T) {
	l, p := looptest.New(t, "", eventloop.Options{})
	p.Clock.Advance(time.Hour)
	const forever time.Duration = math.MaxInt64
	timer := l.CallLater(forever, func() { t.Error("for ever is over") })
	sleeper := start(l, "sleeper", func() error { return l.Sleep(forever) })
	mustRun(t, l, func() error {
		noError(t, l.Timeout(forever, func() error { return l.Sleep(time.Hour) }))
		if sleeper.Done() {
			t.Error("a sleep without end has ended")
		}
		timer.Cancel()
		sleeper.Cancel()
		return nil
	})
}
