//go:build unix

package eventloop

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

// cancelWait takes t out of the list. It costs O(tasks waiting), and is rare.
func (w *waitList) cancelWait(t *task) bool {
	for i, waiting := range w.tasks {
		if waiting == t {
			w.tasks = append(w.tasks[:i], w.tasks[i+1:]...)
			t.unpark(ErrCancelled)
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

// Notify schedules the task that has waited longest, if any.
func (c *Condition) Notify() { c.waiting.wakeOne() }

// NotifyAll schedules all tasks that wait.
func (c *Condition) NotifyAll() { c.waiting.wakeAll() }
