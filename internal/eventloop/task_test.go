//go:build unix

package eventloop_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"crawl/internal/eventloop"
	"crawl/internal/eventloop/looptest"
)

func TestTask(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	var tr trace
	who := contextKey("who")
	ctx := context.WithValue(context.Background(), who, "me")
	task := eventloop.CreateTask(ctx, l, "answer", func(got context.Context) (int, error) {
		name, ok := l.CurrentTask()
		tr.add("%s/%v/%v/%v", name, ok, got.Value(who), l.Context().Value(who))
		if err := l.Yield(); err != nil {
			return 0, err
		}
		name, _ = l.CurrentTask()
		tr.add("%s/%v", name, l.Context().Value(who))
		return 42, nil
	})
	tr.want(t, "") // making a task runs nothing
	if task.Name() != "answer" || task.Done() || task.Cancelled() {
		t.Errorf("a new task: name %q, done %v, cancelled %v", task.Name(), task.Done(), task.Cancelled())
	}
	if v, err := eventloop.RunUntilComplete(l, task); v != 42 || err != nil {
		t.Errorf("result is %d, %v", v, err)
	}
	tr.want(t, "answer/true/me/me answer/me")
	if _, ok := l.CurrentTask(); ok {
		t.Error("there is a current task while none runs")
	}
	if task.Cancel() {
		t.Error("a task that has ended was cancelled")
	}
	if m := l.Metrics(); m.TasksCreated != 1 || m.TasksLive != 0 || m.TasksPeak != 1 {
		t.Errorf("tasks: created %d, live %d, peak %d", m.TasksCreated, m.TasksLive, m.TasksPeak)
	}
}

func TestTasksStartInOrder(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	var tr trace
	for i := range 4 {
		start(l, "", func() error { tr.add("%d", i); return nil })
		l.CallSoon(tr.note("-"))
	}
	turns(t, l, 1)
	tr.want(t, "0 - 1 - 2 - 3 -")
}

// A task is awaited like any future, and its error is passed on.
func TestAwaitTask(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	good := eventloop.CreateTask(context.Background(), l, "good", func(context.Context) (int, error) { return 1, l.Sleep(time.Second) })
	bad := start(l, "bad", func() error { return fmt.Errorf("worker: %w", errBoom) })
	mustRun(t, l, func() error {
		if v, err := good.Await(); v != 1 || err != nil {
			t.Errorf("good: %d, %v", v, err)
		}
		_, err := bad.Await()
		wantErr(t, "bad", err, errBoom)
		return nil
	})
}

func TestTaskAwaitsItself(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	var self *eventloop.Task[struct{}]
	self = start(l, "ouroboros", func() error {
		_, err := self.Await()
		return err
	})
	_, err := eventloop.RunUntilComplete(l, self)
	wantErr(t, "await", err, eventloop.ErrInvalidState)
	if err == nil || !strings.Contains(err.Error(), `"ouroboros"`) {
		t.Errorf("%v does not name the task", err)
	}
}

func panicsDeepInside(v any) { panic(v) }

func TestTaskPanics(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	task := start(l, "unlucky", func() error {
		if err := l.Sleep(time.Second); err != nil {
			return err
		}
		panicsDeepInside("no such luck")
		return nil
	})
	var outer error
	mustRun(t, l, func() error { _, outer = task.Await(); return nil })
	var p *eventloop.PanicError
	if !errors.As(outer, &p) {
		t.Fatalf("error is %v, want a *PanicError", outer)
	}
	if p.Value != "no such luck" || !strings.Contains(string(p.Stack), "panicsDeepInside") {
		t.Errorf("value %v, stack\n%s", p.Value, p.Stack)
	}
	if !strings.Contains(p.Error(), "no such luck") {
		t.Errorf("message is %q", p)
	}
	err := run(l, func() error { panicsDeepInside(errBoom); return nil })
	wantErr(t, "a panic with an error", err, errBoom)
}

func TestCancelBeforeStart(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	ran := false
	task := start(l, "", func() error { ran = true; return nil })
	if !task.Cancel() {
		t.Error("Cancel had nothing to do")
	}
	_, err := eventloop.RunUntilComplete(l, task)
	wantErr(t, "result", err, eventloop.ErrCancelled)
	if ran || !task.Cancelled() {
		t.Errorf("ran %v, cancelled %v", ran, task.Cancelled())
	}
	spared := start(l, "", func() error { ran = true; return nil })
	spared.Cancel()
	spared.Uncancel()
	if _, err := eventloop.RunUntilComplete(l, spared); err != nil || !ran {
		t.Errorf("a cancellation that was taken back: error %v, ran %v", err, ran)
	}
}

// The count of requests, and that a task may go on after one.
func TestCancelCounting(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	var tr trace
	var task *eventloop.Task[struct{}]
	task = start(l, "", func() error {
		tr.add("%v", l.Sleep(time.Hour))
		tr.add("%d", task.Cancelling())
		tr.add("%d", task.Uncancel())
		tr.add("%d", task.Uncancel()) // none is left to take back
		tr.add("%v", l.Sleep(time.Second))
		task.Cancel() // by itself: the next await delivers it
		task.Cancel()
		tr.add("%d", task.Cancelling())
		tr.add("%v", l.Sleep(time.Second))
		tr.add("%v", l.Sleep(time.Second))
		task.Cancel()
		return nil // none follows: it has ended well
	})
	l.CallLater(time.Second, func() { task.Cancel() })
	if _, err := eventloop.RunUntilComplete(l, task); err != nil {
		t.Error(err)
	}
	const cancelled = "eventloop: cancelled"
	tr.want(t, cancelled+" 1 0 0 <nil> 2 "+cancelled+" <nil>")
}

// An error that wraps ErrCancelled ends a task as cancelled, any other does not.
func TestTaskEndsAsCancelled(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	for _, err := range []error{eventloop.ErrCancelled, fmt.Errorf("fetch: %w", eventloop.ErrCancelled)} {
		task := start(l, "", func() error { return err })
		_, got := eventloop.RunUntilComplete(l, task)
		if !task.Cancelled() {
			t.Errorf("a task that returned %q is not cancelled", err)
		}
		wantErr(t, "result", got, eventloop.ErrCancelled)
	}
	converted := start(l, "", func() error { _ = l.Sleep(time.Hour); return errBoom })
	l.CallLater(time.Second, func() { converted.Cancel() })
	_, err := eventloop.RunUntilComplete(l, converted)
	wantErr(t, "result", err, errBoom)
	if converted.Cancelled() {
		t.Error("a task that returned another error is cancelled")
	}
}

// Cancelling a task that awaits another cancels that one, and waits until it has cleaned up.
func TestCancelGoesDown(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	var tr trace
	inner := start(l, "inner", func() error {
		err := l.Sleep(time.Hour)
		tr.add("inner:%v", err)
		tr.add("clean-up:%v", l.Sleep(time.Second))
		return err
	})
	outer := start(l, "outer", func() error {
		_, err := inner.Await()
		tr.add("outer:%v@%v", err, l.Time())
		return err
	})
	l.CallLater(time.Second, func() { outer.Cancel() })
	_, err := eventloop.RunUntilComplete(l, outer)
	wantErr(t, "outer", err, eventloop.ErrCancelled)
	tr.want(t, "inner:eventloop: cancelled clean-up:<nil> outer:eventloop: cancelled@2s")
}

func TestYield(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	var tr trace
	task := start(l, "", func() error {
		l.CallSoon(tr.note("callback"))
		tr.add("%v", l.Yield())
		return l.Yield()
	})
	l.CallSoon(func() { l.CallSoon(func() { task.Cancel() }) })
	_, err := eventloop.RunUntilComplete(l, task)
	wantErr(t, "a task that was cancelled while it was ready", err, eventloop.ErrCancelled)
	tr.want(t, "callback <nil>")
}

func TestOnLoopStack(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	var tr trace
	who := contextKey("who")
	ctx := context.WithValue(context.Background(), who, "me")
	l.OnLoopStack(tr.note("outside-a-task"))
	task := eventloop.CreateTask(ctx, l, "task", func(context.Context) (int, error) {
		l.CallSoon(tr.note("next-turn"))
		tr.add("before")
		l.OnLoopStack(func() {
			_, inTask := l.CurrentTask()
			tr.add("leaf:%v:%v:%v", inTask, l.Context().Value(who), errors.Is(l.Yield(), eventloop.ErrNotInTask))
			l.OnLoopStack(tr.note("nested"))
			wantErr(t, "Close in a leaf", l.Close(), eventloop.ErrRunning)
		})
		name, _ := l.CurrentTask()
		tr.add("after:%s", name)
		l.OnLoopStack(tr.note("again"))
		return 0, l.Yield()
	})
	if _, err := eventloop.RunUntilComplete(l, task); err != nil {
		t.Error(err)
	}
	tr.want(t, "outside-a-task before leaf:false:me:true nested after:task again next-turn")
}

// A panic of the leaf is the task's: it can be recovered there, and else becomes its error with the stack of
// where it happened.
func TestOnLoopStackPanics(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	mustRun(t, l, func() error {
		func() {
			defer func() {
				if err, _ := recover().(error); !errors.Is(err, errBoom) {
					t.Errorf("recovered %v", err)
				}
			}()
			l.OnLoopStack(func() { panic(errBoom) })
			t.Error("the leaf's panic was lost")
		}()
		l.OnLoopStack(func() {}) // it does not come twice
		return l.Yield()
	})
	err := run(l, func() error {
		l.OnLoopStack(func() { panicsDeepInside("leaf") })
		return nil
	})
	var p *eventloop.PanicError
	if !errors.As(err, &p) || p.Value != "leaf" || !strings.Contains(string(p.Stack), "panicsDeepInside") {
		t.Errorf("error is %v", err)
	}
}

// A wait is one of the things a task can be suspended in. come brings about what it waits for, and begin
// prepares both in a task.
type wait struct {
	name  string
	begin func(l *eventloop.Loop) (wait func() error, come func())
}

// waits are all the kinds there are, but for sockets. Each of them returns nil when come was called.
func waits(t *testing.T) []wait {
	boundedQueue := func(l *eventloop.Loop) *eventloop.Queue[int] { return eventloop.NewQueue[int](l, 1) }
	return []wait{
		{name: "future", begin: func(l *eventloop.Loop) (func() error, func()) {
			f := eventloop.NewFuture[int](l)
			return func() error { _, err := f.Await(); return err }, func() { f.SetResult(1) }
		}},
		{name: "semaphore", begin: func(l *eventloop.Loop) (func() error, func()) {
			s := eventloop.NewSemaphore(l, 0)
			return s.Acquire, s.Release
		}},
		{name: "condition", begin: func(l *eventloop.Loop) (func() error, func()) {
			c := eventloop.NewCondition(l, "it")
			return c.Wait, c.Notify
		}},
		{name: "queue get", begin: func(l *eventloop.Loop) (func() error, func()) {
			q := boundedQueue(l)
			return func() error { _, err := q.Get(); return err }, func() { noError(t, q.Put(1)) }
		}},
		{name: "queue put", begin: func(l *eventloop.Loop) (func() error, func()) {
			q := boundedQueue(l)
			noError(t, q.Put(0))
			return func() error { return q.Put(1) }, func() { _, err := q.Get(); noError(t, err) }
		}},
		{name: "queue join", begin: func(l *eventloop.Loop) (func() error, func()) {
			q := boundedQueue(l)
			noError(t, q.Put(0))
			return q.Join, q.TaskDone
		}},
		{name: "wait", begin: func(l *eventloop.Loop) (func() error, func()) {
			f := eventloop.NewFuture[int](l)
			return func() error { _, _, err := eventloop.Wait[int](l, eventloop.AllCompleted, f); return err }, func() { f.SetResult(1) }
		}},
	}
}

func noError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// What arrives in the same turn as a cancellation, and before it, is kept; the cancellation comes with the
// next await, once (what asyncio.wait_for got wrong: cpython#86296).
func TestResultAndCancelInOneTurn(t *testing.T) {
	for _, w := range waits(t) {
		if w.name == "wait" {
			continue // it has no result of its own, and hears of the future's in the next turn
		}
		t.Run(w.name, func(t *testing.T) {
			l, _ := looptest.New(t, "", eventloop.Options{})
			mustRun(t, l, func() error {
				wait, come := w.begin(l)
				var tr trace
				task := start(l, "", func() error {
					tr.add("%v", wait())
					tr.add("%v", errors.Is(l.Yield(), eventloop.ErrCancelled))
					tr.add("%v", l.Yield())
					return nil
				})
				noError(t, l.Sleep(time.Second))
				come()
				task.Cancel()
				_, err := task.Await()
				tr.want(t, "<nil> true <nil>")
				return err
			})
		})
	}
}

// The other way round the wait is cancelled, and what comes then is for somebody else.
func TestCancelAndResultInOneTurn(t *testing.T) {
	for _, w := range waits(t) {
		if w.name == "future" || w.name == "condition" {
			continue // the future is cancelled with its task; a notification is for who waits, and nobody does
		}
		t.Run(w.name, func(t *testing.T) {
			l, _ := looptest.New(t, "", eventloop.Options{})
			mustRun(t, l, func() error {
				wait, come := w.begin(l)
				var tr trace
				task := start(l, "", func() error {
					tr.add("%v", errors.Is(wait(), eventloop.ErrCancelled))
					tr.add("%v", l.Yield())
					return nil
				})
				noError(t, l.Sleep(time.Second))
				task.Cancel()
				come()
				if err := wait(); err != nil { // what came is still there
					return err
				}
				_, err := task.Await()
				tr.want(t, "true <nil>")
				return err
			})
		})
	}
}

// Two requests that come before the task runs are delivered as one, so that a clean-up which awaits is not
// disturbed by the second. The count knows of both.
func TestTwoRequestsAreOneCancellation(t *testing.T) {
	for _, w := range append(waits(t), wait{name: "sleep", begin: func(l *eventloop.Loop) (func() error, func()) {
		return func() error { return l.Sleep(time.Hour) }, nil
	}}) {
		t.Run(w.name, func(t *testing.T) {
			l, _ := looptest.New(t, "", eventloop.Options{})
			mustRun(t, l, func() error {
				wait, _ := w.begin(l)
				var tr trace
				task := start(l, "", func() error {
					tr.add("%v", errors.Is(wait(), eventloop.ErrCancelled))
					tr.add("%v", l.Yield())
					tr.add("%v", l.Sleep(time.Second))
					return nil
				})
				noError(t, l.Sleep(time.Second))
				task.Cancel()
				task.Cancel()
				if n := task.Cancelling(); n != 2 {
					t.Errorf("%d requests, want 2", n)
				}
				_, err := task.Await()
				tr.want(t, "true <nil> <nil>")
				return err
			})
		})
	}
}

// The timer of a sleep that is due in the turn of the cancellation: who is first in the queue wins.
func TestSleepAndCancelInOneTurn(t *testing.T) {
	for _, timerFirst := range []bool{true, false} {
		t.Run(fmt.Sprintf("timer first %v", timerFirst), func(t *testing.T) {
			l, _ := looptest.New(t, "", eventloop.Options{})
			var task *eventloop.Task[struct{}]
			var tr trace
			cancel := func() { l.CallAt(time.Second, func() { task.Cancel() }) }
			if !timerFirst {
				cancel()
			}
			task = start(l, "", func() error {
				tr.add("%v", l.Sleep(time.Second))
				tr.add("%v", l.Yield())
				tr.add("%v", l.Yield())
				return nil
			})
			turns(t, l, 1)
			if timerFirst {
				cancel()
			}
			if _, err := eventloop.RunUntilComplete(l, task); err != nil {
				t.Error(err)
			}
			if timerFirst {
				tr.want(t, "<nil> eventloop: cancelled <nil>")
			} else {
				tr.want(t, "eventloop: cancelled <nil> <nil>")
			}
		})
	}
}

// A request to cancel that waits for the next await goes down to what that awaits, as one does that comes
// during the wait: nothing is left behind, and the clean-up is waited for.
func TestCancelGoesDownLate(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	var tr trace
	inner := start(l, "inner", func() error {
		err := l.Sleep(time.Hour)
		tr.add("clean-up:%v", l.Sleep(time.Second))
		return err
	})
	plain, done := eventloop.NewFuture[int](l), eventloop.NewFuture[int](l)
	done.SetResult(1)
	var outer *eventloop.Task[struct{}]
	outer = start(l, "outer", func() error {
		noError(t, l.Yield())
		for _, await := range []func() error{
			func() error { _, err := inner.Await(); return err },
			func() error { _, err := plain.Await(); return err },
			func() error { _, err := done.Await(); return err },
		} {
			outer.Cancel()
			wantErr(t, "await", await(), eventloop.ErrCancelled)
			noError(t, l.Yield()) // once
		}
		tr.add("outer@%v", l.Time())
		return nil
	})
	if _, err := eventloop.RunUntilComplete(l, outer); err != nil {
		t.Error(err)
	}
	tr.want(t, "clean-up:<nil> outer@1s")
	if !inner.Cancelled() || !plain.Cancelled() || done.Cancelled() {
		t.Errorf("cancelled: inner %v, plain %v, done %v", inner.Cancelled(), plain.Cancelled(), done.Cancelled())
	}
}

// A panic is no cancellation, whatever its value wraps.
func TestPanicWithACancellation(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	task := start(l, "", func() error { panic(fmt.Errorf("impossible: %w", eventloop.ErrCancelled)) })
	_, err := eventloop.RunUntilComplete(l, task)
	var p *eventloop.PanicError
	if !errors.As(err, &p) || task.Cancelled() {
		t.Errorf("error is %v, want a *PanicError", err)
	}
}
