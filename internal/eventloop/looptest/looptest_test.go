//go:build unix

package looptest_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"crawl/internal/eventloop"
	"crawl/internal/eventloop/looptest"
)

// run runs fn in a task.
func run(l *eventloop.Loop, fn func() error) error {
	_, err := eventloop.RunUntilComplete(l, eventloop.CreateTask(context.Background(), l, "test",
		func(context.Context) (struct{}, error) { return struct{}{}, fn() }))
	return err
}

// A week of sleep takes no time, and the clock is exact.
func TestTimePassesWhileTheLoopWaits(t *testing.T) {
	l, p := looptest.New(t, "", eventloop.Options{})
	begun := time.Now()
	const week = 7 * 24 * time.Hour
	if err := run(l, func() error { return l.Sleep(week) }); err != nil {
		t.Fatal(err)
	}
	if p.Clock.Now() != week || l.Time() != week || !l.Now().Equal(p.Clock.Epoch().Add(week)) {
		t.Errorf("the clock says %v, the loop %v, %v", p.Clock.Now(), l.Time(), l.Now())
	}
	if took := time.Since(begun); took > time.Minute {
		t.Errorf("it took %v", took)
	}
	if want := []time.Duration{0, week, 0, 0}; !slices.Equal(p.Waits, want) {
		t.Errorf("the loop waited for %v, want %v", p.Waits, want)
	}
	p.Clock.Advance(time.Second)
	if l.Time() != week+time.Second {
		t.Errorf("advanced to %v", l.Time())
	}
}

func TestDeadlock(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	err := run(l, func() error { _, err := eventloop.NewFuture[int](l).Await(); return err })
	if !errors.Is(err, looptest.ErrDeadlock) {
		t.Errorf("a loop that nothing can wake: %v", err)
	}
}

// Events that were made up come one poll at a time, as many as the list takes, and before time passes.
func TestEvents(t *testing.T) {
	l, p := looptest.New(t, "", eventloop.Options{})
	calls := 0
	if err := l.AddReader(1040, func() { calls++ }); err != nil {
		t.Fatal(err)
	}
	if p.Wanted[1040] != eventloop.Readable || p.Generations[1040] == 0 {
		t.Errorf("wanted for %b, generation %d", p.Wanted[1040], p.Generations[1040])
	}
	p.Ready(1040, eventloop.Readable)
	p.ReadyAs(1040, p.Generations[1040]+1, eventloop.Readable) // of another life
	if err := run(l, func() error { return l.Sleep(time.Second) }); err != nil {
		t.Fatal(err)
	}
	if m := l.Metrics(); calls != 1 || m.Events != 2 || m.StaleEvents != 1 {
		t.Errorf("%d calls, %d events, %d stale", calls, m.Events, m.StaleEvents)
	}
	short := make([]eventloop.Event, 1)
	p.Ready(1040, eventloop.Readable)
	p.Ready(1040, eventloop.Writable)
	for _, want := range []eventloop.Readiness{eventloop.Readable, eventloop.Writable} {
		if n, err := p.Wait(short, -1); n != 1 || err != nil || short[0].Ready != want || short[0].FD != 1040 {
			t.Errorf("%d events, %v: %+v", n, err, short[0])
		}
	}
	l.RemoveReader(1040)
	if _, ok := p.Generations[1040]; ok || len(p.Wanted) != 1 {
		t.Error("the descriptor is still known")
	}
}

// With a real poller behind it what sockets have comes first, and time passes when they have nothing. With no
// timer set the wait is a real one, which another thread can end.
func TestRealPoller(t *testing.T) {
	for _, name := range eventloop.Pollers() {
		t.Run(name, func(t *testing.T) {
			l, p := looptest.New(t, name, eventloop.Options{})
			fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(fds[0])
			defer unix.Close(fds[1])
			if _, err := unix.Write(fds[1], []byte("x")); err != nil {
				t.Fatal(err)
			}
			var at time.Duration = -1
			if err := l.AddReader(fds[0], func() { at = l.Time(); l.RemoveReader(fds[0]) }); err != nil {
				t.Fatal(err)
			}
			err = run(l, func() error {
				if err := l.Sleep(time.Hour); err != nil {
					return err
				}
				_, err := eventloop.RunInExecutor(l, func() (int, error) { return 0, nil }).Await()
				return err
			})
			if err != nil || at != 0 || p.Clock.Now() != time.Hour {
				t.Errorf("error %v; read at %v, ended at %v", err, at, p.Clock.Now())
			}
		})
	}
}
