//go:build unix

package engine_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"crawl/internal/engine"
)

// TestMutex: between Lock and Unlock a task is alone, whatever others do.
func TestMutex(t *testing.T) {
	onEach(t, timed(), func(t *testing.T, e engine.Engine) {
		const tasks, rounds = 50, 200
		mu := e.NewMutex()
		total, inside := 0, 0
		for range tasks {
			e.Go("adder", func(ctx context.Context) error {
				for i := range rounds {
					mu.Lock()
					inside++
					if inside != 1 {
						t.Errorf("%d tasks hold the lock", inside)
					}
					total++
					inside--
					mu.Unlock()
					if i%20 == 0 {
						if err := e.Sleep(ctx, 0); err != nil {
							return err
						}
					}
				}
				return nil
			})
		}
		wantErr(t, "Run", runEngine(t, e, context.Background()), nil)
		if total != tasks*rounds {
			t.Errorf("counted %d, want %d", total, tasks*rounds)
		}
	})
}

// queue lets n tasks wait for a condition one after the other, and returns when all of them do.
func queue(ctx context.Context, e engine.Engine, s *state, cond engine.Cond, n int) error {
	waiting := 0
	for i := range n {
		e.Go(fmt.Sprint(i), func(ctx context.Context) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			waiting++
			s.changed.Broadcast()
			if err := cond.Wait(ctx); err != nil {
				return err
			}
			s.words = append(s.words, fmt.Sprint(i))
			s.changed.Broadcast()
			return nil
		})
		s.mu.Lock()
		for waiting == i { // the task tells under the lock, which it gives up by waiting
			if err := s.changed.Wait(ctx); err != nil {
				s.mu.Unlock()
				return err
			}
		}
		s.mu.Unlock()
	}
	return nil
}

// TestCondOrder: Signal wakes the task that has waited longest, and one only; Broadcast wakes all the others.
func TestCondOrder(t *testing.T) {
	onEach(t, timed(), func(t *testing.T, e engine.Engine) {
		s := newState(e)
		cond := e.NewCond(s.mu, "its turn")
		mustRun(t, e, func(ctx context.Context) error {
			s.mu.Lock()
			cond.Signal() // for nobody: it is not kept
			cond.Broadcast()
			s.mu.Unlock()
			if err := queue(ctx, e, s, cond, 6); err != nil {
				return err
			}
			for i := range 3 {
				s.mu.Lock()
				cond.Signal()
				s.mu.Unlock()
				if err := s.await(ctx, i+1); err != nil {
					return err
				}
			}
			s.mu.Lock()
			cond.Broadcast()
			s.mu.Unlock()
			return s.await(ctx, 6)
		})
		for i, word := range s.words {
			if i < 3 && word != fmt.Sprint(i) {
				t.Errorf("woken in the order %v, want 0, 1, 2 first", s.words)
			}
		}
	})
}

// TestCondLock: Wait gives up the lock and has it again when it returns, with an error too.
func TestCondLock(t *testing.T) {
	onEach(t, timed(), func(t *testing.T, e engine.Engine) {
		mu := e.NewMutex()
		cond := e.NewCond(mu, "nothing")
		holders := 0
		for range 3 {
			e.Go("waiter", func(ctx context.Context) error {
				mu.Lock()
				defer mu.Unlock()
				for {
					err := cond.Wait(ctx)
					holders++
					if holders != 1 {
						t.Errorf("%d tasks hold the lock", holders)
					}
					holders--
					if err != nil {
						return err
					}
				}
			})
		}
		err := run(t, e, func(ctx context.Context) error {
			for range 50 {
				mu.Lock()
				cond.Broadcast()
				mu.Unlock()
				if err := e.Sleep(ctx, 0); err != nil {
					return err
				}
			}
			return errBoom
		})
		wantErr(t, "Run", err, errBoom)
	})
}

// TestSignalIsNotLost: when the task that a signal wakes is cancelled at that moment, either it returns without
// an error or the signal goes on to the next.
func TestSignalIsNotLost(t *testing.T) {
	onEach(t, timed(), func(t *testing.T, e engine.Engine) {
		mustRun(t, e, func(ctx context.Context) error {
			for range 200 {
				if err := raceSignal(ctx, t, e); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func raceSignal(ctx context.Context, t *testing.T, e engine.Engine) error {
	s := newState(e)
	cond := e.NewCond(s.mu, "a signal")
	first, cancel := context.WithCancel(ctx)
	defer cancel()
	waiting, got := 0, 0
	for i, its := range []context.Context{first, ctx} {
		e.Go("waiter", func(context.Context) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			waiting++
			s.changed.Broadcast()
			if err := cond.Wait(its); err == nil {
				got++
			}
			s.changed.Broadcast()
			return nil
		})
		s.mu.Lock()
		for waiting == i {
			if err := s.changed.Wait(ctx); err != nil {
				s.mu.Unlock()
				return err
			}
		}
		s.mu.Unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	cancel()
	cond.Signal()
	for got == 0 { // for ever, if the signal was lost
		if err := s.changed.Wait(ctx); err != nil {
			t.Error("the signal was lost")
			return err
		}
	}
	cond.Broadcast()
	return nil
}

// TestCondCancelledAfterwards: a task that was signalled and then cancelled has been woken; the next wait tells it.
func TestCondCancelledAfterwards(t *testing.T) {
	onEach(t, timed(), func(t *testing.T, e engine.Engine) {
		s := newState(e)
		cond := e.NewCond(s.mu, "a signal")
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		e.Go("waiter", func(ctx context.Context) error {
			s.add("there")
			s.mu.Lock()
			defer s.mu.Unlock()
			for {
				if err := cond.Wait(ctx); err != nil {
					return err
				}
			}
		})
		e.Go("main", func(ctx context.Context) error {
			if err := s.await(ctx, 1); err != nil {
				return err
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			cond.Signal()
			cancel()
			return nil
		})
		wantErr(t, "Run", runEngine(t, e, ctx), nil)
	})
}

// TestCondDeadline: a wait ends at its deadline, takes no signal from others then, and leaves nothing behind; one that is
// signalled before it does not hear of it.
func TestCondDeadline(t *testing.T) {
	onEach(t, timed(), func(t *testing.T, e engine.Engine) {
		mu := e.NewMutex()
		cond := e.NewCond(mu, "a signal")
		signalled := false
		mustRun(t, e, func(ctx context.Context) error {
			mu.Lock()
			defer mu.Unlock()
			before := e.Now()
			wantErr(t, "Wait", cond.Wait(engine.WithDeadline(ctx, before.Add(20*time.Millisecond))), os.ErrDeadlineExceeded)
			if took := e.Now().Sub(before); took < 20*time.Millisecond {
				t.Errorf("it ended after %v", took)
			}
			wantErr(t, "Wait", cond.Wait(engine.WithDeadline(ctx, before)), os.ErrDeadlineExceeded)
			e.Go("other", func(context.Context) error {
				mu.Lock()
				defer mu.Unlock()
				signalled = true
				cond.Signal() // the waits that are over are not in line any more
				return nil
			})
			wantErr(t, "Wait", cond.Wait(engine.WithDeadline(ctx, before.Add(time.Hour))), nil)
			if !signalled {
				t.Error("it ended without a signal")
			}
			return nil
		})
	})
}
