//go:build unix

package eventloop_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"crawl/internal/eventloop"
	"crawl/internal/eventloop/looptest"
)

func TestSemaphore(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	s := eventloop.NewSemaphore(l, 2)
	var tr trace
	for i := range 5 {
		start(l, "", func() error {
			if err := s.Acquire(); err != nil {
				return err
			}
			defer s.Release()
			tr.add("%d@%v", i, l.Time())
			return l.Sleep(time.Second)
		})
	}
	mustRun(t, l, func() error { return l.Sleep(time.Hour) })
	tr.want(t, "0@0s 1@0s 2@1s 3@1s 4@2s")
}

// A permit that is on its way to a task is not there for one that comes later and runs earlier.
func TestSemaphoreIsNotOvertaken(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	s := eventloop.NewSemaphore(l, 1)
	var tr trace
	mustRun(t, l, func() error {
		noError(t, s.Acquire())
		for _, name := range []string{"first", "second"} {
			start(l, "", func() error {
				err := s.Acquire()
				tr.add("%s", name)
				s.Release()
				return err
			})
		}
		noError(t, l.Yield())
		s.Release()
		err := s.Acquire() // in the same step
		tr.add("latecomer")
		return err
	})
	tr.want(t, "first second latecomer")
}

// A task in the middle of the line that is cancelled does not stop those behind it.
func TestSemaphoreCancelledWaiter(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	s := eventloop.NewSemaphore(l, 0)
	var tr trace
	var tasks []*eventloop.Task[struct{}]
	for i := range 4 {
		tasks = append(tasks, start(l, "", func() error {
			err := s.Acquire()
			tr.add("%d:%v", i, err)
			return err
		}))
	}
	l.CallLater(time.Second, func() {
		tasks[1].Cancel()
		tasks[0].Cancel()
		s.Release()
		s.Release()
	})
	mustRun(t, l, func() error { return l.Sleep(2 * time.Second) })
	tr.want(t, "1:eventloop: cancelled 0:eventloop: cancelled 2:<nil> 3:<nil>")
	s.Release()
	mustRun(t, l, s.Acquire)
}

// Whatever is cancelled when, there are never more holders than permits, and in the end all are back.
func TestSemaphoreUnderRandomCancellation(t *testing.T) {
	const permits, workers = 3, 30
	for seed := range uint64(30) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		l, _ := looptest.New(t, "", eventloop.Options{})
		s := eventloop.NewSemaphore(l, permits)
		holding, served := 0, 0
		for range workers {
			hold, cancelAt := time.Duration(rnd.IntN(5)), time.Duration(rnd.IntN(20))
			task := start(l, "", func() error {
				if err := s.Acquire(); err != nil {
					return err
				}
				defer s.Release()
				served++
				holding++
				defer func() { holding-- }()
				if holding > permits {
					t.Errorf("seed %d: %d hold a permit", seed, holding)
				}
				return l.Sleep(hold)
			})
			if rnd.IntN(2) == 0 {
				l.CallAt(cancelAt, func() { task.Cancel() })
			}
		}
		mustRun(t, l, func() error {
			if err := l.Sleep(time.Second); err != nil {
				return err
			}
			for range permits {
				if err := l.Timeout(1, s.Acquire); err != nil {
					t.Errorf("seed %d: a permit was lost: %v", seed, err)
				}
			}
			wantErr(t, "one too many", l.Timeout(1, s.Acquire), eventloop.ErrTimeout)
			return nil
		})
		if holding != 0 || served == 0 {
			t.Errorf("seed %d: %d still hold a permit, %d had one", seed, holding, served)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCondition(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	c := eventloop.NewCondition(l, "change")
	var tr trace
	for i := range 4 {
		start(l, "", func() error {
			err := c.Wait()
			tr.add("%d@%v", i, l.Time())
			return err
		})
	}
	c.Notify() // nobody waits yet: it is lost
	l.CallLater(1*time.Second, c.Notify)
	l.CallLater(2*time.Second, func() { c.Notify(); c.Notify() })
	l.CallLater(3*time.Second, func() { c.NotifyAll(); c.NotifyAll() })
	mustRun(t, l, func() error { return l.Sleep(time.Hour) })
	tr.want(t, "0@1s 1@2s 2@2s 3@3s")
}
