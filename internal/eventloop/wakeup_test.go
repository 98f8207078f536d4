//go:build unix

package eventloop_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"crawl/internal/eventloop"
)

// A post from another thread ends a poll that would wait for ever.
func TestCallSoonThreadsafe(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{})
		var tr trace
		idle := l.Metrics().Iterations
		l.CallSoon(func() {
			go func() { // posts while the loop runs or sleeps, as it comes
				for i := range 10 {
					noError(t, l.CallSoonThreadsafe(func() { tr.add("%d", i) }))
				}
				noError(t, l.CallSoonThreadsafe(l.Stop))
			}()
		})
		if err := l.RunForever(); err != nil {
			t.Fatal(err)
		}
		tr.want(t, "0 1 2 3 4 5 6 7 8 9")
		m := l.Metrics()
		if m.WakeupsSent == 0 || m.WakeupsSent+m.WakeupsCoalesced != 11 {
			t.Errorf("wake-ups: %d sent, %d coalesced, want 11 together", m.WakeupsSent, m.WakeupsCoalesced)
		}
		if m.Iterations == idle {
			t.Error("no iterations were counted")
		}
	})
}

// Posts that come before the loop looks cost one wake-up, and run in their order, behind what was ready.
func TestPostsAreCoalesced(t *testing.T) {
	l := newLoop(t, "", eventloop.Options{})
	var tr trace
	who := contextKey("who")
	ctx := context.WithValue(context.Background(), who, "task")
	for i := range 3 {
		noError(t, l.CallSoonThreadsafe(func() { tr.add("%d:%v", i, l.Context().Value(who)) }))
	}
	task := eventloop.CreateTask(ctx, l, "", func(context.Context) (int, error) {
		tr.add("task")
		noError(t, l.CallSoonThreadsafe(func() { tr.add("own:%v", l.Context().Value(who)) })) // from the loop itself
		for len(tr.words) < 5 {
			if err := l.Yield(); err != nil {
				return 0, err
			}
		}
		return 0, nil
	})
	if _, err := eventloop.RunUntilComplete(l, task); err != nil {
		t.Fatal(err)
	}
	tr.want(t, "task 0:<nil> 1:<nil> 2:<nil> own:<nil>")
	if m := l.Metrics(); m.WakeupsSent != 1 || m.WakeupsCoalesced != 3 {
		t.Errorf("wake-ups: %d sent, %d coalesced, want 1 and 3", m.WakeupsSent, m.WakeupsCoalesced)
	}
}

// Posts race with Close: each is accepted or refused, and none runs afterwards or harms another descriptor.
func TestPostsRaceWithClose(t *testing.T) {
	for range 20 {
		l := newLoop(t, "", eventloop.Options{})
		var closed atomic.Bool
		var ahead atomic.Int64 // posts that the loop has not run yet
		var wg sync.WaitGroup
		begun := make(chan struct{})
		for i := range 4 {
			wg.Go(func() {
				if i == 0 {
					close(begun)
				}
				for {
					if ahead.Add(1) > 100 {
						runtime.Gosched() // or with one processor the loop hardly gets it
					}
					err := l.CallSoonThreadsafe(func() {
						ahead.Add(-1)
						if closed.Load() {
							t.Error("a post ran after Close")
						}
					})
					if err != nil {
						if !errors.Is(err, eventloop.ErrClosed) {
							t.Errorf("post: %v", err)
						}
						return
					}
				}
			})
		}
		<-begun
		turns(t, l, 3)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		closed.Store(true)
		wg.Wait()
	}
}
