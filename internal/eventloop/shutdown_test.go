//go:build unix

package eventloop_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"crawl/internal/eventloop"
	"crawl/internal/eventloop/looptest"
)

// Close cancels every task and lets it clean up, awaits included; it takes no longer than that.
func TestClose(t *testing.T) {
	l, p := looptest.New(t, "", eventloop.Options{})
	var tr trace
	s := eventloop.NewSemaphore(l, 0)
	worker := start(l, "worker", func() error {
		err := s.Acquire()
		tr.add("worker:%v", err)
		tr.add("clean-up:%v", l.Sleep(time.Second))
		return err
	})
	ended := start(l, "ended", func() error { return nil })
	turns(t, l, 1)
	unborn := start(l, "unborn", func() error { tr.add("unborn"); return nil })
	unborn.AddDoneCallback(tr.note("unborn-done"))
	worker.AddDoneCallback(tr.note("worker-done"))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	tr.want(t, "worker:eventloop: cancelled unborn-done clean-up:<nil> worker-done")
	if !worker.Cancelled() || !unborn.Cancelled() || ended.Err() != nil {
		t.Errorf("cancelled: worker %v, unborn %v; ended: %v", worker.Cancelled(), unborn.Cancelled(), ended.Err())
	}
	if now := p.Clock.Now(); now != time.Second {
		t.Errorf("Close took %v, want 1 s", now)
	}
	m := l.Metrics()
	if m.TasksLive != 0 || m.Timers != 0 || m.Descriptors != 0 {
		t.Errorf("left: %d tasks, %d timers, %d descriptors", m.TasksLive, m.Timers, m.Descriptors)
	}
}

// Close of a loop with nothing to do, whether it ever ran or not.
func TestCloseAtOnce(t *testing.T) {
	for _, ran := range []bool{true, false} {
		l, p := looptest.New(t, "", eventloop.Options{})
		if ran {
			turns(t, l, 1)
		}
		l.CallLater(time.Hour, func() { t.Error("a timer ran") })
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if now := p.Clock.Now(); now != 0 {
			t.Errorf("Close took %v", now)
		}
	}
}

// A task that does not end is cut off: its awaits return ErrClosed from then on, it is reported, and what it
// returns in the end is still its result.
func TestCloseCutsOff(t *testing.T) {
	cases := []struct {
		name string
		end  func(l *eventloop.Loop) (int, error)
		want error
	}{
		{"error", func(l *eventloop.Loop) (int, error) { return 0, l.Yield() }, eventloop.ErrClosed},
		{"error of its own", func(*eventloop.Loop) (int, error) { return 0, errBoom }, errBoom},
		{"result", func(*eventloop.Loop) (int, error) { return 7, nil }, nil},
		{"panic", func(*eventloop.Loop) (int, error) { panic(errBoom) }, errBoom},
		{"on the loop's stack", func(l *eventloop.Loop) (v int, _ error) { l.OnLoopStack(func() { v = 7 }); return v, nil }, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var log errorLog
			l, p := looptest.New(t, "", eventloop.Options{OnError: log.add})
			task := eventloop.CreateTask(context.Background(), l, "stubborn", func(context.Context) (int, error) {
				for {
					if err := l.Sleep(time.Second); errors.Is(err, eventloop.ErrClosed) {
						return c.end(l)
					}
				}
			})
			_ = task.Cancel // cancellations do not impress it
			turns(t, l, 1)
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			if len(log.errs) == 0 || log.errs[0].What != `closing: task "stubborn"` {
				t.Errorf("reported: %v", log.errs)
			}
			v, err := task.Result()
			if c.want == nil && (v != 7 || err != nil) {
				t.Errorf("result is %d, %v", v, err)
			}
			wantErr(t, "result", err, c.want)
			if now := p.Clock.Now(); now != 10*time.Second {
				t.Errorf("cut off after %v", now)
			}
			if n := l.Metrics().TasksLive; n != 0 {
				t.Errorf("%d tasks are left", n)
			}
		})
	}
}

// Cutting off a group, a semaphore and a queue leaves nobody behind.
func TestCloseCutsOffTogether(t *testing.T) {
	var log errorLog
	l, _ := looptest.New(t, "", eventloop.Options{OnError: log.add})
	s := eventloop.NewSemaphore(l, 0)
	stubborn := func(wait func() error) func(context.Context) error {
		return func(context.Context) error {
			for {
				if err := wait(); errors.Is(err, eventloop.ErrClosed) {
					return err
				}
			}
		}
	}
	parent := start(l, "parent", func() error {
		return group(l, func(g *eventloop.TaskGroup) error {
			g.Go("a", stubborn(s.Acquire))
			g.Go("b", stubborn(func() error { return l.Sleep(time.Minute) }))
			return nil
		})
	})
	turns(t, l, 3)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "parent", parent.Err(), eventloop.ErrClosed)
	if n := l.Metrics().TasksLive; n != 0 {
		t.Errorf("%d tasks are left", n)
	}
}

// A task that is made while the loop closes still runs, be it by the last callback, and is cut off if it does not
// end.
func TestTasksMadeWhileClosing(t *testing.T) {
	var log errorLog
	l, _ := looptest.New(t, "", eventloop.Options{OnError: log.add})
	var tr trace
	var late *eventloop.Task[struct{}]
	start(l, "maker", func() error {
		err := l.Sleep(time.Hour)
		start(l, "farewell", func() error { tr.add("farewell:%v", l.Sleep(time.Second)); return nil })
		return err
	})
	last := start(l, "last", func() error { _ = l.Sleep(time.Hour); return l.Sleep(2 * time.Second) })
	last.AddDoneCallback(func() {
		late = start(l, "too late", func() error { tr.add("late:%v", l.Sleep(time.Second)); return l.Sleep(time.Hour) })
		late.AddDoneCallback(tr.note("never"))
	})
	turns(t, l, 1)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	tr.want(t, "farewell:<nil> late:<nil>")
	wantErr(t, "too late", late.Err(), eventloop.ErrClosed)
	log.want(t, `task "too late"`, `task "too late": its error was never retrieved`)
}

func TestCancelTasks(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	var tr trace
	for _, name := range []string{"a", "b"} {
		start(l, name, func() error {
			err := l.Sleep(time.Hour)
			tr.add("%s:%v", name, err)
			return err
		})
	}
	err := run(l, func() error {
		noError(t, l.Yield())
		l.CancelTasks()
		tr.add("asked")
		err := l.Sleep(time.Second)
		noError(t, l.Yield())
		return err
	})
	wantErr(t, "the task that asked", err, eventloop.ErrCancelled)
	if got := len(tr.words); got != 3 || tr.words[0] != "asked" {
		t.Errorf("order is %v", tr.words)
	}
}

// What is still registered when the loop closes is let go, and remains its owner's.
func TestCloseWithDescriptors(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{})
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		noError(t, l.AddReader(fds[0], func() { t.Error("a reader was called") }))
		noError(t, l.AddWriter(fds[0], func() {}))
		address := serve(t, "tcp4", "127.0.0.1:0", silence)
		var c *eventloop.Conn
		mustRun(t, l, func() (err error) {
			if c, err = l.Dial(context.Background(), "tcp", address); err != nil {
				return err
			}
			return c.SetDeadline(l.Now().Add(time.Hour))
		})
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		for _, fd := range fds {
			noError(t, unix.Close(fd))
		}
		_, err = c.Read(make([]byte, 1))
		if err == nil || errors.Is(err, io.EOF) {
			t.Errorf("a read on a closed loop: %v", err)
		}
		noError(t, c.SetDeadline(time.Time{}))
		noError(t, c.Close())
		wantErr(t, "second Close", c.Close(), net.ErrClosed)
	})
}

// A connection whose task has been cancelled with the loop gives its descriptor back.
func TestCloseClosesConnections(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l := newLoop(t, poller, eventloop.Options{})
		gone := make(chan struct{})
		address := serve(t, "tcp4", "127.0.0.1:0", func(c *net.TCPConn) { silence(c); close(gone) })
		start(l, "", func() error {
			c, err := l.Dial(context.Background(), "tcp", address)
			if err != nil {
				return err
			}
			defer c.Close()
			l.Stop()
			_, err = c.Read(make([]byte, 1))
			return err
		})
		if err := l.RunForever(); err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		select {
		case <-gone:
		case <-time.After(bound):
			t.Error("the peer has not seen the end")
		}
	})
}

// What the poller has to say when its last descriptor is taken away is reported.
func TestCloseReportsThePoller(t *testing.T) {
	p := broken(t)
	var log errorLog
	l, err := eventloop.New(eventloop.Options{Poller: p, OnError: log.add})
	if err != nil {
		t.Fatal(err)
	}
	p.remove = errBoom
	noError(t, l.Close())
	log.want(t, "closing the wake-up descriptor: boom")
}

// Callbacks that schedule each other without end do not keep Close.
func TestCloseDespiteAChain(t *testing.T) {
	l, p := looptest.New(t, "", eventloop.Options{})
	var chain func()
	chain = func() { l.CallSoon(chain) }
	chain()
	start(l, "worker", func() error { return l.Sleep(time.Hour) })
	turns(t, l, 1)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if now := p.Clock.Now(); now != 0 {
		t.Errorf("Close took %v", now)
	}
}
