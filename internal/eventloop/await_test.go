//go:build unix

package eventloop_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"crawl/internal/eventloop"
	"crawl/internal/eventloop/looptest"
)

func TestSleep(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	var tr trace
	for i, d := range []time.Duration{2, 1, 0, 3, -1} {
		start(l, "", func() error {
			err := l.Sleep(d * time.Second)
			tr.add("%d@%v", i, l.Time())
			return err
		})
	}
	mustRun(t, l, func() error { return l.Sleep(4 * time.Second) })
	tr.want(t, "2@0s 4@0s 1@1s 0@2s 3@3s")
}

// ErrTimeout answers to every name under which callers look for a timeout.
func TestErrTimeout(t *testing.T) {
	var timeout net.Error
	if !errors.As(eventloop.ErrTimeout, &timeout) || !timeout.Timeout() {
		t.Error("ErrTimeout is not a net.Error that is a timeout")
	}
	wantErr(t, "ErrTimeout", eventloop.ErrTimeout, os.ErrDeadlineExceeded)
	wantErr(t, "ErrTimeout", eventloop.ErrTimeout, context.DeadlineExceeded)
	if errors.Is(eventloop.ErrTimeout, eventloop.ErrCancelled) || eventloop.ErrTimeout.Error() != "eventloop: timeout" {
		t.Errorf("ErrTimeout is %q", eventloop.ErrTimeout)
	}
}

// afterwards checks that nothing of a timeout is left in the running task: no request, no cancellation that
// waits for the next await, no timer.
func afterwards(t *testing.T, l *eventloop.Loop, task *eventloop.Task[struct{}], requests int) {
	t.Helper()
	if n := task.Cancelling(); n != requests {
		t.Errorf("%d requests to cancel are left, want %d", n, requests)
	}
	if n := l.Metrics().Timers; n != 0 {
		t.Errorf("%d timers are left", n)
	}
	for range 3 {
		noError(t, l.Yield())
	}
	noError(t, l.Sleep(time.Hour))
}

func TestTimeout(t *testing.T) {
	cases := []struct {
		name string
		fn   func(l *eventloop.Loop) error
		want error
		at   time.Duration
	}{
		{"in time", func(l *eventloop.Loop) error { return l.Sleep(time.Second) }, nil, time.Second},
		{"failed in time", func(l *eventloop.Loop) error { _ = l.Sleep(time.Second); return errBoom }, errBoom, time.Second},
		{"without an await", func(*eventloop.Loop) error { return nil }, nil, 0},
		{"too late", func(l *eventloop.Loop) error { return l.Sleep(time.Hour) }, eventloop.ErrTimeout, 10 * time.Second},
		{"at the same time", func(l *eventloop.Loop) error { return l.Sleep(10 * time.Second) }, eventloop.ErrTimeout, 10 * time.Second},
		{"cleaned up first", func(l *eventloop.Loop) error { return errors.Join(l.Sleep(time.Hour), l.Sleep(time.Second)) }, eventloop.ErrTimeout, 11 * time.Second},
		{"swallowed", func(l *eventloop.Loop) error { _ = l.Sleep(time.Hour); return nil }, nil, 10 * time.Second},
		{"turned into another error", func(l *eventloop.Loop) error { _ = l.Sleep(time.Hour); return errBoom }, errBoom, 10 * time.Second},
		{"second await", func(l *eventloop.Loop) error { return errors.Join(l.Sleep(9*time.Second), l.Sleep(9*time.Second)) }, eventloop.ErrTimeout, 10 * time.Second},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			l, _ := looptest.New(t, "", eventloop.Options{})
			var task *eventloop.Task[struct{}]
			task = start(l, "", func() error {
				err := l.Timeout(10*time.Second, func() error { return c.fn(l) })
				if at := l.Time(); at != c.at {
					t.Errorf("returned at %v, want %v", at, c.at)
				}
				if c.want == nil && err != nil || errors.Is(err, eventloop.ErrCancelled) {
					t.Errorf("error is %v", err)
				}
				wantErr(t, "Timeout", err, c.want)
				afterwards(t, l, task, 0)
				return nil
			})
			if _, err := eventloop.RunUntilComplete(l, task); err != nil {
				t.Error(err)
			}
		})
	}
}

// A result that comes in the turn of the timeout, and before it, is kept, and nothing of the timeout stays.
func TestTimeoutAndResultInOneTurn(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	f := eventloop.NewFuture[string](l)
	l.CallAt(time.Second, func() { f.SetResult("just in time") })
	var task *eventloop.Task[struct{}]
	task = start(l, "", func() error {
		v, err := eventloop.WaitFor[string](l, f, time.Second)
		if v != "just in time" || err != nil {
			t.Errorf("WaitFor: %q, %v", v, err)
		}
		afterwards(t, l, task, 0)
		return nil
	})
	if _, err := eventloop.RunUntilComplete(l, task); err != nil {
		t.Error(err)
	}
}

// A cancellation from outside stays one, whether it comes alone, or in the turn of the timeout, before or after it.
func TestTimeoutAndOuterCancel(t *testing.T) {
	for name, order := range map[string]func(l *eventloop.Loop, cancel func()){
		"alone":  func(l *eventloop.Loop, cancel func()) { l.CallAt(5*time.Second, cancel) },
		"before": func(l *eventloop.Loop, cancel func()) { l.CallAt(10*time.Second, cancel) },
		"after":  func(l *eventloop.Loop, cancel func()) { l.CallAt(1, func() { l.CallAt(10*time.Second, cancel) }) },
	} {
		t.Run(name, func(t *testing.T) {
			l, _ := looptest.New(t, "", eventloop.Options{})
			var task *eventloop.Task[struct{}]
			order(l, func() { task.Cancel() })
			task = start(l, "", func() error {
				err := l.Timeout(10*time.Second, func() error { return l.Sleep(time.Hour) })
				if !errors.Is(err, eventloop.ErrCancelled) || errors.Is(err, eventloop.ErrTimeout) {
					t.Errorf("error is %v, want ErrCancelled", err)
				}
				afterwards(t, l, task, 1)
				return err
			})
			_, err := eventloop.RunUntilComplete(l, task)
			wantErr(t, "task", err, eventloop.ErrCancelled)
		})
	}
}

func TestNestedTimeouts(t *testing.T) {
	cases := []struct {
		inner, outer time.Duration
		innerErr     error
		outerErr     error
	}{
		{1, 2, eventloop.ErrTimeout, eventloop.ErrTimeout},        // the outer one comes in the sleep that follows
		{2, 1, eventloop.ErrCancelled, eventloop.ErrTimeout},      // to the inner one it is a cancellation from outside
		{1, 1, eventloop.ErrCancelled, eventloop.ErrTimeout},      // both in one turn
		{1, 30, eventloop.ErrTimeout, nil},                        // the outer one never
		{30, 40, eventloop.ErrInvalidState, nil},                  // neither: the inner result is the marker
		{30, 15, eventloop.ErrInvalidState, eventloop.ErrTimeout}, // in the sleep that follows
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%d in %d", c.inner, c.outer), func(t *testing.T) {
			l, _ := looptest.New(t, "", eventloop.Options{})
			var task *eventloop.Task[struct{}]
			task = start(l, "", func() error {
				err := l.Timeout(c.outer*time.Second, func() error {
					err := l.Timeout(c.inner*time.Second, func() error {
						if err := l.Sleep(10 * time.Second); err != nil {
							return err
						}
						return eventloop.ErrInvalidState
					})
					wantErr(t, "inner", err, c.innerErr)
					if errors.Is(err, eventloop.ErrCancelled) {
						return err
					}
					return l.Sleep(10 * time.Second)
				})
				if c.outerErr == nil {
					noError(t, err)
				}
				wantErr(t, "outer", err, c.outerErr)
				afterwards(t, l, task, 0)
				return nil
			})
			if _, err := eventloop.RunUntilComplete(l, task); err != nil {
				t.Error(err)
			}
		})
	}
}

// Inside a task that was cancelled before and is cleaning up, a timeout is still told from that.
func TestTimeoutInACleanUp(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	var task *eventloop.Task[struct{}]
	l.CallLater(time.Second, func() { task.Cancel() })
	task = start(l, "", func() error {
		wantErr(t, "sleep", l.Sleep(time.Hour), eventloop.ErrCancelled)
		wantErr(t, "clean-up", l.Timeout(time.Second, func() error { return l.Sleep(time.Hour) }), eventloop.ErrTimeout)
		afterwards(t, l, task, 1)
		f := eventloop.NewFuture[int](l) // settled in the turn of the timeout, and before it
		l.CallLater(time.Second, func() { f.SetResult(1) })
		_, err := eventloop.WaitFor[int](l, f, time.Second)
		noError(t, err)
		afterwards(t, l, task, 1)
		return nil
	})
	if _, err := eventloop.RunUntilComplete(l, task); err != nil {
		t.Error(err)
	}
}

// A panic that passes through and is recovered further up leaves no timer that cancels the task later.
func TestTimeoutAndPanic(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	var task *eventloop.Task[struct{}]
	task = start(l, "", func() error {
		for _, d := range []time.Duration{0, 2 * time.Second} { // before and after the time has passed
			func() {
				defer func() {
					if recover() == nil {
						t.Error("the panic was lost")
					}
				}()
				_ = l.Timeout(time.Second, func() error { panic(errors.Join(errBoom, l.Sleep(d))) })
			}()
			afterwards(t, l, task, 0)
		}
		return nil
	})
	if _, err := eventloop.RunUntilComplete(l, task); err != nil {
		t.Error(err)
	}
}

func TestWaitFor(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	mustRun(t, l, func() error {
		slow := eventloop.NewFuture[int](l)
		_, err := eventloop.WaitFor[int](l, slow, time.Second)
		wantErr(t, "too late", err, eventloop.ErrTimeout)
		if !slow.Cancelled() {
			t.Error("the future that came too late was not cancelled")
		}
		failed := eventloop.NewFuture[int](l)
		failed.SetError(errBoom)
		_, err = eventloop.WaitFor[int](l, failed, time.Second)
		wantErr(t, "failed", err, errBoom)
		// With no time at all, what is there is taken, and what is not is too late.
		there := eventloop.NewFuture[int](l)
		there.SetResult(1)
		if v, err := eventloop.WaitFor[int](l, there, 0); v != 1 || err != nil {
			t.Errorf("what is there: %d, %v", v, err)
		}
		_, err = eventloop.WaitFor[int](l, eventloop.NewFuture[int](l), -1)
		wantErr(t, "what is not", err, eventloop.ErrTimeout)
		// A task is cancelled, and waited for until it has cleaned up.
		var tr trace
		task := start(l, "", func() error {
			err := l.Sleep(time.Hour)
			tr.add("%v", l.Sleep(time.Second))
			return err
		})
		before := l.Time()
		_, err = eventloop.WaitFor[struct{}](l, task, time.Second)
		wantErr(t, "task", err, eventloop.ErrTimeout)
		tr.want(t, "<nil>")
		if took := l.Time() - before; took != 2*time.Second {
			t.Errorf("took %v", took)
		}
		return nil
	})
}

// after is a task that ends with a value or an error when d has passed.
func after(l *eventloop.Loop, d time.Duration, v int, err error) *eventloop.Task[int] {
	return eventloop.CreateTask(context.Background(), l, fmt.Sprint("after ", d), func(context.Context) (int, error) {
		if err := l.Sleep(d); err != nil {
			return 0, err
		}
		return v, err
	})
}

func TestGather(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	mustRun(t, l, func() error {
		plain := eventloop.NewFuture[int](l)
		l.CallLater(2*time.Second, func() { plain.SetResult(2) })
		slow := after(l, 3*time.Second, 1, nil)
		vs, err := eventloop.Gather[int](l, slow, plain, after(l, time.Second, 3, nil), slow).Await()
		if fmt.Sprint(vs) != "[1 2 3 1]" || err != nil || l.Time() != 3*time.Second {
			t.Errorf("results %v, %v at %v", vs, err, l.Time())
		}
		vs, err = eventloop.Gather[int](l).Await()
		if len(vs) != 0 || err != nil {
			t.Errorf("of nothing: %v, %v", vs, err)
		}
		return nil
	})
}

// The first error is that of all; the others go on, and their errors count as asked for.
func TestGatherError(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	mustRun(t, l, func() error {
		slow, second := after(l, 3*time.Second, 1, nil), after(l, 2*time.Second, 0, errors.New("second"))
		_, err := eventloop.Gather[int](l, slow, after(l, time.Second, 0, errBoom), second).Await()
		wantErr(t, "Gather", err, errBoom)
		if l.Time() != time.Second || slow.Done() {
			t.Errorf("at %v, slow one done %v", l.Time(), slow.Done())
		}
		v, err := slow.Await()
		if v != 1 {
			t.Errorf("the one that went on: %d", v)
		}
		return err
	})
}

func TestGatherCancel(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	one, two := after(l, time.Hour, 1, nil), eventloop.NewFuture[int](l)
	early := after(l, time.Second, 3, nil)
	waiting := start(l, "", func() error {
		all := eventloop.Gather[int](l, one, two, early)
		_, err := all.Await()
		if !all.Cancelled() {
			t.Error("Gather's future is not cancelled")
		}
		noError(t, l.Yield()) // once
		return err
	})
	l.CallLater(2*time.Second, func() { waiting.Cancel(); waiting.Cancel() })
	_, err := eventloop.RunUntilComplete(l, waiting)
	wantErr(t, "task", err, eventloop.ErrCancelled)
	if !one.Cancelled() || !two.Cancelled() || early.Err() != nil {
		t.Errorf("cancelled: %v, %v; the one that was done: %v", one.Cancelled(), two.Cancelled(), early.Err())
	}
	// One member that is cancelled by somebody else cancels the gathering, not the others.
	a, b := eventloop.NewFuture[int](l), eventloop.NewFuture[int](l)
	all := eventloop.Gather[int](l, a, b)
	a.Cancel()
	turns(t, l, 1)
	if !all.Cancelled() || b.Done() {
		t.Errorf("gathering cancelled %v, other member done %v", all.Cancelled(), b.Done())
	}
	b.SetResult(1)
	turns(t, l, 1)
	if all.Cancel() {
		t.Error("a gathering that is over was cancelled")
	}
}

func TestWait(t *testing.T) {
	cases := []struct {
		when          eventloop.ReturnWhen
		done, pending int
		at            time.Duration
	}{
		{eventloop.FirstCompleted, 1, 3, 1},
		{eventloop.FirstError, 2, 2, 2},
		{eventloop.AllCompleted, 4, 0, 4},
	}
	for _, c := range cases {
		l, _ := looptest.New(t, "", eventloop.Options{})
		mustRun(t, l, func() error {
			var fs []eventloop.Awaitable[int]
			for _, task := range []*eventloop.Task[int]{
				after(l, 4*time.Second, 4, nil), after(l, 2*time.Second, 0, errBoom),
				after(l, 1*time.Second, 1, nil), after(l, 3*time.Second, 3, nil),
			} {
				fs = append(fs, task)
				defer func() { _ = task.Err() }()
			}
			done, pending, err := eventloop.Wait(l, c.when, fs...)
			if len(done) != c.done || len(pending) != c.pending || err != nil || l.Time() != c.at*time.Second {
				t.Errorf("until %d: %d done, %d pending, %v, at %v; want %d, %d at %d s", c.when, len(done), len(pending), err, l.Time(), c.done, c.pending, c.at)
			}
			// What is done already does not make the task wait, and the order is that of the arguments.
			again, _, err := eventloop.Wait(l, eventloop.FirstCompleted, fs...)
			if len(again) != c.done || again[0] != done[0] || l.Time() != c.at*time.Second {
				t.Errorf("again: %d done", len(again))
			}
			if c.when == eventloop.AllCompleted && (done[0] != fs[0] || done[3] != fs[3]) {
				t.Error("not in the order of the arguments")
			}
			return errors.Join(err, l.Sleep(time.Hour))
		})
	}
}

func TestWaitEdges(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	mustRun(t, l, func() error {
		done, pending, err := eventloop.Wait[int](l, eventloop.AllCompleted)
		if len(done)+len(pending) != 0 || err != nil {
			t.Errorf("of nothing: %v, %v, %v", done, pending, err)
		}
		// FirstError counts a cancellation, and is satisfied when all are well.
		f, g := eventloop.NewFuture[int](l), eventloop.NewFuture[int](l)
		l.CallLater(time.Second, func() { f.Cancel() })
		if done, pending, err := eventloop.Wait[int](l, eventloop.FirstError, f, g); len(done) != 1 || len(pending) != 1 || err != nil {
			t.Errorf("cancelled: %v, %v, %v", done, pending, err)
		}
		g.SetResult(1)
		if done, _, err := eventloop.Wait[int](l, eventloop.FirstError, g, g); len(done) != 2 || err != nil {
			t.Errorf("all well: %v, %v", done, err)
		}
		return nil
	})
	// Cancelling who waits cancels none of what it waits for, and leaves no callback there.
	f := eventloop.NewFuture[int](l)
	waiting := start(l, "", func() error {
		_, _, err := eventloop.Wait[int](l, eventloop.FirstCompleted, f)
		return err
	})
	l.CallLater(time.Second, func() { waiting.Cancel() })
	_, err := eventloop.RunUntilComplete(l, waiting)
	wantErr(t, "Wait", err, eventloop.ErrCancelled)
	if f.Done() {
		t.Error("the future was cancelled")
	}
	f.SetResult(1)
	before := l.Metrics().Callbacks
	turns(t, l, 1)
	if n := l.Metrics().Callbacks - before; n != 1 { // that of turns
		t.Errorf("%d callbacks ran, want 1", n)
	}
}

// A gathering that was cancelled ends as cancelled, also when its members take no notice: who awaits it hears
// of the request.
func TestGatherCancelIgnored(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	stubborn := start(l, "stubborn", func() error {
		wantErr(t, "sleep", l.Sleep(time.Hour), eventloop.ErrCancelled)
		return l.Sleep(time.Second)
	})
	waiting := start(l, "waiting", func() error {
		_, err := eventloop.Gather[struct{}](l, stubborn).Await()
		return err
	})
	l.CallLater(time.Second, func() { waiting.Cancel() })
	_, err := eventloop.RunUntilComplete(l, waiting)
	wantErr(t, "gathering", err, eventloop.ErrCancelled)
	if l.Time() != 2*time.Second || stubborn.Err() != nil {
		t.Errorf("at %v, member: %v", l.Time(), stubborn.Err())
	}
}
