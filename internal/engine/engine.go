// Package engine runs tasks concurrently and gives them a clock, a network and ways to wait for each other.
// Fetching and crawling are written once, as straight-line code over an Engine, and run on an event loop
// ([NewLoop]), on a goroutine for each task ([NewGoroutine]), or on a thread of the OS for each ([NewThreads]); so a
// comparison of them differs in that and in nothing else.
//
// The one rule: code over an Engine shares state only under a Mutex of that engine, and waits only through it.
// On the loop a Mutex is nothing, for between two awaits a task is alone.
//
// Left out: names (addresses are IP addresses), files (Blocking runs what touches them).
package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"time"
)

// Modes are the names of the engines.
const (
	ModeLoop      = "loop"
	ModeGoroutine = "goroutine"
	ModeThreads   = "threads"
)

// ErrUnsupported is returned for an engine that this platform does not have.
var ErrUnsupported = errors.New("engine: not supported on this platform")

// An Engine runs tasks. Its methods are called from its tasks, except where they say otherwise. The context they
// take is the one the task was given, if need be WithDeadline: one that is cancelled apart from it ends nothing on
// the loop. Who has to end a task before its time spawns it.
type Engine interface {
	// Go starts a task, or before Run has it start with Run. The error or panic of a task, or the panic of a
	// callback, cancels the others and is returned by Run. It may be called from callbacks too. A task that is
	// cancelled before it has begun may never begin.
	Go(name string, fn func(ctx context.Context) error)

	// Spawn is Go for a task that can be called off alone: by cancel, which waits for nothing and may be called from
	// tasks and callbacks, more than once. The task's context is cancelled then, and it is told what every task is
	// told when Run is cancelled: the wait it is in, or else its next, ends with an error. On the loop that is once,
	// and its connections are its own to close; on goroutines every wait in its context ends, and the connections
	// that it has dialled in its context are closed. Such an error, returned by the task, does not end Run. A task
	// that has not begun may never begin. When it has ended, cancel does nothing: connections that it has handed on
	// stay.
	Spawn(name string, fn func(ctx context.Context) error) (cancel func())

	// Run runs until every task has ended, and returns the errors of those that failed. It is called once,
	// from outside. When ctx is done, the tasks' context is cancelled: their waits and their connections then
	// end with errors. A task that returns such an error has not failed. One that goes on instead looks at its
	// context: on the loop it is told once, by the wait it is in or else its next, and may wait again; on
	// goroutines every wait in that context ends, and every connection is closed.
	Run(ctx context.Context) error

	// Now is the engine's clock.
	Now() time.Time
	// Sleep waits for d, or until the task is cancelled.
	Sleep(ctx context.Context, d time.Duration) error
	// After calls fn once, in a callback, when d has passed.
	After(d time.Duration, fn func())
	// Post calls fn in a callback. It may be called from any goroutine; after Run has returned fn does not run.
	Post(fn func())
	// OnSignal calls fn in a callback each time sig arrives, instead of what it does by default, from Run's
	// beginning to its end. It is called before Run.
	OnSignal(sig os.Signal, fn func())
	// Blocking runs fn, which may block its thread (a file, a lookup), and waits for it. When the task is
	// cancelled meanwhile it may return before fn does.
	Blocking(ctx context.Context, fn func() error) error
	// Detach runs fn, which may block for ever, where it disturbs nobody, and then calls then in a callback.
	// Run does not wait for it.
	Detach(fn, then func())

	// DialContext connects to an IP address and port within the deadline of ctx (see WithDeadline). The
	// connection may have the methods of ReadWaiter and Staler too.
	DialContext(ctx context.Context, network, address string) (net.Conn, error)

	// NewMutex makes a lock for state that tasks and callbacks share. It is not held across a wait, except
	// by Cond.Wait.
	NewMutex() sync.Locker
	// NewCond makes a condition under a lock of this engine; what it stands for appears in dumps.
	NewCond(mu sync.Locker, what string) Cond

	// Leaf runs fn, which must not wait, to its end. On the loop it runs on the loop's own stack: what it
	// needs is not added to the stack of each of ten thousand tasks.
	Leaf(fn func())
	// Lag is how late the engine was at now with the step that calls it: 0 where there is no telling.
	Lag(now time.Time) time.Duration
	// Dump writes what every task is doing.
	Dump(w io.Writer) error
	// Summary is one line on what the engine has done.
	Summary() string
}

// A Cond lets tasks wait until another says that something has changed.
type Cond interface {
	// Wait gives up the lock, waits until it is signalled, and takes the lock again. What it waited for has
	// to be checked again then. An error says that the task was cancelled, or if it is os.ErrDeadlineExceeded that
	// ctx was made by WithDeadline and its time has come; the lock is held then, too.
	Wait(ctx context.Context) error
	// Signal wakes the task that has waited longest, if any. The caller holds the lock.
	Signal()
	// Broadcast wakes all. The caller holds the lock.
	Broadcast()
}

// A ReadWaiter is a connection that can be waited for without a buffer at hand.
type ReadWaiter interface {
	// AwaitReadable returns when there is something to read, at the end of the stream, or with the error
	// that a Read would have.
	AwaitReadable() error
}

// A Staler is a connection that knows of events without being read.
type Staler interface {
	// Stale reports whether the peer has closed the connection or has sent something that was not asked for.
	Stale() bool
}

// A TryReader is a connection that can be read without waiting, and so within a Leaf.
type TryReader interface {
	// TryRead reads what is there. If that is nothing the error is syscall.EAGAIN; else it is as of Read.
	TryRead(b []byte) (int, error)
}

// A TryWriter is a connection that can be written to without waiting: within a Leaf, from a callback, under a lock.
type TryWriter interface {
	// TryWrite writes as much of b as the system takes just now, which may be nothing; that is no error. It keeps
	// no deadline.
	TryWrite(b []byte) (int, error)
}

// WithDeadline returns ctx with a deadline that is only told, by Deadline: nothing is cancelled when it
// passes. Engines keep it on their own clock.
func WithDeadline(ctx context.Context, t time.Time) context.Context {
	return &deadlineContext{ctx, t}
}

type deadlineContext struct {
	context.Context
	deadline time.Time
}

func (c *deadlineContext) Deadline() (time.Time, bool) { return c.deadline, true }

// A PanicError is the error of a task or of blocking work that panicked.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v\n%s", e.Value, e.Stack) }

// isCancellation reports whether err is what a task ends with because ctx, the engine's, is done: what it was
// told by its waits, its connections or its context.
func isCancellation(ctx context.Context, err error) bool {
	reason := ctx.Err()
	return reason != nil && (errors.Is(err, reason) || errors.Is(err, context.Canceled) || errors.Is(err, net.ErrClosed))
}

// protect turns a panic of fn into an error.
func protect(fn func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return fn()
}
