//go:build unix

package eventloop

import (
	"fmt"
	"runtime"
	"time"
)

// closePatience is how long Close lets tasks that were cancelled clean up.
const closePatience = 10 * time.Second

// Close ends the loop: every task is cancelled and run to its end, so that no coroutine, descriptor or timer is
// left. Tasks that have not ended after ten seconds of loop time are cut off: their awaits return ErrClosed,
// and they are reported. Errors that nobody asked for are reported. The loop must not be running.
func (l *Loop) Close() error {
	if l.closed {
		return nil
	}
	if err := l.enter(); err != nil {
		return err
	}
	l.endTasks()
	l.closed = true
	l.signals.close()
	l.executor.close()
	for _, d := range l.descriptors {
		if d != nil && d != &l.inbox.watch {
			_ = d.unregister(false, ErrClosed)
		}
	}
	l.inbox.close()
	l.stopWatchdog()
	for n := range l.notes {
		l.reportUnretrieved(n)
	}
	for len(l.timers) > 0 {
		l.timers.pop() // not just dropped: who holds one may still cancel it
	}
	l.ready = readyQueue{}
	l.running = false
	err := l.poller.Close()
	runtime.UnlockOSThread()
	return err
}

// CancelTasks asks every task to end, the running one too: see Task.Cancel.
func (l *Loop) CancelTasks() {
	for t := l.tasks; t != nil; t = t.after {
		t.requestCancel()
	}
}

// endTasks cancels the tasks, runs them to their end, and cuts off those that do not come to it.
func (l *Loop) endTasks() {
	l.CancelTasks()
	deadline := l.Time() + closePatience
	wake := l.CallAt(deadline, func() {})
	defer wake.Cancel()
	var err error
	inTime := func() bool { return l.tasks != nil && l.Time() < deadline }
	// One more turn is for the done callbacks of those that ended last. They may start tasks.
	for more := true; err == nil && (inTime() || more && l.ready.count > 0); {
		more = inTime()
		err = l.runOnce()
	}
	if err != nil {
		l.report("closing", err)
	}
	for l.tasks != nil {
		t := l.tasks
		l.report(fmt.Sprintf("closing: task %q", t.name), fmt.Errorf("did not end within %v, %s", closePatience, t.state()))
		if t.stop != nil {
			l.current = t
			t.stop() // it runs to its end, which is its result
			l.current = nil
		} else {
			t.interrupt = ErrClosed
		}
		t.end()
	}
}

func (l *Loop) addTask(t *task) {
	t.after = l.tasks
	if t.after != nil {
		t.after.prev = t
	}
	l.tasks = t
	l.taskCount++
	l.metrics.TasksCreated++
	l.metrics.TasksPeak = max(l.metrics.TasksPeak, l.taskCount)
}

func (l *Loop) removeTask(t *task) {
	if t.prev != nil {
		t.prev.after = t.after
	} else {
		l.tasks = t.after
	}
	if t.after != nil {
		t.after.prev = t.prev
	}
	t.prev, t.after = nil, nil
	l.taskCount--
}
