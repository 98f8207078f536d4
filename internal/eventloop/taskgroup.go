//go:build unix

package eventloop

import (
	"context"
	"errors"
)

// A TaskGroup is a set of tasks that end together: see WithTaskGroup.
type TaskGroup struct {
	loop    *Loop
	ctx     context.Context
	parent  *task
	tasks   map[*Task[struct{}]]struct{}
	errs    []error
	aborted bool // siblings have been cancelled
	told    bool // and so has the parent, which is still in its own code
	waiting bool // the parent has come to the end of it
	ended   waitList
}

// WithTaskGroup runs fn in the running task and returns when fn and every task it started with Go have ended.
// When one of them fails, the others are cancelled, and so is fn if it is still at work; when the running
// task is cancelled, all are. It returns the errors of those that failed, joined, or else ErrCancelled if the
// running task was cancelled.
func WithTaskGroup(ctx context.Context, l *Loop, fn func(g *TaskGroup) error) error {
	t := l.current
	if t == nil {
		return ErrNotInTask
	}
	g := &TaskGroup{loop: l, ctx: ctx, parent: t, tasks: map[*Task[struct{}]]struct{}{}, ended: waitList{what: "task group"}}
	err := fn(g)
	g.waiting = true
	if g.told { // the cancellation that fn ended with was ours
		if t.Uncancel() == 0 && isCancelled(err) {
			err = nil
		}
	}
	if err != nil {
		g.abort()
	}
	for len(g.tasks) > 0 {
		t, waitErr := l.enterAwait()
		if waitErr == nil {
			waitErr = g.ended.wait(t)
		}
		if waitErr != nil { // cancelled from outside; the tasks still have to end
			err = errors.Join(err, waitErr)
			g.abort()
		}
		if errors.Is(waitErr, ErrClosed) {
			break
		}
	}
	if len(g.errs) > 0 && (err == nil || isCancelled(err)) {
		return errors.Join(g.errs...)
	}
	return errors.Join(append([]error{err}, g.errs...)...)
}

// Go starts a task of the group.
func (g *TaskGroup) Go(name string, fn func(ctx context.Context) error) {
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
