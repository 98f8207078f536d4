//go:build unix

package eventloop

import "time"

// sleeper is a task that waits for a timer.
type sleeper TimerHandle

func (s *sleeper) cancelWait(t *task) bool {
	(*TimerHandle)(s).Cancel()
	t.unpark(ErrCancelled)
	return true
}

func (s *sleeper) waitsFor() string { return "sleep" }

// Sleep suspends the running task for d; for 0 or less it only yields.
func (l *Loop) Sleep(d time.Duration) error {
	if d <= 0 {
		return l.Yield()
	}
	t, err := l.enterAwait()
	if err != nil {
		return err
	}
	h := l.CallLater(d, func() { t.unpark(nil) })
	return t.park((*sleeper)(h))
}

// Timeout runs fn in the running task and cancels it when d has passed. It returns ErrTimeout if that is what
// ended fn, and otherwise what fn returned: a result that came in the same iteration as the timeout is kept,
// and a cancellation from outside stays one (it is told apart by counting, as in asyncio.timeout).
func (l *Loop) Timeout(d time.Duration, fn func() error) (err error) {
	t := l.current
	if t == nil {
		return ErrNotInTask
	}
	before, fired := t.cancels, false
	timer := l.CallLater(d, func() {
		fired = true
		t.requestCancel()
	})
	defer func() { // also when fn panics
		timer.Cancel()
		if fired && t.takeBack(before) && isCancelled(err) {
			err = ErrTimeout
		}
	}()
	return fn()
}

// WaitFor awaits f for at most d, cancels it when the time has passed, and returns ErrTimeout then.
func WaitFor[T any](l *Loop, f Awaitable[T], d time.Duration) (v T, err error) {
	err = l.Timeout(d, func() error {
		v, err = f.asFuture().Await()
		return err
	})
	return v, err
}

// Gather returns a future of the results of fs, in their order. Its error is the first that one of them has;
// the others go on. Cancelling it cancels all of them, and when they have ended without an error nevertheless, it
// is cancelled.
func Gather[T any](l *Loop, fs ...Awaitable[T]) *Future[[]T] {
	all := NewFuture[[]T](l)
	if len(fs) == 0 {
		all.SetResult(nil)
		return all
	}
	some := false // of them were cancelled with it
	all.canceller = func() bool {
		for _, f := range fs {
			some = f.asFuture().Cancel() || some
		}
		return some
	}
	left := len(fs)
	for _, f := range fs {
		f := f.asFuture()
		f.AddDoneCallback(func() {
			left--
			err := f.Err() // retrieves it, also when another was first
			switch {
			case all.Done():
			case f.Cancelled():
				all.settle(cancelled, ErrCancelled)
			case err != nil:
				all.SetError(err)
			case left == 0 && some:
				all.settle(cancelled, ErrCancelled)
			case left == 0:
				all.SetResult(results(fs))
			}
		})
	}
	return all
}

func results[T any](fs []Awaitable[T]) []T {
	vs := make([]T, len(fs))
	for i, f := range fs {
		vs[i] = f.asFuture().result
	}
	return vs
}

// ReturnWhen says when Wait returns.
type ReturnWhen int

const (
	FirstCompleted ReturnWhen = iota // one is done
	FirstError                       // one has an error or was cancelled, or all are done
	AllCompleted                     // all are done
)

// Wait suspends the running task until enough of fs are done and returns those that are done and those that
// are pending, in their order. It cancels none of them, also not when it is cancelled itself.
func Wait[T any](l *Loop, when ReturnWhen, fs ...Awaitable[T]) (done, pending []Awaitable[T], err error) {
	enough := NewFuture[struct{}](l)
	left := len(fs)
	check := func(f *Future[T]) {
		left--
		if !enough.Done() && (left == 0 || when == FirstCompleted || when == FirstError && f.err != nil) {
			enough.SetResult(struct{}{})
		}
	}
	handles := make([]*Handle, len(fs))
	for i, f := range fs {
		f := f.asFuture()
		if f.Done() {
			check(f)
		} else {
			handles[i] = f.AddDoneCallback(func() { check(f) })
		}
	}
	if len(fs) > 0 {
		_, err = enough.Await()
	}
	for i, f := range fs {
		f.asFuture().RemoveDoneCallback(handles[i])
	}
	if err != nil {
		return nil, nil, err
	}
	for _, f := range fs {
		if f.asFuture().Done() {
			done = append(done, f)
		} else {
			pending = append(pending, f)
		}
	}
	return done, pending, nil
}
