//go:build unix

package eventloop

import (
	"os"
	"time"
)

// waitList is the tasks that wait for something, first come, first served.
type waitList struct {
	what  string // for dumps
	tasks []*task
}

// wait suspends the running task until wakeOne or wakeAll reaches it.
func (w *waitList) wait(t *task) error {
	w.tasks = append(w.tasks, t)
	return t.park(w)
}

// wakeOne schedules the task that has waited longest, and reports whether there was one.
func (w *waitList) wakeOne() bool {
	if len(w.tasks) == 0 {
		return false
	}
	t := w.tasks[0]
	w.tasks[0] = nil
	w.tasks = w.tasks[1:]
	t.unpark(nil)
	return true
}

func (w *waitList) wakeAll() {
	for w.wakeOne() {
	}
}

// cancelWait ends the wait of t.
func (w *waitList) cancelWait(t *task) bool { return w.end(t, ErrCancelled) }

// end takes t out of the list, if it is in it. It costs O(tasks waiting), and is rare.
func (w *waitList) end(t *task, err error) bool {
	for i, waiting := range w.tasks {
		if waiting == t {
			w.tasks = append(w.tasks[:i], w.tasks[i+1:]...)
			t.unpark(err)
			return true
		}
	}
	return false
}

func (w *waitList) waitsFor() string { return w.what }

// A Semaphore bounds how many tasks do something at once. Permits are handed to waiting tasks in the order
// they came, so a task that comes later never overtakes.
type Semaphore struct {
	loop    *Loop
	permits int
	waiting waitList
}

// NewSemaphore makes a semaphore with that many permits.
func NewSemaphore(l *Loop, permits int) *Semaphore {
	return &Semaphore{loop: l, permits: permits, waiting: waitList{what: "semaphore"}}
}

// Acquire takes a permit, and suspends the running task until there is one. With an error it has none.
func (s *Semaphore) Acquire() error {
	t, err := s.loop.enterAwait()
	if err != nil {
		return err
	}
	if s.permits > 0 {
		s.permits--
		return nil
	}
	return s.waiting.wait(t) // Release hands its permit over
}

// Release gives a permit back: to the task that has waited longest, if any. (A task that is cancelled after
// that has the permit, gets nil from Acquire, and hears of the cancellation at its next await.)
func (s *Semaphore) Release() {
	if !s.waiting.wakeOne() {
		s.permits++
	}
}

// A Condition lets tasks wait until another says that something has changed. There is no lock to it: between
// two awaits a task is alone.
type Condition struct {
	loop    *Loop
	waiting waitList
}

// NewCondition makes a condition; what it stands for appears in dumps.
func NewCondition(l *Loop, what string) *Condition {
	return &Condition{loop: l, waiting: waitList{what: what}}
}

// Wait suspends the running task until it is notified. What it waited for has to be checked again then.
func (c *Condition) Wait() error {
	t, err := c.loop.enterAwait()
	if err != nil {
		return err
	}
	return c.waiting.wait(t)
}

// Limit has the next Wait of the running task end with os.ErrDeadlineExceeded when the loop's clock (Now) comes to that
// time first. The task calls Stop of what it returns after that Wait. It is no argument of Wait because that would take
// more stack, of which a task that waits is to hold little.
func (c *Condition) Limit(when time.Time) *Limit {
	l := c.loop
	w := l.limit
	if w == nil { // as it is once
		w = newLimit(l)
	}
	l.limit = nil
	w.cond, w.task, w.when = c, l.current, when
	l.OnLoopStack(w.begin)
	return w
}

// A Limit is the time limit of a wait. What it takes goes deeper than a task that waits is to, down to the allocation of
// the next one: so the loop has one ready.
type Limit struct {
	loop       *Loop
	cond       *Condition
	task       *task
	when       time.Time
	begin, end func()
}

func newLimit(l *Loop) *Limit {
	w := &Limit{loop: l}
	w.begin = func() {
		timer := l.CallLater(w.when.Sub(l.Now()), func() { w.cond.waiting.end(w.task, os.ErrDeadlineExceeded) })
		w.end = timer.Cancel
		if l.limit == nil {
			l.limit = newLimit(l)
		}
	}
	return w
}

// Stop is called when the wait is over.
func (w *Limit) Stop() { w.loop.OnLoopStack(w.end) }

// Notify schedules the task that has waited longest, if any.
func (c *Condition) Notify() { c.waiting.wakeOne() }

// NotifyAll schedules all tasks that wait.
func (c *Condition) NotifyAll() { c.waiting.wakeAll() }
