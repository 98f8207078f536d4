//go:build unix

package eventloop

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math"
	"runtime"
	"time"
)

// eventsPerPoll bounds what one poll brings, and so how long the events at its end wait: at 10 µs a step, 5 ms.
const eventsPerPoll = 512

// Options of a Loop. The zero value is a loop on the platform's best poller.
type Options struct {
	Poller       Poller               // nil: NewPoller("")
	Clock        Clock                // nil: the machine's monotonic clock
	Executor     int                  // threads for RunInExecutor; 0: 16
	SlowCallback time.Duration        // a callback or step that takes longer is reported; 0: 100 ms, negative: never
	Debug        bool                 // record where handles are made, check the thread of what schedules something
	OnError      func(Error)          // what nobody else can be told; nil: it is logged
	Logf         func(string, ...any) // slow callbacks; nil: log.Printf
}

// An Error is something that went wrong with nobody waiting for it: a callback that panicked, the error of a
// task that nobody asked for.
type Error struct {
	What string // what the loop was doing
	Err  error
}

// Loop is an event loop. It is made by New, runs on the thread of the first Run call, and ends with Close.
type Loop struct {
	poller  Poller
	clock   Clock
	options Options
	ctx     context.Context // of callbacks that come from nowhere

	ready   readyQueue
	yielded []*task // ready behind the next poll
	timers  timerHeap
	events  []Event
	inbox   inbox

	descriptors []*descriptor // by number
	registered  int
	generation  uint32
	dial        dialCall
	limit       *Limit // the next one

	handle    *Handle // being run
	current   *task   // being stepped
	leafOf    *task   // whose function runs on the loop's stack: what that does is on the budget of the task
	tasks     *task   // all live ones, newest first
	taskCount int
	notes     map[*unretrieved]struct{}

	onTaskError func(name string, err error)

	polled   time.Duration // when the poll returned
	missed   time.Duration // how long before that what it brought may have been there: see lateness
	behind   time.Duration // the same for all that runs now
	expired  bool          // a deadline has passed in this iteration, of which its task learns in the next
	deferred int           // polls in a row behind which due timers have waited
	timerSeq uint64
	metrics  Metrics
	executor executor
	signals  signals
	watchdog *watchdog

	thread            int // the OS thread that it is locked to, 0 before the first run
	running, stopping bool
	closed            bool
}

// New makes a loop. It does not run yet: tasks and callbacks may be scheduled before it does.
func New(o Options) (*Loop, error) {
	if o.Poller == nil {
		p, err := NewPoller("")
		if err != nil {
			return nil, fmt.Errorf("eventloop: %w", err)
		}
		o.Poller = p
	}
	if o.Clock == nil {
		o.Clock = monotonicClock{time.Now()}
	}
	if o.Logf == nil {
		o.Logf = log.Printf
	}
	if o.OnError == nil {
		logf := o.Logf
		o.OnError = func(e Error) { logf("eventloop: %s: %v", e.What, e.Err) }
	}
	if o.SlowCallback == 0 {
		o.SlowCallback = 100 * time.Millisecond
	}
	l := &Loop{
		poller: o.Poller, clock: o.Clock, options: o, ctx: context.Background(),
		events: make([]Event, eventsPerPoll), notes: map[*unretrieved]struct{}{},
	}
	l.dial.begin = l.beginDial
	l.executor.init(l, o.Executor)
	l.signals.loop = l
	if err := l.inbox.open(l); err != nil {
		return nil, errors.Join(fmt.Errorf("eventloop: %w", err), l.poller.Close())
	}
	return l, nil
}

// CallSoon schedules fn for the next iteration. What is scheduled first runs first.
func (l *Loop) CallSoon(fn func()) *Handle {
	h := l.newHandle(fn)
	l.ready.push(h)
	return h
}

// CallLater schedules fn for when delay has passed, and for the next iteration if that is 0 or less.
func (l *Loop) CallLater(delay time.Duration, fn func()) *TimerHandle {
	now := l.Time()
	return l.CallAt(now+min(delay, math.MaxInt64-now), fn)
}

// CallAt schedules fn for the loop time when. Equal times run in the order they were scheduled in.
func (l *Loop) CallAt(when time.Duration, fn func()) *TimerHandle {
	h := &TimerHandle{Handle: *l.newHandle(fn), loop: l}
	l.schedule(h, when)
	return h
}

// schedule puts h into the heap, or moves it.
func (l *Loop) schedule(h *TimerHandle, when time.Duration) {
	l.timers.remove(h)
	l.timerSeq++
	h.when, h.seq = when, l.timerSeq
	l.timers.push(h)
}

// Time is the loop's monotonic clock: the time since the loop was made.
func (l *Loop) Time() time.Duration { return l.clock.Now() }

// Now is the wall-clock time of the loop's clock.
func (l *Loop) Now() time.Time { return l.clock.Epoch().Add(l.clock.Now()) }

// Lag is how long what the running step is about may have been waiting for it at now: since the poll that brought it, and
// as long before that as the loop could not look, because it was busy or the machine did not let it run.
func (l *Loop) Lag(now time.Time) time.Duration {
	return now.Sub(l.clock.Epoch()) - l.polled + l.behind
}

// newHandle makes a handle that inherits the context of what is running.
func (l *Loop) newHandle(fn func()) *Handle {
	h := &Handle{fn: fn, ctx: l.Context()}
	l.checkThread()
	if l.options.Debug {
		h.madeAt = madeAt()
	}
	return h
}

// Context is the context of the task or callback that is running, and a background context between them.
func (l *Loop) Context() context.Context {
	if l.handle != nil {
		return l.handle.ctx
	}
	return l.ctx
}

// RunForever runs the loop until Stop is called.
func (l *Loop) RunForever() error { return l.run(false) }

// RunUntilIdle runs the loop until no task is left, or Stop is called.
func (l *Loop) RunUntilIdle() error { return l.run(true) }

func (l *Loop) run(untilIdle bool) error {
	if err := l.enter(); err != nil {
		return err
	}
	returned := false
	defer func() {
		l.running = false
		if !returned { // nothing can stop Goexit, but it need not be a riddle
			l.report("running", errGoexit)
			if t := l.current; t != nil { // Close need not wait for it
				l.current, t.interrupt = nil, errGoexit
				t.end()
			}
		}
	}()
	var err error
	for l.stopping = false; !l.stopping && err == nil && !(untilIdle && l.tasks == nil); {
		err = l.runOnce()
	}
	returned = true
	return err
}

// RunUntilComplete runs the loop until f is done and returns its result or error.
func RunUntilComplete[T any](l *Loop, f Awaitable[T]) (T, error) {
	future := f.asFuture()
	h := future.AddDoneCallback(l.Stop)
	defer future.RemoveDoneCallback(h)
	if !future.Done() {
		if err := l.RunForever(); err != nil {
			var zero T
			return zero, err
		}
	}
	return future.Result()
}

// OnTaskError has fn told of the error of every task that ends with one and was not cancelled, there and then;
// that error counts as asked for.
func (l *Loop) OnTaskError(fn func(name string, err error)) { l.onTaskError = fn }

// Stop makes the loop return at the end of the running iteration.
func (l *Loop) Stop() { l.stopping = true }

// enter locks the OS thread, once and for the loop's life: coroutines are tied to it.
func (l *Loop) enter() error {
	switch {
	case l.closed:
		return ErrClosed
	case l.running:
		return ErrRunning
	}
	if l.thread == 0 {
		runtime.LockOSThread()
		l.thread = threadID()
	} else if l.thread != threadID() {
		return ErrWrongThread
	}
	l.running = true
	return nil
}

// runOnce is one iteration. Callbacks run here and nowhere else.
func (l *Loop) runOnce() error {
	before := l.clock.Now()
	if l.metrics.Iterations > 0 {
		l.metrics.Busy += before - l.polled
	}
	timeout := l.pollTimeout(before)
	n, err := l.poller.Wait(l.events, timeout)
	if err != nil {
		return fmt.Errorf("eventloop: %w", err)
	}
	worked := before - l.polled
	l.polled = l.clock.Now()
	missed := lateness(worked, timeout, l.polled-before)
	l.behind, l.missed = missed+l.carried(), missed
	l.countPoll(n, l.polled-before)
	for _, ev := range l.events[:n] {
		l.dispatch(ev)
	}
	if !l.deferTimers(n) {
		for len(l.timers) > 0 && l.timers[0].when <= l.polled {
			l.ready.push(&l.timers.pop().Handle)
		}
	}
	for _, t := range l.yielded {
		l.ready.push(&t.wake)
	}
	clear(l.yielded)
	l.yielded = l.yielded[:0]
	// Only what is ready now: what these schedule runs in the next iteration, behind the poll, so that no
	// chain of callbacks starves the sockets.
	now := l.polled
	for todo := l.ready.count; todo > 0; todo-- {
		now = l.runHandle(l.ready.pop(), now)
	}
	return nil
}

// moment is what passes unnoticed: a poll that returns sooner has not slept, and one that sleeps may do so for that much
// more than it was asked to (epoll counts in ms).
const moment = time.Millisecond

// lateness is how long what a poll has brought may have been there when it returned: worked is the time since the last poll,
// timeout what the poll was asked to wait at most, and waited what it took. What came during a sleep ends it. At most: who
// takes it off a time that was measured is left with what was certainly not the loop's.
func lateness(worked, timeout, waited time.Duration) time.Duration {
	switch {
	case timeout == 0:
		return worked + waited
	case waited < moment:
		return worked
	case timeout > 0 && waited > timeout+moment:
		return waited - timeout
	}
	return 0
}

// carried is the lateness of the last iteration if it counts for this one, too.
func (l *Loop) carried() time.Duration {
	if !l.expired {
		return 0
	}
	l.expired = false
	return l.missed
}

// deferTimers reports whether due timers wait for another poll: the last one was full, and behind it there may be the very
// event whose time is up. So that no timer waits for ever, that is as often in a row as all descriptors need to have had
// their turn.
func (l *Loop) deferTimers(n int) bool {
	if n < len(l.events) || l.deferred >= l.registered/len(l.events) {
		l.deferred = 0
		return false
	}
	l.deferred++
	return true
}

// pollTimeout is 0 when something is ready, the time to the next timer, or without limit.
func (l *Loop) pollTimeout(now time.Duration) time.Duration {
	switch {
	case l.ready.count > 0 || len(l.yielded) > 0:
		return 0
	case len(l.timers) > 0:
		return max(0, l.timers[0].when-now)
	}
	return -1
}

func (l *Loop) countPoll(n int, waited time.Duration) {
	m := &l.metrics
	m.Iterations++
	m.Events += uint64(n)
	m.Idle += waited
	switch n {
	case 0:
		m.EmptyPolls++
		return
	case len(l.events):
		m.FullPolls++
	}
	m.EventsPerPoll.add(uint64(n))
}

// runHandle runs one callback, which is also one step of a task, and measures it. now is the time it begins;
// the time it ended is the beginning of the next, so there is one reading of the clock for each.
func (l *Loop) runHandle(h *Handle, now time.Duration) time.Duration {
	if h.cancelled {
		return now
	}
	l.metrics.Callbacks++
	l.metrics.Lag.add(uint64(now - l.polled))
	l.metrics.LagSum += now - l.polled
	l.handle = h
	if l.watchdog != nil {
		l.watchdog.begin(l.metrics.Callbacks)
	}
	l.call(h)
	if l.watchdog != nil {
		l.watchdog.end()
	}
	l.handle = nil
	ended := l.clock.Now()
	took := ended - now
	l.metrics.Step.add(uint64(took))
	if took >= l.options.SlowCallback && l.options.SlowCallback > 0 {
		l.options.Logf("eventloop: %s took %v", h, took.Round(time.Millisecond))
	}
	return ended
}

// call runs the callback; a panic in it is reported and the loop goes on. (A task's panic is caught in the
// task.)
func (l *Loop) call(h *Handle) {
	defer func() {
		if v := recover(); v != nil {
			p := asPanic(v)
			l.options.OnError(Error{What: h.String(), Err: fmt.Errorf("%w\n%s", p, p.Stack)})
		}
	}()
	if h.task != nil {
		h.task.step()
		return
	}
	h.fn()
}

func (l *Loop) report(what string, err error) { l.options.OnError(Error{What: what, Err: err}) }
