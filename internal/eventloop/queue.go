//go:build unix

package eventloop

import "fmt"

// A Queue passes values between tasks, first in, first out, and knows when the work on them is done.
type Queue[T any] struct {
	loop       *Loop
	limit      int
	values     []T
	unfinished int
	getting    waitList
	putting    waitList
	joining    waitList
}

// NewQueue makes a queue that holds at most limit values; 0 is without limit.
func NewQueue[T any](l *Loop, limit int) *Queue[T] {
	return &Queue[T]{
		loop: l, limit: limit,
		getting: waitList{what: "queue: get"}, putting: waitList{what: "queue: put"}, joining: waitList{what: "queue: join"},
	}
}

// Len is the number of values in the queue.
func (q *Queue[T]) Len() int { return len(q.values) }

// Put appends v, and suspends the running task until there is room. With an error v is not in the queue.
func (q *Queue[T]) Put(v T) error {
	for {
		t, err := q.loop.enterAwait()
		if err != nil {
			return err
		}
		if q.limit == 0 || len(q.values) < q.limit {
			break
		}
		if err := q.putting.wait(t); err != nil {
			return err
		}
	}
	q.values = append(q.values, v)
	q.unfinished++
	q.getting.wakeOne()
	return nil
}

// Get takes the first value, and suspends the running task until there is one.
func (q *Queue[T]) Get() (v T, err error) {
	for len(q.values) == 0 {
		t, err := q.loop.enterAwait()
		if err != nil {
			return v, err
		}
		if err := q.getting.wait(t); err != nil {
			return v, err
		}
	}
	var zero T
	v, q.values[0] = q.values[0], zero
	q.values = q.values[1:]
	q.putting.wakeOne()
	if len(q.values) > 0 { // a task that was woken for one of them may have been cancelled since
		q.getting.wakeOne()
	}
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
	for q.unfinished > 0 {
		t, err := q.loop.enterAwait()
		if err != nil {
			return err
		}
		if err := q.joining.wait(t); err != nil {
			return err
		}
	}
	return nil
}
