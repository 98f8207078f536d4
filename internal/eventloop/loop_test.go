//go:build unix

package eventloop_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"crawl/internal/eventloop"
	"crawl/internal/eventloop/looptest"
)

func TestCallSoon(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	var tr trace
	l.CallSoon(tr.note("a"))
	cancelled := l.CallSoon(tr.note("cancelled"))
	l.CallSoon(func() {
		tr.add("b")
		l.CallSoon(tr.note("next-turn"))
	})
	l.CallSoon(tr.note("c"))
	cancelled.Cancel()
	cancelled.Cancel()
	if !cancelled.Cancelled() {
		t.Error("the handle does not know that it was cancelled")
	}
	tr.want(t, "")
	turns(t, l, 1)
	tr.want(t, "a b c")
	turns(t, l, 1)
	tr.want(t, "next-turn")
}

// The ready queue is a ring that grows while it is in use: whatever the pattern, first in is first out.
func TestReadyQueueGrows(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	rnd := rand.New(rand.NewPCG(1, 2))
	next, seen := 0, 0
	push := func(n int) {
		for range n {
			number := next
			next++
			l.CallSoon(func() {
				if number != seen {
					t.Errorf("callback %d ran as number %d", number, seen)
				}
				seen++
			})
		}
	}
	for range 100 {
		push(rnd.IntN(40))
		l.CallSoon(func() { push(rnd.IntN(300)) })
		turns(t, l, 1)
	}
	turns(t, l, 1)
	if seen != next {
		t.Errorf("%d callbacks ran, of %d", seen, next)
	}
}

func TestStop(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	var tr trace
	l.CallSoon(l.Stop)
	l.CallSoon(tr.note("same-turn"))
	l.CallSoon(func() { l.CallSoon(tr.note("kept")) })
	if err := l.RunForever(); err != nil {
		t.Fatal(err)
	}
	tr.want(t, "same-turn")
	turns(t, l, 1) // what was scheduled is still there
	tr.want(t, "kept")
}

func TestRunUntilComplete(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	f := eventloop.NewFuture[int](l)
	l.CallLater(time.Second, func() { f.SetResult(1) })
	for range 2 { // the second time it is done already
		if v, err := eventloop.RunUntilComplete(l, f); v != 1 || err != nil {
			t.Errorf("result is %d, %v", v, err)
		}
	}
	turns(t, l, 1)
	// Stopped by somebody else, before there is a result.
	pending := eventloop.NewFuture[int](l)
	l.CallSoon(l.Stop)
	_, err := eventloop.RunUntilComplete(l, pending)
	wantErr(t, "stopped early", err, eventloop.ErrInvalidState)
	// Its end no longer stops the loop.
	var tr trace
	pending.SetResult(1)
	l.CallSoon(func() { l.CallSoon(func() { tr.add("ran"); l.Stop() }) })
	if err := l.RunForever(); err != nil {
		t.Fatal(err)
	}
	tr.want(t, "ran")
}

func TestRunUntilIdle(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	if err := l.RunUntilIdle(); err != nil { // there is nothing to wait for
		t.Fatal(err)
	}
	var tr trace
	l.CallLater(time.Hour, func() { t.Error("a timer is no task") })
	start(l, "parent", func() error {
		noError(t, l.Sleep(time.Second))
		start(l, "child", func() error { noError(t, l.Sleep(time.Second)); tr.add("child@%v", l.Time()); return nil })
		tr.add("parent@%v", l.Time())
		return nil
	})
	if err := l.RunUntilIdle(); err != nil {
		t.Fatal(err)
	}
	tr.want(t, "parent@1s child@2s")
	task := start(l, "", func() error { l.Stop(); return l.Yield() })
	if err := l.RunUntilIdle(); err != nil || task.Done() {
		t.Errorf("stopped early: %v, the task has ended: %v", err, task.Done())
	}
	wantErr(t, "while it runs", run(l, l.RunUntilIdle), eventloop.ErrRunning)
}

// The errors of tasks are told once, as they come, and do not wait for somebody to ask; a cancellation is none.
func TestOnTaskError(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	var tr trace
	l.OnTaskError(func(name string, err error) { tr.add("%s:%v", name, err) })
	start(l, "good", func() error { return nil })
	start(l, "bad", func() error { return errBoom })
	start(l, "cancelled", func() error { return eventloop.ErrCancelled })
	asked := start(l, "asked", func() error { noError(t, l.Sleep(time.Second)); return errSecond })
	mustRun(t, l, func() error {
		_, err := asked.Await()
		wantErr(t, "await", err, errSecond)
		return nil
	})
	tr.want(t, "bad:boom asked:second")
}

func TestRunTwice(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	f := eventloop.NewFuture[int](l)
	check := func(where string) {
		wantErr(t, where+": RunForever", l.RunForever(), eventloop.ErrRunning)
		_, err := eventloop.RunUntilComplete(l, f)
		wantErr(t, where+": RunUntilComplete", err, eventloop.ErrRunning)
		wantErr(t, where+": Close", l.Close(), eventloop.ErrRunning)
	}
	l.CallSoon(func() { check("in a callback") })
	mustRun(t, l, func() error { check("in a task"); return l.Yield() })
}

func TestRunFromAnotherThread(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("threads have numbers on Linux only")
	}
	l, _ := looptest.New(t, "", eventloop.Options{})
	turns(t, l, 1)
	errs := make(chan error, 2)
	go func() {
		runtime.LockOSThread() // this goroutine is not on the loop's thread, which is locked
		defer runtime.UnlockOSThread()
		errs <- l.RunForever()
		errs <- l.Close()
	}()
	wantErr(t, "RunForever", <-errs, eventloop.ErrWrongThread)
	wantErr(t, "Close", <-errs, eventloop.ErrWrongThread)
	turns(t, l, 1) // it is as it was
}

func TestClosedLoop(t *testing.T) {
	l := newLoop(t, "", eventloop.Options{})
	for range 2 { // closing twice does nothing
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	f := eventloop.NewFuture[int](l)
	_, runErr := eventloop.RunUntilComplete(l, f)
	_, dialErr := l.Dial(t.Context(), "tcp", "127.0.0.1:1")
	_, listenErr := l.ListenPacket("udp", "127.0.0.1:0")
	for what, err := range map[string]error{
		"RunForever":         l.RunForever(),
		"RunUntilComplete":   runErr,
		"CallSoonThreadsafe": l.CallSoonThreadsafe(func() {}),
		"Dial":               dialErr,
		"ListenPacket":       listenErr,
		"AddReader":          l.AddReader(0, func() {}),
		"AddWriter":          l.AddWriter(0, func() {}),
		"AddSignalHandler":   l.AddSignalHandler(testSignal, func() {}),
		"RunInExecutor":      eventloop.RunInExecutor(l, func() (int, error) { return 0, nil }).Err(),
	} {
		wantErr(t, what, err, eventloop.ErrClosed)
	}
	l.Watch(time.Hour, nil) // starts nothing
	if l.RemoveReader(0) || l.RemoveSignalHandler(testSignal) {
		t.Error("a closed loop had something to remove")
	}
}

// brokenPoller fails where it is told to.
type brokenPoller struct {
	eventloop.Poller
	add, wait, remove error
	closed            bool
}

func (p *brokenPoller) Add(fd int, gen uint32) error {
	if p.add != nil {
		return p.add
	}
	return p.Poller.Add(fd, gen)
}

func (p *brokenPoller) Wait(events []eventloop.Event, timeout time.Duration) (int, error) {
	if p.wait != nil {
		return 0, p.wait
	}
	return p.Poller.Wait(events, timeout)
}

func (p *brokenPoller) Remove(fd int, closing bool) error {
	return errors.Join(p.Poller.Remove(fd, closing), p.remove)
}

func (p *brokenPoller) Close() error {
	p.closed = true
	return p.Poller.Close()
}

// broken makes a poller that can be told to fail.
func broken(t *testing.T) *brokenPoller {
	t.Helper()
	p, err := eventloop.NewPoller("poll")
	if err != nil {
		t.Fatal(err)
	}
	return &brokenPoller{Poller: p}
}

func TestPollError(t *testing.T) {
	p := broken(t)
	var log errorLog
	l, err := eventloop.New(eventloop.Options{Poller: p, OnError: log.add})
	if err != nil {
		t.Fatal(err)
	}
	p.wait = errBoom
	wantErr(t, "RunForever", l.RunForever(), errBoom)
	_, err = eventloop.RunUntilComplete(l, eventloop.NewFuture[int](l))
	wantErr(t, "RunUntilComplete", err, errBoom)
	p.wait = nil
	turns(t, l, 1) // the loop can go on if the poller can
	log.want(t)
	// Closing goes on without it: a task that it cannot resume is cut off.
	var end error
	task := start(l, "parked", func() error { end = l.Sleep(time.Hour); return end })
	turns(t, l, 1)
	p.wait = errBoom
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "the task's sleep", end, eventloop.ErrClosed)
	wantErr(t, "the task", task.Err(), eventloop.ErrClosed)
	if !p.closed {
		t.Error("the poller was not closed")
	}
	if len(log.errs) == 0 || !errors.Is(log.errs[0].Err, errBoom) {
		t.Errorf("the poller's error was not reported: %v", log.errs)
	}
}

func TestNewFails(t *testing.T) {
	before := openDescriptors()
	p := broken(t)
	p.add = errBoom
	_, err := eventloop.New(eventloop.Options{Poller: p})
	wantErr(t, "New", err, errBoom)
	if !p.closed || openDescriptors() != before {
		t.Errorf("poller closed: %v; %d descriptors were open, %d are", p.closed, before, openDescriptors())
	}
}

func TestCallbackPanics(t *testing.T) {
	var log errorLog
	l, _ := looptest.New(t, "", eventloop.Options{OnError: log.add})
	var tr trace
	l.CallSoon(func() { panicsDeepInside(errBoom) })
	l.CallSoon(tr.note("next"))
	turns(t, l, 1)
	tr.want(t, "next")
	log.want(t, "panicsDeepInside")
	wantErr(t, "what was reported", log.errs[0].Err, errBoom)
	if !strings.Contains(log.errs[0].What, "TestCallbackPanics") {
		t.Errorf("reported as %q, which does not name the callback", log.errs[0].What)
	}
}

// What OnError and Logf are when nobody sets them.
func TestErrorsAreLogged(t *testing.T) {
	var lines []string
	logf := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	p := &looptest.Poller{Clock: &looptest.Clock{}, Generations: map[int]uint32{}, Wanted: map[int]eventloop.Readiness{}}
	l, err := eventloop.New(eventloop.Options{Poller: p, Clock: p.Clock, Logf: logf})
	if err != nil {
		t.Fatal(err)
	}
	start(l, "lost", func() error { return errBoom })
	turns(t, l, 1)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	want := []string{`eventloop: task "lost": its error was never retrieved: boom`}
	if !slices.Equal(lines, want) {
		t.Errorf("logged %q, want %q", lines, want)
	}
}

// Goexit in a task ends the goroutine that runs the loop; at least it does not do so in silence.
func TestGoexit(t *testing.T) {
	for _, where := range []string{"task", "callback"} {
		t.Run(where, func(t *testing.T) {
			var log errorLog
			done := make(chan struct{})
			go func() {
				defer close(done)
				p := &looptest.Poller{Clock: &looptest.Clock{}, Generations: map[int]uint32{}, Wanted: map[int]eventloop.Readiness{}}
				l, err := eventloop.New(eventloop.Options{Poller: p, Clock: p.Clock, OnError: log.add})
				if err != nil {
					t.Error(err)
					return
				}
				defer func() {
					noError(t, l.Close())
					if now := p.Clock.Now(); now != 0 {
						t.Errorf("Close took %v", now)
					}
				}()
				switch where {
				case "task":
					start(l, "", func() error { runtime.Goexit(); return nil })
				case "callback":
					l.CallSoon(runtime.Goexit)
				}
				_ = l.RunForever()
				t.Error("RunForever returned")
			}()
			<-done
			if len(log.errs) == 0 || !strings.Contains(log.errs[0].Err.Error(), "runtime.Goexit") {
				t.Errorf("reported: %v", log.errs)
			}
		})
	}
}

func TestTimes(t *testing.T) {
	l, p := looptest.New(t, "", eventloop.Options{})
	epoch := p.Clock.Epoch()
	if l.Time() != 0 || !l.Now().Equal(epoch) {
		t.Errorf("a new loop: %v, %v", l.Time(), l.Now())
	}
	l.CallLater(time.Minute, func() {
		if l.Time() != time.Minute || !l.Now().Equal(epoch.Add(time.Minute)) || l.Lag(l.Now()) != 0 {
			t.Errorf("after a minute: %v, %v, lag %v", l.Time(), l.Now(), l.Lag(l.Now()))
		}
		p.Clock.Advance(time.Second)
		if l.Lag(l.Now()) != time.Second {
			t.Errorf("a second after the poll the lag is %v", l.Lag(l.Now()))
		}
		l.Stop()
	})
	if err := l.RunForever(); err != nil {
		t.Fatal(err)
	}
	real := newLoop(t, "", eventloop.Options{})
	if off := time.Since(real.Now()).Abs(); off > bound {
		t.Errorf("the wall clock of a loop is off by %v", off)
	}
}
