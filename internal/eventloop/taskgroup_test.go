//go:build unix

package eventloop_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"crawl/internal/eventloop"
	"crawl/internal/eventloop/looptest"
)

var errSecond = errors.New("second")

// group runs a task group in a task and returns its error.
func group(l *eventloop.Loop, fn func(g *eventloop.TaskGroup) error) error {
	return eventloop.WithTaskGroup(context.Background(), l, fn)
}

func TestTaskGroup(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	var tr trace
	who := contextKey("who")
	mustRun(t, l, func() error {
		err := eventloop.WithTaskGroup(context.WithValue(context.Background(), who, "group"), l, func(g *eventloop.TaskGroup) error {
			for i := range 3 {
				g.Go(fmt.Sprint("child ", i), func(ctx context.Context) error {
					err := l.Sleep(time.Duration(3-i) * time.Second)
					tr.add("%d@%v:%v", i, l.Time(), ctx.Value(who))
					if i == 0 { // a child may start another
						g.Go("grandchild", func(context.Context) error { defer tr.add("grandchild"); return l.Sleep(time.Second) })
					}
					return err
				})
			}
			tr.add("started")
			return nil
		})
		tr.add("ended@%v", l.Time())
		return err
	})
	tr.want(t, "started 2@1s:group 1@2s:group 0@3s:group grandchild ended@4s")
	mustRun(t, l, func() error { return group(l, func(*eventloop.TaskGroup) error { return nil }) })
}

// The first error cancels the others, also those that would be started after it; all errors are returned.
func TestTaskGroupError(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	var tr trace
	mustRun(t, l, func() error {
		err := group(l, func(g *eventloop.TaskGroup) error {
			g.Go("fails", func(context.Context) error { return errors.Join(l.Sleep(time.Second), errBoom) })
			g.Go("fails too", func(context.Context) error {
				err := l.Sleep(time.Hour)
				tr.add("cancelled:%v", errors.Is(err, eventloop.ErrCancelled))
				g.Go("too late", func(context.Context) error { tr.add("ran"); return nil })
				return errSecond
			})
			g.Go("ends", func(context.Context) error { return l.Sleep(time.Hour) })
			return nil
		})
		wantErr(t, "group", err, errBoom)
		wantErr(t, "group", err, errSecond)
		if errors.Is(err, eventloop.ErrCancelled) {
			t.Errorf("%v counts those that were cancelled", err)
		}
		return l.Sleep(time.Hour)
	})
	tr.want(t, "cancelled:true")
}

// The first error also ends the function itself, and what is left of that is nothing.
func TestTaskGroupErrorWhileInFunction(t *testing.T) {
	for name, fn := range map[string]func(l *eventloop.Loop) error{
		"awaits":      func(l *eventloop.Loop) error { return l.Sleep(time.Hour) },
		"swallows it": func(l *eventloop.Loop) error { _ = l.Sleep(time.Hour); return nil },
		"converts it": func(l *eventloop.Loop) error { _ = l.Sleep(time.Hour); return errSecond },
	} {
		t.Run(name, func(t *testing.T) {
			l, _ := looptest.New(t, "", eventloop.Options{})
			var task *eventloop.Task[struct{}]
			task = start(l, "", func() error {
				err := group(l, func(g *eventloop.TaskGroup) error {
					g.Go("", func(context.Context) error { return errors.Join(l.Sleep(time.Second), errBoom) })
					return fn(l)
				})
				wantErr(t, "group", err, errBoom)
				if converted := errors.Is(err, errSecond); converted != (name == "converts it") || errors.Is(err, eventloop.ErrCancelled) {
					t.Errorf("error is %v", err)
				}
				if l.Time() != time.Second {
					t.Errorf("ended at %v", l.Time())
				}
				afterwards(t, l, task, 0)
				return nil
			})
			if _, err := eventloop.RunUntilComplete(l, task); err != nil {
				t.Error(err)
			}
		})
	}
}

// An error of the function cancels the tasks.
func TestTaskGroupFunctionFails(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	mustRun(t, l, func() error {
		err := group(l, func(g *eventloop.TaskGroup) error {
			g.Go("", func(context.Context) error { return l.Sleep(time.Hour) })
			return errBoom
		})
		wantErr(t, "group", err, errBoom)
		if errors.Is(err, eventloop.ErrCancelled) || l.Time() != 0 {
			t.Errorf("error %v at %v", err, l.Time())
		}
		return l.Yield()
	})
}

// A cancellation from outside reaches every task of the group, which waits for their clean-up.
func TestTaskGroupCancelled(t *testing.T) {
	for _, inFunction := range []bool{true, false} {
		t.Run(fmt.Sprint("in function ", inFunction), func(t *testing.T) {
			l, _ := looptest.New(t, "", eventloop.Options{})
			var tr trace
			var task *eventloop.Task[struct{}]
			task = start(l, "", func() error {
				err := group(l, func(g *eventloop.TaskGroup) error {
					g.Go("", func(context.Context) error {
						err := l.Sleep(time.Hour)
						tr.add("clean-up:%v", l.Sleep(time.Second))
						return err
					})
					if inFunction {
						return l.Sleep(time.Hour)
					}
					return nil
				})
				tr.add("%v@%v", err, l.Time())
				afterwards(t, l, task, 1)
				return err
			})
			l.CallLater(time.Second, func() { task.Cancel() })
			_, err := eventloop.RunUntilComplete(l, task)
			wantErr(t, "task", err, eventloop.ErrCancelled)
			tr.want(t, "clean-up:<nil> eventloop: cancelled@2s")
		})
	}
}

// When tasks fail while they are cancelled from outside, both are told: the errors are returned, and the
// cancellation comes with the next await (as in asyncio since 3.13).
func TestTaskGroupCancelledAndFails(t *testing.T) {
	for _, own := range []error{nil, errSecond} {
		t.Run(fmt.Sprint("own error ", own), func(t *testing.T) {
			l, _ := looptest.New(t, "", eventloop.Options{})
			var task *eventloop.Task[struct{}]
			task = start(l, "", func() error {
				err := group(l, func(g *eventloop.TaskGroup) error {
					g.Go("", func(context.Context) error {
						_ = l.Sleep(time.Hour) // ended by the function's error, if that has one
						_ = l.Sleep(2 * time.Second)
						return errBoom
					})
					noError(t, l.Yield())
					return own
				})
				wantErr(t, "group", err, errBoom)
				if own != nil {
					wantErr(t, "group", err, own)
				}
				if errors.Is(err, eventloop.ErrCancelled) {
					t.Errorf("the error %v hides the others behind a cancellation", err)
				}
				wantErr(t, "next await", l.Yield(), eventloop.ErrCancelled)
				afterwards(t, l, task, 1)
				return nil
			})
			l.CallLater(time.Second, func() { task.Cancel() })
			if _, err := eventloop.RunUntilComplete(l, task); err != nil {
				t.Error(err)
			}
		})
	}
}

// In a task that was cancelled before and is cleaning up, a group's own cancellation is still told from that.
func TestTaskGroupInACleanUp(t *testing.T) {
	for _, awaits := range []bool{true, false} {
		t.Run(fmt.Sprint("awaits ", awaits), func(t *testing.T) {
			l, _ := looptest.New(t, "", eventloop.Options{})
			var task *eventloop.Task[struct{}]
			l.CallLater(time.Second, func() { task.Cancel() })
			task = start(l, "", func() error {
				wantErr(t, "sleep", l.Sleep(time.Hour), eventloop.ErrCancelled)
				err := group(l, func(g *eventloop.TaskGroup) error {
					g.Go("", func(context.Context) error { return errBoom })
					if awaits {
						return l.Sleep(time.Second)
					}
					return l.Yield() // the error comes between this and the end of the function
				})
				wantErr(t, "group", err, errBoom)
				afterwards(t, l, task, 1)
				return nil
			})
			if _, err := eventloop.RunUntilComplete(l, task); err != nil {
				t.Error(err)
			}
		})
	}
}

// A task that ends itself as cancelled is no error of the group.
func TestTaskGroupMemberCancelled(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	mustRun(t, l, func() error {
		err := group(l, func(g *eventloop.TaskGroup) error {
			g.Go("", func(context.Context) error { return eventloop.ErrCancelled })
			g.Go("", func(context.Context) error { return l.Sleep(time.Second) })
			return nil
		})
		if l.Time() != time.Second {
			t.Errorf("ended at %v", l.Time())
		}
		return err
	})
}

func TestTaskGroupPanics(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	mustRun(t, l, func() error {
		err := group(l, func(g *eventloop.TaskGroup) error {
			g.Go("", func(context.Context) error { panic(errBoom) })
			return nil
		})
		var p *eventloop.PanicError
		if !errors.As(err, &p) {
			t.Errorf("error is %v", err)
		}
		return nil
	})
	// A panic of the function itself goes on up, when the tasks have ended.
	var tr trace
	err := run(l, func() error {
		defer func() { tr.add("left") }()
		return group(l, func(g *eventloop.TaskGroup) error {
			g.Go("", func(context.Context) error {
				err := l.Sleep(time.Hour)
				tr.add("child:%v", err)
				return err
			})
			noError(t, l.Yield())
			panicsDeepInside(errBoom)
			return nil
		})
	})
	var p *eventloop.PanicError
	if !errors.As(err, &p) || p.Value != errBoom {
		t.Errorf("error is %v", err)
	}
	tr.want(t, "child:eventloop: cancelled left")
}

func TestNestedTaskGroups(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	var tr trace
	mustRun(t, l, func() error {
		err := group(l, func(outer *eventloop.TaskGroup) error {
			outer.Go("", func(context.Context) error {
				return group(l, func(inner *eventloop.TaskGroup) error {
					inner.Go("", func(context.Context) error { return errors.Join(l.Sleep(time.Second), errBoom) })
					return nil
				})
			})
			outer.Go("", func(context.Context) error {
				return group(l, func(inner *eventloop.TaskGroup) error {
					inner.Go("", func(context.Context) error {
						err := l.Sleep(time.Hour)
						tr.add("%v@%v", err, l.Time())
						return err
					})
					return nil
				})
			})
			return nil
		})
		wantErr(t, "outer", err, errBoom)
		return nil
	})
	tr.want(t, "eventloop: cancelled@1s")
}

// A group that has ended starts nothing more, for nobody would wait for it or hear of its error.
func TestTaskGroupIsOver(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	mustRun(t, l, func() error {
		var left *eventloop.TaskGroup
		noError(t, group(l, func(g *eventloop.TaskGroup) error { left = g; return nil }))
		wantPanic(t, "Go", eventloop.ErrInvalidState, func() {
			left.Go("late", func(context.Context) error { t.Error("it ran"); return nil })
		})
		return l.Yield()
	})
}
