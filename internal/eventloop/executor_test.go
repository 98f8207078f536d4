//go:build unix

package eventloop_test

import (
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"crawl/internal/eventloop"
)

func TestRunInExecutor(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{})
		mustRun(t, l, func() error {
			v, err := eventloop.RunInExecutor(l, func() (string, error) { return "done", nil }).Await()
			if v != "done" || err != nil {
				t.Errorf("result is %q, %v", v, err)
			}
			_, err = eventloop.RunInExecutor(l, func() (int, error) { return 0, errBoom }).Await()
			wantErr(t, "error", err, errBoom)
			_, err = eventloop.RunInExecutor(l, func() (int, error) { panicsDeepInside(errBoom); return 0, nil }).Await()
			var p *eventloop.PanicError
			if !errors.As(err, &p) || !errors.Is(err, errBoom) || !strings.Contains(string(p.Stack), "panicsDeepInside") {
				t.Errorf("panic: %v", err)
			}
			return nil
		})
	})
}

// The loop goes on while work is done elsewhere: here it is the loop that lets the work end.
func TestExecutorDoesNotBlockTheLoop(t *testing.T) {
	l := newLoop(t, "", eventloop.Options{})
	release := make(chan struct{})
	mustRun(t, l, func() error {
		f := eventloop.RunInExecutor(l, func() (int, error) { <-release; return 1, nil })
		for range 10 {
			noError(t, l.Yield())
		}
		close(release)
		_, err := f.Await()
		return err
	})
}

// No more threads than were asked for, and all work is done in the end.
func TestExecutorIsBounded(t *testing.T) {
	const threads, jobs = 3, 100
	l := newLoop(t, "", eventloop.Options{Executor: threads})
	var running, most, done atomic.Int32
	full := make(chan struct{})
	mustRun(t, l, func() error {
		var fs []eventloop.Awaitable[int]
		for i := range jobs {
			fs = append(fs, eventloop.RunInExecutor(l, func() (int, error) {
				n := running.Add(1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				if n == threads && i < threads {
					close(full) // the first ones meet here, so that the bound is reached
				}
				if i < threads {
					<-full
				}
				running.Add(-1)
				done.Add(1)
				return i, nil
			}))
		}
		vs, err := eventloop.Gather(l, fs...).Await()
		for i, v := range vs {
			if i != v {
				t.Errorf("result %d is %d", i, v)
			}
		}
		return err
	})
	if done.Load() != jobs || most.Load() != threads {
		t.Errorf("%d of %d jobs done, %d at once, want %d", done.Load(), jobs, most.Load(), threads)
	}
}

// Cancelling takes back what has not begun; what has begun runs on, and its result goes nowhere.
func TestExecutorCancel(t *testing.T) {
	l := newLoop(t, "", eventloop.Options{Executor: 1})
	begun, release, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	ran := false
	mustRun(t, l, func() error {
		first := eventloop.RunInExecutor(l, func() (int, error) {
			close(begun)
			<-release
			defer close(ended)
			return 1, errBoom // reported to nobody: it was cancelled
		})
		second := eventloop.RunInExecutor(l, func() (int, error) { ran = true; return 2, nil })
		third := eventloop.RunInExecutor(l, func() (int, error) { return 3, nil })
		<-begun
		if !first.Cancel() || !second.Cancel() || second.Cancel() {
			t.Error("Cancel said the wrong thing")
		}
		_, err := first.Await()
		wantErr(t, "first", err, eventloop.ErrCancelled)
		close(release)
		<-ended
		v, err := third.Await()
		if v != 3 {
			t.Errorf("third: %d", v)
		}
		return err
	})
	if ran {
		t.Error("what was cancelled before it began has run")
	}
}

// Close drops what has not begun and waits for what has.
func TestExecutorClose(t *testing.T) {
	l := newLoop(t, "", eventloop.Options{Executor: 1})
	begun, release := make(chan struct{}), make(chan struct{})
	var first, second atomic.Bool
	eventloop.RunInExecutor(l, func() (int, error) { close(begun); <-release; first.Store(true); return 0, errBoom })
	dropped := eventloop.RunInExecutor(l, func() (int, error) { second.Store(true); return 0, nil })
	<-begun
	time.AfterFunc(time.Millisecond, func() { close(release) })
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if !first.Load() || second.Load() {
		t.Errorf("what had begun ended: %v; what had not ran: %v", first.Load(), second.Load())
	}
	if !dropped.Cancel() || !dropped.Cancelled() {
		t.Error("what was dropped cannot be cancelled")
	}
}

// What never ends is left behind, so that a program can exit.
func TestExecutorCloseLosesPatience(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	l := newLoop(t, "", eventloop.Options{})
	begun, release, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	eventloop.RunInExecutor(l, func() (int, error) { close(begun); <-release; close(ended); return 0, nil })
	<-begun
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	close(release)
	<-ended
}

// Work that ends its goroutine settles its future all the same, and the next in the queue has its turn.
func TestExecutorGoexit(t *testing.T) {
	l := newLoop(t, "", eventloop.Options{Executor: 1})
	mustRun(t, l, func() error {
		first := eventloop.RunInExecutor(l, func() (int, error) { runtime.Goexit(); return 1, nil })
		second := eventloop.RunInExecutor(l, func() (int, error) { return 2, nil })
		if _, err := first.Await(); err == nil || !strings.Contains(err.Error(), "Goexit") {
			t.Errorf("work that called Goexit: error is %v", err)
		}
		v, err := second.Await()
		if v != 2 {
			t.Errorf("the next: %d", v)
		}
		return err
	})
}
