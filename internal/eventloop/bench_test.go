//go:build unix

package eventloop_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"runtime/metrics"
	"sync"
	"testing"
	"time"

	"crawl/internal/eventloop"
)

// Each benchmark that has a counterpart in the language or its library stands beside it, as the sub-benchmark
// "std". Both run on one machine in one run: the ratio is what counts.

// inTasks runs fn in n tasks, together b.N times.
func inTasks(b *testing.B, l *eventloop.Loop, n int, fn func() error) {
	b.Helper()
	rounds := max(1, b.N/n)
	begun := eventloop.NewCondition(l, "the others")
	left := n
	for range n {
		start(l, "", func() error {
			if err := begun.Wait(); err != nil {
				return err
			}
			for range rounds {
				if err := fn(); err != nil {
					return err
				}
			}
			if left--; left == 0 {
				l.Stop()
			}
			return nil
		})
	}
	turns(b, l, 1)
	begun.NotifyAll()
	b.ResetTimer()
	if err := l.RunForever(); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
}

// A switch from a task to the loop and back.
func BenchmarkYield(b *testing.B) {
	for _, n := range []int{1, 1000, 10_000} {
		b.Run(fmt.Sprintf("tasks=%d", n), func(b *testing.B) {
			l := newLoop(b, "", eventloop.Options{})
			inTasks(b, l, n, l.Yield)
		})
	}
	b.Run("std=channel", func(b *testing.B) {
		there, back := make(chan struct{}), make(chan struct{})
		go func() {
			for range there {
				back <- struct{}{}
			}
			close(back)
		}()
		for b.Loop() {
			there <- struct{}{}
			<-back
		}
		close(there)
		<-back
	})
}

func BenchmarkOnLoopStack(b *testing.B) {
	l := newLoop(b, "", eventloop.Options{})
	n := 0
	inTasks(b, l, 1, func() error { l.OnLoopStack(func() { n++ }); return nil })
}

// A callback, scheduled and run.
func BenchmarkCallSoon(b *testing.B) {
	l := newLoop(b, "", eventloop.Options{})
	left := b.N
	var callback func()
	callback = func() {
		if left--; left > 0 {
			l.CallSoon(callback)
		} else if left == 0 {
			l.Stop()
		}
	}
	b.ReportAllocs()
	for range 100 { // at once, so that the turn's share is small
		l.CallSoon(callback)
	}
	b.ResetTimer()
	if err := l.RunForever(); err != nil {
		b.Fatal(err)
	}
}

// A deadline that is moved ahead again and again, as that of a connection, with 10,000 others.
func BenchmarkRollingDeadline(b *testing.B) {
	const timers = 10_000
	b.Run("timer", func(b *testing.B) {
		l := newLoop(b, "", eventloop.Options{})
		var all [timers]*eventloop.TimerHandle
		for i := range all {
			all[i] = l.CallLater(time.Hour+time.Duration(i), func() {})
		}
		i := 0
		b.ReportAllocs()
		for b.Loop() {
			all[i].Cancel()
			all[i] = l.CallLater(time.Hour, func() {})
			i = (i + 1) % timers
		}
	})
	b.Run("conn", func(b *testing.B) { // only the first of a connection sets a timer
		l := newLoop(b, "", eventloop.Options{})
		address := serve(b, "tcp4", "127.0.0.1:0", silence)
		for i := range timers {
			l.CallLater(time.Hour+time.Duration(i), func() {})
		}
		withConn(b, l, address, func(c *eventloop.Conn) error {
			b.ReportAllocs()
			for b.Loop() {
				if err := c.SetReadDeadline(l.Now().Add(time.Minute)); err != nil {
					return err
				}
			}
			return nil
		})
	})
	b.Run("std=time.Timer", func(b *testing.B) {
		var all [timers]*time.Timer
		for i := range all {
			all[i] = time.AfterFunc(time.Hour+time.Duration(i), func() {})
		}
		i := 0
		b.ReportAllocs()
		for b.Loop() {
			all[i].Reset(time.Hour)
			i = (i + 1) % timers
		}
		for _, timer := range all {
			timer.Stop()
		}
	})
}

// A sleep that is over at once: a timer set, fired, and its task resumed.
func BenchmarkSleep(b *testing.B) {
	l := newLoop(b, "", eventloop.Options{})
	b.ReportAllocs()
	inTasks(b, l, 1000, func() error { return l.Sleep(1) })
}

// From another thread to the loop and back: each side sleeps until the other wakes it.
func BenchmarkCallSoonThreadsafe(b *testing.B) {
	b.Run("round-trip", func(b *testing.B) {
		l := newLoop(b, "", eventloop.Options{})
		go func() {
			back := make(chan struct{})
			for range b.N {
				_ = l.CallSoonThreadsafe(func() { back <- struct{}{} })
				<-back
			}
			_ = l.CallSoonThreadsafe(l.Stop)
		}()
		b.ResetTimer()
		if err := l.RunForever(); err != nil {
			b.Fatal(err)
		}
	})
	b.Run("posts", func(b *testing.B) { // one after the other without waiting: they are coalesced
		l := newLoop(b, "", eventloop.Options{})
		b.ReportAllocs()
		go func() {
			for range b.N {
				_ = l.CallSoonThreadsafe(func() {})
			}
			_ = l.CallSoonThreadsafe(l.Stop)
		}()
		b.ResetTimer()
		if err := l.RunForever(); err != nil {
			b.Fatal(err)
		}
		m := l.Metrics()
		b.ReportMetric(float64(m.WakeupsSent)/float64(b.N), "wakeups/op")
	})
	b.Run("std=channel,locked", func(b *testing.B) { // to a goroutine that is tied to its thread as the loop is
		there, back := make(chan struct{}), make(chan struct{})
		go func() {
			runtime.LockOSThread()
			for range there {
				back <- struct{}{}
			}
			close(back)
		}()
		for b.Loop() {
			there <- struct{}{}
			<-back
		}
		close(there)
		<-back
	})
}

// A future made, awaited, settled by a callback, and its task resumed.
func BenchmarkFutureAwait(b *testing.B) {
	b.Run("pending", func(b *testing.B) {
		l := newLoop(b, "", eventloop.Options{})
		b.ReportAllocs()
		inTasks(b, l, 100, func() error {
			f := eventloop.NewFuture[int](l)
			l.CallSoon(func() { f.SetResult(1) })
			_, err := f.Await()
			return err
		})
	})
	b.Run("done", func(b *testing.B) {
		l := newLoop(b, "", eventloop.Options{})
		f := eventloop.NewFuture[int](l)
		f.SetResult(1)
		inTasks(b, l, 1, func() error { _, err := f.Await(); return err })
	})
	b.Run("std=channel", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c := make(chan int, 1)
			go func() { c <- 1 }()
			<-c
		}
	})
}

// A task created, run to its end and awaited.
func BenchmarkCreateTask(b *testing.B) {
	b.Run("task", func(b *testing.B) {
		l := newLoop(b, "", eventloop.Options{})
		b.ReportAllocs()
		inTasks(b, l, 1, func() error {
			_, err := start(l, "child", func() error { return nil }).Await()
			return err
		})
	})
	b.Run("std=goroutine", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			done := make(chan struct{})
			go func() { close(done) }()
			<-done
		}
	})
}

// A byte to an echo server and back. The server is package net in both, on the same cores: with one connection
// this is the time to wake a thread, with a hundred what an exchange costs.
func BenchmarkConnPingPong(b *testing.B) {
	ping := func(c io.ReadWriter, buf []byte) error {
		if _, err := c.Write(buf); err != nil {
			return err
		}
		_, err := io.ReadFull(c, buf)
		return err
	}
	pong := func(c *net.TCPConn) { _ = c.SetDeadline(time.Time{}); echo(c) }
	for _, conns := range []int{1, 100} {
		for _, poller := range eventloop.Pollers() {
			b.Run(fmt.Sprintf("conns=%d/loop=%s", conns, poller), func(b *testing.B) {
				l := newLoop(b, poller, eventloop.Options{})
				address := serve(b, "tcp4", "127.0.0.1:0", pong)
				b.ReportAllocs()
				mustRun(b, l, func() error {
					return group(l, func(g *eventloop.TaskGroup) error {
						for range conns {
							g.Go("", func(ctx context.Context) error {
								c, err := l.Dial(ctx, "tcp", address)
								if err != nil {
									return err
								}
								defer c.Close()
								buf := make([]byte, 1)
								for range max(1, b.N/conns) {
									if err := ping(c, buf); err != nil {
										return err
									}
								}
								return nil
							})
						}
						return nil
					})
				})
			})
		}
		b.Run(fmt.Sprintf("conns=%d/std=net", conns), func(b *testing.B) {
			address := serve(b, "tcp4", "127.0.0.1:0", pong)
			b.ReportAllocs()
			var wg sync.WaitGroup
			for range conns {
				wg.Go(func() {
					c, err := net.Dial("tcp", address)
					if err != nil {
						b.Error(err)
						return
					}
					defer c.Close()
					buf := make([]byte, 1)
					for range max(1, b.N/conns) {
						if err := ping(c, buf); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

// memory is what the heap's objects and the stacks take, after a collection.
func memory() (heap, stacks uint64) {
	runtime.GC()
	runtime.GC()
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64(), samples[1].Value.Uint64()
}

// What 10,000 parked tasks hold, their stacks included, and as many goroutines on a channel.
func BenchmarkParked(b *testing.B) {
	const n = 10_000
	report := func(b *testing.B, park func(), unpark func()) {
		b.Helper()
		var heap, stacks float64
		for b.Loop() {
			heap0, stacks0 := memory()
			park()
			heap1, stacks1 := memory()
			heap, stacks = float64(heap1)-float64(heap0), float64(stacks1)-float64(stacks0)
			unpark()
		}
		b.ReportMetric((heap+stacks)/n, "B/parked")
		b.ReportMetric(stacks/n, "stack-B/parked")
	}
	b.Run("task", func(b *testing.B) {
		l := newLoop(b, "", eventloop.Options{})
		s := eventloop.NewSemaphore(l, 0)
		report(b, func() {
			for range n {
				eventloop.CreateTask(context.Background(), l, "", func(context.Context) (struct{}, error) { return struct{}{}, s.Acquire() })
			}
			turns(b, l, 1)
		}, func() {
			for range n {
				s.Release()
			}
			turns(b, l, 1)
		})
	})
	b.Run("std=goroutine", func(b *testing.B) {
		ended := make(chan struct{}, n)
		var release chan struct{}
		report(b, func() {
			release = make(chan struct{})
			for range n {
				go func() { <-release; ended <- struct{}{} }()
			}
		}, func() {
			close(release)
			for range n {
				<-ended
			}
		})
	})
}
