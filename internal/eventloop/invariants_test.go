//go:build unix

package eventloop_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"crawl/internal/eventloop"
	"crawl/internal/eventloop/looptest"
)

// The invariants of the loop, one test each. Every one of them was seen to fail when the line that keeps its
// invariant is taken out.

// 1. No callback runs inside the call that brings it about.
func TestInvariantNothingRunsInsideACall(t *testing.T) {
	l, p := looptest.New(t, "", eventloop.Options{})
	inside := ""
	ran := map[string]int{}
	callback := func(name string) func() {
		return func() {
			if inside != "" {
				t.Errorf("%s ran inside %s", name, inside)
			}
			ran[name]++
		}
	}
	task := func(name string, wait func() error) *eventloop.Task[struct{}] {
		return start(l, name, func() error { _ = wait(); callback(name)(); return nil })
	}
	do := func(what string, fn func()) {
		inside = what
		fn()
		inside = ""
	}
	settled, failed, gone := eventloop.NewFuture[int](l), eventloop.NewFuture[int](l), eventloop.NewFuture[int](l)
	await := func(f *eventloop.Future[int]) func() error { return func() error { _, err := f.Await(); return err } }
	for name, f := range map[string]*eventloop.Future[int]{"settled": settled, "failed": failed, "gone": gone} {
		f.AddDoneCallback(callback(name))
		task(name+" awaited", await(f))
	}
	s, c, q := eventloop.NewSemaphore(l, 0), eventloop.NewCondition(l, ""), eventloop.NewQueue[int](l, 1)
	task("acquired", s.Acquire)
	task("notified", c.Wait)
	task("got", func() error { _, err := q.Get(); return err })
	asleep := task("cancelled", func() error { return l.Sleep(time.Hour) })
	noError(t, l.AddReader(1005, callback("reader")))
	noError(t, l.AddWriter(1005, callback("writer")))
	p.Ready(1005, eventloop.Readable|eventloop.Writable)
	turns(t, l, 1)
	mustRun(t, l, func() error {
		do("SetResult", func() { settled.SetResult(1) })
		do("SetError", func() { failed.SetError(errBoom) })
		do("Cancel", func() { gone.Cancel() })
		do("AddDoneCallback", func() { settled.AddDoneCallback(callback("late")) })
		do("Release", s.Release)
		do("NotifyAll", c.NotifyAll)
		do("Put", func() { noError(t, q.Put(1)) })
		do("Task.Cancel", func() { asleep.Cancel() })
		do("CallSoon", func() { l.CallSoon(callback("soon")) })
		do("CallLater", func() { l.CallLater(-1, callback("timer")) })
		do("CreateTask", func() { task("created", func() error { return nil }) })
		do("CallSoonThreadsafe", func() { noError(t, l.CallSoonThreadsafe(callback("posted"))) })
		do("AddReader", func() { noError(t, l.AddReader(1005, callback("second reader"))) }) // ready since long ago
		do("AddWriter", func() { noError(t, l.AddWriter(1005, callback("second writer"))) })
		do("Gather", func() { eventloop.Gather[int](l).AddDoneCallback(callback("gathered")) })
		p.Ready(wakeUpDescriptor(p), eventloop.Readable)
		return l.Sleep(time.Second)
	})
	for _, name := range []string{
		"settled", "failed", "gone", "settled awaited", "failed awaited", "gone awaited", "acquired", "notified", "got",
		"cancelled", "reader", "writer", "late", "soon", "timer", "created", "posted", "second reader", "second writer", "gathered",
	} {
		if ran[name] != 1 {
			t.Errorf("%s ran %d times", name, ran[name])
		}
	}
}

// 2. What is scheduled first runs first, whatever it is; timers go by time, and by order among equals.
func TestInvariantFirstInFirstOut(t *testing.T) {
	l, _ := looptest.New(t, "", eventloop.Options{})
	var tr trace
	done := eventloop.NewFuture[int](l)
	done.SetResult(1)
	kinds := []func(word string){
		func(word string) { l.CallSoon(tr.note(word)) },
		func(word string) { start(l, "", func() error { tr.add("%s", word); return nil }) },
		func(word string) { done.AddDoneCallback(tr.note(word)) },
	}
	var want []string
	for i := range 30 {
		word := fmt.Sprint(i)
		kinds[i%len(kinds)](word)
		want = append(want, word)
	}
	turns(t, l, 1)
	tr.want(t, strings.Join(want, " "))

	want = nil
	for i := range 300 {
		when := time.Duration(i * 7 % 10)
		l.CallAt(time.Hour+when, func() { tr.add("%d.%03d", when, i) })
		want = append(want, fmt.Sprintf("%d.%03d", when, i))
	}
	slices.Sort(want)
	mustRun(t, l, func() error { return l.Sleep(2 * time.Hour) })
	tr.want(t, strings.Join(want, " "))
}

// 3. What a callback schedules runs in the next turn, behind the poll: no chain of callbacks keeps events waiting.
func TestInvariantNextTurn(t *testing.T) {
	l, p := looptest.New(t, "", eventloop.Options{})
	const links = 1000
	ran := 0
	var chain func()
	chain = func() {
		if ran++; ran < links {
			l.CallSoon(chain)
		}
		if ran == 10 {
			p.Ready(1005, eventloop.Readable)
		}
	}
	noError(t, l.AddReader(1005, func() {
		if ran > 11 {
			t.Errorf("an event waited for %d callbacks", ran-10)
		}
	}))
	l.CallSoon(chain)
	for turn := 1; ran < links; turn++ {
		turns(t, l, 1)
		if ran != turn {
			t.Fatalf("%d callbacks of a chain ran in %d turns", ran, turn)
		}
	}
}

// 4. A descriptor that was given up in a turn gets none of its events, and neither does the next of its number.
func TestInvariantNoEventForAClosedDescriptor(t *testing.T) {
	l, p := looptest.New(t, "", eventloop.Options{})
	const killer, victim = 1000, 1001
	var tr trace
	noError(t, l.AddReader(killer, func() {
		tr.add("killer")
		if !l.RemoveReader(victim) || !l.RemoveWriter(victim) {
			t.Error("there was nothing to remove")
		}
		old := p.Generations[victim]
		noError(t, l.AddReader(victim, tr.note("new reader"))) // the same number, another descriptor
		if p.Generations[victim] == old {
			t.Error("the new descriptor has the generation of the old one")
		}
		p.ReadyAs(victim, old, eventloop.Readable) // what the system still had of the old one
	}))
	noError(t, l.AddReader(victim, tr.note("old reader")))
	noError(t, l.AddWriter(victim, tr.note("old writer")))
	p.Ready(killer, eventloop.Readable)
	p.Ready(victim, eventloop.Readable|eventloop.Writable) // in one batch
	turns(t, l, 3)
	tr.want(t, "killer")
	p.Ready(victim, eventloop.Readable)
	turns(t, l, 1)
	tr.want(t, "new reader")
	if n := l.Metrics().StaleEvents; n != 1 {
		t.Errorf("%d stale events, want 1", n)
	}
}

// 4, with sockets: of two readers that become ready in one batch, the first closes the connection of the
// second and opens another, which gets its number.
func TestInvariantNoEventForAClosedConnection(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l, p := looptest.New(t, poller, eventloop.Options{})
		send, sent := make(chan struct{}), make(chan struct{}, 2)
		address := serve(t, "tcp4", "127.0.0.1:0", func(c *net.TCPConn) {
			<-send
			_, _ = c.Write([]byte("old"))
			sent <- struct{}{}
			<-t.Context().Done() // it keeps its end, whose number would be free for the new connection
		})
		quiet := serve(t, "tcp4", "127.0.0.1:0", silence)
		mustRun(t, l, func() error {
			var conns [2]*eventloop.Conn
			var readers [2]*eventloop.Task[struct{}]
			var fresh *eventloop.Task[struct{}]
			for i := range conns {
				c, err := l.Dial(context.Background(), "tcp", address)
				if err != nil {
					return err
				}
				conns[i] = c
				readers[i] = start(l, "reader", func() error {
					n, err := c.Read(make([]byte, 10))
					if fresh == nil { // the first of the two, whichever it is
						other := conns[1-i]
						old := descriptors(p)
						noError(t, other.Close())
						fresh = start(l, "fresh", func() error {
							d, err := l.Dial(context.Background(), "tcp", quiet)
							if err != nil {
								return err
							}
							defer d.Close()
							if !slices.Equal(descriptors(p), old) {
								t.Error("the new connection has another number: nothing is shown")
							}
							n, err := d.Read(make([]byte, 10))
							return fmt.Errorf("%d bytes: %w", n, err)
						})
						return err
					}
					if n != 0 || !errors.Is(err, net.ErrClosed) {
						t.Errorf("a closed connection: %d bytes, %v", n, err)
					}
					return nil
				})
			}
			noError(t, l.Yield())
			close(send)
			<-sent
			<-sent
			for _, r := range readers {
				if _, err := r.Await(); err != nil {
					return err
				}
			}
			noError(t, l.Sleep(time.Second))
			if fresh.Done() {
				t.Errorf("the new connection got something: %v", fresh.Err())
			}
			fresh.Cancel()
			_, _ = fresh.Await()
			for _, c := range conns {
				_ = c.Close()
			}
			return nil
		})
	})
}

// descriptors are the numbers that are registered, in order.
func descriptors(p *looptest.Poller) []int {
	var fds []int
	for fd := range p.Generations {
		fds = append(fds, fd)
	}
	slices.Sort(fds)
	return fds
}

// 5. A parked operation that is cancelled leaves no reader, no writer and no timer.
func TestInvariantCancelLeavesNothing(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		l, p := looptest.New(t, poller, eventloop.Options{})
		release := make(chan struct{})
		accepted := make(chan struct{}, 1)
		address := serve(t, "tcp4", "127.0.0.1:0", func(*net.TCPConn) { accepted <- struct{}{}; <-release })
		full := fullListener(t)
		withConn(t, l, address, func(c *eventloop.Conn) error {
			defer close(release)
			<-accepted
			u, err := l.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			defer u.Close()
			pending := eventloop.NewFuture[int](l)
			operations := map[string]func() error{
				"read":           func() error { _, err := c.Read(make([]byte, 1)); return err },
				"await readable": c.AwaitReadable,
				"write":          func() error { _, err := c.Write(make([]byte, 16<<20)); return err },
				"receive":        func() error { _, _, err := u.ReadFrom(make([]byte, 1)); return err },
				"dial":           func() error { _, err := l.Dial(context.Background(), "tcp", full); return err },
				"dial, deadline": func() error {
					ctx, cancel := context.WithDeadline(context.Background(), l.Now().Add(time.Hour))
					defer cancel()
					_, err := l.Dial(ctx, "tcp", full)
					return err
				},
				"sleep":   func() error { return l.Sleep(time.Hour) },
				"timeout": func() error { return l.Timeout(time.Hour, func() error { return l.Sleep(2 * time.Hour) }) },
				"wait":    func() error { _, _, err := eventloop.Wait[int](l, eventloop.AllCompleted, pending); return err },
				"wait for": func() error {
					_, err := eventloop.WaitFor[int](l, eventloop.NewFuture[int](l), time.Hour)
					return err
				},
			}
			registered, open := l.Metrics().Descriptors, openDescriptors()
			for name, operation := range operations {
				task := start(l, name, operation)
				noError(t, l.Yield())
				noError(t, l.Sleep(time.Millisecond))
				if task.Done() {
					t.Errorf("%s did not wait: %v", name, task.Err())
				}
				task.Cancel()
				_, err := task.Await()
				wantErr(t, name, err, eventloop.ErrCancelled)
				m := l.Metrics()
				if m.Timers != 0 || m.Descriptors != registered || openDescriptors() != open {
					t.Errorf("%s: %d timers, %d descriptors registered of %d, %d open of %d", name, m.Timers, m.Descriptors, registered, openDescriptors(), open)
				}
				for fd, wanted := range p.Wanted {
					if wanted != 0 && fd != wakeUpDescriptor(p) {
						t.Errorf("%s: descriptor %d is still wanted for %b", name, fd, wanted)
					}
				}
			}
			return nil
		})
	})
}

// 6. After Close there are no tasks, no goroutines and no descriptors but those there were before, whatever
// the tasks were waiting for.
func TestInvariantCloseLeavesNothing(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		release := make(chan struct{})
		address := serve(t, "tcp4", "127.0.0.1:0", func(*net.TCPConn) { <-release })
		full := fullListener(t)
		goroutines, open := runtime.NumGoroutine(), openDescriptors()
		l := newLoop(t, poller, eventloop.Options{Executor: 2})
		defer close(release)
		l.Watch(time.Hour, nil)
		noError(t, l.AddSignalHandler(testSignal, func() {}))
		waiting := everyWait(t, l, address, full)
		ended := 0
		for _, w := range waiting {
			for name, wrapped := range map[string]func() error{
				w.name:               w.fn,
				w.name + ", timeout": func() error { return l.Timeout(time.Hour, w.fn) },
				w.name + ", in group": func() error {
					return group(l, func(g *eventloop.TaskGroup) error {
						g.Go("", func(context.Context) error { return w.fn() })
						return nil
					})
				},
			} {
				start(l, name, func() error {
					err := wrapped()
					ended++
					wantErr(t, name, err, eventloop.ErrCancelled)
					return err
				})
			}
		}
		turns(t, l, 10)
		unborn := start(l, "unborn", func() error { t.Error("it ran"); return nil })
		live := l.Metrics().TasksLive
		if live < 3*len(waiting) {
			t.Errorf("only %d tasks wait, of %d", live, 3*len(waiting))
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if m := l.Metrics(); m.TasksLive != 0 || m.Timers != 0 || m.Descriptors != 0 || ended != 3*len(waiting) || !unborn.Cancelled() {
			t.Errorf("tasks %d, timers %d, descriptors %d; %d of %d ended", m.TasksLive, m.Timers, m.Descriptors, ended, 3*len(waiting))
		}
		eventually(t, "the goroutines and descriptors are those there were", func() bool {
			// The server still has its ends of the connections, and a goroutine for each.
			return runtime.NumGoroutine() <= goroutines+6 && openDescriptors() <= open+6
		})
	})
}

// everyWait is one of each thing a task can be suspended in.
func everyWait(t *testing.T, l *eventloop.Loop, address, full string) (all []struct {
	name string
	fn   func() error
},
) {
	add := func(name string, fn func() error) {
		all = append(all, struct {
			name string
			fn   func() error
		}{name, fn})
	}
	for _, w := range waits(t) {
		if !strings.HasPrefix(w.name, "queue") {
			wait, _ := w.begin(l)
			add(w.name, wait)
		}
	}
	add("queue get", func() error { _, err := eventloop.NewQueue[int](l, 0).Get(); return err })
	add("queue put", func() error { q := eventloop.NewQueue[int](l, 1); return errors.Join(q.Put(1), q.Put(2)) })
	add("queue join", func() error { q := eventloop.NewQueue[int](l, 0); return errors.Join(q.Put(1), q.Join()) })
	add("sleep", func() error { return l.Sleep(time.Hour) })
	add("yield", func() error {
		for {
			if err := l.Yield(); err != nil {
				return err
			}
		}
	})
	add("task", func() error {
		_, err := start(l, "inner", func() error { return l.Sleep(time.Hour) }).Await()
		return err
	})
	add("gather", func() error {
		_, err := eventloop.Gather[int](l, eventloop.NewFuture[int](l), eventloop.NewFuture[int](l)).Await()
		return err
	})
	var once sync.Once
	hold := make(chan struct{})
	t.Cleanup(func() { once.Do(func() { close(hold) }) })
	add("executor", func() error {
		defer once.Do(func() { close(hold) }) // Close waits for what has begun
		_, err := eventloop.RunInExecutor(l, func() (int, error) { <-hold; return 1, nil }).Await()
		return err
	})
	add("dial", func() error { _, err := l.Dial(context.Background(), "tcp", full); return err })
	withConn := func(fn func(c *eventloop.Conn) error) func() error {
		return func() error {
			c, err := l.Dial(context.Background(), "tcp", address)
			if err != nil {
				return err
			}
			defer c.Close()
			return errors.Join(c.SetDeadline(l.Now().Add(time.Hour)), fn(c))
		}
	}
	add("read", withConn(func(c *eventloop.Conn) error { _, err := c.Read(make([]byte, 1)); return err }))
	add("write", withConn(func(c *eventloop.Conn) error { _, err := c.Write(make([]byte, 16<<20)); return err }))
	add("receive", func() error {
		c, err := l.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer c.Close()
		_, _, err = c.ReadFrom(make([]byte, 1))
		return err
	})
	return all
}

// 8. A socket that is always ready does not delay a timer by more than one budget of operations or bytes.
func TestInvariantBudget(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		for _, c := range []struct {
			name  string
			chunk int // bytes of one operation
			most  int // operations in one step
		}{
			{"operations", 1, 128},
			{"bytes", 1 << 16, 16},
		} {
			t.Run(c.name, func(t *testing.T) {
				l, p := looptest.New(t, poller, eventloop.Options{SlowCallback: -1})
				total := 1000 * c.chunk
				if c.chunk > 1 {
					total = 64 * c.chunk
				}
				sent := make(chan struct{})
				address := serve(t, "tcp4", "127.0.0.1:0", func(c *net.TCPConn) {
					_, _ = c.Write(make([]byte, total))
					close(sent)
					silence(c)
				})
				withConn(t, l, address, func(conn *eventloop.Conn) error {
					if c.chunk == 1 {
						<-sent // all of it fits into the system's buffers: from here on there is always something to read
					}
					operations, fired := 0, -1
					due := 0 // the operation during which the timer becomes due
					l.CallLater(10*time.Millisecond, func() { fired = operations })
					buf := make([]byte, c.chunk)
					for got := 0; got < total; {
						n, err := conn.Read(buf)
						if err != nil {
							return err
						}
						got += n
						operations++
						p.Clock.Advance(time.Millisecond) // each takes a millisecond
						if l.Time() == 10*time.Millisecond {
							due = operations
						}
					}
					if fired < 0 || fired-due > c.most {
						t.Errorf("the timer was due at operation %d and ran at %d; a budget is %d", due, fired, c.most)
					}
					if c.chunk == 1 && l.Metrics().ForcedYields == 0 {
						t.Error("no step used up its budget")
					}
					return nil
				})
			})
		}
	})
}

// 9. The loop does not spin until a timer is due: it polls once for each, and hardly more.
func TestInvariantNoSpinning(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller string) {
		const timers, pause = 50, 1300 * time.Microsecond
		l := newLoop(t, poller, eventloop.Options{})
		fired := 0
		var next func()
		next = func() {
			if fired++; fired == timers {
				l.Stop()
				return
			}
			l.CallLater(pause, next)
		}
		l.CallLater(pause, next)
		if err := l.RunForever(); err != nil {
			t.Fatal(err)
		}
		m := l.Metrics()
		if m.EmptyPolls > timers+20 { // the collector's signals end some
			t.Errorf("%d empty polls for %d timers", m.EmptyPolls, timers)
		}
		t.Logf("%d empty polls for %d timers", m.EmptyPolls, timers)
	})
}
