//go:build unix

package eventloop

import (
	"context"
	"errors"
	"iter"
	"runtime/debug"
)

// A step that neither suspends nor ends would starve the loop: after this many operations or bytes on
// descriptors that are always ready, a task goes to the end of the ready queue (tokio calls it coop).
const (
	budgetOps   = 128
	budgetBytes = 1 << 20
)

// A Task drives a coroutine. It is the Future of the coroutine's result.
type Task[T any] struct {
	Future[T]
	task
	fn func(context.Context) (T, error)
}

// task is the part of a Task that does not depend on the type of its result.
type task struct {
	loop *Loop
	self *future // the task as a future
	name string

	typed typedTask // the whole Task
	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool

	wake      Handle // stands for the next step, and has the task's context; it is never in the queue twice
	waiting   waiter // what the task is parked on; nil while it runs or is about to
	interrupt error  // why park ended, when not because what it waited for came about
	leaf      func() // to be run on the loop's stack before the coroutine goes on
	leafPanic *PanicError

	cancels    int32 // requests to cancel that nobody has taken back with Uncancel
	opsLeft    int32 // of this step's budget
	bytesLeft  int32
	mustCancel bool // a request that the next await delivers
	asking     bool // a request is on its way down to what the task waits for

	prev, after *task // the loop's list of live tasks
}

// typedTask is what of a Task depends on the type of its result.
type typedTask interface {
	body()       // the coroutine
	settleTask() // settles the future once the coroutine has ended
}

// A waiter is what a task is parked on.
type waiter interface {
	// cancelWait ends t's wait and schedules t. It returns false if the wait is over already and t is
	// scheduled: then what came is delivered first, and the cancellation at the next await.
	cancelWait(t *task) bool
	waitsFor() string // for dumps
}

// CreateTask schedules fn as a coroutine named name on l and returns its task. fn runs in ctx, to its end or
// to its first await, in a coming iteration; it must return, and must not call runtime.Goexit. A panic in fn
// becomes the task's error, a *PanicError.
func CreateTask[T any](ctx context.Context, l *Loop, name string, fn func(context.Context) (T, error)) *Task[T] {
	l.checkThread()
	t := &Task[T]{Future: Future[T]{future: future{loop: l}}, fn: fn}
	t.task = task{loop: l, self: &t.future, name: name, typed: t}
	t.Future.task = &t.task
	t.wake = Handle{ctx: ctx, task: &t.task}
	l.addTask(&t.task)
	l.ready.push(&t.wake)
	return t
}

// Name is the name the task was created with.
func (t *task) Name() string { return t.name }

// Cancel asks the task to end: the await it is suspended in, or else its next one, returns ErrCancelled. The
// task may clean up, and may go on. Requests are counted, so that a timeout and an outer cancellation are told
// apart: see Uncancel. Those that come before the task runs are delivered as one. It reports false for a task
// that has ended.
func (t *Task[T]) Cancel() bool { return t.Future.Cancel() }

func (t *task) requestCancel() bool {
	if t.asking {
		return true // it comes round a circle of tasks that wait for each other
	}
	t.cancels++
	t.asking = true
	if t.waiting == nil || !t.waiting.cancelWait(t) {
		t.mustCancel = true
	}
	t.asking = false
	return true
}

// Cancelling is the number of requests to cancel that have not been taken back.
func (t *task) Cancelling() int { return int(t.cancels) }

// Uncancel takes back one request, for whoever made it and has dealt with it. It returns how many are left.
func (t *task) Uncancel() int {
	if t.cancels > 0 {
		t.cancels--
		if t.cancels == 0 {
			t.mustCancel = false
		}
	}
	return int(t.cancels)
}

// takeBack takes back a request of the task's own, made when there were before of them, whether it has been
// delivered or not. It reports false when somebody else has made one since, and is still owed it.
func (t *task) takeBack(before int32) bool {
	if int32(t.Uncancel()) > before {
		return false
	}
	t.mustCancel = false
	return true
}

// step runs the coroutine until it awaits something or ends. It is the only caller of next.
func (t *task) step() {
	l := t.loop
	t.waiting = nil
	if t.self.state != pending {
		return // it was cut off by Close
	}
	if t.next == nil {
		if t.mustCancel { // before it began: it never runs
			t.interrupt = ErrCancelled
			t.end()
			return
		}
		// Pulled here and not in CreateTask: a coroutine must be made under the same lock on the OS thread
		// as it is resumed under, else the runtime throws (runtime/coro.go).
		t.next, t.stop = iter.Pull(func(yield func(struct{}) bool) {
			t.yield = yield
			t.typed.body()
		})
	}
	l.current = t
	t.opsLeft, t.bytesLeft = budgetOps, budgetBytes
	_, alive := t.next()
	for alive && t.leaf != nil {
		t.runLeaf()
		_, alive = t.next()
	}
	l.current = nil
	if !alive {
		t.end()
	}
}

// body is the coroutine. The panic is caught inside it, where its stack still exists.
func (t *Task[T]) body() {
	defer func() {
		if v := recover(); v != nil {
			t.interrupt = asPanic(v)
		}
	}()
	t.result, t.interrupt = t.fn(t.wake.ctx)
}

func (t *task) end() {
	t.loop.removeTask(t)
	t.next, t.stop, t.yield, t.leaf = nil, nil, nil, nil
	t.typed.settleTask()
}

func (t *Task[T]) settleTask() {
	err := t.interrupt
	t.fn = nil
	var p *PanicError // whose value may be an error that says otherwise
	switch {
	case err != nil && isCancelled(err) && !errors.As(err, &p):
		t.settle(cancelled, ErrCancelled)
	case err != nil:
		t.settle(finished, err)
		if tell := t.loop.onTaskError; tell != nil {
			tell(t.name, t.Err())
		}
	default:
		t.settle(finished, nil)
	}
}

// park suspends the task on w. It returns nil when the task was woken, ErrCancelled when the wait was
// cancelled instead, ErrClosed when the loop is being torn down.
func (t *task) park(w waiter) error {
	t.waiting = w
	if !t.yield(struct{}{}) {
		return ErrClosed
	}
	err := t.interrupt
	t.interrupt = nil
	if err != nil && isCancelled(err) {
		t.mustCancel = false // by all requests there were
	}
	return err
}

// unpark schedules a parked task; err, if not nil, is what park returns.
func (t *task) unpark(err error) {
	t.loop.checkThread()
	t.waiting = nil
	t.interrupt = err
	t.loop.ready.push(&t.wake)
}

// enterAwait is the first line of everything that suspends: the running task, with a cancellation that waits
// for it delivered.
func (l *Loop) enterAwait() (*task, error) {
	t := l.current
	if t == nil {
		return nil, ErrNotInTask
	}
	if t.mustCancel {
		t.mustCancel = false
		return nil, ErrCancelled
	}
	return t, nil
}

// spend takes one operation of n bytes off the running step's budget.
func (l *Loop) spend(n int) {
	t := l.current
	if t == nil {
		t = l.leafOf
	}
	if t != nil {
		t.opsLeft--
		t.bytesLeft = max(0, t.bytesLeft-int32(min(n, budgetBytes)))
	}
}

// breathe yields when the running step has used up its budget: to what is ready, and to what the next poll
// brings and the timers that are due then, so that they wait for the rest of one budget and not for another.
// It comes before an operation, so that a cancellation delivered there loses nothing that was read or written.
func (l *Loop) breathe() error {
	t := l.current
	if t == nil || t.opsLeft > 0 && t.bytesLeft > 0 {
		return nil
	}
	l.metrics.ForcedYields++
	if _, err := l.enterAwait(); err != nil {
		return err
	}
	l.yielded = append(l.yielded, t)
	return t.rest()
}

// Yield lets everything that is ready now run before the task goes on.
func (l *Loop) Yield() error {
	t, err := l.enterAwait()
	if err != nil {
		return err
	}
	l.ready.push(&t.wake)
	return t.rest()
}

// rest suspends a task that has been scheduled already.
func (t *task) rest() error {
	if err := t.park(nil); err != nil {
		return err
	}
	_, err := t.loop.enterAwait()
	return err
}

// OnLoopStack runs fn to its end on the stack of the loop instead of the task's, and then goes on with the
// task. fn must not await. A parked task costs its stack, and a stack that one deep call has grown stays
// grown for a while: ten thousand tasks that each format a record would hold 40 MB more. It costs two
// coroutine switches (about 0.2 µs). Outside a task it just calls fn.
func (l *Loop) OnLoopStack(fn func()) {
	t := l.current
	if t == nil {
		fn()
		return
	}
	t.leaf = fn
	if !t.yield(struct{}{}) { // the loop is being torn down and will not run it
		t.leaf = nil
		fn()
	}
	if p := t.leafPanic; p != nil {
		t.leafPanic = nil
		panic(p)
	}
}

// runLeaf runs the function OnLoopStack was given; its panic is handed back to the task.
func (t *task) runLeaf() {
	fn := t.leaf
	t.leaf = nil
	t.loop.current, t.loop.leafOf = nil, t // nothing in there can await
	defer func() {
		t.loop.current, t.loop.leafOf = t, nil
		if v := recover(); v != nil {
			t.leafPanic = asPanic(v)
		}
	}()
	fn()
}

// CurrentTask is the name of the running task, and false in a plain callback.
func (l *Loop) CurrentTask() (string, bool) {
	if l.current == nil {
		return "", false
	}
	return l.current.name, true
}

// asPanic keeps the first stack of a panic that crosses a boundary.
func asPanic(v any) *PanicError {
	if err, ok := v.(error); ok {
		var p *PanicError
		if errors.As(err, &p) {
			return p
		}
	}
	return &PanicError{Value: v, Stack: debug.Stack()}
}
