//go:build unix

package engine_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"crawl/internal/engine"
)

func TestBlocking(t *testing.T) {
	onEach(t, timed(), func(t *testing.T, e engine.Engine) {
		mustRun(t, e, func(ctx context.Context) error {
			result := 0
			wantErr(t, "Blocking", e.Blocking(ctx, func() error { result = 42; return nil }), nil)
			if result != 42 {
				t.Errorf("it left %d, want 42", result)
			}
			wantErr(t, "Blocking", e.Blocking(ctx, func() error { return errBoom }), errBoom)

			err := e.Blocking(ctx, func() error { explode(); return nil })
			var p *engine.PanicError
			if !errors.As(err, &p) || p.Value != errBoom || !strings.Contains(string(p.Stack), "engine_test.explode") {
				t.Errorf("a panic became %v, want a PanicError with value and stack", err)
			}
			return nil
		})
	})
}

// TestBlockingMeanwhile: while blocking work runs, other tasks do, and several pieces of it run at once.
func TestBlockingMeanwhile(t *testing.T) {
	onEach(t, timed(), func(t *testing.T, e engine.Engine) {
		a, b := make(chan int), make(chan int)
		e.Go("one", func(ctx context.Context) error {
			return e.Blocking(ctx, func() error { a <- 1; <-b; return nil })
		})
		e.Go("other", func(ctx context.Context) error {
			return e.Blocking(ctx, func() error { <-a; b <- 1; return nil })
		})
		wantErr(t, "Run", runEngine(t, e, context.Background()), nil)
	})
}

// TestBlockingCancelled: a task that is cancelled need not wait for what it has begun. What is still running
// then ends elsewhere.
func TestBlockingCancelled(t *testing.T) {
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		begun, release := make(chan struct{}), make(chan struct{})
		ended := make(chan struct{})
		e.Go("blocked", func(ctx context.Context) error {
			defer close(release) // it may end now that the task has gone on without it
			err := e.Blocking(ctx, func() error {
				defer close(ended)
				close(begun)
				<-release
				return errBoom
			})
			if err == nil || errors.Is(err, errBoom) {
				t.Errorf("Blocking ended with %v before it was over", err)
			}
			return err
		})
		e.Go("canceller", func(ctx context.Context) error {
			defer cancel()
			return e.Blocking(ctx, func() error { <-begun; return nil })
		})
		wantErr(t, "Run", runEngine(t, e, ctx), nil)
		<-ended
	})
}

// TestDetach: what is detached runs beside the tasks, and its callback comes, which may start tasks.
func TestDetach(t *testing.T) {
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		s := newState(e)
		mustRun(t, e, func(ctx context.Context) error {
			release := make(chan struct{})
			var ran atomic.Bool
			e.Detach(
				func() { <-release; ran.Store(true) },
				func() {
					if !ran.Load() {
						t.Error("the callback came before its time")
					}
					e.Go("child", func(context.Context) error { s.add("child"); return nil })
				})
			close(release)
			return s.await(ctx, 1)
		})
		s.want(t, "child")
	})
}

// TestDetachForEver: Run does not wait for what is detached, and its callback does not come after Run.
func TestDetachForEver(t *testing.T) {
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		release, ended := make(chan struct{}), make(chan struct{})
		mustRun(t, e, func(context.Context) error {
			e.Detach(
				func() { defer close(ended); <-release },
				func() { t.Error("the callback came after Run") })
			return nil
		})
		close(release)
		<-ended
	})
}

// TestBlockingGoexit: work that ends its goroutine leaves nobody waiting for it.
func TestBlockingGoexit(t *testing.T) {
	onEach(t, engines(), func(t *testing.T, e engine.Engine) {
		mustRun(t, e, func(ctx context.Context) error {
			err := e.Blocking(ctx, func() error { runtime.Goexit(); return nil })
			if err == nil || !strings.Contains(err.Error(), "runtime.Goexit") {
				t.Errorf("Blocking ended with %v", err)
			}
			s := newState(e)
			e.Detach(runtime.Goexit, func() { s.add("then") })
			return s.await(ctx, 1)
		})
	})
}
