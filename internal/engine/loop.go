//go:build unix

package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"crawl/internal/eventloop"
)

// LoopOptions are the choices there are for the loop engine. The zero value is good.
type LoopOptions struct {
	Poller string        // one of eventloop.Pollers; "" is the platform's best
	Watch  time.Duration // dump all stacks to Log when one step runs for longer; 0: never
	Debug  bool          // record where callbacks were made, check threads
	Log    io.Writer     // for what goes wrong inside the loop, from two threads with Watch; nil: standard error
}

type loopEngine struct {
	loop   *eventloop.Loop
	ctx    context.Context
	cancel context.CancelFunc

	before  []func() // tasks and signals asked for before Run
	started bool
	errs    []error
}

// NewLoop makes the engine of one event loop on one OS thread: the one that calls Run.
func NewLoop(o LoopOptions) (Engine, error) {
	if o.Log == nil {
		o.Log = os.Stderr
	}
	poller, err := eventloop.NewPoller(o.Poller)
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	loop, err := eventloop.New(eventloop.Options{
		Poller: poller,
		Debug:  o.Debug,
		Logf:   func(format string, args ...any) { fmt.Fprintf(o.Log, format+"\n", args...) },
	})
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	if o.Watch > 0 {
		loop.Watch(o.Watch, o.Log)
	}
	return NewLoopOn(loop), nil
}

// NewLoopOn makes the engine of a loop that has been made elsewhere, for tests and simulations. Run closes it.
func NewLoopOn(loop *eventloop.Loop) Engine {
	e := &loopEngine{loop: loop}
	loop.OnTaskError(e.failed)
	return e
}

func (e *loopEngine) Go(name string, fn func(ctx context.Context) error) {
	if !e.started {
		e.before = append(e.before, func() { e.start(name, fn) })
		return
	}
	e.start(name, fn)
}

func (e *loopEngine) start(name string, fn func(ctx context.Context) error) *eventloop.Task[struct{}] {
	t := eventloop.CreateTask(e.ctx, e.loop, name, func(ctx context.Context) (struct{}, error) { return struct{}{}, fn(ctx) })
	if e.ctx.Err() != nil {
		t.Cancel()
	}
	return t
}

// loopSpawned is a task that can be called off alone.
type loopSpawned struct {
	task *eventloop.Task[struct{}] // nil before Run
	stop context.CancelFunc        // of its own context; nil before it has begun
	off  bool
}

// Spawn implements Engine.
func (e *loopEngine) Spawn(name string, fn func(ctx context.Context) error) (cancel func()) {
	s := &loopSpawned{}
	begin := func() {
		if !s.off {
			s.task = e.start(name, func(ctx context.Context) error { return s.run(ctx, fn) })
		}
	}
	if e.started {
		begin()
	} else {
		e.before = append(e.before, begin)
	}
	return s.cancel
}

func (s *loopSpawned) run(ctx context.Context, fn func(ctx context.Context) error) error {
	ctx, s.stop = context.WithCancel(ctx)
	defer s.stop()
	err := fn(ctx)
	if isCancellation(ctx, err) {
		return nil
	}
	return err
}

func (s *loopSpawned) cancel() {
	if s.off {
		return
	}
	s.off = true
	if s.stop != nil {
		s.stop()
	}
	if s.task != nil {
		s.task.Cancel()
	}
}

// failed is told of the error of a task.
func (e *loopEngine) failed(name string, err error) {
	var p *eventloop.PanicError
	if errors.As(err, &p) { // before it is looked at: what it panicked with is no answer to a cancellation
		err = &PanicError{Value: p.Value, Stack: p.Stack}
	}
	if !isCancellation(e.ctx, err) {
		e.fail(fmt.Errorf("task %q: %w", name, err))
	}
}

// fail ends Run with err.
func (e *loopEngine) fail(err error) {
	e.errs = append(e.errs, err)
	e.abort()
}

// callback is fn, which ends Run when it panics.
func (e *loopEngine) callback(fn func()) func() {
	return func() {
		if err := protect(func() error { fn(); return nil }); err != nil {
			e.fail(fmt.Errorf("callback: %w", err))
		}
	}
}

// abort cancels every task.
func (e *loopEngine) abort() {
	e.cancel()
	e.loop.CancelTasks()
}

func (e *loopEngine) Run(ctx context.Context) error {
	e.ctx, e.cancel = context.WithCancel(ctx)
	defer e.cancel()
	stop := context.AfterFunc(ctx, func() { e.Post(e.abort) })
	defer stop()
	e.started = true
	for _, begin := range e.before {
		begin()
	}
	e.before = nil
	err := errors.Join(e.loop.RunUntilIdle(), e.loop.Close()) // either may add to errs
	return errors.Join(append(e.errs, err)...)
}

func (e *loopEngine) Now() time.Time { return e.loop.Now() }

func (e *loopEngine) Sleep(_ context.Context, d time.Duration) error { return e.loop.Sleep(d) }

func (e *loopEngine) After(d time.Duration, fn func()) { e.loop.CallLater(d, e.callback(fn)) }

func (e *loopEngine) Post(fn func()) {
	_ = e.loop.CallSoonThreadsafe(e.callback(fn)) // closed: Run has returned
}

func (e *loopEngine) OnSignal(sig os.Signal, fn func()) {
	e.before = append(e.before, func() {
		if err := e.loop.AddSignalHandler(sig, e.callback(fn)); err != nil {
			e.errs = append(e.errs, err)
		}
	})
}

func (e *loopEngine) Blocking(_ context.Context, fn func() error) error {
	_, err := eventloop.RunInExecutor(e.loop, func() (struct{}, error) { return struct{}{}, protect(fn) }).Await()
	return err
}

func (e *loopEngine) Detach(fn, then func()) {
	go func() {
		defer e.Post(then) // deferred for a fn that calls runtime.Goexit
		fn()
	}()
}

func (e *loopEngine) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := e.loop.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// noMutex is the lock of a single thread.
type noMutex struct{}

func (noMutex) Lock()   {}
func (noMutex) Unlock() {}

func (e *loopEngine) NewMutex() sync.Locker { return noMutex{} }

type loopCond struct{ *eventloop.Condition }

func (c loopCond) Wait(ctx context.Context) error {
	var limit *eventloop.Limit
	if limited, ok := ctx.(*deadlineContext); ok {
		limit = c.Limit(limited.deadline)
	}
	err := c.Condition.Wait()
	if limit != nil {
		limit.Stop()
	}
	return err
}

func (c loopCond) Signal()    { c.Notify() }
func (c loopCond) Broadcast() { c.NotifyAll() }

func (e *loopEngine) NewCond(_ sync.Locker, what string) Cond {
	return loopCond{eventloop.NewCondition(e.loop, what)}
}

func (e *loopEngine) Leaf(fn func()) { e.loop.OnLoopStack(fn) }

func (e *loopEngine) Lag(now time.Time) time.Duration { return e.loop.Lag(now) }

func (e *loopEngine) Dump(w io.Writer) error { return e.loop.Dump(w) }

// Load implements LoopEngine.
func (e *loopEngine) Load() Load {
	m := e.loop.Metrics()
	return Load{
		Iterations: m.Iterations, Events: m.Events, Steps: m.Callbacks,
		Tasks: m.TasksLive, TasksPeak: m.TasksPeak, Timers: m.Timers, Descriptors: m.Descriptors,
		Idle: m.Idle, Busy: m.Busy, Lag: m.Lag.Buckets, LagSum: m.LagSum,
	}
}

func (e *loopEngine) Summary() string {
	m := e.loop.Metrics()
	per := func(q float64, h *eventloop.Histogram) time.Duration { return time.Duration(h.Quantile(q)) }
	return fmt.Sprintf("loop: %d iterations, %.1f events per poll, %.0f %% busy, %d steps (p50 %v, p99 %v, most %v), lag p50 %v, p99 %v, most %v, %d tasks at most",
		m.Iterations, float64(m.Events)/float64(max(1, m.EventsPerPoll.Count())), 100*m.Utilisation(),
		m.Callbacks, per(0.5, &m.Step), per(0.99, &m.Step), time.Duration(m.Step.Max),
		per(0.5, &m.Lag), per(0.99, &m.Lag), time.Duration(m.Lag.Max), m.TasksPeak)
}
