//go:build unix

package eventloop

import (
	"fmt"
	"math"
)

// A Queue passes values between tasks, first in, first out, and knows when the work on them is done. Two
// semaphores count its values and its room, so tasks that wait are served in the order they came, and one that
// is cancelled after it was served keeps what it got: nothing is lost, and no other task waits in vain.
type Queue[T any] struct {
	loop       *Loop
	values     []T
	filled     *Semaphore // a permit for each value that is promised to nobody
	room       *Semaphore
	unfinished int
	joining    waitList
}

// NewQueue makes a queue that holds at most limit values; 0 is without limit.
func NewQueue[T any](l *Loop, limit int) *Queue[T] {
	if limit == 0 {
		limit = math.MaxInt
	}
	q := &Queue[T]{loop: l, filled: NewSemaphore(l, 0), room: NewSemaphore(l, limit), joining: waitList{what: "queue: join"}}
	q.filled.waiting.what, q.room.waiting.what = "queue: get", "queue: put"
	return q
}

// Len is the number of values in the queue.
func (q *Queue[T]) Len() int { return len(q.values) }

// Put appends v, and suspends the running task until there is room. With an error v is not in the queue.
func (q *Queue[T]) Put(v T) error {
	if err := q.room.Acquire(); err != nil {
		return err
	}
	q.values = append(q.values, v)
	q.unfinished++
	q.filled.Release()
	return nil
}

// Get takes the first value, and suspends the running task until there is one.
func (q *Queue[T]) Get() (v T, err error) {
	if err := q.filled.Acquire(); err != nil {
		return v, err
	}
	var zero T
	v, q.values[0] = q.values[0], zero
	q.values = q.values[1:]
	q.room.Release()
	return v, nil
}

// TaskDone says that the work on one value that Get returned is done. More calls than values panic with an
// error that is ErrInvalidState.
func (q *Queue[T]) TaskDone() {
	if q.unfinished == 0 {
		panic(fmt.Errorf("%w: TaskDone called more often than Put", ErrInvalidState))
	}
	if q.unfinished--; q.unfinished == 0 {
		q.joining.wakeAll()
	}
}

// Join suspends the running task until the work on every value ever put is done.
func (q *Queue[T]) Join() error {
	t, err := q.loop.enterAwait()
	for err == nil && q.unfinished > 0 {
		err = q.joining.wait(t)
	}
	return err
}
