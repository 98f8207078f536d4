//go:build unix

package eventloop

import (
	"context"
	"errors"
	"fmt"
	"os"
)

var (
	// ErrCancelled is what an await returns in a task that was cancelled, and the error of a cancelled future.
	ErrCancelled = errors.New("eventloop: cancelled")
	// ErrInvalidState is reported when a future is asked for a result it has not got, or is settled twice.
	ErrInvalidState = errors.New("eventloop: invalid state")
	// ErrNotInTask is returned when something that must suspend its caller is called outside a task.
	ErrNotInTask = errors.New("eventloop: not called from a task of this loop")
	// ErrClosed is returned by a loop that has been closed, and by an await that the closing loop cuts off.
	ErrClosed = errors.New("eventloop: loop is closed")
	// ErrRunning is returned when a loop that is running is asked to run or close again.
	ErrRunning = errors.New("eventloop: loop is already running")
	// ErrWrongThread is returned when a loop is run again from another OS thread than the first time.
	ErrWrongThread = errors.New("eventloop: loop belongs to another thread")
	// ErrTimeout ends a Timeout or WaitFor whose time has passed. It is a net.Error with Timeout() true,
	// and errors.Is finds os.ErrDeadlineExceeded and context.DeadlineExceeded in it.
	ErrTimeout error = timeoutError{}

	errWorkGoexit = errors.New("eventloop: executor: the work called runtime.Goexit")

	errGoexit = errors.New("eventloop: a task or callback called runtime.Goexit (t.FailNow?): the loop is lost")
)

type timeoutError struct{}

func (timeoutError) Error() string   { return "eventloop: timeout" }
func (timeoutError) Timeout() bool   { return true }
func (timeoutError) Temporary() bool { return true }
func (timeoutError) Is(target error) bool {
	return target == os.ErrDeadlineExceeded || target == context.DeadlineExceeded
}

// A PanicError is the error of a task that panicked: the value, and the stack of the task where it happened
// (iter.Pull alone would lose it, golang/go#67712).
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic in task: %v", e.Value) }

// Unwrap gives the panic's value where that was an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
