//go:build unix

package eventloop_test

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"crawl/internal/eventloop"
)

// The seventh of the invariants: see invariants_test.go.

// 7. No wake-up from another thread is lost, whether the loop runs or sleeps, and most cost nothing.
func TestInvariantNoWakeUpIsLost(t *testing.T) {
	posts := 1_000_000
	if raceDetector || testing.Short() {
		posts = 100_000
	}
	const threads = 4
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{SlowCallback: -1})
		var last [threads]int
		received := 0
		noticesLoss(t, l, func() int64 { return int64(received) })
		var wg sync.WaitGroup
		for thread := range threads {
			wg.Go(func() {
				for i := 1; i <= posts/threads; i++ {
					err := l.CallSoonThreadsafe(func() {
						if last[thread] != i-1 {
							t.Errorf("post %d of thread %d came after number %d", i, thread, last[thread])
						}
						last[thread] = i
						if received++; received == posts {
							l.Stop()
						}
					})
					if err != nil {
						t.Errorf("post: %v", err)
						return
					}
					if i%64 == 0 {
						runtime.Gosched() // so that the loop falls asleep now and then
					}
				}
			})
		}
		if err := l.RunForever(); err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		m := l.Metrics()
		if received != posts || m.WakeupsSent+m.WakeupsCoalesced != uint64(posts) {
			t.Errorf("%d posts of %d came, %d wake-ups were sent, %d coalesced", received, posts, m.WakeupsSent, m.WakeupsCoalesced)
		}
		t.Logf("%d posts: one wake-up for %.1f of them, %d turns", posts, float64(posts)/float64(m.WakeupsSent), m.Iterations)
	})
}

// noticesLoss ends a loop that a wake-up never reached. The guard of newLoop would be lost with it: a timer is
// not. came is the number of posts that have come: one at least in all that time, however slow the machine is.
func noticesLoss(t *testing.T, l *eventloop.Loop, came func() int64) {
	before := came()
	l.CallLater(bound/3, func() {
		if came() > before {
			noticesLoss(t, l, came)
			return
		}
		t.Error("a wake-up was lost")
		l.Stop()
	})
}

// 7, for the moment in which the loop takes what was posted. Of two posts the first has it do that, and the
// second comes at any time in between; then there is silence, and nothing else to set right what went wrong.
func TestInvariantNoWakeUpIsLostInBetween(t *testing.T) {
	const rounds, patience = 100_000, time.Second // a machine with other things to do makes fewer of them
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{SlowCallback: -1})
		var came, quit, stopped atomic.Int64
		posts := int64(0)
		noticesLoss(t, l, came.Load)
		var spin func()
		spin = func() { // a loop that never sleeps takes what was posted within a microsecond
			if quit.Load() != 0 {
				l.Stop()
				return
			}
			l.CallSoon(spin)
		}
		l.CallSoon(spin)
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer quit.Store(1)
			rnd := rand.New(rand.NewPCG(1, 2))
			var clock atomic.Int64
			begun := time.Now()
			for round := 0; round < rounds && time.Since(begun) < patience; round++ {
				posts += 2
				noError(t, l.CallSoonThreadsafe(func() { came.Add(1) }))
				for range rnd.IntN(400) {
					clock.Add(1)
				}
				noError(t, l.CallSoonThreadsafe(func() { came.Add(1) }))
				for waited := 1; came.Load() < posts; waited++ {
					if stopped.Load() != 0 {
						return
					}
					if waited%10_000 == 0 {
						runtime.Gosched()
					}
				}
			}
		}()
		if err := l.RunForever(); err != nil {
			t.Fatal(err)
		}
		stopped.Store(1)
		<-done
		if n := came.Load(); n != posts {
			t.Errorf("%d posts of %d came", n, posts)
		}
		t.Logf("%d rounds", posts/2)
	})
}

// 7, where every post finds the loop asleep or falling asleep.
func TestInvariantNoWakeUpIsLostOneByOne(t *testing.T) {
	const trips = 5000
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{})
		back, came := make(chan int, 1), int64(0)
		noticesLoss(t, l, func() int64 { return came })
		go func() {
			for i := range trips {
				_ = l.CallSoonThreadsafe(func() { came++; back <- i })
				if got := <-back; got != i {
					t.Errorf("answer %d to post %d", got, i)
				}
			}
			_ = l.CallSoonThreadsafe(l.Stop)
		}()
		if err := l.RunForever(); err != nil {
			t.Fatal(err)
		}
	})
}
