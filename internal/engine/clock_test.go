//go:build unix

package engine_test

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"crawl/internal/engine"
)

// TestNow: the clock never goes back, and Sleep takes at least as long as it is told.
func TestNow(t *testing.T) {
	onEach(t, timed(), func(t *testing.T, e engine.Engine) {
		mustRun(t, e, func(ctx context.Context) error {
			before := e.Now()
			for i := range 100 {
				d := time.Duration(i%3) * time.Millisecond
				if err := e.Sleep(ctx, d); err != nil {
					return err
				}
				now := e.Now()
				if now.Sub(before) < d {
					t.Errorf("Sleep(%v) took %v", d, now.Sub(before))
				}
				before = now
			}
			return nil
		})
	})
}

// TestSleepOrder: who sleeps for a shorter time wakes first; 0 and less is no time at all. The times are far apart:
// nobody promises when a goroutine runs that is due.
func TestSleepOrder(t *testing.T) {
	onEach(t, timed(), func(t *testing.T, e engine.Engine) {
		s := newState(e)
		for _, d := range []time.Duration{far, 2 * time.Millisecond, 2 * far, 0, -far} {
			e.Go(d.String(), func(ctx context.Context) error {
				if err := e.Sleep(ctx, d); err != nil {
					return err
				}
				s.add("awake")
				if d >= far {
					t.Errorf("%v have passed", d)
				}
				if s.count("awake") == 3 {
					return errBoom
				}
				return nil
			})
		}
		wantErr(t, "Run", runEngine(t, e, context.Background()), errBoom)
	})
}

// TestAfter: callbacks come once and not before their times, also those that callbacks ask for.
func TestAfter(t *testing.T) {
	onEach(t, timed(), func(t *testing.T, e engine.Engine) {
		s := newState(e)
		mustRun(t, e, func(ctx context.Context) error {
			begun := e.Now()
			after := func(d time.Duration, then func()) {
				e.After(d, func() {
					if took := e.Now().Sub(begun); took < d {
						t.Errorf("a callback after %v came after %v", d, took)
					}
					then()
					s.add("came")
				})
			}
			for _, ms := range []int{20, 10, 0, -1} {
				after(time.Duration(ms)*time.Millisecond, func() {})
			}
			after(10*time.Millisecond, func() { after(20*time.Millisecond, func() {}) })
			e.After(far, func() { t.Error("an hour has passed") })
			return s.await(ctx, 6)
		})
		if n := s.count("came"); n != 6 {
			t.Errorf("%d callbacks came, want 6", n)
		}
	})
}

// TestAfterEnd: what is due after the last task has ended does not keep Run, and does not come.
func TestAfterEnd(t *testing.T) {
	onEach(t, timed(), func(t *testing.T, e engine.Engine) {
		var over atomic.Bool
		mustRun(t, e, func(context.Context) error {
			for _, d := range []time.Duration{0, time.Millisecond, far} {
				e.After(d, func() {
					if over.Load() {
						t.Errorf("a callback due after %v ran after Run", d)
					}
				})
			}
			return nil
		})
		over.Store(true)
	})
}

// TestPost: callbacks come from any goroutine, and none is lost that was posted while a task runs.
func TestPost(t *testing.T) {
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		const posters, posts = 8, 2000
		s := newState(e)
		var running sync.WaitGroup
		mustRun(t, e, func(ctx context.Context) error {
			for range posters {
				running.Go(func() {
					for range posts {
						e.Post(func() { s.add("post") })
					}
				})
			}
			return s.await(ctx, posters*posts)
		})
		running.Wait()
		if n := s.count("post"); n != posters*posts {
			t.Errorf("%d callbacks came of %d", n, posters*posts)
		}
	})
}

// TestPostEarly: what is posted before Run comes, at the latest with it.
func TestPostEarly(t *testing.T) {
	onEach(t, timed(), func(t *testing.T, e engine.Engine) {
		s := newState(e)
		e.Post(func() { s.add("post") })
		mustRun(t, e, func(ctx context.Context) error { return s.await(ctx, 1) })
	})
}

// TestPostLate: after Run nothing comes any more, and nothing breaks.
func TestPostLate(t *testing.T) {
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		mustRun(t, e, func(context.Context) error { return nil })
		var running sync.WaitGroup
		for range 4 {
			running.Go(func() {
				for range 100 {
					e.Post(func() { t.Error("a callback runs after Run") })
				}
			})
		}
		running.Wait()
	})
}

// TestOnSignal: a signal that this process gets becomes a callback, one for each time, until Run returns.
func TestOnSignal(t *testing.T) {
	// Without this a signal after Run would end the test, as it does by default.
	elsewhere := make(chan os.Signal, 16)
	signal.Notify(elsewhere, syscall.SIGUSR1, syscall.SIGUSR2)
	defer signal.Stop(elsewhere)
	raise := func(sig syscall.Signal) error { return syscall.Kill(os.Getpid(), sig) }
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		s := newState(e)
		e.OnSignal(syscall.SIGUSR1, func() { s.add("usr1") })
		e.OnSignal(syscall.SIGUSR2, func() { s.add("usr2") })
		mustRun(t, e, func(ctx context.Context) error {
			for i, sig := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGUSR1} {
				if err := raise(sig); err != nil {
					return err
				}
				if err := s.await(ctx, i+1); err != nil {
					return err
				}
			}
			return nil
		})
		for len(elsewhere) > 0 {
			<-elsewhere
		}
		if err := raise(syscall.SIGUSR1); err != nil {
			t.Fatal(err)
		}
		<-elsewhere
		s.want(t, "usr1", "usr2", "usr1")
	})
}

// TestSignalAtOnce: signals are heard from Run's beginning, also when tasks were asked for before they were.
func TestSignalAtOnce(t *testing.T) {
	elsewhere := make(chan os.Signal, 16) // what comes too early would end the test, as it does by default
	signal.Notify(elsewhere, syscall.SIGUSR1)
	defer signal.Stop(elsewhere)
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		s := newState(e)
		e.Go("raiser", func(ctx context.Context) error {
			if err := syscall.Kill(os.Getpid(), syscall.SIGUSR1); err != nil {
				return err
			}
			return s.await(ctx, 1)
		})
		for range 5000 { // which takes a while to start
			e.Go("idler", func(context.Context) error { return nil })
		}
		e.OnSignal(syscall.SIGUSR1, func() { s.add("heard") })
		wantErr(t, "Run", runEngine(t, e, context.Background()), nil)
	})
}

// TestSignalWakes: a signal is seen at once while every task sleeps.
func TestSignalWakes(t *testing.T) {
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		e.OnSignal(syscall.SIGUSR1, cancel)
		e.Go("sleeper", func(ctx context.Context) error {
			if err := syscall.Kill(os.Getpid(), syscall.SIGUSR1); err != nil {
				return err
			}
			if err := e.Sleep(ctx, far); err == nil {
				t.Error("Sleep ended without an error")
			}
			return nil
		})
		wantErr(t, "Run", runEngine(t, e, ctx), nil)
	})
}

// TestSleepNoTimeCancelled: who has been cancelled is told so, also by a sleep of no time at all.
func TestSleepNoTimeCancelled(t *testing.T) {
	onEach(t, timed(), func(t *testing.T, e engine.Engine) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		for range 50 {
			e.Go("sleeper", func(ctx context.Context) error {
				if e.Sleep(ctx, 0) == nil {
					t.Error("Sleep ended without an error")
				}
				return nil
			})
		}
		wantErr(t, "Run", runEngine(t, e, ctx), nil)
	})
}
