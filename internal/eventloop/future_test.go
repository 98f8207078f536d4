//go:build unix

package eventloop_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"crawl/internal/eventloop"
	"crawl/internal/eventloop/looptest"
)

func TestFutureStates(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	cases := []struct {
		name            string
		settle          func(f *eventloop.Future[int])
		done, cancelled bool
		value           int
		err             error
	}{
		{"pending", func(*eventloop.Future[int]) {}, false, false, 0, eventloop.ErrInvalidState},
		{"result", func(f *eventloop.Future[int]) { f.SetResult(7) }, true, false, 7, nil},
		{"error", func(f *eventloop.Future[int]) { f.SetError(errBoom) }, true, false, 0, errBoom},
		{"cancelled", func(f *eventloop.Future[int]) { f.Cancel() }, true, true, 0, eventloop.ErrCancelled},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := eventloop.NewFuture[int](l)
			c.settle(f)
			if f.Done() != c.done || f.Cancelled() != c.cancelled {
				t.Errorf("done %v, cancelled %v; want %v, %v", f.Done(), f.Cancelled(), c.done, c.cancelled)
			}
			v, err := f.Result()
			if v != c.value {
				t.Errorf("result is %d, want %d", v, c.value)
			}
			wantErr(t, "Result", err, c.err)
			wantErr(t, "Err", f.Err(), c.err)
			if got := f.Cancel(); got == c.done {
				t.Errorf("Cancel said %v of a future that was done: %v", got, c.done)
			}
		})
	}
}

func TestFutureIsSettledOnce(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	first := map[string]func(f *eventloop.Future[int]){
		"result": func(f *eventloop.Future[int]) { f.SetResult(1) },
		"error":  func(f *eventloop.Future[int]) { f.SetError(errBoom); _ = f.Err() },
		"cancel": func(f *eventloop.Future[int]) { f.Cancel() },
	}
	for name, settle := range first {
		f := eventloop.NewFuture[int](l)
		settle(f)
		want := f.Err()
		wantPanic(t, "SetResult after "+name, eventloop.ErrInvalidState, func() { f.SetResult(2) })
		wantPanic(t, "SetError after "+name, eventloop.ErrInvalidState, func() { f.SetError(errBoom) })
		wantErr(t, "after "+name, f.Err(), want)
	}
	pending := eventloop.NewFuture[int](l)
	wantPanic(t, "SetError(nil)", eventloop.ErrInvalidState, func() { pending.SetError(nil) })
	if pending.Done() {
		t.Error("SetError(nil) settled the future")
	}
	// In a task the panic is the task's error, and the sentinel is still found in it.
	err := run(l, func() error {
		f := eventloop.NewFuture[int](l)
		f.SetResult(1)
		f.SetResult(2)
		return nil
	})
	wantErr(t, "task", err, eventloop.ErrInvalidState)
}

// The result of a task comes from its function and from nowhere else.
func TestTaskIsNotSettledFromOutside(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	task := start(l, "worker", func() error { return l.Sleep(time.Second) })
	wantPanic(t, "SetResult", eventloop.ErrInvalidState, func() { task.SetResult(struct{}{}) })
	wantPanic(t, "SetError", eventloop.ErrInvalidState, func() { task.SetError(errBoom) })
	if _, err := eventloop.RunUntilComplete(l, task); err != nil {
		t.Error(err)
	}
}

func TestDoneCallbacks(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	var tr trace
	f := eventloop.NewFuture[int](l)
	f.AddDoneCallback(tr.note("first"))
	removed := f.AddDoneCallback(tr.note("removed"))
	f.AddDoneCallback(tr.note("second"))
	late := f.AddDoneCallback(tr.note("removed-late"))
	f.RemoveDoneCallback(removed)
	f.RemoveDoneCallback(removed)
	f.RemoveDoneCallback(nil)
	l.CallSoon(tr.note("before"))
	f.SetResult(1)
	f.AddDoneCallback(tr.note("after-the-fact"))
	l.CallSoon(tr.note("after"))
	f.RemoveDoneCallback(late) // it is in the ready queue by now
	tr.want(t, "")
	turns(t, l, 1)
	tr.want(t, "before first second after-the-fact after")
	turns(t, l, 2)
	tr.want(t, "")
}

type contextKey string

// A callback runs in the context of whoever added it, not of whoever settled the future.
func TestDoneCallbackContext(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	f := eventloop.NewFuture[int](l)
	var tr trace
	who := contextKey("who")
	var h *eventloop.Handle
	task := func(name string, fn func()) {
		ctx := context.WithValue(context.Background(), who, name)
		eventloop.CreateTask(ctx, l, name, func(context.Context) (int, error) { fn(); return 0, nil })
	}
	task("adder", func() {
		h = f.AddDoneCallback(func() {
			tr.add("callback:%v", l.Context().Value(who))
			l.CallSoon(func() { tr.add("child:%v", l.Context().Value(who)) })
			l.CallLater(time.Second, func() { tr.add("timer:%v", l.Context().Value(who)) })
		})
	})
	task("settler", func() { f.SetResult(1) })
	mustRun(t, l, func() error { return l.Sleep(2 * time.Second) })
	tr.want(t, "callback:adder child:adder timer:adder")
	if got := h.Context().Value(who); got != "adder" {
		t.Errorf("the handle's context is that of %v", got)
	}
	if l.Context() != context.Background() {
		t.Error("there is a context left between callbacks")
	}
}

func TestAwait(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	var tr trace
	good, bad, gone := eventloop.NewFuture[string](l), eventloop.NewFuture[string](l), eventloop.NewFuture[string](l)
	for _, f := range []*eventloop.Future[string]{good, bad, gone, good} { // good has two tasks that wait for it
		start(l, "waiter", func() error {
			v, err := f.Await()
			tr.add("%q/%v", v, err)
			v, err = f.Await() // done: it does not suspend
			tr.add("%q/%v", v, err)
			return nil
		})
	}
	l.CallLater(time.Second, func() {
		good.SetResult("yes")
		bad.SetError(errBoom)
		gone.Cancel()
		tr.add("settled")
	})
	mustRun(t, l, func() error { return l.Sleep(2 * time.Second) })
	const lost = `""/eventloop: cancelled`
	tr.want(t, `settled "yes"/<nil> "yes"/<nil> "yes"/<nil> "yes"/<nil> ""/boom ""/boom `+lost+` `+lost)
}

func TestAwaitOutsideOfATask(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	f := eventloop.NewFuture[int](l)
	f.SetResult(1)
	check := func(where string) {
		_, err := f.Await()
		wantErr(t, where+": Await", err, eventloop.ErrNotInTask)
		wantErr(t, where+": Sleep", l.Sleep(1), eventloop.ErrNotInTask)
		wantErr(t, where+": Sleep(0)", l.Sleep(0), eventloop.ErrNotInTask)
		wantErr(t, where+": Yield", l.Yield(), eventloop.ErrNotInTask)
		wantErr(t, where+": Timeout", l.Timeout(1, func() error { return nil }), eventloop.ErrNotInTask)
		_, err = eventloop.WaitFor[int](l, f, 1)
		wantErr(t, where+": WaitFor", err, eventloop.ErrNotInTask)
		_, _, err = eventloop.Wait[int](l, eventloop.AllCompleted, f)
		wantErr(t, where+": Wait", err, eventloop.ErrNotInTask)
		err = eventloop.WithTaskGroup(context.Background(), l, func(*eventloop.TaskGroup) error { return nil })
		wantErr(t, where+": WithTaskGroup", err, eventloop.ErrNotInTask)
		wantErr(t, where+": Acquire", eventloop.NewSemaphore(l, 1).Acquire(), eventloop.ErrNotInTask)
		wantErr(t, where+": Condition.Wait", eventloop.NewCondition(l, "it").Wait(), eventloop.ErrNotInTask)
		q := eventloop.NewQueue[int](l, 0)
		wantErr(t, where+": Put", q.Put(1), eventloop.ErrNotInTask)
		_, err = q.Get()
		wantErr(t, where+": Get", err, eventloop.ErrNotInTask)
		wantErr(t, where+": Join", q.Join(), eventloop.ErrNotInTask)
	}
	check("before the loop runs")
	l.CallSoon(func() { check("in a callback") })
	turns(t, l, 1)
	other, _ := looptest.New(t, "", eventloop.Options{})
	mustRun(t, other, func() error { check("in a task of another loop"); return nil })
}

// An error that nobody asks for is reported when the loop closes; one that was asked for is not.
func TestErrorNeverRetrieved(t *testing.T) {
	var log errorLog
	l, _ := looptest.New(t, "", eventloop.Options{OnError: log.add})
	failed := func() *eventloop.Future[int] {
		f := eventloop.NewFuture[int](l)
		f.SetError(errBoom)
		return f
	}
	failed()
	_ = failed().Err()
	_, _ = failed().Result()
	eventloop.NewFuture[int](l).Cancel()
	awaited, gathered, late := failed(), failed(), eventloop.NewFuture[int](l)
	mustRun(t, l, func() error {
		_, _ = awaited.Await()
		all := eventloop.Gather[int](l, gathered, late)
		_, _ = all.Await()
		late.SetError(errBoom) // after the outcome is clear: Gather has asked for it all the same
		return l.Yield()
	})
	log.want(t)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	log.want(t, "future: its error was never retrieved: boom")
}

func TestTaskErrorNeverRetrieved(t *testing.T) {
	var log errorLog
	l, _ := looptest.New(t, "", eventloop.Options{OnError: log.add})
	start(l, "fetch 17", func() error { return errBoom })
	turns(t, l, 2)
	log.want(t)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	log.want(t, `task "fetch 17": its error was never retrieved: boom`)
}

// The collector tells earlier than Close that nobody can ask any more.
func TestErrorOfACollectedFuture(t *testing.T) {
	var log errorLog
	l := newLoop(t, "", eventloop.Options{OnError: log.add})
	func() { eventloop.NewFuture[int](l).SetError(errBoom) }()
	start(l, "forgotten", func() error { return errBoom })
	var look func()
	look = func() {
		if len(log.errs) == 2 {
			l.Stop()
			return
		}
		runtime.GC()
		l.CallLater(time.Millisecond, look)
	}
	l.CallSoon(look)
	if err := l.RunForever(); err != nil {
		t.Fatal(err)
	}
	log.want(t, "boom", "boom")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	log.want(t, "boom", "boom") // and each only once
}

// Errors that were asked for wake nobody when they are collected: a crawl has thousands of them.
func TestRetrievedErrorIsForgotten(t *testing.T) {
	l := newLoop(t, "", eventloop.Options{})
	for range 100 {
		f := eventloop.NewFuture[int](l)
		f.SetError(errBoom)
		_ = f.Err()
	}
	collected := make(chan struct{})
	runtime.AddCleanup(&struct{ big [100]byte }{}, func(struct{}) { close(collected) }, struct{}{})
	eventually(t, "a collection", func() bool {
		runtime.GC()
		select {
		case <-collected:
			return true
		default:
			return false
		}
	})
	runtime.GC()
	if m := l.Metrics(); m.WakeupsSent+m.WakeupsCoalesced != 0 {
		t.Errorf("%d wake-ups for errors that had been asked for", m.WakeupsSent+m.WakeupsCoalesced)
	}
}

func TestPanicErrorUnwraps(t *testing.T) {
	err := error(&eventloop.PanicError{Value: errBoom})
	if !errors.Is(err, errBoom) || err.Error() != "panic in task: boom" {
		t.Errorf("%v does not wrap the panic's error", err)
	}
	if err := (&eventloop.PanicError{Value: 3}); errors.Unwrap(err) != nil {
		t.Error("a value that is no error was unwrapped")
	}
}
