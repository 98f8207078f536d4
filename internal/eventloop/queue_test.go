//go:build unix

package eventloop_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"crawl/internal/eventloop"
	"crawl/internal/eventloop/looptest"
)

func TestQueue(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	q := eventloop.NewQueue[int](l, 2)
	var tr trace
	start(l, "producer", func() error {
		for i := range 5 {
			if err := q.Put(i); err != nil {
				return err
			}
			tr.add("put%d/%d", i, q.Len())
		}
		return nil
	})
	start(l, "consumer", func() error {
		for range 5 {
			if err := l.Sleep(time.Second); err != nil {
				return err
			}
			v, err := q.Get()
			if err != nil {
				return err
			}
			tr.add("got%d", v)
			q.TaskDone()
		}
		return nil
	})
	mustRun(t, l, func() error { noError(t, l.Yield()); return q.Join() })
	tr.want(t, "put0/1 put1/2 got0 put2/2 got1 put3/2 got2 put4/2 got3 got4")
	mustRun(t, l, q.Join) // all is done: it returns at once
	wantPanic(t, "one TaskDone too many", eventloop.ErrInvalidState, q.TaskDone)
}

func TestQueueWithoutLimit(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	q := eventloop.NewQueue[int](l, 0)
	mustRun(t, l, func() error {
		for i := range 1000 {
			noError(t, q.Put(i))
		}
		for i := range 1000 {
			if v, err := q.Get(); v != i || err != nil {
				t.Fatalf("got %d, %v, want %d", v, err, i)
			}
		}
		return nil
	})
}

// Tasks that wait are served in the order they came, also when several values come in one turn, and one that
// comes later does not overtake.
func TestQueueServesInOrder(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	q := eventloop.NewQueue[int](l, 0)
	var tr trace
	get := func(name string) {
		start(l, name, func() error {
			v, err := q.Get()
			tr.add("%s=%d", name, v)
			return err
		})
	}
	get("a")
	get("b")
	get("c")
	get("d")
	mustRun(t, l, func() error {
		noError(t, l.Yield())
		noError(t, q.Put(1))
		noError(t, q.Put(2))
		get("late")
		noError(t, l.Sleep(time.Second))
		noError(t, q.Put(3))
		noError(t, q.Put(4))
		noError(t, q.Put(5))
		return l.Sleep(time.Second)
	})
	tr.want(t, "a=1 b=2 c=3 d=4 late=5")
}

func TestQueuePutsInOrder(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	q := eventloop.NewQueue[int](l, 1)
	for i := range 5 {
		start(l, "", func() error { return q.Put(i) })
	}
	mustRun(t, l, func() error {
		noError(t, l.Yield())
		for i := range 5 {
			if v, err := q.Get(); v != i || err != nil {
				t.Errorf("got %d, %v, want %d", v, err, i)
			}
			start(l, "late", func() error { return q.Put(5 + i) })
		}
		for i := range 5 {
			if v, err := q.Get(); v != 5+i || err != nil {
				t.Errorf("got %d, %v, want %d", v, err, 5+i)
			}
		}
		return nil
	})
}

// Room that was given to a task which is cancelled is not lost to the next one.
func TestQueuePutCancelled(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	q := eventloop.NewQueue[string](l, 1)
	mustRun(t, l, func() error {
		noError(t, q.Put("zero"))
		first := start(l, "", func() error { return q.Put("first") })
		second := start(l, "", func() error { return q.Put("second") })
		noError(t, l.Yield())
		_, err := q.Get() // makes room, and gives it to the first
		noError(t, err)
		first.Cancel()
		noError(t, l.Yield())
		for first.Err() == nil && q.Len() > 0 { // whoever has put something, the second gets in too
			_, err = q.Get()
			noError(t, err)
			noError(t, l.Sleep(time.Second))
		}
		if !second.Done() {
			t.Errorf("the second waits although there is room: %d of 1 in the queue", q.Len())
			second.Cancel()
		}
		return nil
	})
}

// A cancellation reaches a task in its next Get, Put or Join also when they need not wait.
func TestQueueDeliversCancellation(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	q := eventloop.NewQueue[int](l, 0)
	for name, op := range map[string]func() error{
		"get":  func() error { _, err := q.Get(); return err },
		"put":  func() error { return q.Put(2) },
		"join": func() error { return eventloop.NewQueue[int](l, 0).Join() },
	} {
		var task *eventloop.Task[struct{}]
		task = start(l, "", func() error {
			noError(t, q.Put(1))
			task.Cancel()
			return op()
		})
		_, err := eventloop.RunUntilComplete(l, task)
		wantErr(t, name, err, eventloop.ErrCancelled)
	}
	if q.Len() != 3 {
		t.Errorf("%d values in the queue, want 3", q.Len())
	}
}

// Whoever is cancelled when: a value for which Put returned nil comes out once, and any other never; nobody
// waits while there is something for it.
func TestQueueUnderRandomCancellation(t *testing.T) {
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		l, _ := looptest.New(t, "", eventloop.Options{})
		q := eventloop.NewQueue[int](l, rnd.IntN(4))
		put, got := map[int]int{}, map[int]int{}
		cancelSome := func(task *eventloop.Task[struct{}]) {
			if rnd.IntN(2) == 0 {
				l.CallAt(time.Duration(rnd.IntN(12)), func() { task.Cancel() })
			}
		}
		pause := func() error { return l.Sleep(time.Duration(rnd.IntN(3))) }
		for i := range 40 {
			cancelSome(start(l, "", func() error {
				if err := l.Sleep(1); err != nil {
					return err
				}
				_ = pause()
				if err := q.Put(i); err != nil {
					return err
				}
				put[i]++
				return nil
			}))
			cancelSome(start(l, "", func() error {
				_ = pause()
				v, err := q.Get()
				if err != nil {
					return err
				}
				got[v]++
				q.TaskDone()
				return nil
			}))
		}
		mustRun(t, l, func() error {
			noError(t, l.Sleep(time.Second))
			for l.Timeout(1, func() error {
				v, err := q.Get()
				if err == nil {
					got[v]++
					q.TaskDone()
				}
				return err
			}) == nil {
			}
			return l.Timeout(1, q.Join) // every value was worked on
		})
		for i := range 40 {
			if put[i] != got[i] || got[i] > 1 {
				t.Errorf("seed %d: value %d was put %d times and came out %d times", seed, i, put[i], got[i])
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
