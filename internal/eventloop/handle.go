//go:build unix

package eventloop

import (
	"context"
	"fmt"
	"reflect"
	"runtime"
	"time"
)

// A Handle is a callback that has been scheduled, as returned by [Loop.CallSoon].
type Handle struct {
	fn        func()
	ctx       context.Context // of whoever scheduled it; what it schedules in turn inherits it
	task      *task           // whose step it is, nil for a plain callback
	madeAt    uintptr         // program counter of the call that made it, in debug mode
	cancelled bool
}

// Cancel keeps the callback from running. Cancelling twice, or after it ran, does nothing.
func (h *Handle) Cancel() {
	h.cancelled = true
}

// Cancelled reports whether Cancel was called.
func (h *Handle) Cancelled() bool { return h.cancelled }

// Context is the context the callback runs in: that of the task or callback that scheduled it.
func (h *Handle) Context() context.Context { return h.ctx }

// String names the callback: its task, or its function and in debug mode the line that scheduled it.
func (h *Handle) String() string {
	if h.task != nil {
		return fmt.Sprintf("a step of task %q", h.task.name)
	}
	name := "callback"
	if f := runtime.FuncForPC(reflect.ValueOf(h.fn).Pointer()); f != nil {
		name = f.Name()
	}
	if h.madeAt == 0 {
		return name
	}
	frame, _ := runtime.CallersFrames([]uintptr{h.madeAt}).Next()
	return fmt.Sprintf("%s, scheduled at %s:%d", name, frame.File, frame.Line)
}

// readyQueue is a ring of handles, first in, first out. It grows and is not given back: it never holds more
// than one entry for each task, descriptor and due timer.
type readyQueue struct {
	ring  []*Handle // length is a power of two
	first int
	count int
}

func (q *readyQueue) push(h *Handle) {
	if q.count == len(q.ring) {
		bigger := make([]*Handle, max(64, 2*len(q.ring)))
		n := copy(bigger, q.ring[q.first:])
		copy(bigger[n:], q.ring[:q.first])
		q.ring, q.first = bigger, 0
	}
	q.ring[(q.first+q.count)&(len(q.ring)-1)] = h
	q.count++
}

func (q *readyQueue) pop() *Handle {
	h := q.ring[q.first]
	q.ring[q.first] = nil
	q.first = (q.first + 1) & (len(q.ring) - 1)
	q.count--
	return h
}

// A TimerHandle is a callback that runs at a time, as returned by [Loop.CallAt] and [Loop.CallLater].
type TimerHandle struct {
	Handle
	loop  *Loop
	when  time.Duration // loop time
	seq   uint64        // order among equal times: first scheduled, first run
	index int           // place in the heap, plus one; 0 when it is not in it
}

// When is the loop time at which the callback is due.
func (h *TimerHandle) When() time.Duration { return h.when }

// Cancel keeps the callback from running and takes it out of the loop at once.
func (h *TimerHandle) Cancel() {
	h.Handle.Cancel()
	h.loop.timers.remove(h)
}

// timerHeap is a binary heap ordered by (when, seq). Each timer knows its place, so a cancelled one is truly
// removed and no dead timers pile up (asyncio marks them and cleans up now and then).
type timerHeap []*TimerHandle

func (a *TimerHandle) before(b *TimerHandle) bool {
	return a.when < b.when || a.when == b.when && a.seq < b.seq
}

func (t *timerHeap) push(h *TimerHandle) {
	*t = append(*t, h)
	h.index = len(*t)
	t.up(len(*t) - 1)
}

func (t *timerHeap) pop() *TimerHandle {
	h := (*t)[0]
	t.remove(h)
	return h
}

func (t *timerHeap) remove(h *TimerHandle) {
	if h.index == 0 {
		return
	}
	old, i, last := *t, h.index-1, len(*t)-1
	old.swap(i, last)
	old[last] = nil
	*t = old[:last]
	h.index = 0
	if i < last {
		t.down(i)
		t.up(i)
	}
}

func (t timerHeap) swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].index, t[j].index = i+1, j+1
}

func (t timerHeap) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !t[i].before(t[parent]) {
			return
		}
		t.swap(i, parent)
		i = parent
	}
}

func (t timerHeap) down(i int) {
	for {
		least := 2*i + 1
		if least >= len(t) {
			return
		}
		if right := least + 1; right < len(t) && t[right].before(t[least]) {
			least = right
		}
		if !t[least].before(t[i]) {
			return
		}
		t.swap(i, least)
		i = least
	}
}
