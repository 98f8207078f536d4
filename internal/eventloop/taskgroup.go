//go:build unix

package eventloop

import (
	"context"
	"errors"
	"fmt"
)

// A TaskGroup is a set of tasks that end together: see WithTaskGroup.
type TaskGroup struct {
	loop    *Loop
	ctx     context.Context
	parent  *task
	before  int32 // requests to cancel it that there were already
	tasks   map[*Task[struct{}]]struct{}
	errs    []error
	aborted bool // siblings have been cancelled
	told    bool // and so has the parent, which is still in its own code
	waiting bool // the parent has come to the end of it
	over    bool
	ended   waitList
}

// WithTaskGroup runs fn in the running task and returns when fn and every task it started with Go have ended.
// When one of them fails, the others are cancelled, and so is fn if it is still at work; when the running
// task is cancelled, all are. It returns the errors of those that failed, joined, or else ErrCancelled if the
// running task was cancelled. If both came, the cancellation is delivered at the next await. A panic of fn goes
// on when the tasks have ended.
func WithTaskGroup(ctx context.Context, l *Loop, fn func(g *TaskGroup) error) error {
	t := l.current
	if t == nil {
		return ErrNotInTask
	}
	g := &TaskGroup{
		loop: l, ctx: ctx, parent: t, before: t.cancels,
		tasks: map[*Task[struct{}]]struct{}{}, ended: waitList{what: "task group"},
	}
	returned := false
	defer func() {
		if !returned {
			g.abort()
			_ = g.end(nil)
		}
	}()
	err := fn(g)
	returned = true
	return g.end(err)
}

// end waits for the tasks; err is what fn returned.
func (g *TaskGroup) end(err error) error {
	g.waiting = true
	if g.told && g.parent.takeBack(g.before) && isCancelled(err) {
		err = nil // the cancellation that fn ended with was ours
	}
	if err != nil {
		g.abort()
	}
	var cancelled error // from outside
	if isCancelled(err) {
		err, cancelled = nil, err
	}
	defer func() { g.over = true }()
	for len(g.tasks) > 0 {
		t, waitErr := g.loop.enterAwait()
		if waitErr == nil {
			waitErr = g.ended.wait(t)
		}
		if errors.Is(waitErr, ErrClosed) {
			cancelled = waitErr
			break
		}
		if waitErr != nil { // the tasks still have to end
			cancelled = waitErr
			g.abort()
		}
	}
	if failed := errors.Join(append([]error{err}, g.errs...)...); failed != nil {
		g.parent.mustCancel = g.parent.mustCancel || isCancelled(cancelled) && g.parent.cancels > g.before
		return failed
	}
	return cancelled
}

// Go starts a task of the group. When WithTaskGroup has returned it panics with an error that is ErrInvalidState.
func (g *TaskGroup) Go(name string, fn func(ctx context.Context) error) {
	if g.over {
		panic(fmt.Errorf("%w: the group of task %q has ended", ErrInvalidState, name))
	}
	t := CreateTask(g.ctx, g.loop, name, func(ctx context.Context) (struct{}, error) { return struct{}{}, fn(ctx) })
	g.tasks[t] = struct{}{}
	t.AddDoneCallback(func() { g.done(t) })
	if g.aborted {
		t.Cancel()
	}
}

func (g *TaskGroup) done(t *Task[struct{}]) {
	delete(g.tasks, t)
	if err := t.Err(); err != nil && !t.Cancelled() {
		g.errs = append(g.errs, err)
		g.abort()
		if !g.waiting && !g.told {
			g.told = true
			g.parent.requestCancel()
		}
	}
	if len(g.tasks) == 0 {
		g.ended.wakeAll()
	}
}

func (g *TaskGroup) abort() {
	if g.aborted {
		return
	}
	g.aborted = true
	for t := range g.tasks {
		t.Cancel()
	}
}
