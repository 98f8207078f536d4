//go:build unix

package eventloop

import (
	"errors"
	"fmt"
	"slices"
)

type futureState uint8

const (
	pending futureState = iota
	finished
	cancelled
)

// future is the part of a Future that does not depend on the type of its result.
type future struct {
	loop      *Loop
	task      *task // whose result it is, nil for a plain future
	state     futureState
	err       error
	note      *unretrieved // set while nobody has asked for err
	callbacks []*Handle    // scheduled, in order, when the future is settled
	canceller func() bool  // what Cancel does instead of settling, for futures that stand for work in progress
}

// A Future is a result that is not there yet. It is settled once, by SetResult, SetError or Cancel; settling
// schedules its done callbacks with CallSoon and never runs them itself, so the order of events stays that of
// the ready queue however deep the caller is.
type Future[T any] struct {
	result T // first: behind the rest, one of no size would take eight bytes
	future
}

// NewFuture makes a pending future of l.
func NewFuture[T any](l *Loop) *Future[T] {
	return &Future[T]{future: future{loop: l}}
}

// An Awaitable is a *Future[T] or a *Task[T].
type Awaitable[T any] interface{ asFuture() *Future[T] }

func (f *Future[T]) asFuture() *Future[T] { return f }

// SetResult settles the future with a value. Settling one that is done, or a task, breaks an invariant of the
// program: it panics with an error that is ErrInvalidState, which in a task becomes the task's error.
func (f *Future[T]) SetResult(v T) {
	f.mustBePending()
	f.result = v
	f.settle(finished, nil)
}

// SetError settles the future with an error, which must not be nil. An error that nobody ever asks for is
// reported to the loop's error handler: when the collector finds that nobody can any more, or when the loop
// closes.
func (f *Future[T]) SetError(err error) {
	f.mustBePending()
	if err == nil {
		panic(fmt.Errorf("%w: SetError with a nil error", ErrInvalidState))
	}
	f.settle(finished, err)
}

func (f *future) mustBePending() {
	switch {
	case f.task != nil:
		panic(fmt.Errorf("%w: the result of task %q is what its function returns", ErrInvalidState, f.task.name))
	case f.state != pending:
		panic(fmt.Errorf("%w: future is already done", ErrInvalidState))
	}
}

// Cancel cancels the future and schedules its callbacks. It reports whether there was anything to cancel.
// Cancelling a Task is a request: see [Task.Cancel].
func (f *future) Cancel() bool {
	if f.state != pending {
		return false
	}
	if f.task != nil {
		return f.task.requestCancel()
	}
	if f.canceller != nil {
		return f.canceller()
	}
	f.settle(cancelled, ErrCancelled)
	return true
}

func (f *future) settle(state futureState, err error) {
	f.loop.checkThread()
	f.state, f.err = state, err
	if err != nil && state != cancelled {
		f.loop.noteError(f)
	}
	for _, h := range f.callbacks {
		f.loop.ready.push(h)
	}
	f.callbacks = nil
}

// Done reports whether the future has a result, has an error or was cancelled.
func (f *future) Done() bool { return f.state != pending }

// Cancelled reports whether the future was cancelled.
func (f *future) Cancelled() bool { return f.state == cancelled }

// Err returns the error of a future that is done, nil if it has a result, ErrInvalidState if it is pending.
func (f *future) Err() error {
	if f.state == pending {
		return fmt.Errorf("%w: result is not set", ErrInvalidState)
	}
	if f.note != nil {
		f.loop.retrieved(f)
	}
	return f.err
}

// Result returns the result or error of a future that is done, ErrInvalidState if it is pending, ErrCancelled
// if it was cancelled.
func (f *Future[T]) Result() (T, error) {
	if err := f.Err(); err != nil {
		var zero T
		return zero, err
	}
	return f.result, nil
}

// AddDoneCallback schedules fn for when the future is done, or at once if it is. It runs from the loop, never
// from inside the call that settles the future, and in the context of the caller of AddDoneCallback. Cancel
// the handle to take it back.
func (f *future) AddDoneCallback(fn func()) *Handle {
	h := f.loop.newHandle(fn)
	if f.state != pending {
		f.loop.ready.push(h)
	} else {
		f.callbacks = append(f.callbacks, h)
	}
	return h
}

// RemoveDoneCallback takes back what AddDoneCallback scheduled, also when it is about to run. A nil handle is
// ignored.
func (f *future) RemoveDoneCallback(h *Handle) {
	if h == nil {
		return
	}
	h.Cancel()
	if i := slices.Index(f.callbacks, h); i >= 0 {
		f.callbacks = slices.Delete(f.callbacks, i, i+1)
	}
}

// Await suspends the running task until the future is done and returns its result or error. When the task is
// cancelled meanwhile, or was before and has not heard of it, the future is cancelled with it. A future that is
// done is returned without suspending.
func (f *Future[T]) Await() (T, error) {
	if err := f.wait(); err != nil {
		var zero T
		return zero, err
	}
	return f.Result()
}

// wait suspends the running task until f is done. An error means that it never was.
func (f *future) wait() error {
	t := f.loop.current
	if t == nil {
		return ErrNotInTask
	}
	for on := f; on != nil && on.task != nil; on, _ = on.task.waiting.(*future) {
		if on.task == t { // itself, or a task that awaits it in turn
			return fmt.Errorf("%w: task %q awaits itself", ErrInvalidState, t.name)
		}
	}
	if f.state != pending {
		_, err := f.loop.enterAwait()
		return err
	}
	f.callbacks = append(f.callbacks, &t.wake)
	if t.mustCancel && f.Cancel() { // as if the request had come during the wait
		t.mustCancel = false
	}
	err := t.park(f)
	if f.state == cancelled {
		t.mustCancel = false // the task hears of it now
	}
	return err
}

// cancelWait is what Task.Cancel does to a task that awaits f: f is cancelled and wakes the task as always.
func (f *future) cancelWait(*task) bool { return f.Cancel() }

func (f *future) waitsFor() string { return "future" }

// isCancelled reports whether err says that something was cancelled rather than went wrong.
func isCancelled(err error) bool { return errors.Is(err, ErrCancelled) }
