//go:build unix

package eventloop

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// inbox is the door for other threads: a queue under a lock, and a descriptor that ends a poll that sleeps.
// Wake-ups are coalesced: only the first post after the loop has looked writes to the descriptor. The loop
// clears the flag before it takes the queue, so that a post which comes in between writes again; the other
// order would lose it. What is queued is the state, the wake-up only says "look" (cpython#74224).
type inbox struct {
	mu     sync.Mutex // guards queue and closed
	queue  []*Handle
	closed bool

	signalled  atomic.Bool // a wake-up is under way
	sent, kept atomic.Uint64

	loop  *Loop
	pipe  wakeupPipe
	watch descriptor
}

func (in *inbox) open(l *Loop) error {
	in.loop = l
	pipe, err := openWakeupPipe()
	if err != nil {
		return fmt.Errorf("wake-up descriptor: %w", err)
	}
	in.pipe = pipe
	if err := l.register(&in.watch, pipe.readEnd()); err != nil {
		pipe.close()
		return err
	}
	in.watch.read.callback = &Handle{fn: in.drain, ctx: l.ctx}
	in.watch.want()
	return nil
}

// post queues h from any thread and wakes the loop.
func (in *inbox) post(h *Handle) error {
	in.mu.Lock()
	defer in.mu.Unlock() // held over the write, so that close cannot take the descriptor away under it
	if in.closed {
		return ErrClosed
	}
	in.queue = append(in.queue, h)
	if in.signalled.Swap(true) {
		in.kept.Add(1)
		return nil
	}
	in.sent.Add(1)
	return in.pipe.signal()
}

// drain makes ready what was posted. It is the callback of the wake-up descriptor.
func (in *inbox) drain() {
	in.loop.metrics.SystemCalls += in.pipe.clear()
	in.signalled.Store(false)
	in.mu.Lock()
	posted := in.queue
	in.queue = nil
	in.mu.Unlock()
	for _, h := range posted {
		in.loop.ready.push(h)
	}
}

func (in *inbox) close() {
	in.mu.Lock()
	in.closed, in.queue = true, nil
	in.mu.Unlock()
	if err := in.watch.unregister(true, nil); err != nil {
		in.loop.report("closing the wake-up descriptor", err)
	}
	in.pipe.close()
}

// CallSoonThreadsafe schedules fn from any thread, and wakes the loop if it sleeps in its poll. fn runs in
// the loop's own context. After Close it returns ErrClosed and fn does not run.
func (l *Loop) CallSoonThreadsafe(fn func()) error {
	return l.inbox.post(&Handle{fn: fn, ctx: l.ctx})
}
