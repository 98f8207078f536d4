//go:build unix

package eventloop

import (
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// defaultExecutorThreads serves lookups and files, which mostly wait.
const defaultExecutorThreads = 16

// executor runs blocking work on goroutines of its own: at most max of them, started when there is work,
// ended when there is none.
type executor struct {
	loop *Loop
	max  int

	mu      sync.Mutex // guards the rest
	queue   []*job
	workers int
	closed  bool
	idle    sync.WaitGroup // workers
}

type job struct {
	run   func()
	begun bool // guarded by executor.mu
}

func (e *executor) init(l *Loop, threads int) {
	e.loop, e.max = l, threads
	if e.max <= 0 {
		e.max = defaultExecutorThreads
	}
}

// submit queues a job and sees that somebody runs it.
func (e *executor) submit(j *job) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return ErrClosed
	}
	e.queue = append(e.queue, j)
	if e.workers < e.max {
		e.workers++
		e.idle.Add(1)
		go e.work()
	}
	return nil
}

func (e *executor) work() {
	ended := false
	defer func() {
		if ended {
			e.idle.Done()
		} else {
			go e.work() // a job has called runtime.Goexit: another takes this one's place
		}
	}()
	for {
		e.mu.Lock()
		if len(e.queue) == 0 {
			e.workers--
			e.mu.Unlock()
			ended = true
			return
		}
		j := e.queue[0]
		e.queue[0] = nil
		e.queue = e.queue[1:]
		j.begun = true
		e.mu.Unlock()
		j.run()
	}
}

// withdraw takes back a job that has not begun.
func (e *executor) withdraw(j *job) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if j.begun {
		return false
	}
	for i, queued := range e.queue {
		if queued == j {
			e.queue = append(e.queue[:i:i], e.queue[i+1:]...)
			return true
		}
	}
	return false
}

// executorPatience is how long close waits, in real time, for work that has begun. A read from a terminal may
// never end; it is left behind then.
const executorPatience = time.Second

// close drops what has not begun and waits a while for what has: its results go nowhere.
func (e *executor) close() {
	e.mu.Lock()
	e.closed, e.queue = true, nil
	e.mu.Unlock()
	idle := make(chan struct{})
	go func() {
		e.idle.Wait()
		close(idle)
	}()
	select {
	case <-idle:
	case <-time.After(executorPatience):
	}
}

// RunInExecutor runs fn, which may block, on another goroutine, and returns the future of its result. A panic
// in fn is the future's error, and so is runtime.Goexit. Cancelling the future keeps fn from running if it has not
// begun; if it has, fn runs on and its result is dropped. Loop.Close waits for what has begun, for a second at most.
func RunInExecutor[T any](l *Loop, fn func() (T, error)) *Future[T] {
	f := NewFuture[T](l)
	settle := func(v T, err error) {
		switch {
		case f.Done(): // cancelled meanwhile
		case err != nil:
			f.SetError(err)
		default:
			f.SetResult(v)
		}
	}
	j := &job{run: func() {
		var v T
		err := errWorkGoexit // in case that fn does not return
		defer func() {
			_ = l.CallSoonThreadsafe(func() { settle(v, err) }) // a closed loop has no use for it
		}()
		v, err = protect(fn)
	}}
	f.canceller = func() bool {
		l.executor.withdraw(j)
		f.settle(cancelled, ErrCancelled)
		return true
	}
	if err := l.executor.submit(j); err != nil {
		f.SetError(fmt.Errorf("eventloop: executor: %w", err))
	}
	return f
}

// protect turns a panic of fn into an error.
func protect[T any](fn func() (T, error)) (v T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &PanicError{Value: r, Stack: debug.Stack()}
		}
	}()
	return fn()
}
